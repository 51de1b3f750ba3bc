//go:build e2e

package e2e

import (
	"testing"

	"github.com/workbench-dev/workbench/api/v1alpha1"
)

// A whole life: taken over, released by steps that wait for time and for a person, handed back.
func TestCanaryThroughTheGateway(t *testing.T) {
	t.Parallel()
	Given(t).Workload("v1", 3).RouteOnGateway().SteadyTraffic(60).
		When().TaskCreated(steps("20:4s", "60")).
		Then().TakenOver().Phase(v1alpha1.PhaseHealthy).PodsOf(map[string]int{"v1": 3}).Weights("web", 100, 0).OnlyAnswersOf("v1").
		When().VersionUpdated("v2").
		Then().InStep(1).WaitsInStep(2).Weights("web", 40, 60).ShareOf("v2", 60).PrometheusCounted("canary", "v2").
		When().Continued().
		Then().Released("v2").Weights("web", 100, 0).History(v1alpha1.OutcomeReleased, administrator, "").
		When().TaskDeleted().
		Then().HandedBack("v2", 3).NoRequestFailed()
}

// Without a VirtualService of the team's, Workbench makes one for calls inside the mesh and removes it again.
func TestRoutesAreMadeWhereThereAreNone(t *testing.T) {
	t.Parallel()
	Given(t).Sidecars().Workload("v1", 2).TrafficFromNeighbour(40, true).
		When().TaskCreated(steps("30")).
		Then().TakenOver().Weights("web", 100, 0).
		When().VersionUpdated("v2").
		Then().WaitsInStep(1).Weights("web", 70, 30).ShareOf("v2", 30).
		When().Continued().
		Then().Released("v2").
		When().TaskDeleted().
		Then().HandedBack("v2", 2).NoRequestFailed()
}

// Where there is no mesh, the number of instances splits the traffic.
func TestCanaryByInstances(t *testing.T) {
	t.Parallel()
	Given(t).Workload("v1", 4).TrafficFromNeighbour(40, false).
		When().TaskCreated(steps("50"), byInstances).
		Then().TakenOver().PodsOf(map[string]int{"v1": 4}).
		When().VersionUpdated("v2").
		Then().WaitsInStep(1).PodsOf(map[string]int{"v1": 2, "v2": 2}).ShareOf("v2", 50).
		When().Continued().
		Then().Released("v2").PodsOf(map[string]int{"v2": 4}).
		When().TaskDeleted().
		Then().HandedBack("v2", 4).NoRequestFailed()
}

// An autoscaler scales the Rollout while the task lives, and the Deployment before and after.
func TestAutoscalerFollowsThePods(t *testing.T) {
	t.Parallel()
	Given(t).Workload("v1", 2).RouteOnGateway().Autoscaler(2, 4).SteadyTraffic(40).
		When().TaskCreated(steps("50")).
		Then().TakenOver().AutoscalerScales("Rollout").
		When().AutoscalerTargetEdited("Deployment").
		Then().AutoscalerScales("Rollout").
		When().TaskDeleted().
		Then().HandedBack("v1", 2).AutoscalerScales("Deployment").NoRequestFailed()
}

// More instances than the Deployment had, and an adopted DestinationRule with a policy of the team's.
func TestInstancesAndAdoptedDestinationRule(t *testing.T) {
	t.Parallel()
	Given(t).Workload("v1", 2).RouteOnGateway().Manifest(`apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: policy, namespace: NAMESPACE}
spec:
  host: web.NAMESPACE.svc.cluster.local
  trafficPolicy: {loadBalancer: {simple: LEAST_REQUEST}}
`).Keep("destinationrule", "policy").SteadyTraffic(40).
		When().TaskCreated(steps("50"), instances(3)).
		Then().TakenOver().PodsOf(map[string]int{"v1": 3}).
		When().VersionUpdated("v2").
		Then().WaitsInStep(1).ShareOf("v2", 50).
		When().Promoted().
		Then().Released("v2").
		When().TaskDeleted().
		Then().HandedBack("v2", 3).NoRequestFailed()
}

// The task is deleted before the new pods are ready: the Deployment never stopped serving.
func TestDeletedDuringTakeOver(t *testing.T) {
	t.Parallel()
	Given(t).Workload("v1", 2).RouteOnGateway().SteadyTraffic(40).
		When().TaskCreated(steps("50")).
		Then().RolloutExists().
		When().TaskDeleted().
		Then().HandedBack("v1", 2).NoRequestFailed()
}

// The task is deleted while a canary has half of the requests: the Deployment gets the stable version.
func TestDeletedInTheMiddleOfACanary(t *testing.T) {
	t.Parallel()
	Given(t).Workload("v1", 2).RouteOnGateway().SteadyTraffic(40).
		When().TaskCreated(steps("50")).
		Then().TakenOver().
		When().VersionUpdated("v2").
		Then().WaitsInStep(1).ShareOf("v2", 50).
		When().TaskDeleted().
		Then().HandedBack("v1", 2).NoRequestFailed()
}
