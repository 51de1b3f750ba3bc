package judge

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

// howMany counts in how many of so many releases one says true.
func howMany(releases int, seed uint64, one func(*rand.Rand) bool) int {
	failed := 0
	for i := range releases {
		if one(rand.New(rand.NewPCG(seed, uint64(i)))) {
			failed++
		}
	}
	return failed
}

// atMost is the number of false alarms that a test at the promised chance exceeds once in a thousand times.
func atMost(releases int, alpha float64) int {
	mean := float64(releases) * alpha
	return int(mean + 3.1*math.Sqrt(mean*(1-alpha)))
}

// good says whether a release fails in which the canary is as good as stable. perLook gives the requests of both
// versions and the chance of an error at a look.
func good(random *rand.Rand, plan Plan, looks int, perLook func(look int) (canary, stable int, p float64)) bool {
	var state State
	var verdict Verdict
	canary, stable := Counters{Requests: 1, Errors: map[string]float64{}}, Counters{Requests: 1, Errors: map[string]float64{}}
	for i := range looks {
		n, m, p := perLook(i)
		canary = canary.plus(Counters{Requests: float64(n), Errors: map[string]float64{"5xx": float64(binomial(random, n, p))}})
		stable = stable.plus(Counters{Requests: float64(m), Errors: map[string]float64{"5xx": float64(binomial(random, m, p))}})
		state, verdict = plan.Observe(state, Sample{At: start.Add(time.Duration(i) * 5 * time.Second),
			Canary: map[string]Counters{"g": canary}, Stable: map[string]Counters{"g": stable}})
		if verdict.Outcome == Fail {
			return true
		}
	}
	return false
}

func TestFalseAlarms(t *testing.T) {
	const releases, looks = 150, 100
	errors := Plan{Metrics: []Metric{errorsMetric}}
	for _, tt := range []struct {
		why     string
		plan    Plan
		perLook func(random *rand.Rand) func(look int) (int, int, float64)
	}{
		{"1 % of 300 requests/s, 1 % errors", errors, func(random *rand.Rand) func(int) (int, int, float64) {
			return func(int) (int, int, float64) { n := binomial(random, 1500, 0.01); return n, 1500 - n, 0.01 }
		}},
		{"half of 4 requests/s, 20 % errors", errors, func(random *rand.Rand) func(int) (int, int, float64) {
			return func(int) (int, int, float64) { n := binomial(random, 20, 0.5); return n, 20 - n, 0.2 }
		}},
		{"error rate and weight drift together", errors, func(random *rand.Rand) func(int) (int, int, float64) {
			return func(look int) (int, int, float64) {
				share := 0.01 + 0.49*float64(look)/looks
				n := binomial(random, 300, share)
				return n, 300 - n, 0.3 * float64(look) / looks
			}
		}},
		{"outages of both versions", errors, func(random *rand.Rand) func(int) (int, int, float64) {
			return func(look int) (int, int, float64) {
				n, p := binomial(random, 300, 0.1), 0.005
				if look%20 < 3 {
					p = 0.6
				}
				return n, 300 - n, p
			}
		}},
		{"just within a limit", Plan{Metrics: []Metric{successMetric}}, func(random *rand.Rand) func(int) (int, int, float64) {
			return func(int) (int, int, float64) { return 50, 0, 0.01 }
		}},
		{"a comparison and a limit, both at the edge", Plan{Metrics: []Metric{errorsMetric, successMetric}}, func(random *rand.Rand) func(int) (int, int, float64) {
			return func(int) (int, int, float64) { return 50, 100, 0.01 }
		}},
	} {
		failed := howMany(releases, 6, func(random *rand.Rand) bool { return good(random, tt.plan, looks, tt.perLook(random)) })
		t.Logf("%s: %d of %d good releases called bad", tt.why, failed, releases)
		if failed > atMost(releases, DefaultAlpha) {
			t.Errorf("%s: %d of %d good releases called bad, promised is %v", tt.why, failed, releases, DefaultAlpha)
		}
	}
}

