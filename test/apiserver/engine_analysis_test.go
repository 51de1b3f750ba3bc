//go:build apiserver

package apiserver

import (
	"fmt"
	"strings"

	rollouts "github.com/argoproj/argo-rollouts/pkg/apis/rollouts/v1alpha1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// analyse keeps the background analysis of a release: rollout/analysis.go of Argo Rollouts v1.9. Among others, it does
// nothing while the newest version's pods are about to end; an analysis run that failed aborts whenever it is looked at; and
// steps that are new begin another one, or go on with the one that runs under the same name.
func (e *engineRound) analyse() {
	e.t.Helper()
	current := e.currentRun()
	analysis := e.rollout.Spec.Strategy.Canary.Analysis
	switch {
	case e.status.Abort, e.status.PromoteFull, e.ending, e.status.StableRS == "":
		e.cancel(nil)
		return
	case analysis == nil, e.stable == e.newest, e.changed():
		e.cancel(nil)
		if analysis == nil {
			e.status.Canary.CurrentBackgroundAnalysisRunStatus = nil
		}
		return
	case current == nil || e.status.AbortedAt != nil:
		current = e.newRun(analysis)
	case current.Status.Phase == rollouts.AnalysisPhaseFailed || current.Status.Phase == rollouts.AnalysisPhaseError:
		e.status.Abort = true
		e.status.Message = "Background analysis phase error/failed: " + current.Status.Message
	}
	if current == nil {
		return
	}
	e.status.Canary.CurrentBackgroundAnalysisRunStatus = &rollouts.RolloutAnalysisRunStatus{Name: current.Name, Status: current.Status.Phase, Message: current.Status.Message}
	e.cancel(current)
}

func (e *engineRound) currentRun() *rollouts.AnalysisRun {
	e.t.Helper()
	status := e.status.Canary.CurrentBackgroundAnalysisRunStatus
	run := &rollouts.AnalysisRun{}
	if status == nil || !e.get(status.Name, run) {
		return nil
	}
	return run
}

// newRun makes a run from the template, which must be there. One that runs under the same name is taken instead.
func (e *engineRound) newRun(analysis *rollouts.RolloutAnalysisBackground) *rollouts.AnalysisRun {
	e.t.Helper()
	template := &rollouts.AnalysisTemplate{}
	if !e.get(analysis.Templates[0].TemplateName, template) {
		e.t.Errorf("the Rollout names AnalysisTemplate %s, which doesn't exist: Argo Rollouts would call it invalid", analysis.Templates[0].TemplateName)
		return nil
	}
	name := fmt.Sprintf("%s-%s-%s", e.rollout.Name, e.newest.Labels[rolloutHash], e.newest.Annotations[revisionKey])
	for i := 0; ; i++ {
		run := &rollouts.AnalysisRun{}
		if i > 0 {
			run.Name = fmt.Sprintf("%s.%d", name, i)
		} else {
			run.Name = name
		}
		existing := &rollouts.AnalysisRun{}
		if e.get(run.Name, existing) {
			if !existing.Status.Phase.Completed() {
				return existing
			}
			continue
		}
		run.Labels = labels.Merge(analysis.AnalysisRunMetadata.Labels, map[string]string{rolloutHash: e.newest.Labels[rolloutHash]})
		run.OwnerReferences = []metav1.OwnerReference{*metav1.NewControllerRef(e.rollout, rollouts.SchemeGroupVersion.WithKind("Rollout"))}
		run.Spec.Metrics = template.Spec.Metrics
		e.create(run)
		return run
	}
}

// cancel ends the runs of the Rollout but one.
func (e *engineRound) cancel(but *rollouts.AnalysisRun) {
	e.t.Helper()
	var list rollouts.AnalysisRunList
	e.list(&list)
	for i := range list.Items {
		run := &list.Items[i]
		if !metav1.IsControlledBy(run, e.rollout) || run.Spec.Terminate || run.Status.Phase.Completed() || but != nil && run.Name == but.Name {
			continue
		}
		run.Spec.Terminate = true
		e.update(run, false, engine)
	}
}

// assess is one round of Argo Rollouts' other controller, analysis/analysis.go: it assesses the measurements that are
// there. It takes none while a metric's delay has not passed.
func (w *world) assess() {
	w.t.Helper()
	var list rollouts.AnalysisRunList
	w.list(&list)
	for i := range list.Items {
		run := &list.Items[i]
		if run.Status.Phase.Completed() {
			continue
		}
		phase, message := rollouts.AnalysisPhaseRunning, ""
		if run.Spec.Terminate {
			phase, message = rollouts.AnalysisPhaseSuccessful, "Run Terminated"
		}
		for n := range run.Status.MetricResults {
			result := &run.Status.MetricResults[n]
			if result.Failed == 0 {
				continue
			}
			result.Phase, result.Message = rollouts.AnalysisPhaseFailed, result.Measurements[len(result.Measurements)-1].Message
			phase = rollouts.AnalysisPhaseFailed
			message = strings.TrimSpace(fmt.Sprintf("Metric %q assessed Failed due to failed (%d) > failureLimit (0): \"Error Message: %s\"", result.Name, result.Failed, result.Message))
		}
		if run.Status.Phase == phase {
			continue
		}
		now := metav1.NewTime(w.clock.Now())
		run.Status.Phase, run.Status.Message = phase, message
		if run.Status.StartedAt == nil {
			run.Status.StartedAt = &now
		}
		w.update(run, false, engine)
	}
}
