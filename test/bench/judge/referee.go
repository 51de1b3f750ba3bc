package main

import (
	"math"
	"slices"
	"time"

	"github.com/workbench-dev/workbench/internal/judge"
)

// referee is something that may send a canary back. It sees every scrape and looks when it would.
type referee interface {
	// sees says whether the canary is sent back at this scrape.
	sees(scrape) bool
}

// workbench is the judge, at every scrape or at every so many.
type workbench struct {
	plan  judge.Plan
	state judge.State
	every float64
	// weightSince is since when the weight is what it is, in seconds.
	weightSince func(at float64) float64
}

// origin is when the simulated canary got its first request.
var origin = time.Date(2026, 11, 2, 10, 0, 0, 0, time.UTC)

func newWorkbench(every float64, metrics ...judge.Metric) *workbench {
	w := &workbench{plan: judge.Plan{Metrics: metrics}, every: every, weightSince: func(float64) float64 { return 0 }}
	w.state, _ = w.plan.Observe(w.state, judge.Sample{At: origin, Stable: map[string]judge.Counters{"gateway": {}}, Bounds: bounds})
	return w
}

func (w *workbench) sees(s scrape) bool {
	if math.Mod(s.at, w.every) != 0 {
		return false
	}
	var verdict judge.Verdict
	w.state, verdict = w.plan.Observe(w.state, judge.Sample{
		At:          origin.Add(time.Duration(s.at * float64(time.Second))),
		WeightSince: origin.Add(time.Duration(w.weightSince(s.at) * float64(time.Second))),
		Bounds:      bounds,
		Canary:      map[string]judge.Counters{"gateway": counters(s.canary)},
		Stable:      map[string]judge.Counters{"gateway": counters(s.stable)},
	})
	return verdict.Outcome == judge.Fail
}

func counters(v version) judge.Counters {
	c := judge.Counters{Requests: v.requests, Errors: map[string]float64{judge.DefaultClass: v.errors}, Latency: make([]float64, len(v.latency))}
	sum := 0.0
	for i, n := range v.latency {
		sum += n
		c.Latency[i] = sum
	}
	return c
}

// argo is the AnalysisTemplate of the Argo Rollouts documentation (docs/features/analysis.md, docs/analysis/prometheus.md):
// irate of successes over irate of all, every 5 minutes beginning at once, result[0] >= 0.95, failureLimit 3: the
// fourth failed measurement fails. An empty result is an error, not a failure. The documentation asks for the whole
// service's rate; here it is the canary's alone, which is kinder to it.
type argo struct {
	last     scrape
	failures int
}

func (a *argo) sees(s scrape) bool {
	recent := s.canary.minus(a.last.canary)
	a.last = scrape{at: s.at, canary: s.canary.copied()}
	if math.Mod(s.at, 300) != 0 || recent.requests == 0 {
		return false
	}
	if 1-recent.errors/recent.requests < 0.95 {
		a.failures++
	}
	return a.failures > 3
}

// flagger is Flagger's built-in check with the values of its Istio tutorial (docs/gitbook/tutorials/istio-progressive-delivery.md):
// every minute, success rate of the last minute at least 99 %, or p99 at most 500 ms over the last 30 s; the fifth
// failed check sends the canary back at the tick after it (pkg/controller/scheduler.go). No values are a failed check.
type flagger struct {
	latency  bool
	past     []scrape
	failures int
}

func (f *flagger) sees(s scrape) bool {
	f.past = append(f.past, scrape{at: s.at, canary: s.canary.copied()})
	window := 60
	if f.latency {
		window = 30
	}
	if n := window/scrapeSeconds + 1; len(f.past) > n {
		f.past = f.past[len(f.past)-n:]
	}
	if math.Mod(s.at, 60) != 0 {
		return false
	}
	if f.failures >= 5 {
		return true
	}
	recent := s.canary.minus(f.past[0].canary)
	switch {
	case recent.requests == 0:
		f.failures++
	case f.latency && recent.quantile(0.99) > 0.5:
		f.failures++
	case !f.latency && 1-recent.errors/recent.requests < 0.99:
		f.failures++
	}
	return false
}

// bands is the test of Lindon, Sanden and Shirikian (KDD 2022, arXiv 2205.14762) as published: confidence bands of
// both distributions over all requests so far, each from Howard and Ramdas (arXiv 1906.09712, theorem 2, its
// instance with the constants 0.85 and 1612), half of alpha each; the canary fails when the bands come apart.
type bands struct{}

