package judge

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"time"
)

// State is what the judge remembers between the looks at one release. The zero State is the beginning of a release; a
// new release, also a retry, begins with it. It is valid JSON after every look, so a controller that restarts goes on
// where it was.
type State struct {
	// At is the time of the last look that could be used.
	At time.Time `json:"at,omitzero"`
	// Bounds, Canary and Stable are those of the last look, to take differences from.
	Bounds []float64           `json:"bounds,omitempty"`
	Canary map[string]Counters `json:"canary,omitempty"`
	Stable map[string]Counters `json:"stable,omitempty"`
	// CanaryTotal and StableTotal are all that was counted since the first look.
	CanaryTotal Counters `json:"canaryTotal,omitzero"`
	StableTotal Counters `json:"stableTotal,omitzero"`
	// Open is what was counted since the versions were last compared.
	Open Pair `json:"open,omitzero"`
	// LastRequest is the last look at which the canary had answered a request.
	LastRequest time.Time `json:"lastRequest,omitzero"`
	// Metrics holds the evidence of each metric by name.
	Metrics map[string]MetricState `json:"metrics,omitempty"`
}

// Pair is what both versions counted over the same time, since Since.
type Pair struct {
	Since  time.Time `json:"since,omitzero"`
	Canary Counters  `json:"canary,omitzero"`
	Stable Counters  `json:"stable,omitzero"`
}

// MetricState is the evidence on one metric so far.
type MetricState struct {
	// Definition is what was judged; evidence on another definition says nothing about this one.
	Definition string `json:"definition"`
	// Evidence of the metric; of LatencyAgainstStable one per bucket bound.
	Evidence []Evidence `json:"evidence,omitempty"`
	// Highest is the largest logarithm that the evidence has reached, Over for how many looks in a row it is now
	// at or above what makes the metric fail.
	Highest float64 `json:"highest,omitempty"`
	Over    int     `json:"over,omitempty"`
	// Looks and Breaches of a ValueLimit; Restarts is the largest number seen of a RestartLimit.
	Looks    int64 `json:"looks,omitempty"`
	Breaches int64 `json:"breaches,omitempty"`
	Restarts int64 `json:"restarts,omitempty"`
	// Failed is set once the metric fails, and stays.
	Failed *Result `json:"failed,omitempty"`
}

const (
	// fewestPerComparison is how many requests each version must have answered before they are compared. Given the
	// number of requests of each version, a handful says less than the same requests do together; waiting for ten
	// costs a service with little traffic some looks and gains it evidence. When to compare depends on the number of
	// requests and on the clock, not on the errors, which keeps every way to share the errors out equally likely.
	fewestPerComparison = 10
	// longestComparison is after how long the versions are compared with fewer requests: the longer, the more a drift
	// of the error rate could matter.
	longestComparison = 5 * time.Minute
)

// look is what one sample adds to the state.
type look struct {
	// problem is why nothing was added, and message says so in words; empty when something was.
	problem Reason
	message string
	// canary and stable are what each version counted since the look before.
	canary, stable Counters
	// compare is what both versions counted since they were last compared; nil when it is too early to compare again.
	compare *Pair
}

// take adds a sample to the state and says what came of it. On a problem the state keeps the look before, so that the
// next good sample covers the gap.
//
// A plan that needs no counters is content without any.
func (s State) take(sample Sample, needsCounters bool) (State, look) {
	bad := func(format string, args ...any) (State, look) {
		return s, look{problem: BadData, message: fmt.Sprintf(format, args...)}
	}
	if sample.Problem != "" {
		return s, look{problem: MissingData, message: sample.Problem}
	}
	if wrong := sample.check(); wrong != "" {
		return bad("The counters can't be true: %s.", wrong)
	}
	if sample.At.IsZero() {
		return bad("The sample has no time.")
	}
	if len(sample.Canary) == 0 && len(sample.Stable) == 0 {
		if !needsCounters {
			s.At = sample.At
			return s, look{}
		}
		return s, look{problem: MissingData, message: "There are no counters of either version: nothing was answered since the proxies started, or the query names another workload."}
	}
	if s.At.IsZero() && sample.At.Before(sample.WeightSince) {
		return s, look{problem: Starting, message: "Prometheus has not read the counters yet since the release began."}
	}
	if s.At.IsZero() {
		if answered(sample.Canary) > 0 {
			s.LastRequest = sample.At
		}
		s.At, s.Bounds, s.Canary, s.Stable = sample.At, sample.Bounds, sample.Canary, sample.Stable
		return s, look{problem: Starting, message: "This was the first look; counters say something from the second one on."}
	}
	if sample.At.Before(s.At) {
		return bad("The counters are of %s, older than those of the look before (%s).", sample.At.Format(time.RFC3339), s.At.Format(time.RFC3339))
	}
	if len(sample.Canary) == 0 && len(s.Canary) > 0 {
		return s, look{problem: MissingData, message: "The canary's counters are gone since the look before: its pods are gone, or Prometheus no longer reads them."}
	}
	if len(s.Bounds) > 0 && len(sample.Bounds) > 0 && !slices.Equal(s.Bounds, sample.Bounds) {
		return bad("The latency buckets changed from %v to %v: both versions need the same buckets for the whole release.", s.Bounds, sample.Bounds)
	}
	canary, err := Difference(s.Canary, sample.Canary)
	if err != nil {
		return bad("The canary's counters don't fit together: %v.", err)
	}
	stable, err := Difference(s.Stable, sample.Stable)
	if err != nil {
		return bad("The stable version's counters don't fit together: %v.", err)
	}

	result := look{canary: canary, stable: stable}
	sameTime := !s.At.Before(sample.WeightSince) && !anew(s.Canary, sample.Canary) && !anew(s.Stable, sample.Stable)
	s, result.compare = s.collect(sample.At, canary, stable, sameTime)
	s.CanaryTotal, s.StableTotal = s.CanaryTotal.plus(canary), s.StableTotal.plus(stable)
	if canary.Requests > 0 || anew(s.Canary, sample.Canary) && answered(sample.Canary) > 0 {
		s.LastRequest = sample.At
	}
	s.At, s.Canary, s.Stable = sample.At, sample.Canary, sample.Stable
	if len(sample.Bounds) > 0 {
		s.Bounds = sample.Bounds
	}
	return s, result
}

