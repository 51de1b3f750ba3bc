package judge

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestObserve(t *testing.T) {
	type want struct {
		Outcome Outcome
		Reason  Reason
		Canary  CanaryState
	}
	steady := func(r *release, looks int, canary, canaryErrors, stable, stableErrors float64) Verdict {
		v := r.answers(canary, canaryErrors, stable, stableErrors).look(t)
		for range looks {
			v = r.answers(canary, canaryErrors, stable, stableErrors).look(t)
		}
		return v
	}
	for _, tt := range []struct {
		why  string
		run  func(*release) Verdict
		want want
	}{
		{"a good canary with enough requests passes",
			func(r *release) Verdict { return steady(r, 12, 150, 0, 1350, 1) },
			want{Pass, WithinLimits, CanaryServing}},
		{"a good canary with few requests is not judged",
			func(r *release) Verdict { return steady(r, 2, 15, 0, 135, 0) },
			want{NotEnoughData, TooFewRequests, CanaryServing}},
		{"one error in five fails in two looks",
			func(r *release) Verdict { return steady(r, 1, 150, 30, 1350, 0) },
			want{Fail, MoreErrors, CanaryServing}},
		{"a canary that is better than stable is not called worse",
			func(r *release) Verdict { return steady(r, 60, 150, 0, 1350, 68) },
			want{Pass, WithinLimits, CanaryServing}},
		{"nothing but errors fails, and says so",
			func(r *release) Verdict { return steady(r, 2, 20, 20, 180, 0) },
			want{Fail, OnlyErrors, CanaryOnlyErrors}},
		{"nothing but errors from both versions is no pass, and not the canary's fault",
			func(r *release) Verdict { return steady(r, 60, 20, 20, 180, 180) },
			want{NotEnoughData, OnlyErrors, CanaryOnlyErrors}},
		{"no traffic on the canary is no pass",
			func(r *release) Verdict { r.pods = &Pods{Started: 2}; return steady(r, 60, 0, 0, 1500, 0) },
			want{NotEnoughData, NoTraffic, CanaryNoTraffic}},
		{"pods that never start are a state of their own",
			func(r *release) Verdict { r.pods = &Pods{}; return steady(r, 60, 0, 0, 1500, 0) },
			want{NotEnoughData, PodsNotStarted, CanaryPodsNotStarted}},
		{"traffic that stops takes the pass away",
			func(r *release) Verdict { steady(r, 20, 150, 0, 1350, 0); return steady(r, 13, 0, 0, 1500, 0) },
			want{NotEnoughData, NoTraffic, CanaryNoTraffic}},
		{"traffic that comes late is judged like any other",
			func(r *release) Verdict { steady(r, 40, 0, 0, 1500, 0); return steady(r, 20, 150, 0, 1350, 0) },
			want{Pass, WithinLimits, CanaryServing}},
		{"the first look with traffic after a long wait is a start",
			func(r *release) Verdict { steady(r, 40, 0, 0, 1500, 0); return steady(r, 0, 150, 0, 1350, 0) },
			want{NotEnoughData, Starting, CanaryUnknown}},
		{"all traffic on the canary leaves nothing to compare with",
			func(r *release) Verdict { return steady(r, 20, 1500, 0, 0, 0) },
			want{NotEnoughData, NoStableTraffic, CanaryServing}},
		{"a pass earned before the last step stays when stable gets no more traffic",
			func(r *release) Verdict { steady(r, 20, 750, 0, 750, 0); return steady(r, 10, 1500, 0, 0, 0) },
			want{Pass, WithinLimits, CanaryServing}},
		{"a version that turns bad after an hour is caught",
			func(r *release) Verdict { steady(r, 720, 150, 1, 1350, 9); return steady(r, 6, 150, 30, 1350, 9) },
			want{Fail, MoreErrors, CanaryServing}},
		{"an outage of both versions is not the canary's fault",
			func(r *release) Verdict { steady(r, 20, 150, 0, 1350, 1); return steady(r, 20, 150, 75, 1350, 675) },
			want{Pass, WithinLimits, CanaryServing}},
		{"after a failure nothing makes it good again",
			func(r *release) Verdict { steady(r, 3, 150, 30, 1350, 0); return steady(r, 100, 150, 0, 1350, 0) },
			want{Fail, MoreErrors, CanaryServing}},
	} {
		t.Run(tt.why, func(t *testing.T) {
			v := tt.run(makeRelease(errorsMetric))
			if diff := cmp.Diff(tt.want, want{v.Outcome, v.Reason, v.Canary}); diff != "" {
				t.Errorf("verdict (-want +got):\n%s%s", diff, v.Message)
			}
		})
	}
}