// Latencies that drift while the weight rises must not fail a canary that is as fast as stable.
func TestFalseAlarmsOfLatency(t *testing.T) {
	const releases, looks = 200, 60
	bounds := []float64{0.025, 0.05, 0.1, 0.25, 0.5}
	draw := func(random *rand.Rand, n int, median float64) Counters {
		counts := make([]float64, len(bounds)+1)
		for range n {
			x := median * math.Exp(0.5*random.NormFloat64())
			for i, bound := range bounds {
				if x <= bound {
					counts[i]++
				}
			}
			counts[len(bounds)]++
		}
		return Counters{Requests: float64(n), Latency: counts}
	}
	plan := Plan{Metrics: []Metric{latencyMetric}}
	failed := howMany(releases, 7, func(random *rand.Rand) bool {
		var state State
		var verdict Verdict
		canary, stable := Counters{Requests: 1, Latency: make([]float64, 6)}, Counters{Requests: 1, Latency: make([]float64, 6)}
		for look := range looks {
			at := float64(look) / looks
			n := binomial(random, 100, 0.05+0.9*at)
			canary, stable = canary.plus(draw(random, n, 0.06*(1+at))), stable.plus(draw(random, 100-n, 0.06*(1+at)))
			state, verdict = plan.Observe(state, Sample{At: start.Add(time.Duration(look) * 5 * time.Second), Bounds: bounds,
				Canary: map[string]Counters{"g": canary}, Stable: map[string]Counters{"g": stable}})
			if verdict.Outcome == Fail {
				return true
			}
		}
		return false
	})
	t.Logf("%d of %d good releases called slow", failed, releases)
	if failed > atMost(releases, DefaultAlpha) {
		t.Errorf("%d of %d good releases called slow, promised is %v", failed, releases, DefaultAlpha)
	}
}

// A bad version must be found, and soon: within so many looks in at least 95 of 100 releases.
func TestDetection(t *testing.T) {
	for _, tt := range []struct {
		why   string
		times float64
		looks int
	}{
		{"twice the errors", 2, 80},
		{"five times the errors", 5, 12},
		{"one request in five fails", 20, 2},
	} {
		missed := howMany(100, 9, func(random *rand.Rand) bool {
			r := makeRelease(errorsMetric)
			r.canary.Requests = 1
			r.look(t)
			for range tt.looks {
				n, m := binomial(random, 1500, 0.1), 1350
				if v := r.answers(float64(n), float64(binomial(random, n, 0.01*tt.times)), float64(m), float64(binomial(random, m, 0.01))).look(t); v.Outcome == Fail {
					return false
				}
			}
			return true
		})
		if missed > 5 {
			t.Errorf("%s: missed in %d of 100 releases within %d looks", tt.why, missed, tt.looks)
		}
	}
}

// Pass must mean what it says: a canary that is worse by more than the margin passes at any look with a chance of at
// most 1 - PassConfidence.
func TestFalsePasses(t *testing.T) {
	const releases, looks = 200, 150
	for _, metric := range []Metric{
		{Name: "errors", Kind: ErrorsAgainstStable, AlphaWeight: 1e-9}, // never fails, so that all looks are seen
		{Name: "limit", Kind: ErrorLimit, Limit: 0.0133, AlphaWeight: 1e-9},
	} {
		plan := Plan{Metrics: []Metric{metric, {Name: "other", Kind: ValueLimit}}}
		passed := howMany(releases, 8, func(random *rand.Rand) bool {
			var state State
			var verdict Verdict
			canary, stable := Counters{Requests: 1, Errors: map[string]float64{}}, Counters{Requests: 1, Errors: map[string]float64{}}
			for look := range looks {
				canary = canary.plus(Counters{Requests: 100, Errors: map[string]float64{"5xx": float64(binomial(random, 100, 0.0201))}})
				stable = stable.plus(Counters{Requests: 900, Errors: map[string]float64{"5xx": float64(binomial(random, 900, 0.01))}})
				state, verdict = plan.Observe(state, Sample{At: start.Add(time.Duration(look) * 5 * time.Second),
					Canary: map[string]Counters{"g": canary}, Stable: map[string]Counters{"g": stable}})
				if verdict.Results[0].Outcome == Pass {
					return true
				}
			}
			return false
		})
		t.Logf("%s: %d of %d bad releases passed", metric.Name, passed, releases)
		if passed > atMost(releases, 1-DefaultPassConfidence) {
			t.Errorf("%s: %d of %d bad releases passed at some look, promised is %.2f", metric.Name, passed, releases, 1-DefaultPassConfidence)
		}
	}
}
