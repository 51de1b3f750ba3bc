package releasetask

import (
	"context"
	"fmt"
	"time"

	rollouts "github.com/argoproj/argo-rollouts/pkg/apis/rollouts/v1alpha1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/utils/ptr"

	"github.com/workbench-dev/workbench/api/v1alpha1"
	"github.com/workbench-dev/workbench/internal/istio"
	"github.com/workbench-dev/workbench/internal/release"
)

// weightGrace is how long weights may differ from what Argo Rollouts says before they count as edited: it writes the
// routes first and its status after.
const weightGrace = 4 * time.Second

// repair puts back what somebody else changed, and tells.
func (r *Reconciler) repair(ctx context.Context, s *scene) error {
	if !s.taken() {
		return nil
	}
	if s.rollout == nil || s.rollout.DeletionTimestamp != nil {
		if err := r.loadRollout(ctx, s, r.Live); err != nil {
			return err
		}
	}
	if s.rollout == nil || s.rollout.DeletionTimestamp != nil {
		s.tell(true, v1alpha1.ReasonRolloutDeleted, "Rollout %s was deleted by somebody else: its Deployment takes over, then it is made anew", s.task.Spec.WorkloadRef.Name)
		s.condition(v1alpha1.ConditionDrifted, true, v1alpha1.ReasonRolloutDeleted, "The Rollout was deleted by somebody else; the Deployment takes over, then the Rollout is made anew.")
		r.beginHandBack(s, "")
		if err := r.persist(ctx, s); err != nil {
			return err
		}
		return wait(time.Millisecond, "the hand-back begins")
	}
	if s.deployment == nil {
		s.condition(v1alpha1.ConditionDrifted, true, v1alpha1.ReasonWorkloadNotFound, fmt.Sprintf("Deployment %s was deleted; the pods of its Rollout serve on. Create it again to release new versions, or delete the task to remove them.", s.task.Spec.WorkloadRef.Name))
		return stalled{v1alpha1.ReasonWorkloadNotFound, "the Deployment was deleted"}
	}
	if ptr.Deref(s.deployment.Spec.Replicas, 1) > 0 {
		if err := r.emptyAgain(ctx, s); err != nil {
			return err
		}
	}
	if s.mesh() {
		if err := r.repairRoutes(ctx, s); err != nil {
			return err
		}
	}
	if err := r.retargetAutoscaler(ctx, s); err != nil {
		return err
	}
	s.condition(v1alpha1.ConditionDrifted, false, v1alpha1.ReasonInStep, "Everything is as Workbench set it.")
	return nil
}

// emptyAgain scales the Deployment back to 0 after somebody scaled it up, unless its pods are needed.
func (r *Reconciler) emptyAgain(ctx context.Context, s *scene) error {
	n := ptr.Deref(s.deployment.Spec.Replicas, 1)
	message := fmt.Sprintf("Deployment %s was scaled to %d by somebody else; the Rollout has the pods. Set spec.instances of the task to change their number.", s.deployment.Name, n)
	s.condition(v1alpha1.ConditionDrifted, true, v1alpha1.ReasonDeploymentScaledUp, message)
	if err := r.loadRollout(ctx, s, r.Live); err != nil {
		return err
	}
	if s.rollout == nil {
		return wait(engineRetry, "the Rollout went in this moment")
	}
	stable := release.FindReplicaSet(s.sets, s.rollout.Status.StableRS)
	if stable == nil || stable.Status.AvailableReplicas == 0 {
		return wait(engineRetry, "the Rollout has no pod that serves; the Deployment's stay")
	}
	if err := r.emptyDeployment(ctx, s); err != nil {
		return err
	}
	s.tell(true, v1alpha1.ReasonDeploymentScaledUp, "%s It is set back to 0.", message)
	return nil
}

func (r *Reconciler) repairRoutes(ctx context.Context, s *scene) error {
	dr, err := r.destinationRule(ctx, s)
	if err != nil {
		return err
	}
	labels, err := r.podLabels(ctx, s)
	if err != nil {
		return err
	}
	if err := r.repairSubsets(ctx, s, dr, labels); err != nil {
		return err
	}
	changed, err := r.ensureSplit(ctx, s)
	if err != nil {
		return err
	}
	if changed {
		s.tell(true, v1alpha1.ReasonRoutesEdited, "the routes of VirtualService %s were changed by somebody else and are split again", s.task.Status.TakeOver.VirtualService)
		s.condition(v1alpha1.ConditionDrifted, true, v1alpha1.ReasonRoutesEdited, "The routes were changed by somebody else; they are split again.")
		return wait(r.Delays.Propagation, "the routes were split again")
	}
	return r.repairWeights(ctx, s)
}

// repairSubsets adds missing subsets with the pods of the version they stand for, not with all pods.
func (r *Reconciler) repairSubsets(ctx context.Context, s *scene, dr *unstructured.Unstructured, labels map[string]string) error {
	record := s.task.Status.TakeOver
	if dr == nil {
		dr = istio.NewDestinationRule(record.DestinationRule, s.task.Namespace, record.Service, s.task.Name, labels)
	} else if !istio.EnsureSubsets(dr, s.task.Name, labels) {
		return nil
	}
	for subset, hash := range map[string]string{v1alpha1.SubsetStable: s.rollout.Status.StableRS, v1alpha1.SubsetCanary: s.rollout.Status.CurrentPodHash} {
		of := map[string]string{rollouts.DefaultRolloutUniqueLabelKey: hash}
		for k, v := range labels {
			of[k] = v
		}
		istio.SetSubset(dr, subset, of)
	}
	s.tell(true, v1alpha1.ReasonDestinationRuleEdited, "the subsets of DestinationRule %s were changed by somebody else and are put back", record.DestinationRule)
	s.condition(v1alpha1.ConditionDrifted, true, v1alpha1.ReasonDestinationRuleEdited, "The subsets were changed by somebody else; they are put back.")
	return r.write(ctx, dr)
}

// repairWeights puts weights back that differ from those Argo Rollouts set for longer than it takes it to say so.
func (r *Reconciler) repairWeights(ctx context.Context, s *scene) error {
	weights := s.rollout.Status.Canary.Weights
	if weights == nil || !release.Observed(s.rollout) {
		return nil
	}
	vs, err := r.virtualService(ctx, s)
	if err != nil || vs == nil {
		return err
	}
	want := weights.Canary.Weight
	_, have, ok := istio.Weights(vs)
	if !ok || have == want {
		return nil
	}
	drifted := meta.FindStatusCondition(s.task.Status.Conditions, v1alpha1.ConditionDrifted)
	message := fmt.Sprintf("The canary's weight in VirtualService %s is %d %%, but %d %% is the step's.", vs.GetName(), have, want)
	if drifted == nil || drifted.Status != metav1.ConditionTrue || drifted.Message != message {
		s.condition(v1alpha1.ConditionDrifted, true, v1alpha1.ReasonRoutesEdited, message)
		meta.FindStatusCondition(s.task.Status.Conditions, v1alpha1.ConditionDrifted).LastTransitionTime = metav1.NewTime(s.now)
		return wait(weightGrace, message)
	}
	if rest := drifted.LastTransitionTime.Add(weightGrace).Sub(s.now); rest > 0 {
		return wait(rest, message)
	}
	istio.SetCanaryWeight(vs, want)
	s.tell(true, v1alpha1.ReasonRoutesEdited, "the weights were edited by somebody else: canary %d %% is set back to %d %%", have, want)
	return r.write(ctx, vs)
}