// Whatever is fed in, broken looks must neither fail nor pass, nor spoil what is known.
func TestBrokenLooks(t *testing.T) {
	for _, tt := range []struct {
		why   string
		spoil func(*Sample)
		want  Reason
	}{
		{"Prometheus does not answer", func(s *Sample) { s.Problem = "Prometheus did not answer within 10 s." }, MissingData},
		{"a query of one metric fails", func(s *Sample) { s.Problems = map[string]string{"errors": "The query is not valid."} }, MissingData},
		{"no series at all", func(s *Sample) { s.Canary, s.Stable = nil, nil }, MissingData},
		{"the canary's series vanish", func(s *Sample) { s.Canary = nil }, MissingData},
		{"NaN", func(s *Sample) { s.Canary = map[string]Counters{"gateway": {Requests: math.NaN()}} }, BadData},
		{"infinite", func(s *Sample) { s.Stable = map[string]Counters{"gateway": {Requests: math.Inf(1)}} }, BadData},
		{"negative", func(s *Sample) { s.Canary = map[string]Counters{"gateway": {Requests: -1}} }, BadData},
		{"more errors than requests", func(s *Sample) {
			s.Canary = map[string]Counters{"gateway": {Requests: 1, Errors: map[string]float64{"5xx": 2}}}
		}, BadData},
		{"more errors than requests since the look before", func(s *Sample) {
			c := s.Canary["gateway"]
			s.Canary = map[string]Counters{"gateway": {Requests: c.Requests, Errors: map[string]float64{"5xx": 1000}}}
		}, BadData},
		{"time runs backwards", func(s *Sample) { s.At = s.At.Add(-time.Hour) }, BadData},
		{"no time", func(s *Sample) { s.At = time.Time{} }, BadData},
		{"buckets that are no numbers", func(s *Sample) { s.Bounds = []float64{1, math.NaN()} }, BadData},
	} {
		t.Run(tt.why, func(t *testing.T) {
			r := makeRelease(errorsMetric)
			for range 20 {
				r.answers(150, 0, 1350, 1).look(t)
			}
			before := r.state.CanaryTotal
			broken := r.answers(150, 0, 1350, 1).sample()
			tt.spoil(&broken)
			v := r.observe(t, broken)
			if v.Outcome != NotEnoughData || v.Reason != tt.want || v.Message == "" {
				t.Errorf("verdict is %s, %s (%q), want NotEnoughData, %s", v.Outcome, v.Reason, v.Message, tt.want)
			}
			if tt.want != MissingData || broken.Problems == nil {
				if diff := cmp.Diff(before, r.state.CanaryTotal); diff != "" {
					t.Errorf("a broken look changed what is known:\n%s", diff)
				}
			}
			if v := r.answers(150, 0, 1350, 1).look(t); v.Outcome != Pass || r.state.CanaryTotal.Requests != 21*150 {
				t.Errorf("after the gap: %s with %v requests, want Pass with %d: %s", v.Outcome, r.state.CanaryTotal.Requests, 21*150, v.Message)
			}
		})
	}
}

func TestDamagedState(t *testing.T) {
	r := makeRelease(errorsMetric)
	for range 3 {
		r.answers(150, 30, 1350, 0).look(t)
	}
	damaged := r.state
	damaged.Metrics = map[string]MetricState{"errors": {Definition: r.state.Metrics["errors"].Definition, Evidence: []Evidence{{Looks: 3, Log: []float64{9}}}}}
	_, v := r.plan.Observe(damaged, r.answers(150, 0, 1350, 0).sample())
	if v.Outcome == Fail {
		t.Errorf("damaged evidence counted: %s", v.Message)
	}
}

