//go:build e2e

package e2e

import (
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workbench-dev/workbench/api/v1alpha1"
	"github.com/workbench-dev/workbench/test/e2e/cluster"
)

// An image that cannot be pulled: the sentence names pod and image, the stable version serves, and another version
// or a person ends it.
func TestImageThatCannotBePulled(t *testing.T) {
	t.Parallel()
	Given(t).Workload("v1", 2).RouteOnGateway().SteadyTraffic(40).
		When().TaskCreated(steps("50")).
		Then().TakenOver().
		When().ImageAsked("app", cluster.AppImage+"nowhere").
		Then().Carried().Says("Pull").Says("nowhere").OnlyAnswersOf("v1").
		When().Aborted().
		Then().WentBack(v1alpha1.PhaseTerminated, "v1").
		When().VersionUpdated("v2").
		Then().WaitsInStep(1).
		When().Promoted().
		Then().Released("v2").NoRequestFailed()
}

// Actions that do not fit are refused with a sentence, and nothing is done.
func TestActionsInTheWrongState(t *testing.T) {
	t.Parallel()
	Given(t).Workload("v1", 2).RouteOnGateway().SteadyTraffic(40).
		When().TaskCreated(steps("20", "60")).
		Then().TakenOver().Phase(v1alpha1.PhaseHealthy).
		When().Asked(v1alpha1.ActionContinue).
		Then().Refused("no release runs").
		When().Asked(v1alpha1.ActionTerminate).
		Then().Refused("no release runs").
		When().Asked(v1alpha1.ActionRetry).
		Then().Refused("nothing to retry").
		When().ImageAsked("shop", cluster.AppImage+"v2").
		Then().Refused("has no container shop").
		When().ImageAsked("app", cluster.AppImage+"v1").
		Then().Refused("has these images already").
		When().RollbackAsked(7).
		Then().Refused("revision 7 is not there").
		When().VersionUpdated("v2").
		Then().WaitsInStep(1).
		When().Asked(v1alpha1.ActionRetry).
		Then().Refused("the release runs").WaitsInStep(1).NoRequestFailed()
}

// Two people press Continue at the same moment, both having seen step 1: one step is left, not two.
func TestTwoContinuesAreOneStep(t *testing.T) {
	t.Parallel()
	g := Given(t).Workload("v1", 2).RouteOnGateway().SteadyTraffic(40)
	w := g.When().TaskCreated(steps("20", "40", "60")).
		Then().TakenOver().
		When().VersionUpdated("v2").
		Then().WaitsInStep(1).When()
	step := int32(1)
	both := []*v1alpha1.ReleaseAction{
		w.ask(v1alpha1.ReleaseActionSpec{Type: v1alpha1.ActionContinue, Expect: &v1alpha1.Expectation{Step: &step}}),
		w.ask(v1alpha1.ReleaseActionSpec{Type: v1alpha1.ActionContinue, Expect: &v1alpha1.Expectation{Step: &step}}),
	}
	g.eventually("both to end", func() (bool, string, error) {
		var seen []string
		ended := true
		for _, a := range both {
			if err := world.Client.Get(g.ctx, client.ObjectKeyFromObject(a), a); err != nil {
				return false, "", err
			}
			ended = ended && a.Status.State.IsFinal()
			seen = append(seen, string(a.Status.State)+": "+a.Status.Message)
		}
		return ended, strings.Join(seen, "; "), nil
	})
	w.Then().WaitsInStep(2).Weights("web", 60, 40).NoRequestFailed()
}

// The workload is deleted while its task lives: the Rollout's pods serve on, and deleting the task removes them.
func TestWorkloadDeletedMeanwhile(t *testing.T) {
	t.Parallel()
	g := Given(t).Workload("v1", 2).RouteOnGateway().SteadyTraffic(40)
	g.When().TaskCreated(steps("50")).
		Then().TakenOver().
		When().Kubectl("delete", "deployment", "web").
		Then().Condition(v1alpha1.ConditionDrifted, metav1.ConditionTrue, v1alpha1.ReasonWorkloadNotFound, "serve on").
		When().Asked(v1alpha1.ActionContinue).
		Then().Refused("does not exist any more").OnlyAnswersOf("v1").NoRequestFailed().
		When().ManifestApplied("v1", 2).
		Then().RolloutHasThePods().Phase(v1alpha1.PhaseHealthy).OnlyAnswersOf("v1").
		When().VersionUpdated("v2").
		Then().WaitsInStep(1).NoRequestFailed()
}

// The API server refuses what breaks the rules before anything else sees it.
func TestTasksThatBreakTheRules(t *testing.T) {
	t.Parallel()
	g := Given(t)
	for name, c := range map[string]struct {
		change change
		words  string
	}{
		"steps fall":     {func(t *v1alpha1.ReleaseTask) { t.Spec.Strategy.Canary.Steps = steps("50", "20") }, "weights must rise"},
		"steps repeat":   {func(t *v1alpha1.ReleaseTask) { t.Spec.Strategy.Canary.Steps = steps("50", "50") }, "weights must rise"},
		"step past 100":  {func(t *v1alpha1.ReleaseTask) { t.Spec.Strategy.Canary.Steps = steps("101") }, "less than or equal to 100"},
		"no instances":   {instances(0), "greater than or equal to 1"},
		"negative wait":  {func(t *v1alpha1.ReleaseTask) { t.Spec.Strategy.Canary.Steps = steps("50:-5s") }, "not negative"},
		"name with dots": {func(t *v1alpha1.ReleaseTask) { t.Name = "web.v1" }, "name must be"},
	} {
		task := &v1alpha1.ReleaseTask{ObjectMeta: metav1.ObjectMeta{Name: "web", Namespace: g.namespace}}
		task.Spec.WorkloadRef.Name = "web"
		task.Spec.Strategy.Canary = &v1alpha1.CanaryStrategy{Traffic: v1alpha1.Traffic{Istio: &v1alpha1.IstioTraffic{}}, Steps: steps("50")}
		c.change(task)
		if err := world.Client.Create(g.ctx, task); err == nil || !strings.Contains(err.Error(), c.words) {
			t.Errorf("%s: got %v, want a refusal with %q", name, err, c.words)
		}
	}
}
