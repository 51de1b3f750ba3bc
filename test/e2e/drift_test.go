//go:build e2e

package e2e

import (
	"testing"

	"github.com/workbench-dev/workbench/api/v1alpha1"
)

// Somebody gives the Deployment instances again, by hand and by its manifest.
func TestDeploymentScaledUpIsSetBack(t *testing.T) {
	t.Parallel()
	Given(t).Workload("v1", 2).RouteOnGateway().SteadyTraffic(40).
		When().TaskCreated(steps("50")).
		Then().TakenOver().
		When().Kubectl("scale", "deployment/web", "--replicas=2").
		Then().Event(v1alpha1.ReasonDeploymentScaledUp).RolloutHasThePods().Phase(v1alpha1.PhaseHealthy).
		When().ManifestApplied("v1", 3).
		Then().RolloutHasThePods().Phase(v1alpha1.PhaseHealthy).OnlyAnswersOf("v1").NoRequestFailed()
}

// Somebody deletes the Rollout: its pods serve on until the Deployment's do, then it is made anew.
func TestRolloutDeletedIsMadeAnew(t *testing.T) {
	t.Parallel()
	Given(t).Workload("v1", 2).RouteOnGateway().SteadyTraffic(60).
		When().TaskCreated(steps("50")).
		Then().TakenOver().RemembersRollout().
		When().Kubectl("delete", "rollout", "web", "--wait=false").
		Then().Event(v1alpha1.ReasonRolloutDeleted).AnotherRollout().TakenOver().Phase(v1alpha1.PhaseHealthy).
		When().VersionUpdated("v2").
		Then().WaitsInStep(1).ShareOf("v2", 50).NoRequestFailed()
}

// Somebody deletes the Rollout in the middle of a canary: the stable version gets all requests.
func TestRolloutDeletedDuringACanary(t *testing.T) {
	t.Parallel()
	Given(t).Workload("v1", 2).RouteOnGateway().SteadyTraffic(60).
		When().TaskCreated(steps("50")).
		Then().TakenOver().RemembersRollout().
		When().VersionUpdated("v2").
		Then().WaitsInStep(1).ShareOf("v2", 50).
		When().Kubectl("delete", "rollout", "web", "--wait=false").
		Then().AnotherRollout().TakenOver().NoRequestFailed()
}

// Somebody edits the weights, which Argo Rollouts puts back where it sees it first, and a pipeline applies the VirtualService as it was before Workbench.
func TestRoutesEditedAreSplitAgain(t *testing.T) {
	t.Parallel()
	Given(t).Workload("v1", 2).RouteOnGateway().SteadyTraffic(60).
		When().TaskCreated(steps("30")).
		Then().TakenOver().
		When().VersionUpdated("v2").
		Then().WaitsInStep(1).Weights("web", 70, 30).
		When().WeightsEdited(10, 90).
		Then().Weights("web", 70, 30).
		When().RouteApplied().
		Then().Event(v1alpha1.ReasonRoutesEdited).Weights("web", 70, 30).ShareOf("v2", 30).
		When().Continued().
		Then().Released("v2").
		When().TaskDeleted().
		Then().HandedBack("v2", 2).NoRequestFailed()
}

// Somebody deletes the DestinationRule: its subsets come back with the pods that they stand for.
func TestDestinationRuleDeletedIsMadeAnew(t *testing.T) {
	t.Parallel()
	given := Given(t).Workload("v1", 2).RouteOnGateway().SteadyTraffic(40)
	th := given.When().TaskCreated(steps("50")).
		Then().TakenOver().
		When().VersionUpdated("v2").
		Then().WaitsInStep(1).ShareOf("v2", 50)
	// Routes to subsets that are gone have nowhere to lead until they are back: those requests fail, and no others may.
	given.expectFailures = "the subsets are gone for a moment"
	th.When().Kubectl("delete", "destinationrule", "web").
		Then().Event(v1alpha1.ReasonDestinationRuleEdited).ShareOf("v2", 50).QuietFrom("the subsets are back").
		When().Promoted().
		Then().Released("v2").NoneFailedSinceQuiet()
}
