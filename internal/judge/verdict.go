package judge

import "time"

// Outcome of a verdict.
type Outcome string

const (
	// Pass: a regression beyond the margin would have been seen by now.
	Pass Outcome = "Pass"
	// Fail: the canary is worse. It stays so for the rest of the release.
	Fail Outcome = "Fail"
	// NotEnoughData: neither can be said; the reason says why and the numbers what is missing.
	NotEnoughData Outcome = "NotEnoughData"
)

// Reason of an outcome.
type Reason string

const (
	// WithinLimits is the reason of every Pass.
	WithinLimits Reason = "WithinLimits"

	// MoreErrors, Slower: the canary is worse than stable at the same time.
	MoreErrors Reason = "MoreErrors"
	Slower     Reason = "Slower"
	// OverLimit: the canary is beyond a fixed limit.
	OverLimit Reason = "OverLimit"
	// OnlyErrors: every answer of the canary was an error. With a Fail when stable or the limit shows that this is
	// the canary's fault, else with NotEnoughData.
	OnlyErrors Reason = "OnlyErrors"

	// Starting: the first look; counters need a second one.
	Starting Reason = "Starting"
	// PodsNotStarted: no pod of the canary has been ready yet.
	PodsNotStarted Reason = "PodsNotStarted"
	// NoTraffic: the canary has answered nothing, or nothing for longer than QuietAfter.
	NoTraffic Reason = "NoTraffic"
	// NoStableTraffic: stable answers too little to compare with.
	NoStableTraffic Reason = "NoStableTraffic"
	// TooFewRequests: undecided, and Numbers.RequestsNeeded more would decide if things go on as they are.
	TooFewRequests Reason = "TooFewRequests"
	// Undecided: so close to what is allowed that no reasonable number of requests would decide.
	Undecided Reason = "Undecided"
	// MissingData: a source did not answer, or had nothing on this metric.
	MissingData Reason = "MissingData"
	// BadData: what was read can't be true (NaN, infinite, negative, contradictory).
	BadData Reason = "BadData"
)

// CanaryState is what the canary does, as far as its requests show. A verdict passes only when it is CanaryServing;
// a plan without a metric that counts requests may pass with CanaryUnknown.
type CanaryState string

const (
	CanaryUnknown        CanaryState = "Unknown"
	CanaryPodsNotStarted CanaryState = "PodsNotStarted"
	CanaryNoTraffic      CanaryState = "NoTraffic"
	CanaryOnlyErrors     CanaryState = "OnlyErrors"
	CanaryServing        CanaryState = "Serving"
)

// Verdict on a release at one look: Fail when any metric fails, Pass when all pass.
type Verdict struct {
	// At is the time of the look.
	At time.Time `json:"at"`
	// Outcome, its reason and a sentence for people, of the metric that decides.
	Outcome Outcome `json:"outcome"`
	Reason  Reason  `json:"reason"`
	Message string  `json:"message"`
	// Metric that decides: the first that fails, else the first without enough data, else empty.
	Metric string `json:"metric,omitempty"`
	// Canary is what the canary does.
	Canary CanaryState `json:"canary"`
	// Results of all metrics, in the order of the plan.
	Results []Result `json:"results"`
}

// Result is the outcome for one metric.
type Result struct {
	Metric  string  `json:"metric"`
	Outcome Outcome `json:"outcome"`
	Reason  Reason  `json:"reason"`
	// Message is a sentence with the numbers in it.
	Message string `json:"message"`
	// At is the time of the look that decided: of a Fail, the look at which it failed.
	At      time.Time `json:"at"`
	Numbers Numbers   `json:"numbers"`
}

// Numbers is the evidence behind a result. What a kind of metric has no use for is 0.
type Numbers struct {
	// CanaryRequests and StableRequests seen, and the bad ones among them: errors, or slower than Bound.
	CanaryRequests int64 `json:"canaryRequests,omitempty"`
	CanaryBad      int64 `json:"canaryBad,omitempty"`
	StableRequests int64 `json:"stableRequests,omitempty"`
	StableBad      int64 `json:"stableBad,omitempty"`
	// CanaryRate and StableRate are the shares of bad requests, 0 to 1.
	CanaryRate float64 `json:"canaryRate,omitempty"`
	StableRate float64 `json:"stableRate,omitempty"`
	// CanaryAtMost is the largest share that PassConfidence leaves for the canary, Allowed what a Pass allows it.
	CanaryAtMost float64 `json:"canaryAtMost,omitempty"`
	Allowed      float64 `json:"allowed,omitempty"`
	// Bound is the latency in seconds beyond which a request counts as bad.
	Bound float64 `json:"bound,omitempty"`
	// Quantiles of both versions' latency, estimated within the buckets.
	Quantiles []Quantile `json:"quantiles,omitempty"`
	// Value last seen and Limit, of metrics with a limit; Breaches of it at so many Looks.
	Value    float64 `json:"value,omitempty"`
	Limit    float64 `json:"limit,omitempty"`
	Breaches int64   `json:"breaches,omitempty"`
	Looks    int64   `json:"looks,omitempty"`
	// EValue is the strongest evidence so far that the canary is worse: 1 is none, and a good version ever reaches x
	// with a chance of at most 1/x. Capped at 1e12. PValue is 1/EValue, at most 1.
	EValue float64 `json:"eValue,omitempty"`
	PValue float64 `json:"pValue,omitempty"`
	// Alpha is this metric's part of the plan's Alpha: it fails when PValue gets as low.
	Alpha float64 `json:"alpha,omitempty"`
	// RequestsNeeded is about how many more requests the canary must answer before there is an outcome.
	RequestsNeeded int64 `json:"requestsNeeded,omitempty"`
}

// Quantile of the latency of both versions, in seconds; 0 where there are no requests.
type Quantile struct {
	Quantile float64 `json:"quantile"`
	Canary   float64 `json:"canary"`
	Stable   float64 `json:"stable"`
}
