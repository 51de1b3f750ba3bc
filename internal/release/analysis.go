package release

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/workbench-dev/workbench/api/v1alpha1"
	"github.com/workbench-dev/workbench/internal/promql"
)

// Limits and defaults of the analysis; the custom resource definition holds the same ones.
const (
	// DefaultInterval between two looks, and what an interval may be.
	DefaultInterval = 10 * time.Second
	MinInterval     = 5 * time.Second
	MaxInterval     = 10 * time.Minute
	// MaxMetrics is how many metrics a task has at most.
	MaxMetrics = 10
	// DefaultMinimumRequests and DefaultFalseAlarmPercent are used where the task says nothing.
	DefaultMinimumRequests   = 20
	DefaultFalseAlarmPercent = 5
	// DefaultErrorClass and DefaultQuantile are used where a metric says nothing.
	DefaultErrorClass = "5xx"
	DefaultQuantile   = "p99"

	maxMetricName = 40
	maxQuery      = 2000
	maxUnit       = 20
)

const fieldAnalysis = "spec.analysis"

// AnalysisInterval is how often the evidence is looked at.
func AnalysisInterval(analysis *v1alpha1.Analysis) time.Duration {
	if analysis.Interval == nil || analysis.Interval.Duration <= 0 {
		return DefaultInterval
	}
	return analysis.Interval.Duration
}

// ComparesWithStable says whether a metric is compared with the stable version: by default whenever it can be.
func ComparesWithStable(metric v1alpha1.AnalysisMetric) bool {
	return comparable(metric) && ptr.Deref(metric.CompareWithStable, true)
}

func comparable(metric v1alpha1.AnalysisMetric) bool {
	return metric.Predefined != nil && slices.Contains([]v1alpha1.MetricType{v1alpha1.MetricSuccessRate, v1alpha1.MetricErrorRate, v1alpha1.MetricLatency}, metric.Predefined.Type)
}

// Limit is a limit as it stands in a task.
type Limit struct {
	Number float64
	// Unit is %, ms, s, or empty for a plain number.
	Unit string
}

// Share is a limit in percent as a share of 1, Seconds one in ms or s.
func (l Limit) Share() float64 { return l.Number / 100 }

// Seconds of a limit that is a time.
func (l Limit) Seconds() float64 {
	if l.Unit == "ms" {
		return l.Number / 1000
	}
	return l.Number
}

var limitForm = regexp.MustCompile(`^(-?[0-9]+(?:\.[0-9]+)?)(%|ms|s)?$`)

// ParseLimit reads a limit such as 99%, 500ms, 1.5s or 250.
func ParseLimit(text string) (Limit, error) {
	parts := limitForm.FindStringSubmatch(text)
	if parts == nil || len(text) > 20 {
		return Limit{}, fmt.Errorf("%s is no limit: write it as 99%%, 500ms, 1.5s or 250", quoteInput(text))
	}
	number, err := strconv.ParseFloat(parts[1], 64)
	if err != nil {
		return Limit{}, fmt.Errorf("%s is no limit: %w", quoteInput(text), err)
	}
	return Limit{Number: number, Unit: parts[2]}, nil
}