// A weight change within a look, with errors of both versions rising at the same time, must not count against the
// canary: its share of requests and its share of errors differ though it is no worse.
func TestWeightChangeWithinALook(t *testing.T) {
	r := makeRelease(errorsMetric)
	r.canary.Requests = 1
	for range 5 {
		r.answers(15, 0, 1485, 0).look(t)
	}
	// First half at 1 % without errors, second half at 50 % with every fifth request failing.
	r.since = r.at.Add(2500 * time.Millisecond)
	if v := r.answers(8+375, 75, 742+375, 75).look(t); v.Outcome == Fail {
		t.Fatalf("a look that mixes two weights was judged: %s", v.Message)
	}
	for range 5 {
		if v := r.answers(750, 150, 750, 150).look(t); v.Outcome == Fail {
			t.Fatalf("equal rates after the change fail: %s", v.Message)
		}
	}
}

func TestEvidenceGrowsOverWeightChanges(t *testing.T) {
	r := makeRelease(errorsMetric)
	r.canary.Requests = 1
	r.look(t)
	for step, weight := range []float64{0.01, 0.1, 0.5} {
		r.since = r.at
		for range 4 {
			r.answers(1500*weight, math.Round(1500*weight*0.04), 1500*(1-weight), math.Round(1500*(1-weight)*0.01)).look(t)
		}
		t.Logf("after step %d: log evidence %.2f", step+1, r.state.Metrics["errors"].Highest)
	}
	if r.state.Metrics["errors"].Failed == nil {
		t.Error("four times the errors over three weights were not found")
	}
}

func TestLimits(t *testing.T) {
	for _, tt := range []struct {
		why    string
		errors float64
		want   Outcome
	}{
		{"far within the limit passes", 0, Pass},
		{"five times the limit fails", 5, Fail},
		{"at the limit is neither, and more requests are asked for", 1, NotEnoughData},
	} {
		t.Run(tt.why, func(t *testing.T) {
			r := makeRelease(successMetric)
			var v Verdict
			for range 10 {
				v = r.answers(100, tt.errors, 0, 0).look(t)
			}
			if v.Outcome != tt.want {
				t.Errorf("outcome %s, want %s: %s", v.Outcome, tt.want, v.Message)
			}
			if needed := v.Results[0].Numbers.RequestsNeeded; (needed > 0) != (tt.want == NotEnoughData) {
				t.Errorf("%d more requests needed: %s", needed, v.Message)
			}
		})
	}
}

func TestMinimumSample(t *testing.T) {
	r := makeRelease(successMetric)
	r.canary.Requests = 1
	r.look(t)
	if v := r.answers(19, 19, 0, 0).look(t); v.Outcome != NotEnoughData {
		t.Errorf("19 requests are below the minimum of 20, yet: %s, %s", v.Outcome, v.Message)
	}
	if v := r.answers(1, 1, 0, 0).look(t); v.Outcome != Fail || v.Reason != OnlyErrors {
		t.Errorf("20 errors of 20 requests: %s, %s, want Fail, OnlyErrors", v.Outcome, v.Reason)
	}
}

