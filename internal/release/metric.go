package release

import (
	"fmt"
	"strings"

	"github.com/workbench-dev/workbench/api/v1alpha1"
)

// metricForms is how a metric is written in one word, and the direction of its limit.
const metricForms = "write success-rate>=99%, error-rate<=1%, error-rate-4xx<=5%, p99<=500ms, request-rate>=0.5, restarts<=0 or oom-kills<=0; success-rate, error-rate and latency alone compare with the stable version only"

// ParseMetrics reads metrics, each written NAME, NAME>=LIMIT or NAME<=LIMIT. Queries of one's own are written in a file.
// The error is FieldErrors with one entry for each metric that is wrong.
func ParseMetrics(texts []string) ([]v1alpha1.AnalysisMetric, error) {
	var problems FieldErrors
	metrics := make([]v1alpha1.AnalysisMetric, 0, len(texts))
	for i, text := range texts {
		field := fmt.Sprintf("%s.metrics[%d]", fieldAnalysis, i)
		metric, err := ParseMetric(text)
		if err != nil {
			problems.add(field, fmt.Sprintf("metric %s: %v", quoteInput(text), err))
			continue
		}
		problems = append(problems, checkMetric(field, metric)...)
		metrics = append(metrics, metric)
	}
	if len(problems) > 0 {
		return nil, problems
	}
	return metrics, nil
}

// ParseMetric reads one predefined metric.
func ParseMetric(text string) (v1alpha1.AnalysisMetric, error) {
	name, sign, limit := cutLimit(strings.TrimSpace(text))
	metric, ok := metricByWord(name)
	if !ok {
		return metric, fmt.Errorf("there is no metric %s: %s", quoteInput(name), metricForms)
	}
	if sign == "" {
		if strings.ContainsAny(text, "<>=") {
			return metric, fmt.Errorf("it compares with neither >= nor <=: %s", metricForms)
		}
		return metric, nil
	}
	want := "<="
	if t := metric.Predefined.Type; t == v1alpha1.MetricSuccessRate || t == v1alpha1.MetricRequestRate {
		want = ">="
	}
	if sign != want {
		return metric, fmt.Errorf("the limit of %s stands behind %s: %s", name, want, metricForms)
	}
	metric.Limit = limit
	return metric, checkLimit(metric)
}

func cutLimit(text string) (name, sign, limit string) {
	for _, sign := range []string{">=", "<="} {
		if name, limit, found := strings.Cut(text, sign); found {
			return strings.TrimSpace(name), sign, strings.ReplaceAll(strings.TrimSpace(limit), " ", "")
		}
	}
	return text, "", ""
}

func metricByWord(word string) (v1alpha1.AnalysisMetric, bool) {
	predefined := v1alpha1.PredefinedMetric{}
	name := word
	switch word {
	case "success-rate":
		predefined.Type = v1alpha1.MetricSuccessRate
	case "error-rate":
		predefined.Type = v1alpha1.MetricErrorRate
	case "latency":
		predefined.Type = v1alpha1.MetricLatency
	case "p50", "p90", "p99":
		predefined.Type, predefined.Quantile, name = v1alpha1.MetricLatency, word, "latency-"+word
	case "request-rate":
		predefined.Type = v1alpha1.MetricRequestRate
	case "restarts":
		predefined.Type = v1alpha1.MetricRestarts
	case "oom-kills":
		predefined.Type = v1alpha1.MetricOOMKills
	default:
		class, found := strings.CutPrefix(word, "error-rate-")
		if !found || !classForm.MatchString(class) {
			return v1alpha1.AnalysisMetric{}, false
		}
		predefined.Type, predefined.Class = v1alpha1.MetricErrorRate, class
	}
	return v1alpha1.AnalysisMetric{Name: name, Predefined: &predefined}, true
}

// MetricInWords is a metric in one phrase, such as "success-rate at least 99%, and not worse than stable".
func MetricInWords(metric v1alpha1.AnalysisMetric) string {
	text := metric.Name
	if metric.Limit != "" {
		bound := "at most"
		if metric.Query != nil && metric.Query.Worse == v1alpha1.WorseLower ||
			metric.Predefined != nil && (metric.Predefined.Type == v1alpha1.MetricSuccessRate || metric.Predefined.Type == v1alpha1.MetricRequestRate) {
			bound = "at least"
		}
		text += fmt.Sprintf(" %s %s", bound, metric.Limit)
	}
	if !ComparesWithStable(metric) {
		return text
	}
	if metric.Limit != "" {
		text += " and"
	}
	return text + " not worse than stable"
}
