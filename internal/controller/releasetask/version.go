package releasetask

import (
	"context"
	"encoding/json"
	"fmt"

	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	"github.com/workbench-dev/workbench/api/v1alpha1"
	"github.com/workbench-dev/workbench/internal/istio"
	"github.com/workbench-dev/workbench/internal/release"
)

// version brings what the Deployment and the task say to the Rollout: a new pod template, new rules, another number of
// instances. A new version in the middle of a release waits until the one under way has given its requests back:
// Argo Rollouts would exchange the endpoints of a subset that still has traffic.
func (r *Reconciler) version(ctx context.Context, s *scene) error {
	if !s.taken() || s.rollout == nil || s.deployment == nil {
		return nil
	}
	if !release.Observed(s.rollout) || s.rollout.Status.StableRS == "" {
		return nil
	}
	have := s.rollout.Annotations
	want := release.TemplateHash(&s.deployment.Spec.Template)
	if have[v1alpha1.TemplateAnnotation] != want {
		return r.newVersion(ctx, s, want)
	}
	if have[v1alpha1.SupersededAnnotation] != "" {
		return r.resume(ctx, s)
	}
	version := release.Version{Template: s.deployment.Spec.Template, Hash: want, By: have[v1alpha1.VersionByAnnotation]}
	return r.apply(ctx, s, version, r.plan(s))
}

// resume begins the release again that made room for a version which was taken back before it came. The mark goes last,
// so that a controller that dies in between goes on here.
func (r *Reconciler) resume(ctx context.Context, s *scene) error {
	if release.Aborted(s.rollout) {
		if err := r.patchRollout(ctx, s, release.BeginAgain()); err != nil {
			return fmt.Errorf("beginning the release again: %w", err)
		}
		return wait(engineRetry, "the release begins again")
	}
	before := s.rollout.DeepCopy()
	delete(s.rollout.Annotations, v1alpha1.SupersededAnnotation)
	patch := client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{})
	return r.Client.Patch(ctx, s.rollout, patch, client.FieldOwner(v1alpha1.FieldManager))
}

// patchRollout changes the Rollout's status as the Rollout was read: a release that ended in this moment is not touched
// after the fact.
func (r *Reconciler) patchRollout(ctx context.Context, s *scene, status map[string]any) error {
	patch, err := json.Marshal(map[string]any{"metadata": map[string]any{"resourceVersion": s.rollout.ResourceVersion}, "status": status})
	if err != nil {
		return err
	}
	return r.Client.Status().Patch(ctx, s.rollout, client.RawPatch(types.MergePatchType, patch), client.FieldOwner(v1alpha1.FieldManager))
}

// plan says how the steps go on while the version stays.
func (r *Reconciler) plan(s *scene) release.StepPlan {
	old := release.ReadPlan(s.rollout)
	steps := release.EngineSteps(s.task)
	changed := s.rollout.Annotations[v1alpha1.RulesAnnotation] != release.RulesHash(steps)
	switch {
	case release.Promoted(s.rollout):
		return release.StepPlan{}
	case !changed || release.Aborted(s.rollout):
		return old
	case old.ReleasedBy != "":
		return release.ReleaseNow(steps, canaryWeight(s), old.ReleasedBy)
	}
	plan := release.Replan(steps, canaryWeight(s))
	s.tell(false, "RulesChanged", "the steps changed: the release goes on with step %d of the new ones (%d %%), its wait starts anew", plan.Offset+1, steps[plan.Offset].Weight)
	return plan
}

func canaryWeight(s *scene) int32 {
	if w := s.rollout.Status.Canary.Weights; w != nil {
		return w.Canary.Weight
	}
	i := s.rollout.Status.CurrentStepIndex
	weight := int32(0)
	for n, step := range s.rollout.Spec.Strategy.Canary.Steps {
		if i == nil || int32(n) > *i {
			break
		}
		if step.SetWeight != nil {
			weight = *step.SetWeight
		}
	}
	return weight
}

func (r *Reconciler) newVersion(ctx context.Context, s *scene, hash string) error {
	if err := r.makeRoom(ctx, s, hash); err != nil {
		return err
	}
	live := &appsv1.Deployment{}
	if err := r.Live.Get(ctx, s.key(s.deployment.Name), live); err != nil {
		return err
	}
	if release.TemplateHash(&live.Spec.Template) != hash {
		return wait(engineRetry, "the Deployment changed again in this moment")
	}
	version := release.Version{Template: live.Spec.Template, Hash: hash, By: broughtBy(live, hash)}
	return r.apply(ctx, s, version, release.StepPlan{})
}

