package main

import (
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/workbench-dev/workbench/internal/judge"
)

type bench struct {
	out   io.Writer
	scale float64
}

// contestant is a kind of referee under a name.
type contestant struct {
	name string
	make func() referee
}

var (
	errorsMetric  = judge.Metric{Name: "errors", Kind: judge.ErrorsAgainstStable}
	latencyMetric = judge.Metric{Name: "latency", Kind: judge.LatencyAgainstStable}
	successMetric = judge.Metric{Name: "success-rate", Kind: judge.ErrorLimit, Limit: 0.01}
	errorReferees = []contestant{
		{"**Workbench**", func() referee { return newWorkbench(5, errorsMetric) }},
		{"threshold of the Argo Rollouts documentation", func() referee { return &argo{} }},
		{"Flagger's default check", func() referee { return &flagger{} }},
		{"Kayenta's Mann–Whitney judge", func() referee { return &kayenta{} }},
	}
	latencyReferees = []contestant{
		{"**Workbench**", func() referee { return newWorkbench(15, latencyMetric) }},
		{"Flagger's default check", func() referee { return &flagger{latency: true} }},
		{"Kayenta's Mann–Whitney judge", func() referee { return &kayenta{latency: true} }},
		{"confidence bands of both (Lindon et al., KDD 2022)", func() referee { return bands{} }},
	}
)

const (
	hour    = 3600
	quarter = 900
)

func (b bench) releases(full int) int { return max(1, int(float64(full)*b.scale)) }

func (b bench) printf(format string, args ...any) { fmt.Fprintf(b.out, format, args...) }

func (b bench) row(cells ...string) { b.printf("| %s |\n", strings.Join(cells, " | ")) }

func (b bench) header(cells ...string) {
	b.row(cells...)
	rule := make([]string, len(cells))
	for i := range rule {
		rule[i] = "---"
	}
	b.row(rule...)
}

func (b bench) introduction() {
	b.printf(`# Benchmark of the judge

Made by `+"`make bench-judge`"+` (test/bench/judge): simulated releases with fixed seeds, so every run prints the same.
A service answers %d requests/s; a good version fails %.1f %% of them and takes a median of %.0f ms (lognormal, p99 256 ms, counted
in Envoy's default buckets). Prometheus reads all counters every %d s. α is 5 %%.

Workbench compares canary and stable. The threshold of the Argo Rollouts documentation is a success rate of at least 95 %%
measured every 5 minutes, failing with the fourth failure; Flagger's default is a success rate of at least 99 %% (or a p99 of at
most 500 ms) every minute, failing after five; Kayenta compares one value a minute, here at all values so far every 5 minutes
from the tenth minute on. Thresholds don't know how good the stable version is: what they find depends on where it stands.

`, requestsPerSecond, 100*baseErrors, 1000*medianLatency, scrapeSeconds)
}

// failed says whether and when, in seconds, a referee sends the canary back, and how many errors it had answered.
func failed(t traffic, random *rand.Rand, seconds float64, r referee) (at, errors float64) {
	at = math.Inf(1)
	t.run(random, seconds, func(s scrape) bool {
		if r.sees(s) {
			at, errors = s.at, s.canary.errors
			return false
		}
		return true
	})
	return at, errors
}

// alarms is in how many good releases a referee sends the canary back.
func (b bench) alarms(t traffic, releases int, seconds float64, c contestant) int {
	n := 0
	for i := range releases {
		if at, _ := failed(t, rand.New(rand.NewPCG(1, uint64(i))), seconds, c.make()); !math.IsInf(at, 1) {
			n++
		}
	}
	return n
}

