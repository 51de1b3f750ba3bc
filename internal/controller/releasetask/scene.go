package releasetask

import (
	"context"
	"fmt"
	"time"

	rollouts "github.com/argoproj/argo-rollouts/pkg/apis/rollouts/v1alpha1"
	appsv1 "k8s.io/api/apps/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workbench-dev/workbench/api/v1alpha1"
	"github.com/workbench-dev/workbench/internal/istio"
	"github.com/workbench-dev/workbench/internal/release"
	"github.com/workbench-dev/workbench/internal/survey"
)

// scene is what one reconcile works on: the task as it is being changed, as it was last written, and what surrounds it.
type scene struct {
	task *v1alpha1.ReleaseTask
	base *v1alpha1.ReleaseTask
	// deployment, rollout: nil when there is none.
	deployment *appsv1.Deployment
	rollout    *rollouts.Rollout
	sets       []appsv1.ReplicaSet

	now        time.Time
	events     []release.Event
	again      time.Duration
	podTrouble string
	// gone says that the last finalizer was taken from the task.
	gone bool
}

func (s *scene) key(name string) types.NamespacedName {
	return types.NamespacedName{Namespace: s.task.Namespace, Name: name}
}

func (s *scene) taken() bool {
	return meta.IsStatusConditionTrue(s.task.Status.Conditions, v1alpha1.ConditionTakenOver)
}

func (s *scene) handingBack() bool {
	return s.task.DeletionTimestamp != nil || s.task.Status.HandBack != nil
}

func (s *scene) mesh() bool {
	return s.task.Status.TakeOver != nil && s.task.Status.TakeOver.DestinationRule != ""
}

// load reads the task and what surrounds it; nil when the task is gone.
func (r *Reconciler) load(ctx context.Context, key types.NamespacedName) (*scene, error) {
	task := &v1alpha1.ReleaseTask{}
	if err := r.Client.Get(ctx, key, task); err != nil {
		return nil, client.IgnoreNotFound(err)
	}
	s := &scene{task: task.DeepCopy(), base: task.DeepCopy(), now: r.Clock.Now()}
	deployment := &appsv1.Deployment{}
	if ok, err := get(ctx, r.Client, s.key(task.Spec.WorkloadRef.Name), deployment); err != nil {
		return nil, err
	} else if ok {
		s.deployment = deployment.DeepCopy()
	}
	return s, r.loadRollout(ctx, s, r.Client)
}

// loadRollout reads the Rollout and its ReplicaSets anew.
func (r *Reconciler) loadRollout(ctx context.Context, s *scene, reader client.Reader) error {
	s.rollout, s.sets = nil, nil
	has, err := survey.Has(r.Client.RESTMapper(), survey.RolloutKind)
	if err != nil || !has {
		return err
	}
	rollout := &rollouts.Rollout{}
	ok, err := get(ctx, reader, s.key(s.task.Spec.WorkloadRef.Name), rollout)
	if err != nil || !ok || rollout.Labels[v1alpha1.TaskLabel] != s.task.Name {
		return err
	}
	s.rollout = rollout.DeepCopy()
	var list appsv1.ReplicaSetList
	if err := reader.List(ctx, &list, client.InNamespace(s.task.Namespace), client.HasLabels{rollouts.DefaultRolloutUniqueLabelKey}); err != nil {
		return fmt.Errorf("listing ReplicaSets: %w", err)
	}
	for _, rs := range list.Items {
		if metav1.IsControlledBy(&rs, rollout) {
			s.sets = append(s.sets, rs)
		}
	}
	return nil
}

// get reads an object and says whether it exists.
func get(ctx context.Context, reader client.Reader, key types.NamespacedName, obj client.Object) (bool, error) {
	err := reader.Get(ctx, key, obj)
	if apierrors.IsNotFound(err) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("reading %T %s: %w", obj, key, err)
	}
	return true, nil
}

// reader is the cache while a task is at rest, so that thousands of them cost the API server nothing, and the API
// server while pods go on the strength of what is read.
func (r *Reconciler) reader(s *scene) client.Reader {
	if s.taken() && !s.handingBack() {
		return r.Client
	}
	return r.Live
}

// meshObject reads a VirtualService or DestinationRule; nil when there is none.
func (r *Reconciler) meshObject(ctx context.Context, s *scene, kind schema.GroupVersionKind, name string) (*unstructured.Unstructured, error) {
	obj := &unstructured.Unstructured{}
	obj.SetGroupVersionKind(kind)
	ok, err := get(ctx, r.reader(s), s.key(name), obj)
	if err != nil || !ok {
		return nil, err
	}
	return obj.DeepCopy(), nil
}

func (r *Reconciler) virtualService(ctx context.Context, s *scene) (*unstructured.Unstructured, error) {
	return r.meshObject(ctx, s, istio.VirtualServiceKind, s.task.Status.TakeOver.VirtualService)
}

func (r *Reconciler) destinationRule(ctx context.Context, s *scene) (*unstructured.Unstructured, error) {
	return r.meshObject(ctx, s, istio.DestinationRuleKind, s.task.Status.TakeOver.DestinationRule)
}

// write creates or updates an object under its resourceVersion.
func (r *Reconciler) write(ctx context.Context, obj client.Object) error {
	if obj.GetResourceVersion() == "" {
		return r.Client.Create(ctx, obj, client.FieldOwner(v1alpha1.FieldManager))
	}
	return r.Client.Update(ctx, obj, client.FieldOwner(v1alpha1.FieldManager))
}
