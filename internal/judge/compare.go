package judge

import (
	"fmt"
	"math"
	"slices"
)

// errorsAgainstStable compares the shares of errors.
func (in input) errorsAgainstStable(s MetricState) (MetricState, Result) {
	if in.look.compare != nil {
		c, st := in.look.compare.Canary.errorRate(in.metric.Class), in.look.compare.Stable.errorRate(in.metric.Class)
		e := s.Evidence[0].compare(split{c.requests, c.bad, st.requests, st.bad}, in.plan.Burst, math.Inf(1))
		s.Evidence = []Evidence{e}
		s = in.weigh(s, e.logValue())
	} else if in.beforeCanary() {
		e := s.Evidence[0]
		e.Spread = e.Spread.update(in.look.stable.errorRate(in.metric.Class))
		s.Evidence = []Evidence{e}
	}
	c, st := in.state.CanaryTotal.errorRate(in.metric.Class), in.state.StableTotal.errorRate(in.metric.Class)
	comparison := in.comparison(1, func(float64) float64 { return 0.5 })
	n := in.strength(comparison.numbers(arms{c, st}), s)
	what := fmt.Sprintf("%s of the canary's requests failed (%s), %s of the stable version's (%s)",
		percent(n.CanaryRate), of(c), percent(n.StableRate), of(st))
	if s.Over >= in.plan.ConfirmLooks {
		return s, Result{Outcome: Fail, Reason: MoreErrors, Numbers: n,
			Message: fmt.Sprintf("%s. A version as good as the stable one ever shows so much with a chance of at most %s (limit %s).", what, chance(n.PValue), chance(n.Alpha))}
	}
	return s, in.passOrWait(n, what, arms{c, st}, arms{c, st}, 1, comparison)
}

// latencyAgainstStable compares the distributions at every bucket bound at once: how many requests were slower. The
// evidence is the mean over the bounds of a martingale each, so it finds a shift of the median as well as a longer
// tail, without saying beforehand which. This tests, as Lindon, Sanden and Shirikian do (KDD 2022, arXiv 2205.14762),
// whether the canary's latencies are stochastically no larger; they reject when confidence bands of the two
// distributions come apart (Howard and Ramdas, arXiv 1906.09712). Comparing look by look instead keeps the promise
// when latency drifts while the weight changes, which pooled bands don't, and needs fewer requests (docs/benchmarks).
// The bands serve to pass: see comparison.
func (in input) latencyAgainstStable(s MetricState) (MetricState, Result) {
	bounds := in.state.Bounds
	if len(bounds) == 0 || len(in.sample.Bounds) == 0 {
		return s, Result{Outcome: NotEnoughData, Reason: MissingData, Message: "There are no latency buckets."}
	}
	if pair := in.look.compare; pair != nil && len(pair.Canary.Latency) > 0 && len(pair.Stable.Latency) > 0 {
		mean := math.Inf(-1)
		next := make([]Evidence, len(bounds))
		for i := range bounds {
			c, st := pair.Canary.slowRate(i), pair.Stable.slowRate(i)
			next[i] = s.Evidence[i].compare(split{c.requests, c.bad, st.requests, st.bad}, in.plan.Burst, mostOfOneLook)
			mean = logAdd(mean, next[i].logValue()-math.Log(float64(len(bounds))))
		}
		s.Evidence = next
		s = in.weigh(s, mean)
	} else if in.beforeCanary() {
		next := slices.Clone(s.Evidence)
		for i := range next {
			next[i].Spread = next[i].Spread.update(in.look.stable.slowRate(i))
		}
		s.Evidence = next
	}
	all := make([]arms, len(bounds))
	comparison := in.comparison(len(bounds), func(float64) float64 { return 0 })
	// worst is the bound at which the canary is furthest from passing, strongest the one with most evidence against it.
	worst, strongest, most := 0, 0, math.Inf(-1)
	for i := range bounds {
		all[i] = arms{in.state.CanaryTotal.slowRate(i), in.state.StableTotal.slowRate(i)}
		if excess := comparison.excess(all[i]); excess > most {
			worst, most = i, excess
		}
		if s.Evidence[i].logValue() > s.Evidence[strongest].logValue() {
			strongest = i
		}
	}
	failed := s.Over >= in.plan.ConfirmLooks
	at := worst
	if failed {
		at = strongest
	}
	n := in.strength(comparison.numbers(all[at]), s)
	n.Bound = bounds[at]
	n.Quantiles = in.quantiles()
	what := fmt.Sprintf("%s of the canary's requests took longer than %s (%s), %s of the stable version's (%s)",
		percent(n.CanaryRate), seconds(n.Bound), of(all[at].canary), percent(n.StableRate), of(all[at].stable))
	if failed {
		return s, Result{Outcome: Fail, Reason: Slower, Numbers: n,
			Message: fmt.Sprintf("%s. A version as fast as the stable one ever shows so much with a chance of at most %s (limit %s).", what, chance(n.PValue), chance(n.Alpha))}
	}
	return s, in.passOrWait(n, what, all[worst], all[strongest], len(bounds), comparison)
}

