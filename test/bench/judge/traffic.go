package main

import (
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/stat/distuv"
)

const (
	// scrapeSeconds is how far apart Prometheus reads the counters: three times as often as by default, for everyone.
	scrapeSeconds = 5
	// requestsPerSecond of the service, both versions together.
	requestsPerSecond = 300
	// baseErrors is the share of errors of a good version.
	baseErrors = 0.005
	// medianLatency in seconds and spread (standard deviation of the logarithm) of a good version: lognormal, p99 256 ms.
	medianLatency, latencySpread = 0.080, 0.5
)

// bounds are Envoy's default histogram buckets, in seconds, which Istio's metrics have.
var bounds = []float64{0.0005, 0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 600, 1800, 3600}

// version is what one version has counted since the release began.
type version struct {
	requests, errors float64
	// latency counts requests by bucket, not added up; the last one is beyond all bounds.
	latency []float64
}

// scrape is one reading of the counters of both versions, at seconds since the canary got traffic.
type scrape struct {
	at             float64
	canary, stable version
}

// traffic makes a release. A zero effect means no effect.
type traffic struct {
	// share of requests for the canary at a time, 0 to 1.
	share func(at float64) float64
	// errors is the chance of an error of a good version at a time; timesErrors that of the canary as a multiple.
	errors      func(at float64) float64
	timesErrors float64
	// burst is how many errors come at once, on one version; 0 or 1 for errors that come alone.
	burst float64
	// slower is how much longer the canary takes: 0.2 for +20 %.
	slower float64
	// drift multiplies the latency of both versions at a time.
	drift func(at float64) float64
	// latency says whether latencies are drawn at all.
	latency bool
}

func steady(share float64) traffic {
	return traffic{
		share:       func(float64) float64 { return share },
		errors:      func(float64) float64 { return baseErrors },
		timesErrors: 1,
		drift:       func(float64) float64 { return 1 },
	}
}

// run makes the scrapes of a release, one after the other, until each says stop or the time is over.
func (t traffic) run(random *rand.Rand, seconds float64, each func(scrape) (more bool)) {
	s := scrape{canary: version{latency: make([]float64, len(bounds)+1)}, stable: version{latency: make([]float64, len(bounds)+1)}}
	for s.at = scrapeSeconds; s.at <= seconds; s.at += scrapeSeconds {
		middle := s.at - scrapeSeconds/2
		share, p, drift := t.share(middle), t.errors(middle), t.drift(middle)
		t.count(random, &s.canary, share, math.Min(1, p*t.timesErrors), medianLatency*drift*(1+t.slower))
		t.count(random, &s.stable, 1-share, p, medianLatency*drift)
		if !each(s) {
			return
		}
	}
}

// count lets a version answer requests for the time between two scrapes.
func (t traffic) count(random *rand.Rand, v *version, share, errors, median float64) {
	n := 0.0
	if share > 0 {
		n = distuv.Poisson{Lambda: share * requestsPerSecond * scrapeSeconds, Src: random}.Rand()
	}
	v.requests += n
	burst := math.Max(1, t.burst)
	v.errors += math.Min(n, burst*binomial(random, n, errors/burst))
	if !t.latency {
		return
	}
	left, below := n, 0.0
	for i := range v.latency {
		in := left
		if i < len(bounds) {
			upTo := lognormal(bounds[i], median)
			in = binomial(random, left, (upTo-below)/(1-below))
			below = upTo
		}
		v.latency[i] += in
		if left -= in; left == 0 {
			return
		}
	}
}

func lognormal(x, median float64) float64 {
	return 0.5 * math.Erfc(-math.Log(x/median)/(latencySpread*math.Sqrt2))
}

func binomial(random *rand.Rand, n, p float64) float64 {
	switch {
	case n <= 0 || p <= 1e-12:
		return 0
	case p >= 1-1e-12:
		return n
	}
	return distuv.Binomial{N: n, P: p, Src: random}.Rand()
}

// upTo is how many requests took at most bound i.
func (v version) upTo(i int) float64 {
	sum := 0.0
	for _, n := range v.latency[:i+1] {
		sum += n
	}
	return sum
}

// minus is what was counted since an earlier scrape.
func (v version) minus(earlier version) version {
	d := version{requests: v.requests - earlier.requests, errors: v.errors - earlier.errors, latency: make([]float64, len(v.latency))}
	for i := range earlier.latency {
		d.latency[i] = v.latency[i] - earlier.latency[i]
	}
	if len(earlier.latency) == 0 {
		copy(d.latency, v.latency)
	}
	return d
}

// quantile as Prometheus' histogram_quantile estimates it; NaN without requests.
func (v version) quantile(q float64) float64 {
	all := v.upTo(len(bounds))
	if all == 0 {
		return math.NaN()
	}
	rank, sum := q*all, 0.0
	for i, n := range v.latency {
		if sum+n >= rank && i < len(bounds) {
			low := 0.0
			if i > 0 {
				low = bounds[i-1]
			}
			return low + (bounds[i]-low)*(rank-sum)/n
		}
		sum += n
	}
	return bounds[len(bounds)-1]
}

// copied is safe to keep.
func (v version) copied() version {
	return v.minus(version{})
}
