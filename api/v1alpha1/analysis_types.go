package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// Analysis says how releases are judged: what is measured, against what, and what follows. A release is judged from
// fromStep on until it ends; as soon as one check fails it goes back to the stable version by itself.
//
// +kubebuilder:validation:XValidation:rule="self.metrics.all(m, self.metrics.exists_one(o, o.name == m.name))",message="two metrics have the same name: names must differ"
type Analysis struct {
	// metrics that are judged, at least one. The release fails when any of them does.
	// +required
	// +listType=atomic
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=10
	Metrics []AnalysisMetric `json:"metrics"`

	// source is where the predefined metrics about requests come from (default Istio).
	// +optional
	// +default="Istio"
	Source AnalysisSource `json:"source,omitempty"`

	// interval is how often the evidence is looked at, 5s to 10m (default 10s). Prometheus should scrape at least as often.
	// +optional
	// +default="10s"
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule="self.matches('^([0-9]+(\\\\.[0-9]+)?(h|m|s|ms))+$') && duration(self) >= duration('5s') && duration(self) <= duration('10m')",message="interval must be a duration from 5s to 10m, such as 10s"
	Interval *metav1.Duration `json:"interval,omitempty"`

	// fromStep is the first step that is judged, counted from 1 (default 1). Steps before it raise the weight without a
	// verdict.
	// +optional
	// +default=1
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=30
	FromStep int32 `json:"fromStep,omitempty"`

	// onNotEnoughData is what happens at the end of a step when there is neither a pass nor a fail for lack of requests
	// (default Hold). While the evidence cannot be read, for example because Prometheus is away, a step holds in any case.
	// +optional
	// +default="Hold"
	OnNotEnoughData NotEnoughDataPolicy `json:"onNotEnoughData,omitempty"`

	// minimumRequests is how many requests the canary must have answered before anything passes and before a limit is
	// judged, 1 to 1000000 (default 20).
	// +optional
	// +default=20
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=1000000
	MinimumRequests int32 `json:"minimumRequests,omitempty"`

	// falseAlarmPercent is the chance, in percent, that a good version is ever called bad in a whole release, over all
	// metrics, steps and looks; 1 to 20 (default 5).
	// +optional
	// +default=5
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=20
	FalseAlarmPercent int32 `json:"falseAlarmPercent,omitempty"`

	// dryRun judges and shows the verdict without acting on it: no release goes back or is held because of it.
	// +optional
	DryRun bool `json:"dryRun,omitempty"`
}

// AnalysisSource is where the predefined metrics about requests come from.
//
// +kubebuilder:validation:Enum=Istio;Envoy
type AnalysisSource string

const (
	// SourceIstio: Istio's standard metrics, istio_requests_total and istio_request_duration_milliseconds.
	SourceIstio AnalysisSource = "Istio"
	// SourceEnvoy: the cluster metrics of the Envoys that call the workload, envoy_cluster_upstream_rq and
	// envoy_cluster_upstream_rq_time. Needs traffic split by Istio.
	SourceEnvoy AnalysisSource = "Envoy"
)

// NotEnoughDataPolicy is what happens at the end of a step when there is neither a pass nor a fail.
//
// +kubebuilder:validation:Enum=Hold;Continue;Fail
type NotEnoughDataPolicy string

const (
	// OnNotEnoughDataHold: the step goes on until there is an outcome or a person continues.
	OnNotEnoughDataHold NotEnoughDataPolicy = "Hold"
	// OnNotEnoughDataContinue: the release goes on as if nothing were judged.
	OnNotEnoughDataContinue NotEnoughDataPolicy = "Continue"
	// OnNotEnoughDataFail: the release goes back.
	OnNotEnoughDataFail NotEnoughDataPolicy = "Fail"
)

