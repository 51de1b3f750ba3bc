package judge

import (
	"errors"
	"fmt"
	"math"
	"time"
)

// Kind is what a metric compares with what.
type Kind string

const (
	// ErrorsAgainstStable: the canary's share of errors against that of stable at the same time.
	ErrorsAgainstStable Kind = "ErrorsAgainstStable"
	// LatencyAgainstStable: the canary's latencies against those of stable at the same time, at every bucket bound.
	LatencyAgainstStable Kind = "LatencyAgainstStable"
	// ErrorLimit: the canary's share of errors against a fixed limit.
	ErrorLimit Kind = "ErrorLimit"
	// LatencyLimit: a quantile of the canary's latency against a fixed limit.
	LatencyLimit Kind = "LatencyLimit"
	// ValueLimit: a number of the user's own (a query) against a fixed limit. Of one number nobody knows how much it
	// varies, so a good version is taken to be one that breaks the limit at no more than a tenth of the looks,
	// whatever it did before.
	ValueLimit Kind = "ValueLimit"
	// RestartLimit: restarts of the canary's containers against a fixed limit. It counts, it doesn't estimate: no part of Alpha.
	RestartLimit Kind = "RestartLimit"
)

// Defaults of Plan and Metric, used where a field is zero.
const (
	DefaultAlpha          = 0.05
	DefaultPassConfidence = 0.95
	DefaultMinRequests    = 20
	DefaultQuietAfter     = time.Minute
	DefaultClass          = "5xx"
	DefaultErrorMargin    = 0.01
	DefaultLatencyMargin  = 0.10
)

// ClassOOMKilled, as the class of a RestartLimit, counts the containers that ran out of memory instead of all restarts.
const ClassOOMKilled = "OOMKilled"

// Plan says what is judged in a release. It stays the same for the whole release; a metric that is changed midway
// starts without evidence, and the promise about Alpha then counts from there.
type Plan struct {
	// Alpha is the chance, at most, of ever calling a good version bad: over the whole release, all looks and all
	// metrics. In (0, 0.5]; default 0.05.
	Alpha float64 `json:"alpha,omitempty"`
	// PassConfidence is how sure a Pass is that a regression beyond a metric's margin would have been seen.
	// In [0.5, 1); default 0.95.
	PassConfidence float64 `json:"passConfidence,omitempty"`
	// MinRequests is how many requests the canary must have answered before a limit is judged or anything passes.
	// Default 20. Comparisons with stable need no minimum to Fail: they count what little there is for little.
	MinRequests int64 `json:"minRequests,omitempty"`
	// QuietAfter is how long the canary may go without a request before it counts as getting no traffic. Default 1m.
	QuietAfter time.Duration `json:"quietAfter,omitempty"`
	// ConfirmLooks is how many looks in a row must show enough evidence before a comparison with stable fails.
	// Default 1. Set 2 when the requests of canary and stable are counted by different scrape targets: their counters
	// are then read some seconds apart, and an outage of both can show in one of them first.
	ConfirmLooks int `json:"confirmLooks,omitempty"`
	// Burst is how many bad requests come of one cause where it is known that they don't come alone, for example
	// because one job makes many requests. Default 1. Comparisons with stable also learn it from look to look (Spread),
	// which takes them some looks; limits don't.
	Burst float64 `json:"burst,omitempty"`
	// Metrics to judge, at least one, names unique.
	Metrics []Metric `json:"metrics"`
}

// Metric is one thing that is judged.
type Metric struct {
	// Name is unique in the plan.
	Name string `json:"name"`
	// Kind of comparison.
	Kind Kind `json:"kind"`
	// Class of errors that count, a key of Counters.Errors. Default "5xx". Of a RestartLimit: ClassOOMKilled counts only
	// containers that ran out of memory.
	Class string `json:"class,omitempty"`
	// Limit: a share of requests in (0, 1) for ErrorLimit, seconds for LatencyLimit, a number for ValueLimit, a count
	// for RestartLimit. At the limit is good.
	Limit float64 `json:"limit,omitempty"`
	// AtLeast turns the limit of a ValueLimit round: smaller values are bad.
	AtLeast bool `json:"atLeast,omitempty"`
	// Quantile of a LatencyLimit, in (0, 1): 0.99 for p99.
	Quantile float64 `json:"quantile,omitempty"`
	// Margin is the regression that a Pass must rule out: how much larger the share of bad requests may be.
	// Against stable: 0.01 (a percentage point) for errors, or half of stable's share where that is more; 0.1 for the
	// share of requests slower than any bucket bound. Against a limit: half the limit, and Margin isn't read.
	Margin float64 `json:"margin,omitempty"`
	// AlphaWeight is this metric's part of Alpha, relative to the other metrics. Default 1.
	AlphaWeight float64 `json:"alphaWeight,omitempty"`
}

