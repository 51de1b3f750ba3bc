package judge

import (
	"fmt"
	"math"
	"slices"
)

const (
	// limitSlack is how far beyond its limit a rate must be ruled out to pass, as a part of the limit. Without slack a
	// canary close to its limit would need requests without end.
	limitSlack = 0.5
	// goodBreaches is the share of looks at which a good version may break a ValueLimit.
	goodBreaches = 0.1
	// fewestValues is at how many looks a value must have been seen before it passes.
	fewestValues = 5
)

// errorLimit tests the canary's share of errors against a fixed limit.
func (in input) errorLimit(s MetricState) (MetricState, Result) {
	seen := in.look.canary.errorRate(in.metric.Class)
	total := in.state.CanaryTotal.errorRate(in.metric.Class)
	s = in.testRate(s, seen, in.metric.Limit, in.plan.Burst)
	n := in.strength(limitNumbers(total, in.metric.Limit, in.plan), s)
	what := fmt.Sprintf("%s of the canary's requests failed (%s)", percent(n.CanaryRate), of(total))
	if in.overLimit(s, total) {
		return s, Result{Outcome: Fail, Reason: OverLimit, Numbers: n,
			Message: fmt.Sprintf("%s, the limit is %s. A version within the limit ever shows so much with a chance of at most %s (limit %s).", what, percent(in.metric.Limit), chance(n.PValue), chance(n.Alpha))}
	}
	return s, in.rateWithin(n, what, total, total, in.metric.Limit, in.metric.Limit)
}

// latencyLimit tests a quantile against a fixed limit: "p99 is at most half a second" is "at most 1 % of requests take
// longer than half a second", a test of a rate. Within a bucket nobody knows, so requests count as too slow beyond the
// first bound at or above the limit, and a Pass counts from the last bound at or below it.
func (in input) latencyLimit(s MetricState) (MetricState, Result) {
	bounds := in.state.Bounds
	if len(bounds) == 0 || len(in.sample.Bounds) == 0 {
		return s, Result{Outcome: NotEnoughData, Reason: MissingData, Message: "There are no latency buckets."}
	}
	above := slices.IndexFunc(bounds, func(bound float64) bool { return bound >= in.metric.Limit })
	below := above
	if above < 0 {
		above, below = len(bounds)-1, len(bounds)-1
	} else if bounds[above] > in.metric.Limit {
		below = above - 1
	}
	if bounds[above] < in.metric.Limit || below < 0 {
		return s, Result{Outcome: NotEnoughData, Reason: BadData,
			Message: fmt.Sprintf("The limit of %s lies outside the latency buckets (%s to %s): choose a limit within them.", seconds(in.metric.Limit), seconds(bounds[0]), seconds(bounds[len(bounds)-1]))}
	}
	limit := 1 - in.metric.Quantile
	total, totalBelow := in.state.CanaryTotal.slowRate(above), in.state.CanaryTotal.slowRate(below)
	s = in.testRate(s, in.look.canary.slowRate(above), limit, in.plan.Burst)
	n := in.strength(limitNumbers(total, limit, in.plan), s)
	n.Bound, n.Quantiles = bounds[above], in.quantiles()
	n.Value, n.Limit = in.state.CanaryTotal.quantile(in.metric.Quantile, bounds), in.metric.Limit
	what := fmt.Sprintf("%s of the canary's requests took longer than %s (%s), at most %s may", percent(n.CanaryRate), seconds(bounds[above]), of(total), percent(limit))
	if in.overLimit(s, total) {
		return s, Result{Outcome: Fail, Reason: OverLimit, Numbers: n,
			Message: fmt.Sprintf("%s. A version within the limit ever shows so much with a chance of at most %s (limit %s).", what, chance(n.PValue), chance(n.Alpha))}
	}
	return s, in.rateWithin(n, what, total, totalBelow, limit, limit)
}

// testRate takes one look at a rate into the evidence; burst as for Evidence.compare.
func (in input) testRate(s MetricState, seen rate, limit, burst float64) MetricState {
	if seen.requests == 0 {
		return s
	}
	e := s.Evidence[0].update(func(ratio float64) float64 { return seen.logFactorAbove(limit, ratio) / burst })
	s.Evidence = []Evidence{e}
	return in.weigh(s, e.logValue())
}

// overLimit says whether the evidence fails the canary, which it may do from the minimum sample on.
func (in input) overLimit(s MetricState, total rate) bool {
	return s.Highest >= -math.Log(in.alpha) && total.requests >= in.plan.MinRequests
}