// goodReleases is part (a) of the benchmark.
func (b bench) goodReleases() {
	releases := b.releases(1000)
	b.printf("## (a) False alarms\n\nGood releases called bad, of %s each. The promise is at most 5 %%.\n\n", grouped(float64(releases)))
	shares := []float64{0.01, 0.1, 0.5}
	b.header("errors", "1 % share", "10 % share", "50 % share")
	cells := []string{"**Workbench**, looked at after every error (1,000 errors each)"}
	for _, share := range shares {
		n := 0
		for i := range releases {
			if everyError(rand.New(rand.NewPCG(2, uint64(i))), share, 1000) {
				n++
			}
		}
		cells = append(cells, part(n, releases))
	}
	b.row(cells...)
	hours := b.releases(300)
	for _, c := range errorReferees {
		cells := []string{fmt.Sprintf("%s, an hour (%d releases)", c.name, hours)}
		for _, share := range shares {
			cells = append(cells, part(b.alarms(steady(share), hours, hour, c), hours))
		}
		b.row(cells...)
	}
	b.printf("\n")
	b.header("latency", "1 % share", "10 % share", "50 % share")
	for _, c := range latencyReferees {
		n := b.releases(300)
		if c.name == "**Workbench**" {
			n = releases
		}
		cells := []string{fmt.Sprintf("%s, 15 minutes (%d releases)", c.name, n)}
		for _, share := range shares {
			t := steady(share)
			t.latency = true
			cells = append(cells, part(b.alarms(t, n, quarter, c), n))
		}
		b.row(cells...)
	}
	b.printf("\n")
}

// everyError runs a good release of so many errors and looks at it after each.
func everyError(random *rand.Rand, share float64, errors int) bool {
	plan := judge.Plan{Metrics: []judge.Metric{errorsMetric}}
	var state judge.State
	var verdict judge.Verdict
	var canary, stable version
	at := origin
	look := func() bool {
		at = at.Add(time.Second)
		state, verdict = plan.Observe(state, judge.Sample{At: at,
			Canary: map[string]judge.Counters{"gateway": counters(canary)}, Stable: map[string]judge.Counters{"gateway": counters(stable)}})
		return verdict.Outcome == judge.Fail
	}
	look()
	for range errors {
		good := math.Floor(math.Log(1-random.Float64()) / math.Log1p(-baseErrors))
		ofCanary := binomial(random, good, share)
		canary.requests += ofCanary
		stable.requests += good - ofCanary
		if random.Float64() < share {
			canary.requests++
			canary.errors++
		} else {
			stable.requests++
			stable.errors++
		}
		if look() {
			return true
		}
	}
	return false
}

// hardReleases are good releases in a bad hour.
func (b bench) hardReleases() {
	releases := b.releases(200)
	b.printf(`Good releases in a bad hour, %d each: *outages* of both versions (every 20 minutes, 90 s with 30 %% errors); *ramp*: the weight
rises from 1 %% over 10 %% to 50 %% every 5 minutes while errors of both versions rise from 0.5 %% to 5 %% and latencies by half
(20 minutes); *all metrics*: errors and latency against stable and a success rate of at least 99 %% at once, weights 1, 10, 50 %%
(15 minutes); *bursts*: errors of both versions come five at a time. Errors that
are not independent break the promise; Workbench learns their bursts from stable within some looks, or is told (plan.burst).

`, releases)
	outages := steady(0.1)
	outages.errors = func(at float64) float64 {
		if math.Mod(at, 1200) > 600 && math.Mod(at, 1200) < 690 {
			return 0.3
		}
		return baseErrors
	}
	ramp := steady(0)
	ramp.latency = true
	ramp.share = steps(300)
	ramp.errors = func(at float64) float64 { return baseErrors * (1 + 9*math.Min(1, at/1200)) }
	ramp.drift = func(at float64) float64 { return 1 + 0.5*math.Min(1, at/1200) }
	all := steady(0)
	all.latency = true
	all.share = steps(300)
	bursts := steady(0.1)
	bursts.burst = 5
	b.header("", "outages, errors", "ramp, errors", "ramp, latency", "all metrics", "bursts, errors")
	stepped := func(every float64, metrics ...judge.Metric) contestant {
		return contestant{"**Workbench**", func() referee {
			w := newWorkbench(every, metrics...)
			w.weightSince = func(at float64) float64 { return 300 * math.Min(2, math.Ceil(at/300)-1) }
			return w
		}}
	}
	b.row("**Workbench**", part(b.alarms(outages, releases, hour, errorReferees[0]), releases),
		part(b.alarms(ramp, releases, 1200, stepped(5, errorsMetric)), releases),
		part(b.alarms(ramp, releases, 1200, stepped(15, latencyMetric)), releases),
		part(b.alarms(all, releases, quarter, stepped(15, errorsMetric, latencyMetric, successMetric)), releases),
		part(b.alarms(bursts, releases, hour, errorReferees[0]), releases))
	for i, c := range errorReferees[1:] {
		latency := "–"
		if i > 0 {
			latency = part(b.alarms(ramp, releases, 1200, latencyReferees[i]), releases)
		}
		b.row(c.name, part(b.alarms(outages, releases, hour, c), releases), part(b.alarms(ramp, releases, 1200, c), releases), latency, "–", part(b.alarms(bursts, releases, hour, c), releases))
	}
	told := contestant{"", func() referee {
		w := newWorkbench(5, errorsMetric)
		w.plan.Burst = 5
		return w
	}}
	b.row("**Workbench**, told of bursts of 5", "–", "–", "–", "–", part(b.alarms(bursts, releases, hour, told), releases))
	b.row(latencyReferees[3].name, "–", "–", part(b.alarms(ramp, releases, 1200, latencyReferees[3]), releases), "–", "–")
	b.printf("\n")
}

