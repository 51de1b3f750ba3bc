package analysisrun

import (
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/workbench-dev/workbench/api/v1alpha1"
	"github.com/workbench-dev/workbench/internal/release"
)

// judged is the status that follows from the report of a look and from what the task says about lack of data, and since when
// every look could read the evidence.
func (s *scene) judged(status v1alpha1.AnalysisStatus) (v1alpha1.AnalysisStatus, time.Time) {
	s.identify(&status)
	var readable time.Time
	if release.Readable(&status) {
		readable = s.now
		if s.verdict != nil && !s.verdict.ReadableSince.IsZero() {
			readable = s.verdict.ReadableSince
		}
	}
	if message, fails := release.FailsForLack(s.task, s.rollout, &status, readable); fails {
		status.State, status.Message = v1alpha1.AnalysisFailed, message
		status.VerdictAt, status.Since = status.LastLookAt.DeepCopy(), status.LastLookAt.DeepCopy()
	}
	return status, readable
}

// notStarted is the status before the first step that is judged.
func (s *scene) notStarted() v1alpha1.AnalysisStatus {
	status := v1alpha1.AnalysisStatus{
		State:   v1alpha1.AnalysisNotStarted,
		Message: fmt.Sprintf("The release is judged from step %d on.", release.FromStep(s.task)),
	}
	s.identify(&status)
	return status
}

// tooMuch is the status when there is more evidence than can be kept.
func (s *scene) tooMuch(bytes int) v1alpha1.AnalysisStatus {
	status := v1alpha1.AnalysisStatus{
		State: v1alpha1.AnalysisError,
		Message: fmt.Sprintf("The evidence takes %d KiB, more than the %d KiB that can be kept: too many proxies report on their own. Let Prometheus add their counters up by a recording rule, or count at the gateway.",
			bytes>>10, mostEvidence>>10),
	}
	s.identify(&status)
	return status
}

// identify says of which look at which versions a status is.
func (s *scene) identify(status *v1alpha1.AnalysisStatus) {
	now := metav1.NewTime(s.now)
	status.Hash, status.StableHash = s.rollout.Status.CurrentPodHash, s.rollout.Status.StableRS
	status.DryRun = s.task.Spec.Analysis.DryRun
	status.LastLookAt = &now
	before := s.previous()
	if status.StartedAt == nil {
		status.StartedAt = &now
		if before != nil && before.StartedAt != nil {
			status.StartedAt = before.StartedAt.DeepCopy()
		}
	}
	if status.Since == nil {
		status.Since = &now
		if before != nil && before.State == status.State && before.Since != nil {
			status.Since = before.Since.DeepCopy()
		}
	}
}

// previous is the status at the look before; nil at the first.
func (s *scene) previous() *v1alpha1.AnalysisStatus {
	if s.verdict == nil {
		return nil
	}
	return &s.verdict.Status
}