func TestLatency(t *testing.T) {
	bounds := []float64{0.05, 0.1, 0.25, 0.5, 1}
	fast, slow := []float64{10, 60, 90, 99, 100, 100}, []float64{5, 35, 70, 90, 98, 100}
	run := func(metric Metric, canary, stable []float64, looks int) Verdict {
		r := makeRelease(metric)
		var v Verdict
		for range looks {
			r.answers(100, 0, 1000, 0)
			r.canary = r.canary.plus(Counters{Latency: canary})
			for range 10 {
				r.stable = r.stable.plus(Counters{Latency: stable})
			}
			s := r.sample()
			s.Bounds = bounds
			v = r.observe(t, s)
		}
		return v
	}
	for _, tt := range []struct {
		why            string
		metric         Metric
		canary, stable []float64
		looks          int
		want           Outcome
		wantReason     Reason
	}{
		{"as fast as stable passes", latencyMetric, fast, fast, 30, Pass, WithinLimits},
		{"slower than stable fails", latencyMetric, slow, fast, 5, Fail, Slower},
		{"faster than stable does not fail", latencyMetric, fast, slow, 30, Pass, WithinLimits},
		{"p99 at the limit is within it", p99Metric, fast, fast, 30, NotEnoughData, TooFewRequests},
		{"p99 beyond the limit fails", p99Metric, slow, fast, 5, Fail, OverLimit},
		{"a limit beyond the buckets can't be judged", Metric{Name: "p99", Kind: LatencyLimit, Limit: 3, Quantile: 0.99}, slow, fast, 5, NotEnoughData, BadData},
	} {
		t.Run(tt.why, func(t *testing.T) {
			v := run(tt.metric, tt.canary, tt.stable, tt.looks)
			if v.Outcome != tt.want || v.Reason != tt.wantReason {
				t.Errorf("%s, %s, want %s, %s: %s", v.Outcome, v.Reason, tt.want, tt.wantReason, v.Message)
			}
		})
	}
	if v := run(latencyMetric, fast, fast, 30); cmp.Diff([]Quantile{{0.5, 0.09, 0.09}, {0.9, 0.25, 0.25}, {0.99, 0.5, 0.5}}, v.Results[0].Numbers.Quantiles) != "" {
		t.Errorf("quantiles are %v", v.Results[0].Numbers.Quantiles)
	}
}

// One stall slows many requests at once and is one event; a version that goes on being slow is slower.
func TestStall(t *testing.T) {
	const quick, stalled = 0, 40
	run := func(slow ...float64) Verdict {
		r := makeRelease(latencyMetric)
		var v Verdict
		for _, n := range append([]float64{quick, quick}, slow...) {
			r.answers(150, 0, 1350, 0)
			r.canary = r.canary.plus(Counters{Latency: []float64{150 - n, 150 - n, 150, 150}})
			r.stable = r.stable.plus(Counters{Latency: []float64{1349, 1350, 1350, 1350}})
			s := r.sample()
			s.Bounds = []float64{0.005, 0.01, 0.025}
			if v = r.observe(t, s); v.Outcome == Fail {
				break
			}
		}
		return v
	}
	for _, quickLooks := range [][]float64{{stalled}, {stalled, quick}, {stalled, quick, quick, quick}} {
		if v := run(quickLooks...); v.Outcome == Fail {
			t.Errorf("one stall, looks with %v slow answers of 150: %s", quickLooks, v.Message)
		}
	}
	if v := run(stalled, stalled); v.Outcome != Fail || v.Results[0].Reason != Slower {
		t.Errorf("slow in two looks: %s, want %s: %s", v.Outcome, Fail, v.Message)
	}
}

