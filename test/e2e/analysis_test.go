//go:build e2e

package e2e

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/workbench-dev/workbench/api/v1alpha1"
)

// judged lets every release be judged by errors and latency against the stable version.
func judged(changes ...func(*v1alpha1.Analysis)) change {
	return func(task *v1alpha1.ReleaseTask) {
		task.Spec.Analysis = &v1alpha1.Analysis{
			Interval: &metav1.Duration{Duration: 5 * time.Second},
			Metrics: []v1alpha1.AnalysisMetric{
				{Name: "errors", Predefined: &v1alpha1.PredefinedMetric{Type: v1alpha1.MetricErrorRate}},
				{Name: "latency", Predefined: &v1alpha1.PredefinedMetric{Type: v1alpha1.MetricLatency}},
			},
		}
		for _, c := range changes {
			c(task.Spec.Analysis)
		}
	}
}

// Version 2 is as good as version 1 and passes; version 3, which fails one request in five, and version 4, which is slow,
// go back by themselves, and no request fails by their going.
func TestGoodPassesAndBadGoesBack(t *testing.T) {
	t.Parallel()
	g := Given(t).Workload("v1", 2).RouteOnGateway().SteadyTraffic(100)
	g.expectFailures = "v3 fails one request in five"
	g.When().TaskCreated(steps("50:10s"), judged()).
		Then().TakenOver().
		When().VersionUpdated("v2").
		Then().Released("v2").Judged(v1alpha1.OutcomeReleased, v1alpha1.AnalysisPassed, "").
		When().VersionUpdated("v3").
		Then().WentBack(v1alpha1.PhaseFailed, "v2").Says("went back by itself").Judged(v1alpha1.OutcomeWentBack, v1alpha1.AnalysisFailed, "requests failed").
		Event("AnalysisFailed").ArgosRun("Failed", "requests failed").Weights("web", 100, 0).
		When().VersionUpdated("v4").
		Then().WentBack(v1alpha1.PhaseFailed, "v2").Judged(v1alpha1.OutcomeWentBack, v1alpha1.AnalysisFailed, "longer than").
		OnlyFailuresOf("v3")
}

// Without requests a step holds and says so; with a few it says how many more it takes; with enough it goes on by itself.
func TestNoTrafficHolds(t *testing.T) {
	t.Parallel()
	g := Given(t).Workload("v1", 2).RouteOnGateway().SteadyTraffic(40)
	w := g.When().TaskCreated(steps("50:2s", "90"), judged()).
		Then().TakenOver().NoRequestFailed().When()
	g.NoMoreTraffic()
	th := w.VersionUpdated("v2").
		Then().Holds(1, v1alpha1.AnalysisNotEnoughData, "not answered a single request")
	g.SteadyTraffic(10)
	th.Holds(1, v1alpha1.AnalysisNotEnoughData, "more to decide")
	g.MoreTraffic(100)
	th.WaitsInStep(2).NoRequestFailed()
}

// Every answer of the canary is an error.
func TestOnlyErrors(t *testing.T) {
	t.Parallel()
	g := Given(t).Workload("v1", 2).RouteOnGateway().SteadyTraffic(60)
	g.expectFailures = "the canary answers nothing but errors"
	g.When().TaskCreated(steps("20:10s"), judged()).
		Then().TakenOver().
		When().Kubectl("set", "env", "deployment/web", "FAIL_EVERY=1").
		Then().WentBack(v1alpha1.PhaseFailed, "v1").Judged(v1alpha1.OutcomeWentBack, v1alpha1.AnalysisFailed, "nothing but errors")
}

// Pods that never start are neither a canary without requests nor one that fails.
func TestJudgedPodsNeverStart(t *testing.T) {
	t.Parallel()
	Given(t).Workload("v1", 1).RouteOnGateway().SteadyTraffic(20).
		When().TaskCreated(steps("50:1s"), judged(func(a *v1alpha1.Analysis) { a.OnNotEnoughData = v1alpha1.OnNotEnoughDataContinue })).
		Then().TakenOver().
		When().VersionUpdated("nowhere").
		Then().Says("do not start").Condition(v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonPodsNotStarting, "").
		OnlyAnswersOf("v1").NoRequestFailed()
}

// A dry run tells the verdict and does nothing about it.
func TestDryRunOfAnalysis(t *testing.T) {
	t.Parallel()
	g := Given(t).Workload("v1", 2).RouteOnGateway().SteadyTraffic(60)
	g.expectFailures = "v3 fails one request in five, and nothing is done about it"
	g.When().TaskCreated(steps("50:20s"), judged(func(a *v1alpha1.Analysis) { a.DryRun = true })).
		Then().TakenOver().
		When().VersionUpdated("v3").
		Then().Says("Dry run").Released("v3").Judged(v1alpha1.OutcomeReleased, v1alpha1.AnalysisFailed, "requests failed")
}

// Prometheus is away when a step ends: the step holds and says what is wrong, and goes on when Prometheus is back.
func TestPrometheusAway(t *testing.T) {
	g := Given(t).Workload("v1", 2).RouteOnGateway().SteadyTraffic(100)
	w := g.When().TaskCreated(steps("50:2s", "90"), judged()).
		Then().TakenOver().When()
	away(t, "monitoring", "prometheus", func() {
		w.VersionUpdated("v2").
			Then().Holds(1, v1alpha1.AnalysisError, "Prometheus").ShareOf("v2", 50).NoRequestFailed()
	})
	w.Then().WaitsInStep(2).NoRequestFailed()
}
