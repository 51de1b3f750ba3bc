// Package releaseaction carries out what people ask of release tasks, each thing exactly once: what an action means is
// resolved and put on record before anything is changed, the change fits only the state that was resolved, and success is
// what was read back. What an action may mean is decided in internal/release.
package releaseaction

import (
	"context"
	"errors"
	"fmt"
	"time"

	rollouts "github.com/argoproj/argo-rollouts/pkg/apis/rollouts/v1alpha1"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/events"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"

	"github.com/workbench-dev/workbench/api/v1alpha1"
	"github.com/workbench-dev/workbench/internal/release"
	"github.com/workbench-dev/workbench/internal/survey"
)

const (
	// retry is how often an action that waits is looked at.
	retry = time.Second
	// patience is how long an action may wait for Argo Rollouts to answer before it counts as failed.
	patience = 10 * time.Minute
	// readBack is how long after a change its effect is looked for.
	readBack = 300 * time.Millisecond
)

// Reconciler reconciles ReleaseActions.
type Reconciler struct {
	// Client writes; Live reads from the API server, since an action must not be decided on a stale state.
	Client client.Client
	Live   client.Reader
	Events events.EventRecorder
	Clock  clock.PassiveClock
	// Keep is how many ended actions of a task are kept.
	Keep int
}

// Setup adds the reconciler to a manager. concurrency is how many actions are carried out at the same time.
func Setup(mgr ctrl.Manager, keep, concurrency int) error {
	r := &Reconciler{Client: mgr.GetClient(), Live: mgr.GetAPIReader(), Events: mgr.GetEventRecorder("workbench"), Clock: clock.RealClock{}, Keep: keep}
	return ctrl.NewControllerManagedBy(mgr).For(&v1alpha1.ReleaseAction{}).
		WithOptions(controller.Options{MaxConcurrentReconciles: concurrency}).
		Complete(r)
}

