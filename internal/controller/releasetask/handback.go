package releasetask

import (
	"context"
	"fmt"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	"github.com/workbench-dev/workbench/api/v1alpha1"
	"github.com/workbench-dev/workbench/internal/istio"
	"github.com/workbench-dev/workbench/internal/release"
)

// deploymentRevision is where the Deployment controller counts revisions, on Deployments and ReplicaSets.
const deploymentRevision = "deployment.kubernetes.io/revision"

// beginHandBack puts on record that the workload goes back to its Deployment.
func (r *Reconciler) beginHandBack(s *scene, why string) {
	if s.task.Status.HandBack != nil {
		return
	}
	if why != "" {
		s.tell(true, "HandBack", "hand-back begins: %s", why)
	}
	s.task.Status.HandBack = &v1alpha1.HandBackStatus{Step: v1alpha1.HandBackFreezing, Since: metav1.NewMicroTime(r.Clock.Now())}
	s.task.Status.Release, s.task.Status.Step = nil, nil
	s.condition(v1alpha1.ConditionTakenOver, false, v1alpha1.ReasonHandingBack, "The workload is handed back to its Deployment.")
}

// handBack gives the workload back to its Deployment, stage by stage. The Rollout is deleted first, but its finalizer
// keeps it: Argo Rollouts leaves a Rollout alone that is being deleted, its ReplicaSets stay and serve, and the Deployment
// does not adopt them, because they still have an owner. When the task stays (the Rollout was deleted by somebody
// else), a new take-over follows.
func (r *Reconciler) handBack(ctx context.Context, s *scene) error {
	if s.task.Status.TakeOver == nil {
		return r.letGo(ctx, s)
	}
	if ending, err := r.namespaceEnds(ctx, s); err != nil {
		return err
	} else if ending {
		return r.abandon(ctx, s)
	}
	if s.task.Status.HandBack == nil {
		r.beginHandBack(s, "the task was deleted")
		if err := r.persist(ctx, s); err != nil {
			return err
		}
	}
	if err := r.loadRollout(ctx, s, r.Live); err != nil {
		return err
	}
	stages := []struct {
		name v1alpha1.HandBackStep
		run  func(context.Context, *scene) error
	}{
		{v1alpha1.HandBackFreezing, r.freeze},
		{v1alpha1.HandBackStarting, r.startDeployment},
		{v1alpha1.HandBackSubset, r.addSubset},
		{v1alpha1.HandBackRouting, r.routeToDeployment},
		{v1alpha1.HandBackDraining, r.drain},
		{v1alpha1.HandBackRemoving, r.removeRollout},
		{v1alpha1.HandBackRestoring, r.restoreRoutes},
		{v1alpha1.HandBackCleaning, r.cleanUp},
	}
	for i, stage := range stages {
		if s.task.Status.HandBack.Step != stage.name {
			continue
		}
		if err := stage.run(ctx, s); err != nil {
			return err
		}
		if i+1 < len(stages) {
			s.task.Status.HandBack.Step = stages[i+1].name
			s.task.Status.HandBack.Since = metav1.NewMicroTime(r.Clock.Now())
			if err := r.persist(ctx, s); err != nil {
				return err
			}
		}
	}
	if s.task.DeletionTimestamp != nil {
		return r.letGo(ctx, s)
	}
	s.tell(false, "HandedBack", "the Deployment serves; the take-over begins anew")
	s.task.Status.HandBack, s.task.Status.TakeOver = nil, nil
	s.task.Status.Stable, s.task.Status.Canary = nil, nil
	s.condition(v1alpha1.ConditionTakenOver, false, v1alpha1.ReasonHandedBack, "The Deployment has its pods back.")
	return wait(time.Millisecond, "the take-over begins anew")
}

// letGo takes the finalizer from the task: nothing of it is left to undo.
func (r *Reconciler) letGo(ctx context.Context, s *scene) error {
	if s.task.DeletionTimestamp == nil {
		return nil
	}
	s.gone = true
	if !controllerutil.ContainsFinalizer(s.base, v1alpha1.TaskFinalizer) {
		return nil
	}
	free := s.base.DeepCopy()
	controllerutil.RemoveFinalizer(free, v1alpha1.TaskFinalizer)
	patch := client.MergeFromWithOptions(s.base, client.MergeFromWithOptimisticLock{})
	return client.IgnoreNotFound(r.Client.Patch(ctx, free, patch, client.FieldOwner(v1alpha1.FieldManager)))
}

func (r *Reconciler) namespaceEnds(ctx context.Context, s *scene) (bool, error) {
	namespace := &corev1.Namespace{}
	ok, err := get(ctx, r.Live, types.NamespacedName{Name: s.task.Namespace}, namespace)
	return err == nil && (!ok || namespace.DeletionTimestamp != nil), err
}