// CheckAnalysis says what is wrong with the rules by which releases are judged.
func CheckAnalysis(task *v1alpha1.ReleaseTask) FieldErrors {
	analysis := task.Spec.Analysis
	if analysis == nil {
		return nil
	}
	var problems FieldErrors
	switch n := len(analysis.Metrics); {
	case n == 0:
		problems.add(fieldAnalysis+".metrics", "there is no metric: give at least one, such as success-rate, or leave the analysis out")
	case n > MaxMetrics:
		problems.add(fieldAnalysis+".metrics", fmt.Sprintf("there are %d metrics: at most %d are possible", n, MaxMetrics))
	}
	if interval := analysis.Interval; interval != nil && (interval.Duration < MinInterval || interval.Duration > MaxInterval) {
		problems.add(fieldAnalysis+".interval", fmt.Sprintf("the interval %s is not possible: give %s to %s", interval.Duration, MinInterval, MaxInterval))
	}
	canary := task.Spec.Strategy.Canary
	if canary != nil && int(analysis.FromStep) > len(canary.Steps) || analysis.FromStep < 0 {
		problems.add(fieldAnalysis+".fromStep", fmt.Sprintf("there is no step %d to judge from: give 1 to the number of steps", analysis.FromStep))
	}
	if analysis.Source == v1alpha1.SourceEnvoy && canary != nil && canary.Traffic.Istio == nil {
		problems.add(fieldAnalysis+".source", "source Envoy needs traffic split by istio: Envoy tells stable and canary apart by their subsets")
	}
	if n := analysis.FalseAlarmPercent; n < 0 || n > 20 {
		problems.add(fieldAnalysis+".falseAlarmPercent", fmt.Sprintf("a chance of false alarm of %d %% is not possible: give 1 to 20, or leave it out for %d", n, DefaultFalseAlarmPercent))
	}
	if n := analysis.MinimumRequests; n < 0 || n > 1_000_000 {
		problems.add(fieldAnalysis+".minimumRequests", fmt.Sprintf("a minimum of %d requests is not possible: give 1 to 1000000, or leave it out for %d", n, DefaultMinimumRequests))
	}
	seen := map[string]bool{}
	for i, metric := range analysis.Metrics {
		field := fmt.Sprintf("%s.metrics[%d]", fieldAnalysis, i)
		if seen[metric.Name] {
			problems.add(field+".name", fmt.Sprintf("two metrics are named %s: names must differ", quoteInput(metric.Name)))
		}
		seen[metric.Name] = true
		problems = append(problems, checkMetric(field, metric)...)
	}
	return problems
}

var metricName = regexp.MustCompile(`^[a-z0-9]([-a-z0-9]*[a-z0-9])?$`)

func checkMetric(field string, metric v1alpha1.AnalysisMetric) FieldErrors {
	var problems FieldErrors
	if !metricName.MatchString(metric.Name) || len(metric.Name) > maxMetricName {
		problems.add(field+".name", fmt.Sprintf("%s is no name for a metric: use at most %d lower case letters, digits and '-', starting and ending with a letter or digit", quoteInput(metric.Name), maxMetricName))
	}
	if (metric.Predefined == nil) == (metric.Query == nil) {
		problems.add(field, fmt.Sprintf("metric %s: set exactly one of predefined and query", quoteInput(metric.Name)))
		return problems
	}
	if ptr.Deref(metric.CompareWithStable, false) && !comparable(metric) {
		problems.add(field+".compareWithStable", fmt.Sprintf("metric %s cannot be compared with the stable version: SuccessRate, ErrorRate and Latency can", quoteInput(metric.Name)))
	}
	if metric.Query != nil {
		problems = append(problems, checkQuery(field+".query", *metric.Query)...)
	} else {
		problems = append(problems, checkPredefined(field+".predefined", *metric.Predefined)...)
	}
	if metric.Limit == "" {
		if !ComparesWithStable(metric) {
			problems.add(field+".limit", fmt.Sprintf("metric %s has nothing to compare with: set a limit", quoteInput(metric.Name)))
		}
		return problems
	}
	if err := checkLimit(metric); err != nil {
		problems.add(field+".limit", fmt.Sprintf("metric %s: %v", quoteInput(metric.Name), err))
	}
	return problems
}

var classForm = regexp.MustCompile(`^([45]xx|[45][0-9]{2})$`)

func checkPredefined(field string, metric v1alpha1.PredefinedMetric) FieldErrors {
	var problems FieldErrors
	if !slices.Contains(metricTypes, metric.Type) {
		problems.add(field+".type", fmt.Sprintf("there is no metric type %s: use one of %s", quoteInput(string(metric.Type)), joinTypes()))
	}
	switch {
	case metric.Class == "":
	case metric.Type != v1alpha1.MetricErrorRate:
		problems.add(field+".class", "class belongs to type ErrorRate")
	case !classForm.MatchString(metric.Class):
		problems.add(field+".class", fmt.Sprintf("%s is no class of errors: use 5xx, 4xx, or one code such as 503", quoteInput(metric.Class)))
	}
	switch {
	case metric.Quantile == "":
	case metric.Type != v1alpha1.MetricLatency:
		problems.add(field+".quantile", "quantile belongs to type Latency")
	case !slices.Contains([]string{"p50", "p90", "p99"}, metric.Quantile):
		problems.add(field+".quantile", fmt.Sprintf("%s is not possible: use p50, p90 or p99", quoteInput(metric.Quantile)))
	}
	return problems
}