// collect puts a look's counts with those since the last comparison and says whether to compare now. A look during
// which the weight changed is left out: if errors rose in that time too, they fell on the versions in other shares
// than the requests did (Simpson's paradox). So is one whose beginning is unknown for one version because all its
// counters began anew. What was collected before it is compared as it is.
func (s State) collect(at time.Time, canary, stable Counters, sameTime bool) (State, *Pair) {
	open := s.Open
	if open.Since.IsZero() {
		open.Since = s.At
	}
	if !sameTime {
		s.Open = Pair{}
		return s, open.comparable(1)
	}
	open.Canary, open.Stable = open.Canary.plus(canary), open.Stable.plus(stable)
	fewest := float64(fewestPerComparison)
	overdue := at.Sub(open.Since) >= longestComparison
	if overdue {
		fewest = 1
	}
	compare := open.comparable(fewest)
	if compare != nil || overdue {
		open = Pair{}
	}
	s.Open = open
	return s, compare
}

// comparable is the pair if both versions answered at least so many requests in it.
func (p Pair) comparable(fewest float64) *Pair {
	if p.Canary.Requests < fewest || p.Stable.Requests < fewest {
		return nil
	}
	return &p
}

// canaryState is what the canary does.
func (p Plan) canaryState(s State, sample Sample, l look) CanaryState {
	everAnswered := s.CanaryTotal.Requests > 0 || answered(sample.Canary) > 0
	switch {
	case !everAnswered && sample.Pods != nil && sample.Pods.Started == 0:
		return CanaryPodsNotStarted
	case l.problem != "" || !p.needsCounters() && len(sample.Canary)+len(sample.Stable) == 0:
		return CanaryUnknown
	case !everAnswered, sample.At.Sub(s.LastRequest) >= p.QuietAfter:
		return CanaryNoTraffic
	case s.CanaryTotal.Requests == 0:
		return CanaryUnknown
	case s.CanaryTotal.onlyErrors():
		return CanaryOnlyErrors
	}
	return CanaryServing
}

// answered is how many requests the series of a version have counted since they began, as far as that makes sense.
func answered(series map[string]Counters) float64 {
	sum := 0.0
	for _, counters := range series {
		if isCount(counters.Requests) {
			sum += counters.Requests
		}
	}
	return sum
}

// needsCounters says whether any metric is judged by counters of requests.
func (p Plan) needsCounters() bool {
	return slices.ContainsFunc(p.Metrics, func(m Metric) bool { return m.Kind != ValueLimit && m.Kind != RestartLimit })
}

// metric is the evidence on m, or none if what there is belongs to another definition or is damaged.
func (s State) metric(m Metric, bounds int) MetricState {
	definition := fmt.Sprintf("%s %s limit=%v atLeast=%v quantile=%v", m.Kind, m.Class, m.Limit, m.AtLeast, m.Quantile)
	want := 1
	if m.Kind == LatencyAgainstStable {
		want = bounds
	}
	state := s.Metrics[m.Name]
	sound := state.Definition == definition && !math.IsNaN(state.Highest)
	for _, e := range state.Evidence {
		sound = sound && e.valid()
	}
	if !sound {
		state = MetricState{Definition: definition}
	}
	if len(state.Evidence) != want {
		state.Evidence = make([]Evidence, want)
	}
	return state
}

// with is the state with the evidence on one metric replaced; s isn't changed.
func (s State) with(name string, metric MetricState) State {
	s.Metrics = maps.Clone(s.Metrics)
	if s.Metrics == nil {
		s.Metrics = map[string]MetricState{}
	}
	s.Metrics[name] = metric
	return s
}
