package releaseaction

import (
	"context"
	"encoding/json"
	"fmt"

	rollouts "github.com/argoproj/argo-rollouts/pkg/apis/rollouts/v1alpha1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workbench-dev/workbench/api/v1alpha1"
	"github.com/workbench-dev/workbench/internal/release"
)

// carryOut makes the target of an action true, or sees that it is. It may be called any number of times, also by
// another controller after this one died: it changes only what still stands as it was resolved. The sentence says what was
// done, or what is waited for.
func (r *Reconciler) carryOut(ctx context.Context, action *v1alpha1.ReleaseAction, s release.Subject) (done bool, why string, err error) {
	if s.Task == nil {
		return false, "", release.Refusal(fmt.Sprintf("release task %s was deleted meanwhile", action.Spec.Task))
	}
	switch action.Spec.Type {
	case v1alpha1.ActionUpdateVersion, v1alpha1.ActionRollback:
		return r.changeTemplate(ctx, action, s)
	}
	if s.Rollout == nil || s.Rollout.DeletionTimestamp != nil {
		return false, "", release.Refusal("the Rollout of the task was deleted meanwhile")
	}
	switch action.Spec.Type {
	case v1alpha1.ActionContinue:
		return r.leaveStep(ctx, action, s)
	case v1alpha1.ActionRelease:
		return r.releaseNow(ctx, action, s)
	case v1alpha1.ActionTerminate:
		return r.terminate(ctx, action, s)
	case v1alpha1.ActionRetry:
		return r.again(ctx, action, s)
	}
	return false, "", release.Refusal(fmt.Sprintf("action type %s is not known to this controller: update Workbench", action.Spec.Type))
}

// leaveStep ends the wait of the step on record, and of no other.
func (r *Reconciler) leaveStep(ctx context.Context, action *v1alpha1.ReleaseAction, s release.Subject) (bool, string, error) {
	t, status := action.Status.Target, s.Rollout.Status
	if status.CurrentPodHash != t.Hash {
		return false, "", release.Refusal("another version came before the step was left")
	}
	if status.Abort {
		return false, "", release.Refusal("the release went back before the step was left")
	}
	if release.Promoted(s.Rollout) || (status.CurrentStepIndex != nil && *status.CurrentStepIndex > *t.RolloutStep) {
		return true, fmt.Sprintf("step %d was left", *t.Step), nil
	}
	if len(status.PauseConditions) == 0 {
		return false, "Argo Rollouts is leaving the step", nil
	}
	if t.PausedAt != nil && !status.PauseConditions[0].StartTime.Equal(t.PausedAt) {
		// Other rules make Argo Rollouts count its steps anew: what waits now is not what was meant.
		return true, fmt.Sprintf("the wait of step %d has ended; the rules changed meanwhile, so look where the release stands", *t.Step), nil
	}
	return false, "Argo Rollouts is leaving the step", r.patchStatus(ctx, s.Rollout, map[string]any{"pauseConditions": nil})
}

// releaseNow replaces the steps that are left by one: all requests. Argo Rollouts' own full promotion would make the new version
// the stable one while the stable subset still has requests.
func (r *Reconciler) releaseNow(ctx context.Context, action *v1alpha1.ReleaseAction, s release.Subject) (bool, string, error) {
	t := action.Status.Target
	if s.Rollout.Status.CurrentPodHash != t.Hash {
		return false, "", release.Refusal("another version came before it was released")
	}
	if release.Promoted(s.Rollout) {
		return true, "it is released", nil
	}
	if s.Rollout.Status.Abort {
		return false, "", release.Refusal("the release went back before it was released")
	}
	if release.ReadPlan(s.Rollout).ReleasedBy == action.Name {
		if !release.Observed(s.Rollout) {
			return false, "Argo Rollouts is about to see it", nil
		}
		return true, "it gets all requests as soon as its pods are ready, and is the stable version then", nil
	}
	weight := int32(0)
	if w := s.Rollout.Status.Canary.Weights; w != nil {
		weight = w.Canary.Weight
	}
	steps := release.EngineSteps(s.Task)
	return false, "the steps that are left are being replaced by one", r.setSteps(ctx, s.Rollout, steps, release.ReleaseNow(steps, weight, action.Name))
}

func (r *Reconciler) terminate(ctx context.Context, action *v1alpha1.ReleaseAction, s release.Subject) (bool, string, error) {
	t, status := action.Status.Target, s.Rollout.Status
	if status.CurrentPodHash != t.Hash {
		return false, "", release.Refusal("another version came before it was terminated")
	}
	if release.Promoted(s.Rollout) {
		return false, "", release.Refusal("it was released before it could be terminated: roll back to the version before")
	}
	if status.Abort {
		if w := status.Canary.Weights; w != nil && w.Canary.Weight > 0 {
			return false, "the requests go back to the stable version", nil
		}
		return true, "all requests go to the stable version", nil
	}
	if rel := s.Task.Status.Release; rel == nil || t.ReleaseStartedAt == nil || !rel.StartedAt.Equal(t.ReleaseStartedAt) {
		return true, "the release had ended already", nil
	}
	return false, "Argo Rollouts is sending the requests back", r.patchStatus(ctx, s.Rollout, map[string]any{"abort": true})
}