// AnalysisMetric is one thing that is judged. It is a union: exactly one of predefined and query is set.
//
// +kubebuilder:validation:XValidation:rule="has(self.predefined) != has(self.query)",message="set exactly one of predefined and query"
// +kubebuilder:validation:XValidation:rule="!has(self.query) || has(self.limit)",message="a query of your own needs a limit"
// +kubebuilder:validation:XValidation:rule="!has(self.compareWithStable) || !self.compareWithStable || (has(self.predefined) && self.predefined.type in ['SuccessRate', 'ErrorRate', 'Latency'])",message="compareWithStable is possible for SuccessRate, ErrorRate and Latency only"
// +kubebuilder:validation:XValidation:rule="!has(self.predefined) || !(self.predefined.type in ['RequestRate', 'Restarts', 'OOMKills']) || has(self.limit)",message="RequestRate, Restarts and OOMKills need a limit"
// +kubebuilder:validation:XValidation:rule="!has(self.compareWithStable) || self.compareWithStable || has(self.limit)",message="set a limit or compareWithStable: else there is nothing to compare with"
// +kubebuilder:validation:XValidation:rule="!has(self.limit) || !has(self.predefined) || !(self.predefined.type in ['SuccessRate', 'ErrorRate']) || (self.limit.endsWith('%') && self.limit != '0%' && self.limit != '100%')",message="the limit of a rate must be a share such as 99% or 0.5%, above 0% and below 100%"
// +kubebuilder:validation:XValidation:rule="!has(self.limit) || !has(self.predefined) || self.predefined.type != 'Latency' || self.limit.matches('^[0-9]+([.][0-9]+)?(ms|s)$')",message="the limit of a latency must be a time such as 500ms or 1.5s"
// +kubebuilder:validation:XValidation:rule="!has(self.limit) || !has(self.predefined) || !(self.predefined.type in ['Restarts', 'OOMKills']) || self.limit.matches('^[0-9]{1,6}$')",message="the limit of Restarts and OOMKills must be a whole number such as 0"
// +kubebuilder:validation:XValidation:rule="!has(self.limit) || (has(self.predefined) && self.predefined.type != 'RequestRate') || self.limit.matches('^-?[0-9]+([.][0-9]+)?$')",message="the limit of a query or a request rate must be a plain number such as 250 or 0.5"
type AnalysisMetric struct {
	// name of the metric, unique in the task: lower case letters, digits and '-'.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=40
	// +kubebuilder:validation:Pattern=`^[a-z0-9]([-a-z0-9]*[a-z0-9])?$`
	Name string `json:"name"`

	// predefined is a metric that Workbench knows how to measure.
	// +optional
	Predefined *PredefinedMetric `json:"predefined,omitempty"`
	// query is a query of your own.
	// +optional
	Query *QueryMetric `json:"query,omitempty"`

	// limit that the canary must keep, with its unit: a share of requests such as 99% (SuccessRate: at least, ErrorRate:
	// at most; two decimals count), a time such as 500ms or 1.5s (Latency: at most), requests a second such as 0.5
	// (RequestRate: at least), a count such as 0 (Restarts, OOMKills: at most), or a number for a query.
	// +optional
	// +kubebuilder:validation:MaxLength=20
	// +kubebuilder:validation:Pattern=`^-?[0-9]+(\.[0-9]+)?(%|ms|s)?$`
	Limit string `json:"limit,omitempty"`

	// compareWithStable compares the canary with the stable version at the same time. Default true for SuccessRate,
	// ErrorRate and Latency; the others cannot be compared. Latency is compared over all its quantiles at once.
	// +optional
	CompareWithStable *bool `json:"compareWithStable,omitempty"`
}

// PredefinedMetric is a metric that Workbench knows how to measure.
//
// +kubebuilder:validation:XValidation:rule="!has(self.class) || self.type == 'ErrorRate'",message="class belongs to type ErrorRate"
// +kubebuilder:validation:XValidation:rule="!has(self.quantile) || self.type == 'Latency'",message="quantile belongs to type Latency"
type PredefinedMetric struct {
	// type of the metric.
	// +required
	Type MetricType `json:"type"`
	// class of answers that count as errors, for ErrorRate: 5xx (default), 4xx, or one code such as 503.
	// +optional
	// +kubebuilder:validation:Pattern=`^([45]xx|[45][0-9]{2})$`
	Class string `json:"class,omitempty"`
	// quantile that the limit is about, for Latency: p50, p90 or p99 (default p99).
	// +optional
	// +kubebuilder:validation:Enum=p50;p90;p99
	Quantile string `json:"quantile,omitempty"`
}

// MetricType names a predefined metric.
//
// +kubebuilder:validation:Enum=SuccessRate;ErrorRate;Latency;RequestRate;Restarts;OOMKills
type MetricType string

const (
	// MetricSuccessRate: the share of requests that were not answered with 5xx or a gRPC status of the server's fault.
	MetricSuccessRate MetricType = "SuccessRate"
	// MetricErrorRate: the share of requests answered with an error of a class.
	MetricErrorRate MetricType = "ErrorRate"
	// MetricLatency: how long requests took.
	MetricLatency MetricType = "Latency"
	// MetricRequestRate: requests a second that the canary answers. A guard: below the limit nothing passes, but nothing
	// goes back for it either.
	MetricRequestRate MetricType = "RequestRate"
	// MetricRestarts: restarts of the containers of the canary's pods.
	MetricRestarts MetricType = "Restarts"
	// MetricOOMKills: containers of the canary's pods that were killed for using too much memory.
	MetricOOMKills MetricType = "OOMKills"
)

// QueryMetric is a query of the user's own. It must return one number.
type QueryMetric struct {
	// promql may hold the placeholders {{task}}, {{namespace}}, {{service}}, {{stable}} and {{canary}}: the last two are
	// the hashes in the names and labels of the versions' pods (label rollouts-pod-template-hash). It sees the data of the
	// task's namespace only: a selector that names no namespace gets namespace="…" added.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=2000
	PromQL string `json:"promql"`
	// unit of the value, for display, such as ms or jobs.
	// +optional
	// +kubebuilder:validation:MaxLength=20
	Unit string `json:"unit,omitempty"`
	// worse says in which direction values get worse: Higher (default: the limit is the largest good value) or Lower (the
	// limit is the smallest good one).
	// +optional
	// +default="Higher"
	Worse WorseDirection `json:"worse,omitempty"`
}

// WorseDirection says in which direction values get worse.
//
// +kubebuilder:validation:Enum=Higher;Lower
type WorseDirection string

const (
	// WorseHigher: the limit is the largest good value.
	WorseHigher WorseDirection = "Higher"
	// WorseLower: the limit is the smallest good value.
	WorseLower WorseDirection = "Lower"
)