func (bands) sees(s scrape) bool {
	n, m := s.canary.upTo(len(bounds)), s.stable.upTo(len(bounds))
	if n < 1 || m < 1 {
		return false
	}
	width := bandWidth(n, judge.DefaultAlpha/2) + bandWidth(m, judge.DefaultAlpha/2)
	var c, st float64
	for i := range bounds {
		c += s.canary.latency[i]
		st += s.stable.latency[i]
		if st/m-c/n > width {
			return true
		}
	}
	return false
}

func bandWidth(n, alpha float64) float64 {
	return 0.85 * math.Sqrt((math.Log(math.Log(math.E*n))+0.8*math.Log(1612/alpha))/n)
}

// kayenta is the judge of Spinnaker (kayenta-judge, NetflixACAJudge and MannWhitneyClassifier): a Mann-Whitney test of
// one value a minute of each version, with a 98 % confidence interval for the shift; the canary fails when all of it
// lies more than a quarter of the estimated shift above zero and its mean is higher. It looks every 5 minutes at all
// values so far, from the tenth on. The value is the share of errors, or the median latency.
type kayenta struct {
	latency        bool
	last           scrape
	canary, stable []float64
}

func (k *kayenta) sees(s scrape) bool {
	if math.Mod(s.at, 60) != 0 {
		return false
	}
	canary, stable := s.canary.minus(k.last.canary), s.stable.minus(k.last.stable)
	k.last = scrape{at: s.at, canary: s.canary.copied(), stable: s.stable.copied()}
	value := func(v version) float64 {
		if k.latency {
			return v.quantile(0.5)
		}
		return 100 * v.errors / v.requests
	}
	if c, st := value(canary), value(stable); !math.IsNaN(c) && !math.IsNaN(st) {
		k.canary, k.stable = append(k.canary, c), append(k.stable, st)
	}
	return math.Mod(s.at, 300) == 0 && len(k.canary) >= 10 && mannWhitneyHigh(k.canary, k.stable)
}

// zKayenta is the normal quantile of a two-sided 98 % interval.
const zKayenta = 2.3263478740408408

// mannWhitneyHigh is the classification "High" of MannWhitneyClassifier.
func mannWhitneyHigh(experiment, control []float64) bool {
	if wilcoxon(experiment, control, 0) <= zKayenta || mean(experiment) < mean(control) {
		return false
	}
	estimate := shiftAt(experiment, control, 0)
	return shiftAt(experiment, control, zKayenta) > 0.25*math.Abs(estimate)
}

// shiftAt is the shift at which the statistic falls to z: z = 0 gives the estimate, z = zKayenta the lower limit.
func shiftAt(x, y []float64, z float64) float64 {
	low, high := slices.Min(x)-slices.Max(y), slices.Max(x)-slices.Min(y)
	if wilcoxon(x, y, low) <= z {
		return low
	}
	if wilcoxon(x, y, high) >= z {
		return high
	}
	for range 40 {
		if middle := (low + high) / 2; wilcoxon(x, y, middle) > z {
			low = middle
		} else {
			high = middle
		}
	}
	return (low + high) / 2
}

// wilcoxon is the standardised rank sum of x-shift among y, with the corrections for ties and continuity that
// MannWhitney.wilcoxonDiff makes.
func wilcoxon(x, y []float64, shift float64) float64 {
	type ranked struct {
		value float64
		isX   bool
	}
	all := make([]ranked, 0, len(x)+len(y))
	for _, v := range x {
		all = append(all, ranked{v - shift, true})
	}
	for _, v := range y {
		all = append(all, ranked{v, false})
	}
	slices.SortFunc(all, func(a, b ranked) int {
		switch {
		case a.value < b.value:
			return -1
		case a.value > b.value:
			return 1
		}
		return 0
	})
	sum, ties := 0.0, 0.0
	for i := 0; i < len(all); {
		j := i
		for j < len(all) && all[j].value == all[i].value {
			j++
		}
		rank := float64(i+j+1) / 2
		for _, r := range all[i:j] {
			if r.isX {
				sum += rank
			}
		}
		t := float64(j - i)
		ties += t*t*t - t
		i = j
	}
	n, m := float64(len(x)), float64(len(y))
	z := sum - n*(n+1)/2 - n*m/2
	sigma := math.Sqrt(n * m / 12 * (n + m + 1 - ties/((n+m)*(n+m-1))))
	if sigma == 0 {
		return 0
	}
	correction := 0.0
	if z > 0 {
		correction = 0.5
	} else if z < 0 {
		correction = -0.5
	}
	return (z - correction) / sigma
}

func mean(values []float64) float64 {
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	return sum / float64(len(values))
}
