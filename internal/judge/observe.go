package judge

import (
	"fmt"
	"math"
)

// Observe takes in one look and says what is known now. Neither argument is changed; pass the returned state to the
// next look. Any input gives a verdict: what can't be used is NotEnoughData with the reason, never a Pass or a Fail.
func (p Plan) Observe(state State, sample Sample) (State, Verdict) {
	if err := p.Validate(); err != nil {
		return state, Verdict{At: sample.At, Outcome: NotEnoughData, Reason: BadData, Canary: CanaryUnknown,
			Message: fmt.Sprintf("The plan can't be judged by: %v", err)}
	}
	p = p.withDefaults()
	before := state.At
	state, l := state.take(sample, p.needsCounters())
	canary := p.canaryState(state, sample, l)
	verdict := Verdict{At: sample.At, Canary: canary}
	for _, m := range p.Metrics {
		in := input{plan: p, metric: m, alpha: p.alphaOf(m), state: state, sample: sample, look: l, canary: canary,
			again: !before.IsZero() && !sample.At.After(before)}
		metric, result := in.judge(state.metric(m, len(state.Bounds)))
		state = state.with(m.Name, metric)
		verdict.Results = append(verdict.Results, result)
	}
	return state, verdict.conclude()
}

// conclude takes the verdict from the results: any failure fails, anything unknown is unknown.
func (v Verdict) conclude() Verdict {
	for _, outcome := range []Outcome{Fail, NotEnoughData} {
		for _, result := range v.Results {
			if result.Outcome == outcome {
				v.Outcome, v.Reason, v.Message, v.Metric = outcome, result.Reason, result.Message, result.Metric
				return v
			}
		}
	}
	v.Outcome, v.Reason = Pass, WithinLimits
	v.Message = v.Results[0].Message
	if len(v.Results) > 1 {
		v.Message = fmt.Sprintf("All %d metrics are within their limits.", len(v.Results))
	}
	return v
}

// input is all that a metric is judged by at one look.
type input struct {
	plan   Plan
	metric Metric
	alpha  float64
	state  State
	sample Sample
	look   look
	canary CanaryState
	// again is true when the sample is of the same time as the look before: it says nothing new.
	again bool
}

// judge takes the look into the metric's evidence and says what follows from it.
func (in input) judge(s MetricState) (MetricState, Result) {
	var result Result
	switch in.metric.Kind {
	case ErrorsAgainstStable:
		s, result = in.errorsAgainstStable(s)
	case LatencyAgainstStable:
		s, result = in.latencyAgainstStable(s)
	case ErrorLimit:
		s, result = in.errorLimit(s)
	case LatencyLimit:
		s, result = in.latencyLimit(s)
	case ValueLimit:
		s, result = in.valueLimit(s)
	case RestartLimit:
		s, result = in.restartLimit(s)
	}
	result.Metric, result.At = in.metric.Name, in.sample.At
	if s.Failed != nil {
		return s, *s.Failed
	}
	result = in.guard(result)
	if result.Outcome == Fail {
		failed := result
		s.Failed = &failed
	}
	return s, result
}

// guard keeps a metric from passing while the canary doesn't serve or the look is of no use, and says why.
func (in input) guard(r Result) Result {
	if r.Outcome == Fail {
		if in.canary == CanaryOnlyErrors && (r.Reason == MoreErrors || r.Reason == OverLimit && in.metric.Kind == ErrorLimit) {
			r.Reason = OnlyErrors
			r.Message = "The canary answers nothing but errors. " + r.Message
		}
		return r
	}
	hold := func(reason Reason, message string) Result {
		r.Outcome, r.Reason, r.Message = NotEnoughData, reason, message
		return r
	}
	if problem := in.sample.Problems[in.metric.Name]; problem != "" {
		return hold(MissingData, problem)
	}
	switch in.canary {
	case CanaryPodsNotStarted:
		return hold(PodsNotStarted, "No pod of the canary has become ready yet.")
	case CanaryNoTraffic:
		if in.state.LastRequest.IsZero() || in.state.CanaryTotal.Requests == 0 && answered(in.sample.Canary) == 0 {
			return hold(NoTraffic, "The canary has not answered a single request yet.")
		}
		return hold(NoTraffic, fmt.Sprintf("The canary has answered no request for %s.", seconds(in.sample.At.Sub(in.state.LastRequest).Seconds())))
	case CanaryOnlyErrors:
		return hold(OnlyErrors, fmt.Sprintf("Every answer of the canary so far was an error (%s). %s", count(in.state.CanaryTotal.Requests, "request"), r.Message))
	}
	if in.look.problem != "" {
		return hold(in.look.problem, in.look.message)
	}
	if in.canary == CanaryUnknown && in.plan.needsCounters() {
		return hold(Starting, "The canary's counters have just appeared; they say something from the next look on.")
	}
	return r
}

// weigh notes how strong the evidence is now.
func (in input) weigh(s MetricState, logValue float64) MetricState {
	s.Highest = math.Max(s.Highest, logValue)
	if logValue >= -math.Log(in.alpha) {
		s.Over++
	} else {
		s.Over = 0
	}
	return s
}

// strength fills in what the evidence says in numbers.
func (in input) strength(n Numbers, s MetricState) Numbers {
	n.EValue = math.Min(1e12, math.Exp(s.Highest))
	n.PValue = math.Min(1, 1/n.EValue)
	n.Alpha = in.alpha
	return n
}
