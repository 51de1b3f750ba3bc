package api

import "time"

// Analysis says how releases are judged: what is measured, against what, and what follows.
type Analysis struct {
	Metrics           []AnalysisMetric `json:"metrics" minItems:"1" maxItems:"10" doc:"The release fails when any of them does. Names differ."`
	Source            string           `json:"source,omitempty" enum:"Istio,Envoy" doc:"Where the predefined metrics about requests come from; Istio when absent."`
	Interval          string           `json:"interval,omitempty" maxLength:"32" doc:"How often the evidence is looked at, 5s to 10m; 10s when absent." example:"10s"`
	FromStep          int32            `json:"fromStep,omitempty" minimum:"1" maximum:"30" doc:"The first step that is judged; 1 when absent."`
	OnNotEnoughData   string           `json:"onNotEnoughData,omitempty" enum:"Hold,Continue,Fail" doc:"What happens at the end of a step when there is neither a pass nor a fail; Hold when absent."`
	MinimumRequests   int32            `json:"minimumRequests,omitempty" minimum:"1" maximum:"1000000" doc:"How many requests the canary must have answered before anything passes; 20 when absent."`
	FalseAlarmPercent int32            `json:"falseAlarmPercent,omitempty" minimum:"1" maximum:"20" doc:"The chance, in percent, that a good version is ever called bad in a whole release; 5 when absent."`
	DryRun            bool             `json:"dryRun,omitempty" doc:"Judge and show the verdict without acting on it."`
}

// AnalysisMetric is one thing that is judged: exactly one of predefined and query is set.
type AnalysisMetric struct {
	Name              string            `json:"name" minLength:"1" maxLength:"40" pattern:"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$" example:"errors"`
	Predefined        *PredefinedMetric `json:"predefined,omitempty" doc:"A metric that Workbench knows how to measure."`
	Query             *QueryMetric      `json:"query,omitempty" doc:"A query of your own; needs a limit."`
	Limit             string            `json:"limit,omitempty" maxLength:"20" pattern:"^-?[0-9]+(\\.[0-9]+)?(%|ms|s)?$" doc:"With its unit: 99% (SuccessRate, at least), 1% (ErrorRate, at most), 500ms (Latency), 0.5 requests a second (RequestRate, at least), 0 (Restarts, OOMKills), or a number for a query." example:"1%"`
	CompareWithStable *bool             `json:"compareWithStable,omitempty" nullable:"false" doc:"Compare with the stable version at the same time; true when absent, for SuccessRate, ErrorRate and Latency."`
}

// PredefinedMetric is a metric that Workbench knows how to measure.
type PredefinedMetric struct {
	Type     string `json:"type" enum:"SuccessRate,ErrorRate,Latency,RequestRate,Restarts,OOMKills"`
	Class    string `json:"class,omitempty" pattern:"^([45]xx|[45][0-9]{2})$" doc:"For ErrorRate: answers that count as errors; 5xx when absent." example:"5xx"`
	Quantile string `json:"quantile,omitempty" enum:"p50,p90,p99" doc:"For Latency: what the limit is about; p99 when absent."`
}

// QueryMetric is a query of the user's own. It must return one number.
type QueryMetric struct {
	PromQL string `json:"promql" minLength:"1" maxLength:"2000" doc:"May hold {{task}}, {{namespace}}, {{service}}, {{stable}} and {{canary}} (pod template hashes)."`
	Unit   string `json:"unit,omitempty" maxLength:"20" doc:"For display." example:"ms"`
	Worse  string `json:"worse,omitempty" enum:"Higher,Lower" doc:"In which direction values get worse; Higher when absent."`
}

// GetAnalysisInput asks for the charts of a task.
type GetAnalysisInput struct {
	TaskPath
	Revision int64     `query:"revision" minimum:"1" doc:"Of a release in the history; the running or last one when absent."`
	From     time.Time `query:"from" doc:"When absent: a little before the release began."`
	To       time.Time `query:"to" doc:"When absent: a little after it ended, or now. At most 31 days after from."`
	Points   int       `query:"points" minimum:"10" maximum:"1000" default:"200" doc:"How many points a chart has at most: about as many as pixels."`
}

// GetAnalysisOutput is charts and evidence.
type GetAnalysisOutput struct {
	Body AnalysisReport
}

// AnalysisReport is how a release is or was judged.
type AnalysisReport struct {
	Enabled   bool            `json:"enabled" doc:"The rules have metrics."`
	Revision  int64           `json:"revision,omitempty" doc:"The release it is about; absent when there was none."`
	State     string          `json:"state,omitempty" enum:"NotStarted,NotEnoughData,Passed,Failed,Error"`
	Message   string          `json:"message,omitempty" doc:"One sentence with the numbers that decide."`
	DryRun    bool            `json:"dryRun" doc:"Nothing is done about the verdict."`
	StartedAt *time.Time      `json:"startedAt,omitempty" doc:"When the release was first looked at."`
	VerdictAt *time.Time      `json:"verdictAt,omitempty" doc:"When the verdict fell: the flag in the charts."`
	From      *time.Time      `json:"from,omitempty"`
	To        *time.Time      `json:"to,omitempty"`
	Checks    []AnalysisCheck `json:"checks" doc:"In the order of the metrics; one with a limit that is also compared with stable has two."`
	Charts    []AnalysisChart `json:"charts"`
	Problem   string          `json:"problem,omitempty" doc:"Why there are no charts, such as: Prometheus doesn't answer."`
}