// again starts the release that was sent back at the moment on record, and no other.
func (r *Reconciler) again(ctx context.Context, action *v1alpha1.ReleaseAction, s release.Subject) (bool, string, error) {
	t, status := action.Status.Target, s.Rollout.Status
	if status.CurrentPodHash != t.Hash {
		return false, "", release.Refusal("another version came before it was tried again")
	}
	if !status.Abort || !status.AbortedAt.Equal(t.AbortedAt) {
		return true, "the release begins again with its first step", nil
	}
	if !release.Observed(s.Rollout) {
		return false, "Argo Rollouts is about to see it", nil
	}
	steps := release.EngineSteps(s.Task)
	plan := release.StepPlan{}
	if s.Rollout.Annotations[v1alpha1.PlanAnnotation] != plan.String() || s.Rollout.Annotations[v1alpha1.RulesAnnotation] != release.RulesHash(steps) {
		// Steps that are new to Argo Rollouts begin a release by themselves.
		return false, "the steps are being set", r.setSteps(ctx, s.Rollout, steps, plan)
	}
	return false, "Argo Rollouts is beginning again", r.patchStatus(ctx, s.Rollout, release.BeginAgain())
}

// patchStatus changes the Rollout's status unless anything about the Rollout changed since it was read.
func (r *Reconciler) patchStatus(ctx context.Context, rollout *rollouts.Rollout, status map[string]any) error {
	patch, err := json.Marshal(map[string]any{
		"metadata": map[string]any{"resourceVersion": rollout.ResourceVersion},
		"status":   status,
	})
	if err != nil {
		return err
	}
	return r.Client.Status().Patch(ctx, rollout, client.RawPatch(types.MergePatchType, patch), client.FieldOwner(v1alpha1.FieldManager))
}

func (r *Reconciler) setSteps(ctx context.Context, rollout *rollouts.Rollout, steps []v1alpha1.Step, plan release.StepPlan) error {
	rollout.Spec.Strategy.Canary.Steps = release.RolloutSteps(steps, plan)
	if rollout.Annotations == nil {
		rollout.Annotations = map[string]string{}
	}
	rollout.Annotations[v1alpha1.PlanAnnotation] = plan.String()
	rollout.Annotations[v1alpha1.RulesAnnotation] = release.RulesHash(steps)
	return r.Client.Update(ctx, rollout, client.FieldOwner(v1alpha1.FieldManager))
}

// changeTemplate writes the wanted version into the Deployment, the one source of it; the rest is the release task's.
func (r *Reconciler) changeTemplate(ctx context.Context, action *v1alpha1.ReleaseAction, s release.Subject) (bool, string, error) {
	d := s.Deployment
	if d == nil {
		return false, "", release.Refusal("the Deployment was deleted meanwhile")
	}
	if d.Annotations[v1alpha1.RequestedActionAnnotation] == string(action.UID) {
		return true, "the Deployment has the version; its release begins", nil
	}
	if release.TemplateHash(&d.Spec.Template) != action.Status.Target.Template {
		return false, "", release.Refusal("somebody else changed the Deployment at the same time: look at what it runs now and repeat it if you still want it")
	}
	before := d.DeepCopy()
	template, err := wantedTemplate(action, s)
	if err != nil {
		return false, "", err
	}
	d.Spec.Template = *template
	if d.Annotations == nil {
		d.Annotations = map[string]string{}
	}
	d.Annotations[v1alpha1.RequestedByAnnotation] = action.Spec.RequestedBy
	d.Annotations[v1alpha1.RequestedActionAnnotation] = string(action.UID)
	d.Annotations[v1alpha1.RequestedTemplateAnnotation] = release.TemplateHash(template)
	patch := client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{})
	return false, "the Deployment is being changed", r.Client.Patch(ctx, d, patch, client.FieldOwner(v1alpha1.FieldManager))
}

func wantedTemplate(action *v1alpha1.ReleaseAction, s release.Subject) (*corev1.PodTemplateSpec, error) {
	if action.Spec.Type == v1alpha1.ActionUpdateVersion {
		template := s.Deployment.Spec.Template.DeepCopy()
		release.SetImages(template, action.Spec.UpdateVersion.Containers)
		return template, nil
	}
	rs := release.FindReplicaSet(s.ReplicaSets, action.Status.Target.Hash)
	if rs == nil {
		return nil, release.Refusal(fmt.Sprintf("revision %d went away meanwhile", action.Status.Target.Revision))
	}
	return release.DeploymentTemplate(rs), nil
}
