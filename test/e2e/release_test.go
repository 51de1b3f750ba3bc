//go:build e2e

package e2e

import (
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/workbench-dev/workbench/api/v1alpha1"
)

// What a person can ask of a release, one after the other.
func TestActionsOfAPerson(t *testing.T) {
	t.Parallel()
	Given(t).Workload("v1", 2).RouteOnGateway().SteadyTraffic(60).
		When().TaskCreated(steps("20", "60")).
		Then().TakenOver().
		When().VersionUpdated("v2").
		Then().WaitsInStep(1).ShareOf("v2", 20).Condition(v1alpha1.ConditionWaitingForPerson, metav1.ConditionTrue, v1alpha1.ReasonStepWaits, "").
		When().Aborted().
		Then().WentBack(v1alpha1.PhaseTerminated, "v1").History(v1alpha1.OutcomeTerminated, administrator, administrator).Weights("web", 100, 0).
		When().Retried().
		Then().WaitsInStep(1).
		When().Continued().
		Then().WaitsInStep(2).ShareOf("v2", 60).
		When().Promoted().
		Then().Released("v2").History(v1alpha1.OutcomeReleased, administrator, administrator).
		When().RolledBackTo(1).
		Then().WaitsInStep(1).ShareOf("v1", 20).
		When().Promoted().
		Then().Released("v1").Outcomes(v1alpha1.OutcomeReleased, v1alpha1.OutcomeReleased, v1alpha1.OutcomeTerminated, v1alpha1.OutcomeTakenOver).NoRequestFailed()
}

// A newer version in the middle of a release: the one under way gives way, and the newer walks all steps.
func TestUpdatedWhileAReleaseRuns(t *testing.T) {
	t.Parallel()
	Given(t).Workload("v1", 2).RouteOnGateway().SteadyTraffic(60).
		When().TaskCreated(steps("40")).
		Then().TakenOver().
		When().VersionUpdated("v2").
		Then().WaitsInStep(1).ShareOf("v2", 40).
		When().VersionUpdated("v4").
		Then().Says("v4").WaitsInStep(1).ShareOf("v4", 40).Outcomes(v1alpha1.OutcomeSuperseded, v1alpha1.OutcomeTakenOver).
		When().Continued().
		Then().Released("v4").NoRequestFailed()
}

// What is done to the workload with other tools starts a release too, and is shown as done outside Workbench.
func TestOtherTools(t *testing.T) {
	t.Parallel()
	Given(t).Workload("v1", 2).RouteOnGateway().SteadyTraffic(60).
		When().TaskCreated(steps("20", "60")).
		Then().TakenOver().
		When().ImageSetByHand("v2").
		Then().WaitsInStep(1).ShareOf("v2", 20).
		When().PluginPatched(`{"pauseConditions":null}`).
		Then().WaitsInStep(2).
		When().PluginPatched(`{"abort":true}`).
		Then().WentBack(v1alpha1.PhaseTerminated, "v1").History(v1alpha1.OutcomeTerminated, "outside Workbench", "kubectl-argo-rollouts").
		When().ManifestApplied("v1", 2).
		Then().Phase(v1alpha1.PhaseHealthy).RolloutHasThePods().NoRequestFailed()
}

// Other steps in the middle of a release: it goes on with the first new step that does not ask for less.
func TestStepsChangedWhileAReleaseRuns(t *testing.T) {
	t.Parallel()
	Given(t).Workload("v1", 2).RouteOnGateway().SteadyTraffic(60).
		When().TaskCreated(steps("20", "40", "80")).
		Then().TakenOver().
		When().VersionUpdated("v2").
		Then().WaitsInStep(1).
		When().Continued().
		Then().WaitsInStep(2).ShareOf("v2", 40).
		When().StepsChanged(steps("10", "50", "70")).
		Then().WaitsInStep(2).Weights("web", 50, 50).ShareOf("v2", 50).
		When().Continued().
		Then().WaitsInStep(3).
		When().Continued().
		Then().Released("v2").NoRequestFailed()
}

// An application that fails: people see it, send it back, and nothing of the failing version answers any more.
func TestBadVersionIsSentBack(t *testing.T) {
	t.Parallel()
	given := Given(t).Workload("v1", 2).RouteOnGateway().SteadyTraffic(60)
	given.expectFailures = "v3 fails one request in five"
	th := given.When().TaskCreated(steps("50")).
		Then().TakenOver().
		When().VersionUpdated("v3").
		Then().WaitsInStep(1).
		When().Aborted().
		Then().WentBack(v1alpha1.PhaseTerminated, "v1")
	count, err := th.traffic.count(th.ctx)
	th.must(err)
	for version, c := range count.Versions {
		if version != "v3" && c.Failed > 0 {
			t.Errorf("%d requests failed that v3 did not answer:\n%s", c.Failed, failures(count))
		}
	}
}