// AnalysisCheck is one comparison at the last look.
type AnalysisCheck struct {
	Metric         string     `json:"metric" example:"errors"`
	Kind           string     `json:"kind" enum:"Limit,Stable" doc:"What the canary is compared with."`
	Result         string     `json:"result" enum:"Pass,Fail,NotEnoughData,Error"`
	Reason         string     `json:"reason,omitempty" enum:"WithinLimits,MoreErrors,Slower,OverLimit,OnlyErrors,Starting,PodsNotStarted,NoTraffic,NoStableTraffic,TooFewRequests,Undecided,MissingData,BadData" doc:"In one word."`
	Evidence       string     `json:"evidence,omitempty" doc:"A sentence with the numbers in it."`
	Canary         string     `json:"canary,omitempty" doc:"With its unit." example:"5.2%"`
	Stable         string     `json:"stable,omitempty"`
	Limit          string     `json:"limit,omitempty"`
	SlowerThan     string     `json:"slowerThan,omitempty" doc:"Of a check of latency: a request that took longer counts as bad." example:"250ms"`
	CanaryRequests int64      `json:"canaryRequests,omitempty"`
	CanaryBad      int64      `json:"canaryBad,omitempty"`
	StableRequests int64      `json:"stableRequests,omitempty"`
	StableBad      int64      `json:"stableBad,omitempty"`
	ChancePercent  string     `json:"chancePercent,omitempty" doc:"The chance with which a good version ever looks so bad." example:"0.31"`
	RequestsNeeded int64      `json:"requestsNeeded,omitempty" doc:"About how many more requests the canary must answer until there is an outcome."`
	SecondsNeeded  int64      `json:"secondsNeeded,omitempty" doc:"About how long that takes at the present rate."`
	At             *time.Time `json:"at,omitempty"`
}

// AnalysisChart is a metric over time.
type AnalysisChart struct {
	Metric  string           `json:"metric" example:"errors"`
	Title   string           `json:"title" example:"Error rate (5xx)"`
	Unit    string           `json:"unit" doc:"%, ms, /s, or that of your query." example:"%"`
	Limit   *float64         `json:"limit,omitempty" doc:"Drawn as a line."`
	Worse   string           `json:"worse" enum:"Higher,Lower" doc:"In which direction values get worse."`
	Series  []AnalysisSeries `json:"series"`
	Problem string           `json:"problem,omitempty" doc:"Why it is empty."`
}

// AnalysisSeries is one line of a chart.
type AnalysisSeries struct {
	Version string          `json:"version" enum:"Stable,Canary"`
	Points  []AnalysisPoint `json:"points"`
}

// AnalysisPoint is a value at a time; absent values are gaps.
type AnalysisPoint struct {
	At    int64    `json:"t" doc:"Seconds since 1970."`
	Value *float64 `json:"v" doc:"Null where there is no data."`
}

// ValidateAnalysisInput runs the queries of an analysis against live data before a task is created.
type ValidateAnalysisInput struct {
	NamespacePath
	Body struct {
		Workload string   `json:"workload" minLength:"1" maxLength:"253" doc:"Name of the Deployment."`
		Service  string   `json:"service,omitempty" maxLength:"63" doc:"When absent, the only one that selects the pods."`
		Analysis Analysis `json:"analysis"`
	}
}

// ValidateAnalysisOutput is what each query returned.
type ValidateAnalysisOutput struct {
	Body struct {
		OK      bool              `json:"ok" doc:"Each metric returned a number."`
		Problem string            `json:"problem,omitempty" doc:"What keeps all of them from working, such as: no Prometheus is set for this cluster."`
		Metrics []ValidatedMetric `json:"metrics"`
	}
}

// ValidatedMetric is what one metric returns now.
type ValidatedMetric struct {
	Name        string   `json:"name"`
	Queries     []string `json:"queries" doc:"As they were sent."`
	Value       *float64 `json:"value,omitempty" doc:"Now; absent when there is no data."`
	Display     string   `json:"display,omitempty" doc:"The value with its unit." example:"99.97%"`
	Unit        string   `json:"unit,omitempty"`
	BrokenShare *float64 `json:"brokenShare,omitempty" doc:"Share of the last 24 hours, from 0 to 1, in which the limit would have been broken."`
	Problem     string   `json:"problem,omitempty" doc:"What is wrong, and what to do."`
}
