//go:build apiserver

package apiserver

import (
	"fmt"
	"strings"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	testclock "k8s.io/utils/clock/testing"

	"github.com/workbench-dev/workbench/internal/apitest"
)

// world is a namespace with a workload in it, in which a test moves everything by hand: each tick brings the
// Deployment controller, the pods, Argo Rollouts and the garbage collector one round further, and nothing moves
// between two ticks. All of their state is in the API server, so that a reconciler sees them as it would see the
// real ones. What they do is written down in engine_test.go and workloads_test.go.
type world struct {
	t         *testing.T
	server    *apitest.Server
	namespace string
	// admin is everybody who isn't Workbench.
	admin client.WithWatch
	clock *testclock.FakeClock
	// podsTake is how long a pod takes to be available, and ready when those of a ReplicaSet are.
	podsTake time.Duration
	ready    map[types.UID]time.Time
	// problems are the moments at which a request could have failed; see serving_test.go.
	problems []string
	// unguarded stops looking for such moments.
	unguarded bool
	// subsets is since when the proxies could learn of a subset, and used until when a route led to it.
	subsets, used map[string]time.Time
	// requests are what customers send and the proxies count; see traffic_test.go.
	requests traffic
}

const (
	// app is the name of the workload, its Service and its task.
	app = "shop"
	// instances is the number of pods that the workload runs with.
	instances = 4
)

func newWorld(t *testing.T) *world {
	t.Helper()
	server, admin, namespace := begin(t)
	// The API server stores times in whole seconds.
	start := time.Now().Truncate(time.Second)
	w := &world{t: t, server: server, namespace: namespace, admin: admin, clock: testclock.NewFakeClock(start),
		ready: map[types.UID]time.Time{}, subsets: map[string]time.Time{}, used: map[string]time.Time{}}
	w.create(&corev1.Service{
		ObjectMeta: metav1.ObjectMeta{Name: app},
		Spec:       corev1.ServiceSpec{Selector: map[string]string{"app": app}, Ports: []corev1.ServicePort{{Port: 80}}},
	})
	w.create(&appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{Name: app, Labels: map[string]string{"team": "retail"}},
		Spec: appsv1.DeploymentSpec{
			Replicas: ptr.To[int32](instances),
			Selector: &metav1.LabelSelector{MatchLabels: map[string]string{"app": app}},
			Template: corev1.PodTemplateSpec{
				ObjectMeta: metav1.ObjectMeta{Labels: map[string]string{"app": app}},
				Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "app", Image: "registry.example.com/shop:v1"}}},
			},
		},
	})
	w.unguarded = true
	for range 3 {
		w.tick()
	}
	w.unguarded = false
	return w
}

func (w *world) create(object client.Object) {
	w.t.Helper()
	object.SetNamespace(w.namespace)
	if err := w.admin.Create(w.t.Context(), object, client.FieldOwner("kubectl-create")); err != nil {
		w.t.Fatal(err)
	}
}

// get reads an object of the namespace and says whether it exists.
func (w *world) get(name string, object client.Object) bool {
	w.t.Helper()
	err := w.admin.Get(w.t.Context(), client.ObjectKey{Namespace: w.namespace, Name: name}, object)
	if err != nil && !apierrors.IsNotFound(err) {
		w.t.Fatal(err)
	}
	return err == nil
}

func (w *world) list(list client.ObjectList) {
	w.t.Helper()
	if err := w.admin.List(w.t.Context(), list, client.InNamespace(w.namespace)); err != nil {
		w.t.Fatal(err)
	}
}

// edit changes an object as somebody outside Workbench does.
func (w *world) edit(name string, object client.Object, change func()) {
	w.t.Helper()
	if !w.get(name, object) {
		w.t.Fatalf("%T %s doesn't exist", object, name)
	}
	change()
	if err := w.admin.Update(w.t.Context(), object, client.FieldOwner("kubectl-edit")); err != nil {
		w.t.Fatal(err)
	}
}

// tick brings everybody but Workbench one round further, and the clock by a second.
func (w *world) tick() {
	w.t.Helper()
	w.clock.Step(time.Second)
	w.deployments()
	w.argo()
	w.pods()
	w.send()
	w.guard("the cluster moved")
}

// update writes an object back if it still exists; conflicts wait for the next tick.
func (w *world) update(object client.Object, status bool, owner string) {
	w.t.Helper()
	var err error
	if status {
		err = w.admin.Status().Update(w.t.Context(), object, client.FieldOwner(owner))
	} else {
		err = w.admin.Update(w.t.Context(), object, client.FieldOwner(owner))
	}
	if err != nil && !apierrors.IsConflict(err) && !apierrors.IsNotFound(err) {
		w.t.Fatal(err)
	}
}

// guard notes when a request that came at this moment could fail.
func (w *world) guard(moment string) {
	if w.unguarded {
		return
	}
	for _, problem := range w.look() {
		if problem != "" {
			w.problems = append(w.problems, fmt.Sprintf("after %s: %s", moment, problem))
		}
	}
}

// requireServed fails when a request could have failed at any moment so far.
func (w *world) requireServed() {
	w.t.Helper()
	if len(w.problems) > 0 {
		w.t.Errorf("requests could have failed:\n  %s", strings.Join(w.problems, "\n  "))
	}
}
