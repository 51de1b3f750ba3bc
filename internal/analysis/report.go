package analysis

import (
	"math"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/workbench-dev/workbench/api/v1alpha1"
	"github.com/workbench-dev/workbench/internal/judge"
)

// Report is the status that tells of a verdict. previous is the status after the look before, nil at the first look of a
// release. Neither argument is changed.
func Report(rules *v1alpha1.Analysis, previous *v1alpha1.AnalysisStatus, look Look, verdict judge.Verdict) v1alpha1.AnalysisStatus {
	at := metav1.NewTime(verdict.At)
	status := v1alpha1.AnalysisStatus{
		Hash: look.Hash, StableHash: look.StableHash,
		StartedAt: &at, LastLookAt: &at, Canary: string(verdict.Canary), DryRun: rules.DryRun,
	}
	if previous != nil && previous.Hash == status.Hash && previous.StartedAt != nil {
		status.StartedAt = previous.StartedAt
	} else {
		previous = nil
	}
	for i, c := range checks(rules) {
		if i < len(verdict.Results) {
			status.Checks = append(status.Checks, reportCheck(c, verdict.Results[i], look, status.StartedAt.Time))
		}
	}
	status.State, status.Message = conclude(status.Checks, verdict)
	status.Since = &at
	if previous != nil && previous.State == status.State {
		status.Since, status.VerdictAt = previous.Since, previous.VerdictAt
	}
	if status.VerdictAt == nil && (status.State == v1alpha1.AnalysisFailed || status.State == v1alpha1.AnalysisPassed) {
		status.VerdictAt = status.Since
	}
	return status
}

// Record is what the history keeps of how a release was judged; nil when it was not.
func Record(status *v1alpha1.AnalysisStatus, endedAt metav1.Time) *v1alpha1.AnalysisRecord {
	if status == nil {
		return nil
	}
	record := &v1alpha1.AnalysisRecord{
		State: status.State, Message: status.Message, StableHash: status.StableHash,
		StartedAt: status.StartedAt, EndedAt: &endedAt, VerdictAt: status.VerdictAt, DryRun: status.DryRun,
	}
	if i := decisive(status.Checks); i >= 0 {
		record.Check = status.Checks[i].DeepCopy()
	}
	return record
}

// conclude is the state of all checks and the sentence of the one that decides.
func conclude(checks []v1alpha1.AnalysisCheck, verdict judge.Verdict) (v1alpha1.AnalysisState, string) {
	i := decisive(checks)
	if i < 0 {
		if verdict.Outcome == judge.Pass {
			return v1alpha1.AnalysisPassed, clip(verdict.Message, 1024)
		}
		return v1alpha1.AnalysisError, clip(verdict.Message, 1024)
	}
	message := clip(checks[i].Metric+": "+checks[i].Evidence, 1024)
	switch checks[i].Result {
	case v1alpha1.CheckFail:
		return v1alpha1.AnalysisFailed, message
	case v1alpha1.CheckError:
		return v1alpha1.AnalysisError, message
	}
	return v1alpha1.AnalysisNotEnoughData, message
}

// decisive is the check that decides: the first that failed, else the first that cannot be read, else the first without
// enough data; -1 when all pass.
func decisive(checks []v1alpha1.AnalysisCheck) int {
	for _, result := range []v1alpha1.CheckResult{v1alpha1.CheckFail, v1alpha1.CheckError, v1alpha1.CheckNotEnoughData} {
		for i := range checks {
			if checks[i].Result == result {
				return i
			}
		}
	}
	return -1
}

func reportCheck(c check, result judge.Result, look Look, since time.Time) v1alpha1.AnalysisCheck {
	n := result.Numbers
	at := metav1.NewTime(result.At)
	reported := v1alpha1.AnalysisCheck{
		Metric: c.metric.Name, Kind: c.kind, Result: v1alpha1.CheckResult(result.Outcome), Reason: string(result.Reason),
		Evidence: clip(result.Message, 512), Limit: "", At: &at,
		CanaryRequests: n.CanaryRequests, CanaryBad: n.CanaryBad, StableRequests: n.StableRequests, StableBad: n.StableBad,
		RequestsNeeded: n.RequestsNeeded, SecondsNeeded: secondsNeeded(n, result.At.Sub(since)),
	}
	if c.kind == v1alpha1.CheckLimit {
		reported.Limit = c.metric.Limit
	}
	if n.Alpha > 0 && n.PValue > 0 && n.PValue < 1 {
		reported.ChancePercent = number(n.PValue*100, 2)
	}
	reported.Canary, reported.Stable = values(c, n)
	reported.SlowerThan = latency(n.Bound)
	if result.Outcome != judge.Fail && unreadable(c, result, look) {
		reported.Result = v1alpha1.CheckError
	}
	return reported
}

// unreadable says whether a check has no outcome because its numbers could not be read, rather than because there are too
// few of them.
func unreadable(c check, result judge.Result, look Look) bool {
	switch {
	case result.Outcome == judge.Pass || result.Reason == judge.PodsNotStarted:
		return false
	case result.Reason == judge.BadData, look.Broken[c.judged.Name]:
		return true
	}
	return result.Reason == judge.MissingData && look.Sample.Problem != ""
}

// values are what both versions have, with the unit.
func values(c check, n judge.Numbers) (canary, stable string) {
	if c.metric.Query != nil {
		if n.Looks == 0 {
			return "", ""
		}
		return withUnit(n.Value, c.metric.Query.Unit), ""
	}
	switch c.metric.Predefined.Type {
	case v1alpha1.MetricSuccessRate:
		return share(1-n.CanaryRate, n.CanaryRequests), share(1-n.StableRate, n.StableRequests)
	case v1alpha1.MetricErrorRate:
		return share(n.CanaryRate, n.CanaryRequests), share(n.StableRate, n.StableRequests)
	case v1alpha1.MetricLatency:
		for _, q := range n.Quantiles {
			if q.Quantile == quantile(c.metric) {
				return latency(q.Canary), latency(q.Stable)
			}
		}
		return "", ""
	case v1alpha1.MetricRequestRate:
		if n.Looks == 0 {
			return "", ""
		}
		return number(n.Value, 3) + "/s", ""
	}
	return number(n.Value, 6), ""
}

// secondsNeeded is how long the requests that are needed take at the canary's rate so far; 0 when that is not known.
func secondsNeeded(n judge.Numbers, seen time.Duration) int64 {
	if n.RequestsNeeded == 0 || n.CanaryRequests == 0 || seen <= 0 {
		return 0
	}
	seconds := math.Ceil(float64(n.RequestsNeeded) / float64(n.CanaryRequests) * seen.Seconds())
	return int64(math.Min(seconds, 1e9))
}

func clip(text string, most int) string {
	if len(text) <= most {
		return text
	}
	for most -= len("…"); most > 0 && text[most]&0xC0 == 0x80; most-- {
	}
	return text[:most] + "…"
}
