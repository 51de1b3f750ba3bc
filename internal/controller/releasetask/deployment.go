package releasetask

import (
	"context"
	"encoding/json"
	"fmt"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workbench-dev/workbench/api/v1alpha1"
	"github.com/workbench-dev/workbench/internal/survey"
)

// emptyDeployment scales the Deployment to 0.
func (r *Reconciler) emptyDeployment(ctx context.Context, s *scene) error {
	if ptr.Deref(s.deployment.Spec.Replicas, 1) == 0 {
		return nil
	}
	return r.patchDeployment(ctx, s, func(d *appsv1.Deployment) { d.Spec.Replicas = ptr.To[int32](0) })
}

// patchDeployment changes the Deployment unless anybody else did since it was read.
func (r *Reconciler) patchDeployment(ctx context.Context, s *scene, change func(*appsv1.Deployment)) error {
	before := s.deployment.DeepCopy()
	change(s.deployment)
	patch := client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{})
	if err := r.Client.Patch(ctx, s.deployment, patch, client.FieldOwner(v1alpha1.FieldManager)); err != nil {
		s.deployment = before
		return fmt.Errorf("changing Deployment %s: %w", before.Name, err)
	}
	return nil
}

func setAnnotation(annotations *map[string]string, key, value string) {
	if *annotations == nil {
		*annotations = map[string]string{}
	}
	(*annotations)[key] = value
}

// autoscaler reads the autoscaler that was taken over; nil when there is none.
func (r *Reconciler) autoscaler(ctx context.Context, s *scene) (*autoscalingv2.HorizontalPodAutoscaler, error) {
	if s.task.Status.TakeOver.Autoscaler == "" {
		return nil, nil
	}
	hpa := &autoscalingv2.HorizontalPodAutoscaler{}
	ok, err := get(ctx, r.reader(s), s.key(s.task.Status.TakeOver.Autoscaler), hpa)
	if err != nil || !ok {
		return nil, err
	}
	return hpa.DeepCopy(), nil
}

// retargetAutoscaler makes the autoscaler scale the Rollout and keeps on it what it scaled, in one write.
func (r *Reconciler) retargetAutoscaler(ctx context.Context, s *scene) error {
	hpa, err := r.autoscaler(ctx, s)
	if err != nil || hpa == nil {
		return err
	}
	ref := &hpa.Spec.ScaleTargetRef
	if ref.Kind == survey.RolloutKind.Kind {
		return nil
	}
	before := hpa.DeepCopy()
	original, err := json.Marshal(ref)
	if err != nil {
		return err
	}
	setAnnotation(&hpa.Annotations, v1alpha1.OriginalAnnotation, string(original))
	setAnnotation(&hpa.Annotations, v1alpha1.TaskAnnotation, s.task.Name)
	ref.APIVersion, ref.Kind = survey.RolloutKind.GroupVersion().String(), survey.RolloutKind.Kind
	patch := client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{})
	if err := r.Client.Patch(ctx, hpa, patch, client.FieldOwner(v1alpha1.FieldManager)); err != nil {
		return fmt.Errorf("leading autoscaler %s to the Rollout: %w", hpa.Name, err)
	}
	s.tell(false, "AutoscalerRetargeted", "autoscaler %s scales the Rollout now", hpa.Name)
	return nil
}

// restoreAutoscaler gives the autoscaler its original target back.
func (r *Reconciler) restoreAutoscaler(ctx context.Context, s *scene) error {
	hpa, err := r.autoscaler(ctx, s)
	if err != nil || hpa == nil {
		return err
	}
	text, kept := hpa.Annotations[v1alpha1.OriginalAnnotation]
	if !kept {
		return nil
	}
	before := hpa.DeepCopy()
	var original autoscalingv2.CrossVersionObjectReference
	if err := json.Unmarshal([]byte(text), &original); err != nil {
		return stalled{v1alpha1.ReasonStalled, fmt.Sprintf("Annotation %s of autoscaler %s is not what Workbench wrote: set its target by hand and remove the annotation.", v1alpha1.OriginalAnnotation, hpa.Name)}
	}
	hpa.Spec.ScaleTargetRef = original
	delete(hpa.Annotations, v1alpha1.OriginalAnnotation)
	delete(hpa.Annotations, v1alpha1.TaskAnnotation)
	patch := client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{})
	return r.Client.Patch(ctx, hpa, patch, client.FieldOwner(v1alpha1.FieldManager))
}
