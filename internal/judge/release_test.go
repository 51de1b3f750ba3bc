package judge

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

var start = time.Date(2026, 11, 2, 10, 0, 0, 0, time.UTC)

// release makes samples of a release: counters that grow look by look.
type release struct {
	plan           Plan
	state          State
	canary, stable Counters
	since          time.Time
	at             time.Time
	pods           *Pods
}

func makeRelease(metrics ...Metric) *release {
	r := &release{plan: Plan{Metrics: metrics}, at: start}
	r.stable.Requests = 1e6
	return r
}

// sample is what Prometheus would say now. A version that answered nothing has no series.
func (r *release) sample() Sample {
	s := Sample{At: r.at, WeightSince: r.since, Pods: r.pods}
	if r.canary.Requests > 0 {
		s.Canary = map[string]Counters{"gateway": r.canary}
	}
	if r.stable.Requests > 0 {
		s.Stable = map[string]Counters{"gateway": r.stable}
	}
	return s
}

// answers counts requests and errors of both versions, 5 seconds later.
func (r *release) answers(canary, canaryErrors, stable, stableErrors float64) *release {
	r.at = r.at.Add(5 * time.Second)
	r.canary = r.canary.plus(Counters{Requests: canary, Errors: map[string]float64{"5xx": canaryErrors}})
	r.stable = r.stable.plus(Counters{Requests: stable, Errors: map[string]float64{"5xx": stableErrors}})
	return r
}

// observe looks. The state goes through JSON each time, as it does in a cluster.
func (r *release) observe(t testing.TB, s Sample) Verdict {
	t.Helper()
	state, verdict := r.plan.Observe(r.state, s)
	text, err := json.Marshal(struct {
		State   State
		Verdict Verdict
	}{state, verdict})
	if err != nil {
		t.Fatalf("state and verdict must be JSON: %v", err)
	}
	var back struct{ State State }
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	r.state = back.State
	return verdict
}

func (r *release) look(t testing.TB) Verdict {
	t.Helper()
	return r.observe(t, r.sample())
}

var (
	errorsMetric  = Metric{Name: "errors", Kind: ErrorsAgainstStable}
	successMetric = Metric{Name: "success-rate", Kind: ErrorLimit, Limit: 0.01}
	latencyMetric = Metric{Name: "latency", Kind: LatencyAgainstStable}
	p99Metric     = Metric{Name: "p99", Kind: LatencyLimit, Limit: 0.5, Quantile: 0.99}
)

// binomial draws how many of n happen with chance p.
func binomial(random *rand.Rand, n int, p float64) int {
	if n <= 0 || p <= 0 {
		return 0
	}
	if p >= 1 {
		return n
	}
	if p > 0.5 {
		return n - binomial(random, n, 1-p)
	}
	// Geometric gaps between successes.
	count, at, l := 0, 0, math.Log1p(-p)
	for {
		at += int(math.Log(1-random.Float64())/l) + 1
		if at > n {
			return count
		}
		count++
	}
}