// Validate says everything that is wrong with a plan.
func (p Plan) Validate() error {
	var errs []error
	wrong := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if p.Alpha != 0 && !(p.Alpha > 0 && p.Alpha <= 0.5) {
		wrong("alpha is %v: give a chance above 0 and up to 0.5, for example 0.05", p.Alpha)
	}
	if p.PassConfidence != 0 && !(p.PassConfidence >= 0.5 && p.PassConfidence < 1) {
		wrong("passConfidence is %v: give a number from 0.5 to below 1, for example 0.95", p.PassConfidence)
	}
	if p.Burst != 0 && !(p.Burst >= 1 && p.Burst <= 1e6) {
		wrong("burst is %v: give how many bad requests come of one cause, 1 or more", p.Burst)
	}
	if p.MinRequests < 0 || p.QuietAfter < 0 || p.ConfirmLooks < 0 {
		wrong("minRequests, quietAfter and confirmLooks cannot be negative")
	}
	if len(p.Metrics) == 0 {
		wrong("a plan without metrics judges nothing: add one")
	}
	names := map[string]bool{}
	for i, m := range p.Metrics {
		switch {
		case m.Name == "":
			wrong("metric %d has no name", i+1)
		case names[m.Name]:
			wrong("two metrics are named %q: names must differ", m.Name)
		}
		names[m.Name] = true
		if err := m.validate(); err != nil {
			wrong("metric %q: %w", m.Name, err)
		}
	}
	return errors.Join(errs...)
}

func (m Metric) validate() error {
	for _, number := range []float64{m.Limit, m.Quantile, m.Margin, m.AlphaWeight} {
		if math.IsNaN(number) || math.IsInf(number, 0) {
			return fmt.Errorf("%v is not a number to compare with", number)
		}
	}
	if m.Margin < 0 || m.Margin >= 1 {
		return fmt.Errorf("margin is %v: give a share of requests, from 0 to below 1", m.Margin)
	}
	if m.AlphaWeight < 0 {
		return fmt.Errorf("alphaWeight is %v: give a positive number", m.AlphaWeight)
	}
	switch m.Kind {
	case ErrorsAgainstStable, LatencyAgainstStable, ValueLimit:
	case ErrorLimit:
		if m.Limit <= 0 || m.Limit >= 1 {
			return fmt.Errorf("limit is %v: give the largest good share of errors, above 0 and below 1 (0.01 for 1 %%)", m.Limit)
		}
	case LatencyLimit:
		if m.Limit <= 0 {
			return fmt.Errorf("limit is %v: give seconds above 0", m.Limit)
		}
		if m.Quantile <= 0 || m.Quantile >= 1 {
			return fmt.Errorf("quantile is %v: give one above 0 and below 1 (0.99 for p99)", m.Quantile)
		}
	case RestartLimit:
		if m.Limit < 0 {
			return fmt.Errorf("limit is %v: give a count of restarts, 0 or more", m.Limit)
		}
	default:
		return fmt.Errorf("kind %q is unknown: use %s, %s, %s, %s, %s or %s", m.Kind, ErrorsAgainstStable,
			LatencyAgainstStable, ErrorLimit, LatencyLimit, ValueLimit, RestartLimit)
	}
	return nil
}

// withDefaults fills in what was left out.
func (p Plan) withDefaults() Plan {
	p.Alpha = or(p.Alpha, DefaultAlpha)
	p.PassConfidence = or(p.PassConfidence, DefaultPassConfidence)
	p.MinRequests = or(p.MinRequests, DefaultMinRequests)
	p.QuietAfter = or(p.QuietAfter, DefaultQuietAfter)
	p.ConfirmLooks = or(p.ConfirmLooks, 1)
	p.Burst = or(p.Burst, 1)
	metrics := make([]Metric, len(p.Metrics))
	for i, m := range p.Metrics {
		m.Class = or(m.Class, DefaultClass)
		m.AlphaWeight = or(m.AlphaWeight, 1)
		switch m.Kind {
		case ErrorsAgainstStable:
			m.Margin = or(m.Margin, DefaultErrorMargin)
		case LatencyAgainstStable:
			m.Margin = or(m.Margin, DefaultLatencyMargin)
		}
		metrics[i] = m
	}
	p.Metrics = metrics
	return p
}

// alphaOf is a metric's part of Alpha. The parts add up to Alpha, so the chance that any of the metrics ever fails a
// good version is at most Alpha (Bonferroni), however the metrics depend on each other.
func (p Plan) alphaOf(m Metric) float64 {
	sum := 0.0
	for _, other := range p.Metrics {
		if other.Kind != RestartLimit {
			sum += other.AlphaWeight
		}
	}
	return p.Alpha * m.AlphaWeight / sum
}

func or[T comparable](value, fallback T) T {
	var zero T
	if value == zero {
		return fallback
	}
	return value
}
