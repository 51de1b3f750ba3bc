package releasetask

import (
	"context"
	"fmt"
	"sync"
	"time"

	rollouts "github.com/argoproj/argo-rollouts/pkg/apis/rollouts/v1alpha1"
	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
	"sigs.k8s.io/controller-runtime/pkg/source"

	"github.com/workbench-dev/workbench/api/v1alpha1"
	"github.com/workbench-dev/workbench/internal/istio"
	"github.com/workbench-dev/workbench/internal/survey"
)

// workloadIndex finds tasks by the name of their workload.
const workloadIndex = "spec.workloadRef.name"

// Setup adds the reconciler to a manager. concurrency is how many tasks are reconciled at the same time.
func Setup(ctx context.Context, mgr ctrl.Manager, delays Delays, concurrency int) error {
	if err := mgr.GetFieldIndexer().IndexField(ctx, &v1alpha1.ReleaseTask{}, workloadIndex, func(o client.Object) []string {
		return []string{o.(*v1alpha1.ReleaseTask).Spec.WorkloadRef.Name}
	}); err != nil {
		return err
	}
	r := &Reconciler{
		Client: mgr.GetClient(), Live: mgr.GetAPIReader(), Events: mgr.GetEventRecorder("workbench"),
		Clock: clock.RealClock{}, Delays: delays,
	}
	byWorkload := handler.EnqueueRequestsFromMapFunc(func(ctx context.Context, o client.Object) []reconcile.Request {
		return r.tasksOf(ctx, o.GetNamespace(), o.GetName())
	})
	c, err := ctrl.NewControllerManagedBy(mgr).
		For(&v1alpha1.ReleaseTask{}, builder.WithPredicates(predicate.Or(predicate.GenerationChangedPredicate{}, deletionStarted{}))).
		Watches(&appsv1.Deployment{}, byWorkload).
		Watches(&appsv1.ReplicaSet{}, handler.EnqueueRequestsFromMapFunc(func(ctx context.Context, o client.Object) []reconcile.Request {
			owner := metav1.GetControllerOf(o)
			if owner == nil {
				return nil
			}
			return r.tasksOf(ctx, o.GetNamespace(), owner.Name)
		})).
		Watches(&autoscalingv2.HorizontalPodAutoscaler{}, handler.EnqueueRequestsFromMapFunc(func(ctx context.Context, o client.Object) []reconcile.Request {
			return r.tasksOf(ctx, o.GetNamespace(), o.(*autoscalingv2.HorizontalPodAutoscaler).Spec.ScaleTargetRef.Name)
		}), builder.WithPredicates(predicate.GenerationChangedPredicate{})).
		WithOptions(controller.Options{MaxConcurrentReconciles: concurrency}).
		Build(r)
	if err != nil {
		return err
	}
	r.Watch = (&lateWatches{mgr: mgr, controller: c}).ensure
	return nil
}

// deletionStarted lets an update through that marks an object as being deleted.
type deletionStarted struct{ predicate.Funcs }

func (deletionStarted) Create(_ event.CreateEvent) bool { return true }
func (deletionStarted) Update(e event.UpdateEvent) bool {
	return e.ObjectOld.GetDeletionTimestamp().IsZero() != e.ObjectNew.GetDeletionTimestamp().IsZero()
}

func (r *Reconciler) tasksOf(ctx context.Context, namespace, workload string) []reconcile.Request {
	var tasks v1alpha1.ReleaseTaskList
	if err := r.Client.List(ctx, &tasks, client.InNamespace(namespace), client.MatchingFields{workloadIndex: workload}); err != nil {
		return nil // the cache answers; it has no failure but that of an unknown index
	}
	var requests []reconcile.Request
	for i := range tasks.Items {
		requests = append(requests, reconcile.Request{NamespacedName: client.ObjectKeyFromObject(&tasks.Items[i])})
	}
	return requests
}

// lateWatches watches the kinds of the release engine and of the mesh as soon as the cluster serves them: either may be
// installed after Workbench.
type lateWatches struct {
	mgr        ctrl.Manager
	controller controller.Controller

	mu      sync.Mutex
	watched map[schema.GroupVersionKind]bool
	asked   time.Time
}

// askAgain is how long a kind that the cluster does not serve is not asked for again.
const askAgain = 5 * time.Second

var lateKinds = []schema.GroupVersionKind{survey.RolloutKind, templateKind, runKind, istio.VirtualServiceKind, istio.DestinationRuleKind}

// engineTypes are the late kinds of the release engine, which are found by the task's label.
var engineTypes = map[schema.GroupVersionKind]client.Object{
	survey.RolloutKind: &rollouts.Rollout{}, templateKind: &rollouts.AnalysisTemplate{}, runKind: &rollouts.AnalysisRun{},
}

func (w *lateWatches) ensure(context.Context) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.watched) == len(lateKinds) || time.Since(w.asked) < askAgain {
		return nil
	}
	w.asked = time.Now()
	for _, kind := range lateKinds {
		if w.watched[kind] {
			continue
		}
		has, err := survey.Has(w.mgr.GetRESTMapper(), kind)
		if err != nil {
			return fmt.Errorf("asking whether the cluster serves %s: %w", kind.Kind, err)
		}
		if !has {
			continue
		}
		if err := w.watch(kind); err != nil {
			return fmt.Errorf("watching %s: %w", kind.Kind, err)
		}
		if w.watched == nil {
			w.watched = map[schema.GroupVersionKind]bool{}
		}
		w.watched[kind] = true
	}
	return nil
}

func (w *lateWatches) watch(kind schema.GroupVersionKind) error {
	if typed, ok := engineTypes[kind]; ok {
		return w.controller.Watch(source.Kind(w.mgr.GetCache(), typed, handler.EnqueueRequestsFromMapFunc(byTaskLabel)))
	}
	obj := &unstructured.Unstructured{}
	obj.SetGroupVersionKind(kind)
	return w.controller.Watch(source.Kind(w.mgr.GetCache(), client.Object(obj), handler.EnqueueRequestsFromMapFunc(byAdoption)))
}

func byTaskLabel(_ context.Context, o client.Object) []reconcile.Request {
	return request(o.GetNamespace(), o.GetLabels()[v1alpha1.TaskLabel])
}

func byAdoption(_ context.Context, o client.Object) []reconcile.Request {
	return request(o.GetNamespace(), o.GetAnnotations()[v1alpha1.TaskAnnotation])
}

func request(namespace, task string) []reconcile.Request {
	if task == "" {
		return nil
	}
	return []reconcile.Request{{NamespacedName: types.NamespacedName{Namespace: namespace, Name: task}}}
}
