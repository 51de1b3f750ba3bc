package release

import (
	"encoding/json"

	"github.com/argoproj/argo-rollouts/pkg/apis/rollouts/v1alpha1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/utils/ptr"

	workbench "github.com/workbench-dev/workbench/api/v1alpha1"
)

const (
	// VerdictMetric is the one metric of a task's AnalysisTemplate. Its measurements are the judge's verdicts.
	VerdictMetric = "workbench-verdict"
	// judgeProvider names who measures it, in the place where Argo Rollouts looks for a plug-in of its own.
	judgeProvider = "workbench.dev/judge"
	// neverMeasured is longer than any release runs: Argo Rollouts assesses the measurements and takes none itself.
	neverMeasured = "87600h"
	// runsKept is how many analysis runs of ended releases Argo Rollouts keeps, of good ones and of bad ones. The task's
	// own history tells of more.
	runsKept = 2
)

// TemplateName is the name of a task's AnalysisTemplate.
func TemplateName(task *workbench.ReleaseTask) string { return "workbench-" + task.Name }

// AnalysisTemplate is what Argo Rollouts makes the analysis runs of a task from; nil when its releases are not judged.
// It fails a run at the first failed measurement. Nothing else ends a run: neither measurements that say that there is not
// enough data, however many, nor errors, so that an outage of whoever measures is never a rollback.
func AnalysisTemplate(task *workbench.ReleaseTask) *v1alpha1.AnalysisTemplate {
	if task.Spec.Analysis == nil {
		return nil
	}
	unlimited := ptr.To(intstr.FromInt32(1<<31 - 1))
	return &v1alpha1.AnalysisTemplate{
		TypeMeta: metav1.TypeMeta{APIVersion: v1alpha1.SchemeGroupVersion.String(), Kind: "AnalysisTemplate"},
		ObjectMeta: metav1.ObjectMeta{
			Name: TemplateName(task), Namespace: task.Namespace,
			Labels:          map[string]string{workbench.TaskLabel: task.Name},
			OwnerReferences: []metav1.OwnerReference{{APIVersion: workbench.GroupVersion.String(), Kind: "ReleaseTask", Name: task.Name, UID: task.UID}},
		},
		Spec: v1alpha1.AnalysisTemplateSpec{Metrics: []v1alpha1.Metric{{
			Name:                  VerdictMetric,
			InitialDelay:          neverMeasured,
			Interval:              neverMeasured,
			FailureLimit:          ptr.To(intstr.FromInt32(0)),
			InconclusiveLimit:     unlimited,
			ConsecutiveErrorLimit: unlimited,
			Provider:              v1alpha1.MetricProvider{Plugin: map[string]json.RawMessage{judgeProvider: json.RawMessage(`{}`)}},
		}}},
	}
}

// backgroundAnalysis is what a Rollout says of a task's analysis; nil when its releases are not judged. It begins with the
// release, whatever fromStep says: looks at the stable version alone teach the judge, and a starting step would count anew
// whenever the Rollout gets other steps.
func backgroundAnalysis(task *workbench.ReleaseTask) *v1alpha1.RolloutAnalysisBackground {
	if task.Spec.Analysis == nil {
		return nil
	}
	return &v1alpha1.RolloutAnalysisBackground{RolloutAnalysis: v1alpha1.RolloutAnalysis{
		Templates:           []v1alpha1.AnalysisTemplateRef{{TemplateName: TemplateName(task)}},
		AnalysisRunMetadata: &v1alpha1.AnalysisRunMetadata{Labels: map[string]string{workbench.TaskLabel: task.Name}},
	}}
}

func runHistory(task *workbench.ReleaseTask) *v1alpha1.AnalysisRunStrategy {
	if task.Spec.Analysis == nil {
		return nil
	}
	return &v1alpha1.AnalysisRunStrategy{SuccessfulRunHistoryLimit: ptr.To[int32](runsKept), UnsuccessfulRunHistoryLimit: ptr.To[int32](runsKept)}
}

// CurrentRun is the name of the analysis run that decides about the newest version of a Rollout; empty when there is none.
func CurrentRun(rollout *v1alpha1.Rollout) string {
	if run := rollout.Status.Canary.CurrentBackgroundAnalysisRunStatus; run != nil {
		return run.Name
	}
	return ""
}

// EngineSteps are a task's steps as the release engine walks them: a step that is judged waits there without end, and the
// controller ends it when its wait is over and the verdict allows it (see AtGate). A dry run holds nothing.
func EngineSteps(task *workbench.ReleaseTask) []workbench.Step {
	steps := task.Spec.Strategy.Canary.Steps
	if task.Spec.Analysis == nil || task.Spec.Analysis.DryRun {
		return steps
	}
	out := make([]workbench.Step, len(steps))
	for i, s := range steps {
		out[i] = s
		if int32(i+1) >= FromStep(task) {
			out[i].Wait = nil
		}
	}
	return out
}

// FromStep is the first step that is judged, counted from 1.
func FromStep(task *workbench.ReleaseTask) int32 { return max(task.Spec.Analysis.FromStep, 1) }

// BeginAgain is the change of a Rollout's status that starts a release again which went back. It also lets go of the
// analysis run that failed: within the delay in which the old pods of an aborted version are kept, Argo Rollouts (1.9,
// reconcileAnalysisRuns) would otherwise meet that run again and abort at once.
func BeginAgain() map[string]any {
	return map[string]any{"abort": false, "canary": map[string]any{"currentBackgroundAnalysisRunStatus": nil}}
}
