package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// AnalysisState is where the judging of a release stands.
type AnalysisState string

const (
	// AnalysisNotStarted: the release has not reached the first step that is judged.
	AnalysisNotStarted AnalysisState = "NotStarted"
	// AnalysisNotEnoughData: judged, and neither good nor bad can be said yet; the message says what is missing.
	AnalysisNotEnoughData AnalysisState = "NotEnoughData"
	// AnalysisPassed: a regression beyond the margins would have been seen by now.
	AnalysisPassed AnalysisState = "Passed"
	// AnalysisFailed: the canary is worse than stable or beyond a limit. It stays so for the rest of the release.
	AnalysisFailed AnalysisState = "Failed"
	// AnalysisError: the evidence cannot be read, for example because Prometheus does not answer or a query is wrong;
	// the message says what to mend. It is never a fail and never a pass.
	AnalysisError AnalysisState = "Error"
)

// CheckKind is what a check compares the canary with.
type CheckKind string

const (
	// CheckLimit compares with a fixed limit.
	CheckLimit CheckKind = "Limit"
	// CheckStable compares with the stable version at the same time.
	CheckStable CheckKind = "Stable"
)

// CheckResult is the outcome of one check.
type CheckResult string

const (
	// CheckPass: a regression beyond the margin would have been seen by now.
	CheckPass CheckResult = "Pass"
	// CheckFail: the canary is worse.
	CheckFail CheckResult = "Fail"
	// CheckNotEnoughData: neither can be said yet.
	CheckNotEnoughData CheckResult = "NotEnoughData"
	// CheckError: the numbers could not be read or cannot be true.
	CheckError CheckResult = "Error"
)

// AnalysisStatus is how the running release is judged. It holds the last look; the evidence of all looks is kept by
// the controller.
type AnalysisStatus struct {
	// hash of the version that is judged: the value of its pods' rollouts-pod-template-hash label.
	// +optional
	Hash string `json:"hash,omitempty"`
	// stableHash is that of the version it is compared with.
	// +optional
	StableHash string `json:"stableHash,omitempty"`
	// state is where the judging stands.
	// +required
	State AnalysisState `json:"state"`
	// message is one plain sentence with the numbers that decide.
	// +optional
	// +kubebuilder:validation:MaxLength=1024
	Message string `json:"message,omitempty"`
	// since is when the state began.
	// +optional
	Since *metav1.Time `json:"since,omitempty"`
	// startedAt is when the release was first looked at.
	// +optional
	StartedAt *metav1.Time `json:"startedAt,omitempty"`
	// lastLookAt is when the evidence was last looked at.
	// +optional
	LastLookAt *metav1.Time `json:"lastLookAt,omitempty"`
	// verdictAt is when the state became Failed, or last became Passed.
	// +optional
	VerdictAt *metav1.Time `json:"verdictAt,omitempty"`
	// canary is what the canary does: Unknown, PodsNotStarted, NoTraffic, OnlyErrors or Serving.
	// +optional
	Canary string `json:"canary,omitempty"`
	// dryRun says that nothing is done about the verdict.
	// +optional
	DryRun bool `json:"dryRun,omitempty"`
	// checks, in the order of spec.analysis.metrics; a metric with a limit that is also compared with stable has two.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=20
	Checks []AnalysisCheck `json:"checks,omitempty"`
}

// AnalysisCheck is one comparison at the last look. Numbers are decimal text; what a check has no use for is absent.
type AnalysisCheck struct {
	// metric is the name of the metric in spec.analysis.metrics.
	// +required
	Metric string `json:"metric"`
	// kind is what the canary is compared with.
	// +required
	Kind CheckKind `json:"kind"`
	// result of the check.
	// +required
	Result CheckResult `json:"result"`
	// reason in one word: WithinLimits, MoreErrors, Slower, OverLimit, OnlyErrors, Starting, PodsNotStarted, NoTraffic,
	// NoStableTraffic, TooFewRequests, Undecided, MissingData, BadData.
	// +optional
	Reason string `json:"reason,omitempty"`
	// evidence is a sentence with the numbers in it; of an error, what is wrong and what to do.
	// +optional
	// +kubebuilder:validation:MaxLength=512
	Evidence string `json:"evidence,omitempty"`
	// canary is the canary's value with its unit, such as 80.2%, 412ms or 3.
	// +optional
	Canary string `json:"canary,omitempty"`
	// stable is that of the stable version.
	// +optional
	Stable string `json:"stable,omitempty"`
	// limit as it stands in the spec.
	// +optional
	Limit string `json:"limit,omitempty"`
	// slowerThan is the time beyond which a request counts as bad in a check of latency, such as 250ms: the bound at which
	// the evidence is told.
	// +optional
	SlowerThan string `json:"slowerThan,omitempty"`
	// canaryRequests is how many requests the canary had so far.
	// +optional
	CanaryRequests int64 `json:"canaryRequests,omitempty"`
	// canaryBad is how many of the canary's requests were bad: errors, or too slow.
	// +optional
	CanaryBad int64 `json:"canaryBad,omitempty"`
	// stableRequests is how many requests the stable version had at the same time.
	// +optional
	StableRequests int64 `json:"stableRequests,omitempty"`
	// stableBad is how many of the stable version's requests were bad.
	// +optional
	StableBad int64 `json:"stableBad,omitempty"`
	// chancePercent is the chance, in percent, with which a good version ever looks so bad; the check fails when it gets
	// as low as its part of falseAlarmPercent. Such as 0.31.
	// +optional
	ChancePercent string `json:"chancePercent,omitempty"`
	// requestsNeeded is about how many more requests the canary must answer until there is an outcome.
	// +optional
	RequestsNeeded int64 `json:"requestsNeeded,omitempty"`
	// secondsNeeded is about how long that takes at the present rate; absent when no request comes.
	// +optional
	SecondsNeeded int64 `json:"secondsNeeded,omitempty"`
	// at is when the numbers were last read; of a fail, when it failed.
	// +optional
	At *metav1.Time `json:"at,omitempty"`
}

// AnalysisRecord is how a release that ended was judged.
type AnalysisRecord struct {
	// state when the release ended.
	// +required
	State AnalysisState `json:"state"`
	// message is one plain sentence with the numbers that decided.
	// +optional
	// +kubebuilder:validation:MaxLength=1024
	Message string `json:"message,omitempty"`
	// check that decided; absent when all passed.
	// +optional
	Check *AnalysisCheck `json:"check,omitempty"`
	// stableHash is the version it was compared with: the value of its pods' rollouts-pod-template-hash label.
	// +optional
	StableHash string `json:"stableHash,omitempty"`
	// startedAt is the begin of the time that was judged, for the chart.
	// +optional
	StartedAt *metav1.Time `json:"startedAt,omitempty"`
	// endedAt is the end of the time that was judged.
	// +optional
	EndedAt *metav1.Time `json:"endedAt,omitempty"`
	// verdictAt is when the verdict fell.
	// +optional
	VerdictAt *metav1.Time `json:"verdictAt,omitempty"`
	// dryRun says that nothing was done about the verdict.
	// +optional
	DryRun bool `json:"dryRun,omitempty"`
}