// makeRoom sends a running release back before another version comes, so that no request goes to the canary subset while its
// pods are exchanged.
func (r *Reconciler) makeRoom(ctx context.Context, s *scene, hash string) error {
	running := release.Running(s.rollout)
	if !s.mesh() || (!running && !release.Aborted(s.rollout)) {
		return nil
	}
	vs := &unstructured.Unstructured{}
	vs.SetGroupVersionKind(istio.VirtualServiceKind)
	ok, err := get(ctx, r.Live, s.key(s.task.Status.TakeOver.VirtualService), vs)
	if err != nil {
		return err
	}
	if !ok {
		return wait(engineRetry, "the routes are being made again")
	}
	if _, weight, _ := istio.Weights(vs); weight == 0 && (!running || canaryWeight(s) == 0) {
		return r.settled(s)
	}
	if !running {
		return wait(engineRetry, "the requests of the version under way go back to the stable one")
	}
	if s.rollout.Annotations[v1alpha1.SupersededAnnotation] != hash {
		before := s.rollout.DeepCopy()
		setAnnotation(&s.rollout.Annotations, v1alpha1.SupersededAnnotation, hash)
		patch := client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{})
		if err := r.Client.Patch(ctx, s.rollout, patch, client.FieldOwner(v1alpha1.FieldManager)); err != nil {
			return err
		}
	}
	if err := r.patchRollout(ctx, s, map[string]any{"abort": true}); err != nil {
		return fmt.Errorf("sending the version under way back: %w", err)
	}
	return wait(engineRetry, "the version under way makes room for a newer one")
}

// settled waits until the proxies know that the canary has no weight, when it had one a moment ago.
func (r *Reconciler) settled(s *scene) error {
	at := s.rollout.Status.AbortedAt
	if at == nil {
		return nil
	}
	if rest := at.Add(2 * r.Delays.Propagation).Sub(s.now); rest > 0 {
		return wait(rest, "the proxies learn that the version under way gets no requests")
	}
	return nil
}

// apply writes the Rollout when it is not what it is to be.
func (r *Reconciler) apply(ctx context.Context, s *scene, version release.Version, plan release.StepPlan) error {
	wanted, err := r.wanted(ctx, s, version, plan)
	if err != nil {
		return err
	}
	newVersion := s.rollout.Annotations[v1alpha1.TemplateAnnotation] != version.Hash
	if release.Aborted(s.rollout) && !newVersion {
		// Other steps would make Argo Rollouts start the release again that was sent back. They come with Retry.
		wanted.Spec.Strategy.Canary.Steps = s.rollout.Spec.Strategy.Canary.Steps
		wanted.Annotations[v1alpha1.RulesAnnotation] = s.rollout.Annotations[v1alpha1.RulesAnnotation]
	}
	target := s.rollout.DeepCopy()
	target.Spec = wanted.Spec
	for k, v := range wanted.Annotations {
		setAnnotation(&target.Annotations, k, v)
	}
	if newVersion {
		delete(target.Annotations, v1alpha1.SupersededAnnotation)
	}
	controllerutil.AddFinalizer(target, v1alpha1.RolloutFinalizer)
	if sameJSON(&s.rollout.Spec, &target.Spec) && equality.Semantic.DeepEqual(s.rollout.ObjectMeta, target.ObjectMeta) {
		return nil
	}
	if !newVersion && s.rollout.Annotations[v1alpha1.PlanAnnotation] == target.Annotations[v1alpha1.PlanAnnotation] &&
		s.rollout.Annotations[v1alpha1.RulesAnnotation] == target.Annotations[v1alpha1.RulesAnnotation] && s.task.Status.ObservedGeneration == s.task.Generation {
		s.tell(true, v1alpha1.ReasonRolloutEdited, "Rollout %s was edited by somebody else and is put back: the Deployment and the task say what it is", target.Name)
	}
	if err := r.Client.Update(ctx, target, client.FieldOwner(v1alpha1.FieldManager)); err != nil {
		return err
	}
	s.rollout = target
	return nil
}

// sameJSON compares as the API server keeps it: an empty list and none are the same there.
func sameJSON(a, b any) bool {
	x, errA := json.Marshal(a)
	y, errB := json.Marshal(b)
	return errA == nil && errB == nil && string(x) == string(y)
}

// broughtBy says who wrote the Deployment's pod template: the user whose action did, or else the tool that the API
// server saw do it last.
func broughtBy(d *appsv1.Deployment, hash string) string {
	if d.Annotations[v1alpha1.RequestedTemplateAnnotation] == hash {
		return d.Annotations[v1alpha1.RequestedByAnnotation]
	}
	var last *metav1.ManagedFieldsEntry
	for i := range d.ManagedFields {
		m := &d.ManagedFields[i]
		if m.Subresource != "" || m.FieldsV1 == nil || m.Time == nil || !ownsTemplate(m) {
			continue
		}
		if last == nil || last.Time.Before(m.Time) {
			last = m
		}
	}
	if last == nil {
		return "somebody outside Workbench"
	}
	return last.Manager + ", outside Workbench"
}

func ownsTemplate(m *metav1.ManagedFieldsEntry) bool {
	var fields struct {
		Spec map[string]json.RawMessage `json:"f:spec"`
	}
	if err := json.Unmarshal(m.FieldsV1.GetRawBytes(), &fields); err != nil {
		return false
	}
	_, ok := fields.Spec["f:template"]
	return ok
}