// abandon lets everything go at once: the whole namespace is being deleted, and nothing can be started in it any more.
func (r *Reconciler) abandon(ctx context.Context, s *scene) error {
	if err := r.loadRollout(ctx, s, r.Live); err != nil {
		return err
	}
	if err := r.freeRollout(ctx, s); err != nil {
		return err
	}
	return r.letGo(ctx, s)
}

// freeze deletes the Rollout, which its finalizer keeps.
func (r *Reconciler) freeze(ctx context.Context, s *scene) error {
	h := s.task.Status.HandBack
	h.Instances = s.task.Status.TakeOver.Instances
	if s.rollout == nil {
		return nil
	}
	h.Instances = max(ptr.Deref(s.rollout.Spec.Replicas, h.Instances), 1)
	if s.rollout.DeletionTimestamp != nil {
		return nil
	}
	if !controllerutil.ContainsFinalizer(s.rollout, v1alpha1.RolloutFinalizer) {
		held := s.rollout.DeepCopy()
		controllerutil.AddFinalizer(held, v1alpha1.RolloutFinalizer)
		if err := r.Client.Update(ctx, held, client.FieldOwner(v1alpha1.FieldManager)); err != nil {
			return err
		}
		s.rollout = held
	}
	return client.IgnoreNotFound(r.Client.Delete(ctx, s.rollout,
		client.PropagationPolicy(metav1.DeletePropagationBackground),
		client.Preconditions{UID: &s.rollout.UID}))
}

// startDeployment gives the Deployment the stable version and its instances, and waits until they can serve.
func (r *Reconciler) startDeployment(ctx context.Context, s *scene) error {
	h := s.task.Status.HandBack
	live := &appsv1.Deployment{}
	ok, err := get(ctx, r.Live, s.key(s.task.Spec.WorkloadRef.Name), live)
	if err != nil {
		return err
	}
	if !ok {
		s.deployment = nil
		s.tell(true, v1alpha1.ReasonWorkloadNotFound, "Deployment %s is gone: there is nothing to hand back to, its pods end with the task", s.task.Spec.WorkloadRef.Name)
		return nil
	}
	s.deployment = live
	template := &live.Spec.Template
	if s.rollout != nil {
		if stable := release.FindReplicaSet(s.sets, s.rollout.Status.StableRS); stable != nil {
			template = release.DeploymentTemplate(stable)
		}
	}
	if ptr.Deref(live.Spec.Replicas, 1) != h.Instances || release.TemplateHash(template) != release.TemplateHash(&live.Spec.Template) {
		if err := r.patchDeployment(ctx, s, func(d *appsv1.Deployment) {
			d.Spec.Template = *template
			d.Spec.Replicas = ptr.To(h.Instances)
		}); err != nil {
			return err
		}
	}
	d := s.deployment
	if d.Status.ObservedGeneration < d.Generation || d.Status.UpdatedReplicas < h.Instances || d.Status.AvailableReplicas < h.Instances || d.Status.Replicas > h.Instances {
		return wait(engineRetry, fmt.Sprintf("%d of %d pods of the Deployment are ready", d.Status.AvailableReplicas, h.Instances))
	}
	h.TemplateHash, err = r.podTemplateHash(ctx, s)
	return err
}

// podTemplateHash is the label by which the Deployment's pods of its present version are told from the Rollout's.
func (r *Reconciler) podTemplateHash(ctx context.Context, s *scene) (string, error) {
	selector, err := metav1.LabelSelectorAsSelector(s.deployment.Spec.Selector)
	if err != nil {
		return "", err
	}
	var list appsv1.ReplicaSetList
	if err := r.Live.List(ctx, &list, client.InNamespace(s.task.Namespace), client.MatchingLabelsSelector{Selector: selector}); err != nil {
		return "", err
	}
	for i := range list.Items {
		rs := &list.Items[i]
		if metav1.IsControlledBy(rs, s.deployment) && rs.Annotations[deploymentRevision] == s.deployment.Annotations[deploymentRevision] {
			return rs.Labels[appsv1.DefaultDeploymentUniqueLabelKey], nil
		}
	}
	return "", wait(engineRetry, "the Deployment's ReplicaSet is not there yet")
}

// addSubset gives the Deployment's pods a subset of their own, so that no subset exchanges the endpoints it has.
func (r *Reconciler) addSubset(ctx context.Context, s *scene) error {
	h := s.task.Status.HandBack
	if !s.mesh() || h.TemplateHash == "" {
		return nil
	}
	dr, err := r.destinationRule(ctx, s)
	if err != nil || dr == nil {
		return err
	}
	labels, err := r.podLabels(ctx, s)
	if err != nil {
		return err
	}
	own := map[string]string{appsv1.DefaultDeploymentUniqueLabelKey: h.TemplateHash}
	for k, v := range labels {
		own[k] = v
	}
	if !istio.SetSubset(dr, v1alpha1.SubsetDeployment, own) {
		return nil
	}
	return r.write(ctx, dr)
}