// rateWithin is the result of a limit that was not found broken: it passes when the rate is within the limit as far as
// seen, and one of 1.5 times the limit is ruled out. failing and passing are the counts that decide about each.
func (in input) rateWithin(n Numbers, what string, failing, passing rate, limit, target float64) Result {
	beta := 1 - in.plan.PassConfidence
	passes := func(scale float64) bool {
		more := passing.times(scale)
		return more.requests >= in.plan.MinRequests && more.share() <= target && upperBound(more, beta) <= target*(1+limitSlack)
	}
	fails := func(scale float64) bool {
		more := failing.times(scale)
		e := Evidence{}.update(func(ratio float64) float64 { return more.logFactorAbove(limit, ratio) })
		return more.requests >= in.plan.MinRequests && e.logValue() >= -math.Log(in.alpha)
	}
	if passes(1) {
		return Result{Outcome: Pass, Reason: WithinLimits, Numbers: n,
			Message: fmt.Sprintf("%s. At most %s could, of %s allowed.", what, percent(upperBound(passing, beta)), percent(n.Allowed))}
	}
	if passing.requests == 0 {
		failing, passing = rate{requests: 1}, rate{requests: 1}
	}
	return in.wait(n, what, passing.requests, func(scale float64) bool { return passes(scale) || fails(scale) })
}

func limitNumbers(total rate, limit float64, plan Plan) Numbers {
	return Numbers{
		CanaryRequests: total.requests, CanaryBad: total.bad, CanaryRate: total.share(),
		CanaryAtMost: upperBound(total, 1-plan.PassConfidence), Allowed: math.Min(1, limit*(1+limitSlack)), Limit: limit,
	}
}

// valueLimit tests how often a value breaks its limit: at each look a good version does so with a chance of at most
// goodBreaches, given the looks before. Windows of the query that overlap from look to look break this; choose an
// interval at least as long as the window.
func (in input) valueLimit(s MetricState) (MetricState, Result) {
	m := in.metric
	value, known := in.sample.Values[m.Name]
	n := Numbers{Limit: m.Limit, Looks: s.Looks, Breaches: s.Breaches}
	switch {
	case !known || in.sample.Problem != "":
		return s, Result{Outcome: NotEnoughData, Reason: MissingData, Numbers: in.strength(n, s),
			Message: or(in.sample.Problem, "The query returned no value.")}
	case math.IsNaN(value) || math.IsInf(value, 0):
		return s, Result{Outcome: NotEnoughData, Reason: BadData, Numbers: in.strength(n, s),
			Message: fmt.Sprintf("The query returned %v, which is no number to compare with a limit; a division by zero requests gives this.", value)}
	}
	breach := value > m.Limit
	if m.AtLeast {
		breach = value < m.Limit
	}
	serves := in.canary == CanaryServing || in.canary == CanaryUnknown && !in.plan.needsCounters()
	if !in.again && serves {
		seen := rate{requests: 1}
		if breach {
			seen.bad, s.Breaches = 1, s.Breaches+1
		}
		s.Looks++
		s = in.testRate(s, seen, goodBreaches, 1)
	}
	n = in.strength(Numbers{Value: value, Limit: m.Limit, Looks: s.Looks, Breaches: s.Breaches}, s)
	bound := "at most"
	if m.AtLeast {
		bound = "at least"
	}
	what := fmt.Sprintf("The value is %.4g, it should be %s %.4g; it was not at %s", value, bound, m.Limit, of(rate{s.Looks, s.Breaches}))
	switch {
	case s.Highest >= -math.Log(in.alpha):
		return s, Result{Outcome: Fail, Reason: OverLimit, Numbers: n, Message: what + " looks."}
	case breach:
		return s, Result{Outcome: NotEnoughData, Reason: Undecided, Numbers: n, Message: what + " looks, too few to rule out chance."}
	case s.Looks < fewestValues:
		return s, Result{Outcome: NotEnoughData, Reason: TooFewRequests, Numbers: n, Message: fmt.Sprintf("%s looks; %d looks are needed.", what, fewestValues)}
	}
	return s, Result{Outcome: Pass, Reason: WithinLimits, Numbers: n, Message: what + " looks."}
}

// restartLimit counts restarts of the canary's containers.
func (in input) restartLimit(s MetricState) (MetricState, Result) {
	if in.sample.Pods == nil {
		return s, Result{Outcome: NotEnoughData, Reason: MissingData, Message: "The canary's pods are not known."}
	}
	seen := in.sample.Pods.Restarts
	if in.metric.Class == ClassOOMKilled {
		seen = in.sample.Pods.OOMKills
	}
	s.Restarts = max(s.Restarts, int64(seen))
	n := Numbers{Value: float64(s.Restarts), Limit: in.metric.Limit}
	what := fmt.Sprintf("Containers of the canary restarted %s (%d out of memory), the limit is %v.", count(float64(s.Restarts), "time"), in.sample.Pods.OOMKills, in.metric.Limit)
	if in.metric.Class == ClassOOMKilled {
		what = fmt.Sprintf("Containers of the canary ran out of memory %s, the limit is %v.", count(float64(s.Restarts), "time"), in.metric.Limit)
	}
	if float64(s.Restarts) > in.metric.Limit {
		return s, Result{Outcome: Fail, Reason: OverLimit, Numbers: n, Message: what}
	}
	return s, Result{Outcome: Pass, Reason: WithinLimits, Numbers: n, Message: what}
}
