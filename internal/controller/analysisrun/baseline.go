package analysisrun

import (
	"maps"
	"time"

	"github.com/workbench-dev/workbench/internal/judge"
)

// weigh notes which share of requests the canary has at a look. A change is known to every proxy only after propagation, and
// the first look is soon after one: what counted until then as the canary's was, where series are told apart by subset, the
// version's before.
func (e evidence) weigh(weight int32, now time.Time, propagation time.Duration) evidence {
	if weight != e.Weight || e.WeightSince.IsZero() {
		e.Weight, e.WeightSince = weight, now.Add(propagation)
	}
	return e
}

// sinceRelease takes from a sample what the canary's series had counted before the first look at this release. Series that
// are told apart by subset, and those of a version that is tried again, live on from one release to the next; a canary that
// has not got a request yet must not seem to have answered some. A series whose counters fell began anew meanwhile, and all
// that it shows is new.
func (e evidence) sinceRelease(sample judge.Sample) (evidence, judge.Sample) {
	if len(sample.Canary) == 0 {
		return e, sample
	}
	if e.Judge.At.IsZero() {
		e.Before = maps.Clone(sample.Canary)
	}
	since := make(map[string]judge.Counters, len(sample.Canary))
	before := maps.Clone(e.Before)
	for name, counters := range sample.Canary {
		left, ok := minus(counters, before[name])
		if !ok {
			delete(before, name)
			left = counters
		}
		since[name] = left
	}
	e.Before, sample.Canary = before, since
	return e, sample
}

// minus is what a series counted since before; false when it began anew in between.
func minus(now, before judge.Counters) (judge.Counters, bool) {
	if now.Requests < before.Requests {
		return judge.Counters{}, false
	}
	left := judge.Counters{Requests: now.Requests - before.Requests}
	for class, n := range now.Errors {
		if n < before.Errors[class] {
			return judge.Counters{}, false
		}
		if left.Errors == nil {
			left.Errors = map[string]float64{}
		}
		left.Errors[class] = n - before.Errors[class]
	}
	for i, n := range now.Latency {
		if len(before.Latency) == len(now.Latency) {
			if n < before.Latency[i] {
				return judge.Counters{}, false
			}
			n -= before.Latency[i]
		}
		left.Latency = append(left.Latency, n)
	}
	return left, true
}