// Reconcile brings one action one round further.
func (r *Reconciler) Reconcile(ctx context.Context, request ctrl.Request) (ctrl.Result, error) {
	action := &v1alpha1.ReleaseAction{}
	if err := r.Live.Get(ctx, request.NamespacedName, action); err != nil {
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	if action.Status.State.IsFinal() || action.DeletionTimestamp != nil {
		return ctrl.Result{}, nil
	}
	subject, err := r.subject(ctx, action)
	if err != nil {
		return ctrl.Result{}, err
	}
	if action.Status.State != v1alpha1.ActionRunning {
		if done, result, err := r.begin(ctx, action, subject); done {
			return result, ignoreConflict(err)
		}
	}
	done, why, err := r.carryOut(ctx, action, subject)
	var refusal release.Refusal
	switch {
	case errors.As(err, &refusal):
		return ctrl.Result{}, r.end(ctx, action, v1alpha1.ActionFailed, refusal.Error())
	case apierrors.IsConflict(err):
		return ctrl.Result{RequeueAfter: readBack}, nil
	case apierrors.IsInvalid(err) || apierrors.IsForbidden(err):
		return ctrl.Result{}, r.end(ctx, action, v1alpha1.ActionFailed, "the cluster refused the change: "+err.Error())
	case err != nil:
		return ctrl.Result{}, err
	case done:
		return ctrl.Result{}, r.end(ctx, action, v1alpha1.ActionSucceeded, why)
	case action.Status.StartedAt != nil && r.Clock.Since(action.Status.StartedAt.Time) > patience:
		return ctrl.Result{}, r.end(ctx, action, v1alpha1.ActionFailed, why+"; that took longer than "+patience.String()+". Look whether Argo Rollouts runs.")
	}
	return ctrl.Result{RequeueAfter: readBack}, nil
}

func ignoreConflict(err error) error {
	if apierrors.IsConflict(err) {
		return nil
	}
	return err
}

// begin resolves the action and puts the target on record. done says that there is nothing more to do in this round.
func (r *Reconciler) begin(ctx context.Context, action *v1alpha1.ReleaseAction, subject release.Subject) (done bool, result ctrl.Result, err error) {
	target, err := release.Resolve(action, subject)
	var refusal release.Refusal
	var notYet release.NotYet
	switch {
	case errors.As(err, &refusal):
		return true, ctrl.Result{}, r.end(ctx, action, v1alpha1.ActionRefused, refusal.Error())
	case errors.As(err, &notYet):
		if action.Status.State == v1alpha1.ActionPending && action.Status.Message == notYet.Error() {
			return true, ctrl.Result{RequeueAfter: retry}, nil
		}
		action.Status.State, action.Status.Message = v1alpha1.ActionPending, notYet.Error()
		return true, ctrl.Result{RequeueAfter: retry}, r.write(ctx, action)
	case err != nil:
		return true, ctrl.Result{}, err
	}
	now := metav1.NewTime(r.Clock.Now())
	action.Status = v1alpha1.ReleaseActionStatus{State: v1alpha1.ActionRunning, Message: "is being carried out", Target: target, StartedAt: &now}
	if err := r.write(ctx, action); err != nil {
		return true, ctrl.Result{RequeueAfter: readBack}, err
	}
	return false, ctrl.Result{}, nil
}

// write records the status under the resourceVersion that was read: of two controllers only one begins an action.
func (r *Reconciler) write(ctx context.Context, action *v1alpha1.ReleaseAction) error {
	return r.Client.Status().Update(ctx, action, client.FieldOwner(v1alpha1.FieldManager))
}

func (r *Reconciler) end(ctx context.Context, action *v1alpha1.ReleaseAction, state v1alpha1.ActionState, message string) error {
	now := metav1.NewTime(r.Clock.Now())
	action.Status.State, action.Status.Message, action.Status.FinishedAt = state, message, &now
	if err := r.write(ctx, action); err != nil {
		return ignoreConflict(client.IgnoreNotFound(err))
	}
	ended.WithLabelValues(string(action.Spec.Type), string(state)).Inc()
	took.WithLabelValues(string(action.Spec.Type)).Observe(now.Sub(action.CreationTimestamp.Time).Seconds())
	typ := corev1.EventTypeNormal
	if state != v1alpha1.ActionSucceeded {
		typ = corev1.EventTypeWarning
	}
	r.Events.Eventf(action, nil, typ, string(action.Spec.Type)+string(state), string(action.Spec.Type), "%s by %s: %s", action.Spec.Type, action.Spec.RequestedBy, message)
	return r.prune(ctx, action)
}

// subject reads from the API server what an action is about.
func (r *Reconciler) subject(ctx context.Context, action *v1alpha1.ReleaseAction) (release.Subject, error) {
	var s release.Subject
	task := &v1alpha1.ReleaseTask{}
	if ok, err := r.get(ctx, action.Namespace, action.Spec.Task, task); err != nil || !ok {
		return s, err
	}
	s.Task = task
	deployment := &appsv1.Deployment{}
	if ok, err := r.get(ctx, action.Namespace, task.Spec.WorkloadRef.Name, deployment); err != nil {
		return s, err
	} else if ok {
		s.Deployment = deployment
	}
	if has, err := survey.Has(r.Client.RESTMapper(), survey.RolloutKind); err != nil || !has {
		return s, err
	}
	rollout := &rollouts.Rollout{}
	ok, err := r.get(ctx, action.Namespace, task.Spec.WorkloadRef.Name, rollout)
	if err != nil || !ok || rollout.Labels[v1alpha1.TaskLabel] != task.Name {
		return s, err
	}
	s.Rollout = rollout
	var sets appsv1.ReplicaSetList
	if err := r.Live.List(ctx, &sets, client.InNamespace(action.Namespace), client.HasLabels{rollouts.DefaultRolloutUniqueLabelKey}); err != nil {
		return s, fmt.Errorf("listing ReplicaSets: %w", err)
	}
	for i := range sets.Items {
		if metav1.IsControlledBy(&sets.Items[i], rollout) {
			s.ReplicaSets = append(s.ReplicaSets, sets.Items[i])
		}
	}
	return s, nil
}

func (r *Reconciler) get(ctx context.Context, namespace, name string, obj client.Object) (bool, error) {
	err := r.Live.Get(ctx, types.NamespacedName{Namespace: namespace, Name: name}, obj)
	if apierrors.IsNotFound(err) {
		return false, nil
	}
	return err == nil, err
}