func TestValuesAndRestarts(t *testing.T) {
	value := Metric{Name: "queue", Kind: ValueLimit, Limit: 10}
	run := func(values ...float64) Verdict {
		r := makeRelease(value)
		r.answers(10, 0, 100, 0).look(t)
		var v Verdict
		for _, x := range values {
			s := r.answers(10, 0, 100, 0).sample()
			s.Values = map[string]float64{"queue": x}
			v = r.observe(t, s)
		}
		return v
	}
	for _, tt := range []struct {
		why    string
		values []float64
		want   Outcome
	}{
		{"within the limit passes", []float64{1, 2, 3, 4, 5}, Pass},
		{"four values are too few", []float64{1, 2, 3, 4}, NotEnoughData},
		{"one breach is not a failure", []float64{1, 2, 3, 4, 11}, NotEnoughData},
		{"breach after breach fails", []float64{11, 12, 13}, Fail},
		{"NaN is no breach", []float64{math.NaN(), math.NaN(), math.NaN(), math.NaN(), math.Inf(1)}, NotEnoughData},
	} {
		if v := run(tt.values...); v.Outcome != tt.want {
			t.Errorf("%s: %s, want %s: %s", tt.why, v.Outcome, tt.want, v.Message)
		}
	}
	// Without a mesh there are no counters of requests, and values are all there is.
	plan, state := Plan{Metrics: []Metric{value}}, State{}
	var v Verdict
	for i := range 5 {
		state, v = plan.Observe(state, Sample{At: start.Add(time.Duration(i) * time.Minute), Values: map[string]float64{"queue": 3}})
	}
	if v.Outcome != Pass || v.Canary != CanaryUnknown {
		t.Errorf("five good values without counters of requests: %s, %s, want Pass, Unknown: %s", v.Outcome, v.Canary, v.Message)
	}
	if _, v = plan.Observe(State{}, Sample{At: start, Pods: &Pods{}, Values: map[string]float64{"queue": 3}}); v.Reason != PodsNotStarted {
		t.Errorf("pods that never started: %s, want PodsNotStarted: %s", v.Reason, v.Message)
	}
	r := makeRelease(Metric{Name: "restarts", Kind: RestartLimit, Limit: 1})
	for restarts, want := range map[int32]Outcome{1: Pass, 2: Fail} {
		r.state = State{}
		r.pods = &Pods{Started: 1, Restarts: restarts}
		r.answers(10, 0, 100, 0).look(t)
		if v := r.answers(10, 0, 100, 0).look(t); v.Outcome != want {
			t.Errorf("%d restarts: %s, want %s: %s", restarts, v.Outcome, want, v.Message)
		}
	}
}

// Whatever numbers come in, in whatever order, there is a verdict, it is JSON, and it comes soon.
func TestAnyNumbers(t *testing.T) {
	numbers := []float64{0, 1, 2, 10, 1e3, 1e6, 1e9, 1e15, 1e300, -1, 0.5, math.NaN(), math.Inf(1), math.Inf(-1), math.MaxFloat64, math.SmallestNonzeroFloat64}
	random := rand.New(rand.NewPCG(4, 4))
	pick := func() float64 { return numbers[random.IntN(len(numbers))] }
	version := func() map[string]Counters {
		series := map[string]Counters{}
		for _, name := range []string{"a", "b"}[:random.IntN(3)] {
			requests := pick()
			c := Counters{Requests: requests, Errors: map[string]float64{"5xx": min(requests, pick())}}
			for range random.IntN(2) * 3 {
				c.Latency = append(c.Latency, pick())
			}
			slices.Sort(c.Latency)
			series[name] = c
		}
		return series
	}
	for range 200 {
		r := makeRelease(errorsMetric, latencyMetric, successMetric, p99Metric, Metric{Name: "value", Kind: ValueLimit}, Metric{Name: "restarts", Kind: RestartLimit})
		for i := range 20 {
			s := Sample{At: start.Add(time.Duration(i*random.IntN(3)) * time.Minute), Canary: version(), Stable: version(),
				Values: map[string]float64{"value": pick()}, Bounds: []float64{0.1, 1}}
			if v := r.observe(t, s); v.Outcome == "" || v.Reason == "" || v.Message == "" {
				t.Fatalf("no verdict on %+v: %+v", s, v)
			}
		}
	}
}

// Prometheus reads the proxies now and then. Counters that it read before every proxy knew of the release are those of the
// version before, which may have been as bad as can be: they are no beginning to count from.
func TestCountersReadBeforeTheRelease(t *testing.T) {
	r := makeRelease(errorsMetric, successMetric)
	r.since = start.Add(7 * time.Second)
	r.answers(1000, 900, 1000, 0)
	if got := r.look(t).Results[0].Reason; got != Starting {
		t.Fatalf("counters read before the release: %s, want %s", got, Starting)
	}
	r.answers(1000, 900, 1000, 0).look(t)
	for range 4 {
		r.answers(500, 0, 4500, 0)
		for _, result := range r.look(t).Results {
			if result.Outcome == Fail || result.Numbers.CanaryBad > 0 {
				t.Fatalf("the errors of the version before were counted: %+v", result)
			}
		}
	}
	if got := r.state.CanaryTotal.Requests; got != 2000 {
		t.Errorf("%v requests of the canary were counted, want 2000", got)
	}
}
