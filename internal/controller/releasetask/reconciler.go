// Package releasetask makes release tasks true: it takes workloads over, keeps what it set in place, brings new versions to
// the release engine, tells what is seen, and hands workloads back. What a task means is decided in internal/release; what a
// person asks is carried out by internal/controller/releaseaction.
package releasetask

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/events"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workbench-dev/workbench/api/v1alpha1"
	"github.com/workbench-dev/workbench/internal/release"
)

// Delays are how long to wait for what cannot be read back: whether every proxy of the mesh has heard.
type Delays struct {
	// Propagation is how long after a change of routes or subsets every proxy knows it; default 1s.
	Propagation time.Duration
	// Drain is how long requests under way at pods that are led around may take before the pods go; default 5s.
	Drain time.Duration
}

// DefaultDelays suit a mesh whose control plane is not overloaded.
var DefaultDelays = Delays{Propagation: time.Second, Drain: 5 * time.Second}

// Reconciler reconciles ReleaseTasks.
type Reconciler struct {
	// Client reads from the cache and writes to the API server, Live reads from the API server: what must not be
	// stale because something is removed on the strength of it.
	Client client.Client
	Live   client.Reader
	Events events.EventRecorder
	Clock  clock.PassiveClock
	Delays Delays
	// Watch starts watching the release engine's and the mesh's kinds as soon as the cluster serves them; may be nil.
	Watch func(context.Context) error
}

// step is one part of a reconcile. It stops the sequence by an error: waiting, stalled or a failure.
type step struct {
	name string
	run  func(context.Context, *scene) error
}

// Reconcile brings one task one round further.
func (r *Reconciler) Reconcile(ctx context.Context, request ctrl.Request) (result ctrl.Result, err error) {
	if r.Watch != nil {
		if err := r.Watch(ctx); err != nil {
			return ctrl.Result{}, err
		}
	}
	s, err := r.load(ctx, request.NamespacedName)
	if err != nil || s == nil {
		return ctrl.Result{}, err
	}
	steps := []step{
		{"preflight", r.preflight},
		{"analysis", r.template},
		{"take-over", r.takeOver},
		{"repair", r.repair},
		{"version", r.version},
		{"gate", r.gate},
	}
	if s.handingBack() {
		steps = []step{{"hand-back", r.handBack}}
	}
	var stopped error
	for _, st := range steps {
		if stopped = st.run(ctx, s); stopped != nil {
			if !errors.As(stopped, new(waiting)) && !errors.As(stopped, new(stalled)) {
				stopped = fmt.Errorf("%s: %w", st.name, stopped)
			}
			break
		}
	}
	if s.gone {
		return ctrl.Result{}, nil
	}
	observed := r.observe(ctx, s)
	after, failure := outcome(stopped)
	if apierrors.IsConflict(failure) {
		// Somebody wrote at the same time; the next round starts from what they wrote.
		after, failure = 100*time.Millisecond, nil
	}
	failure = errors.Join(failure, observed, r.persist(ctx, s))
	if failure != nil {
		if apierrors.IsConflict(failure) {
			return ctrl.Result{RequeueAfter: 100 * time.Millisecond}, nil
		}
		return ctrl.Result{}, failure
	}
	return ctrl.Result{RequeueAfter: soonest(after, s.again)}, nil
}

func soonest(a, b time.Duration) time.Duration {
	if a == 0 || (b != 0 && b < a) {
		return b
	}
	return a
}

// persist writes the status if it changed, and fails when anybody else changed the task since it was read: what it says is
// then about another task. Events follow what is on record.
func (r *Reconciler) persist(ctx context.Context, s *scene) error {
	release.Describe(s.task, s.podTrouble)
	s.task.Status.ObservedGeneration = s.task.Generation
	if reflect.DeepEqual(s.task.Status, s.base.Status) {
		r.tell(s)
		return nil
	}
	patch := client.MergeFromWithOptions(s.base, client.MergeFromWithOptimisticLock{})
	if err := r.Client.Status().Patch(ctx, s.task, patch, client.FieldOwner(v1alpha1.FieldManager)); err != nil {
		return client.IgnoreNotFound(err)
	}
	s.base = s.task.DeepCopy()
	r.tell(s)
	return nil
}

func (r *Reconciler) tell(s *scene) {
	for _, e := range s.events {
		typ := corev1.EventTypeNormal
		if e.Warning {
			typ = corev1.EventTypeWarning
		}
		r.Events.Eventf(s.task, nil, typ, e.Reason, e.Reason, "%s", e.Message)
	}
	s.events = nil
}

func (s *scene) condition(typ string, ok bool, reason, message string) {
	status := metav1.ConditionFalse
	if ok {
		status = metav1.ConditionTrue
	}
	meta.SetStatusCondition(&s.task.Status.Conditions, metav1.Condition{
		Type: typ, Status: status, Reason: reason, Message: message, ObservedGeneration: s.task.Generation,
	})
}

func (s *scene) tell(warning bool, reason, format string, args ...any) {
	s.events = append(s.events, release.Event{Warning: warning, Reason: reason, Message: fmt.Sprintf(format, args...)})
}
