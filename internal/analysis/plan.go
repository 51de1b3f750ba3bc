package analysis

import (
	"math"
	"slices"

	"github.com/workbench-dev/workbench/api/v1alpha1"
	"github.com/workbench-dev/workbench/internal/judge"
	"github.com/workbench-dev/workbench/internal/release"
)

// check is one comparison of the rules: a metric against stable or against its limit.
type check struct {
	metric v1alpha1.AnalysisMetric
	kind   v1alpha1.CheckKind
	judged judge.Metric
}

// name of a check among the judge's metrics.
func checkName(metric string, kind v1alpha1.CheckKind) string {
	return metric + "/" + string(kind)
}

// checks are the comparisons that the rules ask for, in their order. Comparisons with stable that would test the same
// thing twice, such as the latency under two quantiles, are made once, with the first of the metrics: each one costs the
// others a part of the chance of a false alarm.
func checks(rules *v1alpha1.Analysis) []check {
	var all []check
	compared := map[string]bool{}
	for _, metric := range rules.Metrics {
		if release.ComparesWithStable(metric) {
			c := check{metric, v1alpha1.CheckStable, againstStable(metric)}
			if key := string(c.judged.Kind) + c.judged.Class; !compared[key] {
				compared[key] = true
				all = append(all, c)
			}
		}
		if limit, err := release.ParseLimit(metric.Limit); err == nil {
			all = append(all, check{metric, v1alpha1.CheckLimit, againstLimit(metric, limit)})
		}
	}
	return all
}

func againstStable(metric v1alpha1.AnalysisMetric) judge.Metric {
	judged := judge.Metric{Name: checkName(metric.Name, v1alpha1.CheckStable), Kind: judge.ErrorsAgainstStable, Class: errorClass(metric)}
	if metric.Predefined.Type == v1alpha1.MetricLatency {
		judged.Kind, judged.Class = judge.LatencyAgainstStable, ""
	}
	return judged
}

// guardWeight is the part of the chance of a false alarm that a guard gets: it never fails, so it needs none.
const guardWeight = 1e-9

func againstLimit(metric v1alpha1.AnalysisMetric, limit release.Limit) judge.Metric {
	judged := judge.Metric{Name: checkName(metric.Name, v1alpha1.CheckLimit), Limit: limit.Number}
	if metric.Query != nil {
		judged.Kind, judged.AtLeast = judge.ValueLimit, metric.Query.Worse == v1alpha1.WorseLower
		return judged
	}
	switch metric.Predefined.Type {
	case v1alpha1.MetricSuccessRate:
		// 99.9 % leave 0.1 %, not what is left of binary fractions.
		judged.Kind, judged.Class, judged.Limit = judge.ErrorLimit, errorClass(metric), math.Round((1-limit.Share())*1e9)/1e9
	case v1alpha1.MetricErrorRate:
		judged.Kind, judged.Class, judged.Limit = judge.ErrorLimit, errorClass(metric), limit.Share()
	case v1alpha1.MetricLatency:
		judged.Kind, judged.Limit, judged.Quantile = judge.LatencyLimit, limit.Seconds(), quantile(metric)
	case v1alpha1.MetricRequestRate:
		judged.Kind, judged.AtLeast, judged.AlphaWeight = judge.ValueLimit, true, guardWeight
	case v1alpha1.MetricRestarts:
		judged.Kind = judge.RestartLimit
	case v1alpha1.MetricOOMKills:
		judged.Kind, judged.Class = judge.RestartLimit, judge.ClassOOMKilled
	}
	return judged
}

func errorClass(metric v1alpha1.AnalysisMetric) string {
	if metric.Predefined.Class != "" {
		return metric.Predefined.Class
	}
	return release.DefaultErrorClass
}

// plan is what the judge works by.
func plan(rules *v1alpha1.Analysis, confirmLooks int) judge.Plan {
	p := judge.Plan{
		Alpha:        float64(rules.FalseAlarmPercent) / 100,
		MinRequests:  int64(rules.MinimumRequests),
		ConfirmLooks: confirmLooks,
		// A few looks without a request are no silence.
		QuietAfter: max(judge.DefaultQuietAfter, 3*release.AnalysisInterval(rules)),
	}
	for _, c := range checks(rules) {
		p.Metrics = append(p.Metrics, c.judged)
	}
	return p
}

// Judge takes a look into the evidence so far and says what is known now. Keep the state as long as the release, and
// begin each release with the zero State. It is pure: see judge.Plan.Observe.
func Judge(rules *v1alpha1.Analysis, state judge.State, look Look) (judge.State, judge.Verdict) {
	sample := withRequestRate(rules, state, look.Sample)
	return plan(rules, look.ConfirmLooks).Observe(state, sample)
}

// needs says what the rules have to be asked of Prometheus.
type needs struct {
	requests, latency bool
	// classes of errors that are counted.
	classes []string
}

func needsOf(rules *v1alpha1.Analysis) needs {
	var n needs
	for _, metric := range rules.Metrics {
		if metric.Predefined == nil {
			continue
		}
		switch metric.Predefined.Type {
		case v1alpha1.MetricSuccessRate, v1alpha1.MetricErrorRate:
			n.requests = true
			if class := errorClass(metric); !slices.Contains(n.classes, class) {
				n.classes = append(n.classes, class)
			}
		case v1alpha1.MetricLatency:
			n.requests, n.latency = true, true
		case v1alpha1.MetricRequestRate:
			n.requests = true
		}
	}
	return n
}

// quantile of a latency metric as a number: 0.99 for p99.
func quantile(metric v1alpha1.AnalysisMetric) float64 {
	switch metric.Predefined.Quantile {
	case "p50":
		return 0.5
	case "p90":
		return 0.9
	}
	return 0.99
}
