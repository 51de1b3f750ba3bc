//go:build e2e

package e2e

import (
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/workbench-dev/workbench/api/v1alpha1"
)

// While something stands in the way, the task says what and how to mend it, and nothing is touched.
func TestPreflight(t *testing.T) {
	for _, c := range []struct {
		name   string
		world  func(*given) *given
		change change
		reason string
		words  string
	}{
		{
			name: "workload-missing", reason: v1alpha1.ReasonWorkloadNotFound, words: "does not exist",
			world: func(g *given) *given { return g },
		},
		{
			name: "paused", reason: v1alpha1.ReasonWorkloadPaused, words: "kubectl rollout resume deployment/web",
			world: func(g *given) *given {
				g.Workload("v1", 1)
				g.kubectl("", "rollout", "pause", "deployment/web")
				return g
			},
		},
		{
			name: "recreate", reason: v1alpha1.ReasonWorkloadStrategy, words: "Recreate",
			world: func(g *given) *given {
				g.Workload("v1", 1)
				g.kubectl("", "patch", "deployment", "web", "--type=merge", "-p", `{"spec":{"strategy":{"type":"Recreate","rollingUpdate":null}}}`)
				return g
			},
		},
		{
			name: "empty", reason: v1alpha1.ReasonWorkloadEmpty, words: "0 instances",
			world: func(g *given) *given {
				g.Workload("v1", 1)
				g.kubectl("", "scale", "deployment/web", "--replicas=0")
				return g
			},
		},
		{
			name: "other-rollout", reason: v1alpha1.ReasonNameClash, words: "did not make",
			world: func(g *given) *given {
				return g.Workload("v1", 1).Manifest(`apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: {name: web, namespace: NAMESPACE}
spec:
  replicas: 0
  selector: {matchLabels: {app: other}}
  template:
    metadata: {labels: {app: other}}
    spec: {containers: [{name: app, image: "docker.io/workbench-demo/app:v1"}]}
  strategy: {canary: {}}
`)
			},
		},
		{
			name: "no-service", reason: v1alpha1.ReasonServiceSelectsNothing, words: "no Service",
			world: func(g *given) *given {
				g.Workload("v1", 1)
				g.kubectl("", "delete", "service", "web")
				return g
			},
		},
		{
			name: "service-named-wrong", reason: v1alpha1.ReasonServiceNotFound, words: "Service shop does not exist",
			world:  func(g *given) *given { return g.Workload("v1", 1) },
			change: func(t *v1alpha1.ReleaseTask) { t.Spec.Strategy.Canary.Traffic.Istio.Service = "shop" },
		},
		{
			name: "two-services", reason: v1alpha1.ReasonServiceAmbiguous, words: "several Services",
			world: func(g *given) *given {
				return g.Workload("v1", 1).Manifest(`apiVersion: v1
kind: Service
metadata: {name: web-too, namespace: NAMESPACE}
spec: {selector: {app: web}, ports: [{name: http, port: 80}]}
`)
			},
		},
		{
			name: "route-named-wrong", reason: v1alpha1.ReasonRouteNotFound, words: "no HTTP route named blue",
			world:  func(g *given) *given { return g.Workload("v1", 1).RouteOnGateway() },
			change: func(t *v1alpha1.ReleaseTask) { t.Spec.Strategy.Canary.Traffic.Istio.Routes = []string{"blue"} },
		},
		{
			name: "virtualservice-named-wrong", reason: v1alpha1.ReasonVirtualServiceNotFound, words: "VirtualService shop does not exist",
			world:  func(g *given) *given { return g.Workload("v1", 1).RouteOnGateway() },
			change: func(t *v1alpha1.ReleaseTask) { t.Spec.Strategy.Canary.Traffic.Istio.VirtualService = "shop" },
		},
		{
			name: "quota", reason: v1alpha1.ReasonQuotaTooSmall, words: "raise the quota",
			world: func(g *given) *given {
				g.Workload("v1", 2).Manifest(`apiVersion: v1
kind: ResourceQuota
metadata: {name: few, namespace: NAMESPACE}
spec: {hard: {pods: "3"}}
`)
				g.eventually("the quota to be counted", func() (bool, string, error) {
					used := g.kubectl("", "get", "resourcequota", "few", "-o", "jsonpath={.status.used.pods}")
					return used == "2", used, nil
				})
				return g
			},
		},
		{
			name: "disruption-budget", reason: v1alpha1.ReasonDisruptionBudget, words: "maxUnavailable: 1",
			world: func(g *given) *given {
				return g.Workload("v1", 1).Manifest(`apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: never, namespace: NAMESPACE}
spec: {maxUnavailable: 0, selector: {matchLabels: {app: web}}}
`)
			},
		},
		{
			name: "two-autoscalers", reason: v1alpha1.ReasonAutoscalerAmbiguous, words: "delete one of them",
			world: func(g *given) *given {
				g.Workload("v1", 1).Autoscaler(1, 2)
				g.kubectl("", "autoscale", "deployment/web", "--name=other", "--min=1", "--max=3", "--cpu=80%")
				return g
			},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			change := c.change
			if change == nil {
				change = func(*v1alpha1.ReleaseTask) {}
			}
			g := Given(t)
			before := c.world(g).everything()
			g.When().TaskCreated(steps("50"), change).
				Then().Condition(v1alpha1.ConditionPreflightPassed, metav1.ConditionFalse, c.reason, c.words).
				Phase(v1alpha1.PhaseBlocked).Everything(before).
				When().TaskDeleted().
				Then().Gone().Everything(before)
		})
	}
}

// The take-over begins by itself once nothing stands in the way any more; and two tasks cannot have one workload.
func TestMendedObstacleAndSecondTask(t *testing.T) {
	t.Parallel()
	g := Given(t).Workload("v1", 1).RouteOnGateway().SteadyTraffic(20)
	g.kubectl("", "rollout", "pause", "deployment/web")
	g.When().TaskCreated(steps("50")).
		Then().Phase(v1alpha1.PhaseBlocked).
		When().Kubectl("rollout", "resume", "deployment/web").
		Then().TakenOver()
	g.task = "second"
	g.When().TaskCreated(steps("50")).
		Then().Condition(v1alpha1.ConditionPreflightPassed, metav1.ConditionFalse, v1alpha1.ReasonWorkloadTaken, "release task web already releases").
		When().TaskDeleted().
		Then().Gone()
	g.task = "web"
	g.When().Then().Phase(v1alpha1.PhaseHealthy).RolloutHasThePods().NoRequestFailed()
}