// beforeCanary says whether the look is one at stable alone, before the canary answered anything. Such looks say how
// much stable varies and nothing else.
func (in input) beforeCanary() bool {
	return in.look.problem == "" && in.state.CanaryTotal.Requests == 0 && !in.again
}

// comparison says when the canary may pass against stable: when the largest share of bad requests left to it is at
// most the smallest left to stable plus the margin. Both limits hold at every look at once, for every bound (beta is
// split among both versions and all bounds).
type comparison struct {
	beta   float64
	margin func(stableShare float64) float64
}

func (in input) comparison(bounds int, ofShare func(float64) float64) comparison {
	return comparison{
		beta:   (1 - in.plan.PassConfidence) / float64(2*bounds),
		margin: func(share float64) float64 { return math.Max(in.metric.Margin, ofShare(share)*share) },
	}
}

// allowed is the share of bad requests that the canary must be shown to stay below.
func (c comparison) allowed(stable rate) float64 {
	low := lowerBound(stable, c.beta)
	return low + c.margin(low)
}

// excess is by how much the canary may be worse than allowed; at most 0 passes.
func (c comparison) excess(a arms) float64 {
	return upperBound(a.canary, c.beta) - c.allowed(a.stable)
}

func (c comparison) numbers(a arms) Numbers {
	return Numbers{
		CanaryRequests: a.canary.requests, CanaryBad: a.canary.bad, CanaryRate: a.canary.share(),
		StableRequests: a.stable.requests, StableBad: a.stable.bad, StableRate: a.stable.share(),
		CanaryAtMost: upperBound(a.canary, c.beta), Allowed: math.Min(1, c.allowed(a.stable)),
	}
}

// arms is what is compared, added up over all looks.
type arms struct{ canary, stable rate }

func (a arms) times(scale float64) arms {
	return arms{a.canary.times(scale), a.stable.times(scale)}
}

// logEvidence is about how much evidence a would have given, looked at once: the formula for a known share is close
// enough to look ahead with, and quick.
func (a arms) logEvidence() float64 {
	share := float64(a.canary.requests) / float64(max(1, a.canary.requests+a.stable.requests))
	bad := rate{a.canary.bad + a.stable.bad, a.canary.bad}
	return Evidence{}.update(func(ratio float64) float64 { return bad.logFactorAbove(share, ratio) }).logValue()
}

// passOrWait is the result of a comparison that didn't fail. It passes when even the counts furthest from it do;
// strongest are those with most evidence against the canary, the mean being taken over so many.
func (in input) passOrWait(n Numbers, what string, furthest, strongest arms, over int, c comparison) Result {
	fewest := in.plan.MinRequests
	passes := func(scale float64) bool {
		more := furthest.times(scale)
		return more.canary.requests >= fewest && more.stable.requests >= fewest && c.excess(more) <= 0
	}
	fails := func(scale float64) bool {
		return strongest.times(scale).logEvidence()-math.Log(float64(over)) >= -math.Log(in.alpha)
	}
	if passes(1) {
		return Result{Outcome: Pass, Reason: WithinLimits, Numbers: n,
			Message: fmt.Sprintf("%s. At most %s could be the canary's, of %s allowed.", what, percent(n.CanaryAtMost), percent(n.Allowed))}
	}
	if furthest.stable.requests == 0 && furthest.canary.requests > 0 {
		return Result{Outcome: NotEnoughData, Reason: NoStableTraffic, Numbers: n,
			Message: fmt.Sprintf("The stable version has answered no request since the first look, so there is nothing to compare the canary's %s with.", count(float64(furthest.canary.requests), "request"))}
	}
	if furthest.canary.requests == 0 {
		furthest = arms{rate{requests: 1}, rate{requests: max(1, furthest.stable.requests)}}
		strongest = furthest
	}
	return in.wait(n, what, furthest.canary.requests, func(scale float64) bool { return passes(scale) || fails(scale) })
}

// quantiles of both versions, for people.
func (in input) quantiles() []Quantile {
	var all []Quantile
	for _, q := range []float64{0.5, 0.9, 0.99} {
		all = append(all, Quantile{q, in.state.CanaryTotal.quantile(q, in.state.Bounds), in.state.StableTotal.quantile(q, in.state.Bounds)})
	}
	return all
}

// quantile is estimated within a bucket along a straight line, and is the last bound when it lies beyond: as
// Prometheus' histogram_quantile does (https://prometheus.io/docs/prometheus/latest/querying/functions/).
func (c Counters) quantile(q float64, bounds []float64) float64 {
	if len(bounds) == 0 || len(c.Latency) != len(bounds)+1 || c.Latency[len(bounds)] == 0 {
		return 0
	}
	rank := q * c.Latency[len(bounds)]
	for i, bound := range bounds {
		if c.Latency[i] < rank {
			continue
		}
		low, below := 0.0, 0.0
		if i > 0 {
			low, below = bounds[i-1], c.Latency[i-1]
		}
		return low + (bound-low)*(rank-below)/(c.Latency[i]-below)
	}
	return bounds[len(bounds)-1]
}