// routeToDeployment leads all requests to the Deployment's pods, when the proxies know their subset. Without a mesh
// these pods serve since they are ready, and the proxies of the nodes learn it meanwhile.
func (r *Reconciler) routeToDeployment(ctx context.Context, s *scene) error {
	h := s.task.Status.HandBack
	if err := r.after(h.Since, 2*r.Delays.Propagation); err != nil {
		return err
	}
	if !s.mesh() || h.TemplateHash == "" {
		return nil
	}
	vs, err := r.virtualService(ctx, s)
	if err != nil || vs == nil || !istio.LeadTo(vs, v1alpha1.SubsetDeployment) {
		return err
	}
	return r.write(ctx, vs)
}

// after waits until a time has passed since a moment on record.
func (r *Reconciler) after(since metav1.MicroTime, delay time.Duration) error {
	if rest := since.Add(delay).Sub(r.Clock.Now()); rest > 0 {
		return wait(rest, "a delay passes")
	}
	return nil
}

func (r *Reconciler) drain(_ context.Context, s *scene) error {
	return r.after(s.task.Status.HandBack.Since, r.Delays.Drain)
}

// removeRollout ends the Rollout's pods and lets the Rollout go.
func (r *Reconciler) removeRollout(ctx context.Context, s *scene) error {
	if s.rollout == nil {
		return nil
	}
	left := int32(0)
	for i := range s.sets {
		rs := &s.sets[i]
		left += rs.Status.Replicas
		if ptr.Deref(rs.Spec.Replicas, 1) == 0 {
			continue
		}
		before := rs.DeepCopy()
		rs.Spec.Replicas = ptr.To[int32](0)
		left++
		if err := r.Client.Patch(ctx, rs, client.MergeFrom(before), client.FieldOwner(v1alpha1.FieldManager)); client.IgnoreNotFound(err) != nil {
			return fmt.Errorf("ending the pods of ReplicaSet %s: %w", rs.Name, err)
		}
	}
	if left > 0 {
		return wait(engineRetry, "the Rollout's pods end")
	}
	if err := r.freeRollout(ctx, s); err != nil {
		return err
	}
	return wait(500*time.Millisecond, "the Rollout goes")
}

func (r *Reconciler) freeRollout(ctx context.Context, s *scene) error {
	if s.rollout == nil || !controllerutil.ContainsFinalizer(s.rollout, v1alpha1.RolloutFinalizer) {
		return nil
	}
	free := s.rollout.DeepCopy()
	controllerutil.RemoveFinalizer(free, v1alpha1.RolloutFinalizer)
	return client.IgnoreNotFound(r.Client.Patch(ctx, free, client.MergeFromWithOptions(s.rollout, client.MergeFromWithOptimisticLock{}), client.FieldOwner(v1alpha1.FieldManager)))
}

// restoreRoutes gives the routes their original destinations back, or removes the VirtualService that was made.
func (r *Reconciler) restoreRoutes(ctx context.Context, s *scene) error {
	if !s.mesh() {
		return nil
	}
	vs, err := r.virtualService(ctx, s)
	if err != nil || vs == nil || istio.AdoptedBy(vs) != s.task.Name {
		return err
	}
	if vs.GetLabels()[v1alpha1.TaskLabel] == s.task.Name {
		return client.IgnoreNotFound(r.Client.Delete(ctx, vs))
	}
	if _, err := istio.RestoreRoutes(vs); err != nil {
		return stalled{v1alpha1.ReasonStalled, err.Error()}
	}
	return r.write(ctx, vs)
}

// cleanUp removes the subsets when no proxy has a route to them any more, and gives autoscaler and Deployment back what
// Workbench changed there.
func (r *Reconciler) cleanUp(ctx context.Context, s *scene) error {
	if s.mesh() {
		if err := r.after(s.task.Status.HandBack.Since, 2*r.Delays.Propagation); err != nil {
			return err
		}
		dr, err := r.destinationRule(ctx, s)
		if err != nil {
			return err
		}
		if dr != nil && istio.AdoptedBy(dr) == s.task.Name {
			if err := r.Client.Delete(ctx, dr); client.IgnoreNotFound(err) != nil {
				return err
			}
		}
	}
	if err := r.restoreAutoscaler(ctx, s); err != nil {
		return err
	}
	if s.deployment == nil || s.deployment.Annotations[v1alpha1.RequestedTemplateAnnotation] == "" {
		return nil
	}
	return r.patchDeployment(ctx, s, func(d *appsv1.Deployment) {
		for _, key := range []string{v1alpha1.RequestedByAnnotation, v1alpha1.RequestedActionAnnotation, v1alpha1.RequestedTemplateAnnotation} {
			delete(d.Annotations, key)
		}
	})
}