var metricTypes = []v1alpha1.MetricType{v1alpha1.MetricSuccessRate, v1alpha1.MetricErrorRate, v1alpha1.MetricLatency, v1alpha1.MetricRequestRate, v1alpha1.MetricRestarts, v1alpha1.MetricOOMKills}

func joinTypes() string {
	names := make([]string, len(metricTypes))
	for i, t := range metricTypes {
		names[i] = string(t)
	}
	return strings.Join(names, ", ")
}

func checkQuery(field string, query v1alpha1.QueryMetric) FieldErrors {
	var problems FieldErrors
	if query.PromQL == "" || len(query.PromQL) > maxQuery {
		problems.add(field+".promql", fmt.Sprintf("the query has %d characters: give 1 to %d", len(query.PromQL), maxQuery))
	} else if err := promql.Check(query.PromQL); err != nil {
		problems.add(field+".promql", err.Error())
	}
	if len(query.Unit) > maxUnit {
		problems.add(field+".unit", fmt.Sprintf("the unit has %d characters: at most %d are possible", len(query.Unit), maxUnit))
	}
	if query.Worse != "" && query.Worse != v1alpha1.WorseHigher && query.Worse != v1alpha1.WorseLower {
		problems.add(field+".worse", fmt.Sprintf("%s is not possible: use Higher or Lower", quoteInput(string(query.Worse))))
	}
	return problems
}

func checkLimit(metric v1alpha1.AnalysisMetric) error {
	limit, err := ParseLimit(metric.Limit)
	if err != nil {
		return err
	}
	if metric.Predefined == nil {
		if limit.Unit != "" {
			return errors.New("the limit of a query is a plain number such as 250; its unit is set apart")
		}
		return nil
	}
	switch metric.Predefined.Type {
	case v1alpha1.MetricSuccessRate, v1alpha1.MetricErrorRate:
		if limit.Unit != "%" || limit.Number <= 0 || limit.Number >= 100 {
			return fmt.Errorf("the limit %s is no share: write it as 99%% or 0.5%%, above 0%% and below 100%%", metric.Limit)
		}
	case v1alpha1.MetricLatency:
		if limit.Unit != "ms" && limit.Unit != "s" || limit.Number <= 0 {
			return fmt.Errorf("the limit %s is no time: write it as 500ms or 1.5s", metric.Limit)
		}
	case v1alpha1.MetricRequestRate:
		if limit.Unit != "" || limit.Number <= 0 {
			return fmt.Errorf("the limit %s is no rate: write requests a second as a number above 0, such as 0.5", metric.Limit)
		}
	default:
		if limit.Unit != "" || limit.Number < 0 || limit.Number != float64(int64(limit.Number)) {
			return fmt.Errorf("the limit %s is no count: write a whole number such as 0", metric.Limit)
		}
	}
	return nil
}

// DefaultAnalysis judges the success rate and the latency against the stable version, and restarts.
func DefaultAnalysis() *v1alpha1.Analysis {
	predefined := func(name string, t v1alpha1.MetricType, limit string) v1alpha1.AnalysisMetric {
		return v1alpha1.AnalysisMetric{Name: name, Predefined: &v1alpha1.PredefinedMetric{Type: t}, Limit: limit}
	}
	return &v1alpha1.Analysis{
		Interval: &metav1.Duration{Duration: DefaultInterval},
		Metrics: []v1alpha1.AnalysisMetric{
			predefined("success-rate", v1alpha1.MetricSuccessRate, ""),
			predefined("latency", v1alpha1.MetricLatency, ""),
			predefined("restarts", v1alpha1.MetricRestarts, "2"),
			predefined("oom-kills", v1alpha1.MetricOOMKills, "0"),
		},
	}
}
