package analysisrun

import (
	"time"

	rollouts "github.com/argoproj/argo-rollouts/pkg/apis/rollouts/v1alpha1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/workbench-dev/workbench/api/v1alpha1"
	"github.com/workbench-dev/workbench/internal/release"
)

const (
	// measurementsKept is how many of them an analysis run keeps: as many as Argo Rollouts would keep of its own.
	measurementsKept = 10
	// measureAgain is after how long a verdict that stays the same is measured once more.
	measureAgain = 30 * time.Second
)

// measurement is a verdict as Argo Rollouts reads it; false when there is nothing to measure yet.
//
// What says neither good nor bad is Inconclusive and not an Error, though it may be one: of metrics with errors Argo
// Rollouts takes the next measurement itself, after ten seconds. In a dry run a failure is inconclusive too.
func measurement(status v1alpha1.AnalysisStatus) (m rollouts.Measurement, ok bool) {
	m = rollouts.Measurement{Value: string(status.State), Message: status.Message, Phase: rollouts.AnalysisPhaseInconclusive}
	switch status.State {
	case v1alpha1.AnalysisNotStarted:
		return m, false
	case v1alpha1.AnalysisPassed:
		m.Phase = rollouts.AnalysisPhaseSuccessful
	case v1alpha1.AnalysisFailed:
		m.Phase = rollouts.AnalysisPhaseFailed
		if status.DryRun {
			m.Phase, m.Message = rollouts.AnalysisPhaseInconclusive, "Dry run: "+status.Message
		}
	}
	return m, true
}

// measured says whether a run shows a verdict: its newest measurement is of the same kind.
func measured(run *rollouts.AnalysisRun, status v1alpha1.AnalysisStatus) bool {
	want, ok := measurement(status)
	if !ok {
		return true
	}
	last := lastMeasurement(run)
	return last != nil && last.Value == want.Value && last.Phase == want.Phase
}

func lastMeasurement(run *rollouts.AnalysisRun) *rollouts.Measurement {
	if result := verdictResult(run); result != nil && len(result.Measurements) > 0 {
		return &result.Measurements[len(result.Measurements)-1]
	}
	return nil
}

func verdictResult(run *rollouts.AnalysisRun) *rollouts.MetricResult {
	for i := range run.Status.MetricResults {
		if run.Status.MetricResults[i].Name == release.VerdictMetric {
			return &run.Status.MetricResults[i]
		}
	}
	return nil
}

// measure adds a verdict to the measurements of a run. Argo Rollouts, which takes none itself, assesses them: the first
// that failed fails the run, and the release is aborted.
func measure(run *rollouts.AnalysisRun, status v1alpha1.AnalysisStatus, now time.Time) {
	m, ok := measurement(status)
	if !ok {
		return
	}
	if last := lastMeasurement(run); last != nil && measured(run, status) && last.FinishedAt != nil && now.Sub(last.FinishedAt.Time) < measureAgain {
		return
	}
	at := metav1.NewTime(now)
	m.StartedAt, m.FinishedAt = &at, &at
	result := verdictResult(run)
	if result == nil {
		run.Status.MetricResults = append(run.Status.MetricResults, rollouts.MetricResult{Name: release.VerdictMetric, Phase: rollouts.AnalysisPhaseRunning})
		result = &run.Status.MetricResults[len(run.Status.MetricResults)-1]
	}
	result.Measurements = append(result.Measurements, m)
	if extra := len(result.Measurements) - measurementsKept; extra > 0 {
		result.Measurements = result.Measurements[extra:]
	}
	result.Count++
	switch m.Phase {
	case rollouts.AnalysisPhaseSuccessful:
		result.Successful++
		result.ConsecutiveSuccess++
	case rollouts.AnalysisPhaseFailed:
		result.Failed++
		result.ConsecutiveSuccess = 0
	default:
		result.Inconclusive++
		result.ConsecutiveSuccess = 0
	}
}
