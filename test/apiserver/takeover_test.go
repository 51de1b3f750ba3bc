//go:build apiserver

package apiserver

import (
	"testing"
	"time"

	rollouts "github.com/argoproj/argo-rollouts/pkg/apis/rollouts/v1alpha1"
	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/utils/ptr"

	"github.com/workbench-dev/workbench/api/v1alpha1"
	"github.com/workbench-dev/workbench/internal/istio"
)

// takenOver says whether the take-over has ended and is on record.
func (w *world) takenOver() bool {
	status := w.task().Status
	return status.Phase == v1alpha1.PhaseHealthy && len(status.History) > 0
}

// requireTakenOver checks the end of a take-over: the Rollout has the pods, the Deployment none, and the routes, if
// any, lead to the stable version.
func (w *world) requireTakenOver() {
	w.t.Helper()
	var deployment appsv1.Deployment
	w.get(app, &deployment)
	if got := ptr.Deref(deployment.Spec.Replicas, 1); got != 0 {
		w.t.Errorf("the Deployment has %d instances, want 0", got)
	}
	var rollout rollouts.Rollout
	if !w.get(app, &rollout) {
		w.t.Fatal("there is no Rollout")
	}
	if rollout.Status.StableRS == "" || rollout.Status.AvailableReplicas != instances {
		w.t.Errorf("the Rollout has %d pods of version %q, want %d", rollout.Status.AvailableReplicas, rollout.Status.StableRS, instances)
	}
	task := w.task()
	if task.Status.Phase != v1alpha1.PhaseHealthy {
		w.t.Errorf("the task's phase is %s, want %s", task.Status.Phase, v1alpha1.PhaseHealthy)
	}
	if len(task.Status.History) != 1 || task.Status.History[0].Outcome != v1alpha1.OutcomeTakenOver {
		w.t.Errorf("the history is %v, want the version that was taken over", task.Status.History)
	}
	if task.Spec.Strategy.Canary.Traffic.Istio == nil {
		return
	}
	routes := unstructuredOf(istio.VirtualServiceKind)
	if !w.get(task.Status.TakeOver.VirtualService, routes) {
		w.t.Fatalf("there is no VirtualService %s", task.Status.TakeOver.VirtualService)
	}
	stable, canary, split := istio.Weights(routes)
	if !split || stable != 100 || canary != 0 {
		w.t.Errorf("the routes give stable %d %% and canary %d %% (split: %t), want 100 and 0", stable, canary, split)
	}
}

// slowPods is longer than any delay of the controller: what it doesn't wait for isn't there by chance.
const slowPods = 8 * time.Second

func TestTakeOverWithoutMesh(t *testing.T) {
	none.run(t,
		func(w *world) {
			w.podsTake = slowPods
			w.createTask(byInstances, step(50))
		},
		func(w *world, c *controller) {
			w.run(c, "the workload is taken over", w.takenOver)
			w.requireTakenOver()
		})
}

func TestTakeOverWithMesh(t *testing.T) {
	none.run(t,
		func(w *world) {
			w.podsTake = slowPods
			w.createTask(byMesh, step(50))
		},
		func(w *world, c *controller) {
			w.run(c, "the workload is taken over", w.takenOver)
			w.requireTakenOver()
		})
}

func TestTakeOverOfRoutes(t *testing.T) {
	everywhere.run(t,
		func(w *world) {
			w.podsTake = slowPods
			w.createRoutes()
			w.createTask(byMesh, step(50))
		},
		func(w *world, c *controller) {
			w.run(c, "the workload is taken over", w.takenOver)
			w.requireTakenOver()
		})
}

// createRoutes makes a VirtualService and a DestinationRule as teams write them, with fields that Workbench knows
// nothing of.
func (w *world) createRoutes() {
	w.t.Helper()
	w.create(parse(w.t, `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata:
  name: shop-routes
  labels: {team: retail}
  annotations: {owner: retail@example.com}
spec:
  hosts: [shop.example.com, shop]
  gateways: [istio-system/public-gateway, mesh]
  http:
  - match: [{uri: {prefix: /images}}]
    route: [{destination: {host: images}}]
    timeout: 3s
  - name: main
    retries: {attempts: 2}
    route: [{destination: {host: shop, port: {number: 80}}, headers: {response: {add: {x-served-by: shop}}}}]
    corsPolicy: {allowOrigins: [{exact: "https://shop.example.com"}]}
  - match: [{headers: {x-beta: {exact: "yes"}}}]
    route: [{destination: {host: shop}, weight: 100}]
`))
	w.create(parse(w.t, `
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata:
  name: shop-rule
  labels: {team: retail}
spec:
  host: shop
  trafficPolicy:
    connectionPool: {tcp: {maxConnections: 100}}
    outlierDetection: {consecutive5xxErrors: 7}
`))
}