// steps is the share of a release that goes from 1 % over 10 % to 50 %, so many seconds each.
func steps(seconds float64) func(float64) float64 {
	return func(at float64) float64 {
		return []float64{0.01, 0.1, 0.5}[min(2, int(at/seconds))]
	}
}

// errorDetection and latencyDetection are part (b) of the benchmark.
func (b bench) errorDetection() {
	releases := b.releases(200)
	b.printf("## (b) Detection\n\nBad versions at a 10 %% share, %d releases of an hour each: median time until the canary is sent back since its first request, median errors\nthat it answered until then, and the part of the releases in which it was found where that isn't all. False alarms are those of (a).\n\n", releases)
	effects := []float64{1.5, 2, 5, 10}
	b.header("errors", "1.5×", "2×", "5×", "10×", "false alarms")
	for _, c := range errorReferees {
		cells := []string{c.name}
		for _, effect := range effects {
			t := steady(0.1)
			t.timesErrors = effect
			cells = append(cells, b.detection(t, releases, c, true))
		}
		n := b.releases(300)
		b.row(append(cells, part(b.alarms(steady(0.1), n, hour, c), n))...)
	}
	b.printf("\n")
}

func (b bench) latencyDetection() {
	releases := b.releases(100)
	effects := []float64{0.2, 0.5, 1}
	b.header("latency", "+20 %", "+50 %", "+100 %", "false alarms")
	for _, c := range latencyReferees {
		if c.name == "**Workbench**" {
			c.make = func() referee { return newWorkbench(5, latencyMetric) }
		}
		cells := []string{c.name}
		for _, effect := range effects {
			t := steady(0.1)
			t.latency = true
			t.slower = effect
			cells = append(cells, b.detection(t, releases, c, false))
		}
		t := steady(0.1)
		t.latency = true
		n := b.releases(300)
		b.row(append(cells, part(b.alarms(t, n, quarter, c), n))...)
	}
	b.printf("\n")
}

// detection is a cell: how soon, after how many errors and how surely a bad canary is found.
func (b bench) detection(t traffic, releases int, c contestant, withErrors bool) string {
	var times, errors []float64
	found := 0
	for i := range releases {
		at, n := failed(t, rand.New(rand.NewPCG(3, uint64(i))), hour, c.make())
		if !math.IsInf(at, 1) {
			found++
		} else {
			n = math.Inf(1)
		}
		times, errors = append(times, at), append(errors, n)
	}
	if found*2 < releases {
		return fmt.Sprintf("found in %s", part(found, releases))
	}
	slices.Sort(times)
	slices.Sort(errors)
	cell := fmt.Sprintf("%s s", grouped(times[releases/2]))
	if withErrors {
		cell += fmt.Sprintf(", %s errors", grouped(errors[releases/2]))
	}
	if found < releases {
		cell += fmt.Sprintf(" (%s)", part(found, releases))
	}
	return cell
}

func part(n, of int) string {
	return fmt.Sprintf("%.1f %%", 100*float64(n)/float64(of))
}

func grouped(x float64) string {
	if x >= 1000 {
		return fmt.Sprintf("%d,%03d", int(x)/1000, int(x)%1000)
	}
	return fmt.Sprintf("%.0f", x)
}
