//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/workbench-dev/workbench/api/v1alpha1"
	"github.com/workbench-dev/workbench/test/e2e/cluster"
)

// These scenarios take away parts that all others need, so they run alone.

// outage is how long a part is away.
const outage = 20 * time.Second

// The controller dies after every single write of a take-over, two releases, an abort and a hand-back, before it learns what
// became of the write.
func TestControllerKilledAfterEveryWrite(t *testing.T) {
	scaled(t, cluster.SystemNamespace, cluster.ControllerDeployment, 0)
	t.Cleanup(func() { scaled(t, cluster.SystemNamespace, cluster.ControllerDeployment, 2) })
	g := Given(t).Workload("v1", 2).RouteOnGateway().SteadyTraffic(60)
	killedAfterEveryWrite(g.scenario)
	g.When().TaskCreated(steps("20:3s", "60")).
		Then().TakenOver().NoRequestFailed().
		When().VersionUpdated("v2").
		Then().WaitsInStep(2).ShareOf("v2", 60).NoRequestFailed().
		When().Continued().
		Then().Released("v2").NoRequestFailed().
		When().VersionUpdated("v4").
		Then().WaitsInStep(2).
		When().Aborted().
		Then().WentBack(v1alpha1.PhaseTerminated, "v2").
		When().Retried().
		Then().WaitsInStep(2).
		When().Promoted().
		Then().Released("v4").
		Outcomes(v1alpha1.OutcomeReleased, v1alpha1.OutcomeTerminated, v1alpha1.OutcomeReleased, v1alpha1.OutcomeTakenOver).
		NoRequestFailed().
		When().TaskDeleted().
		Then().HandedBack("v4", 2).NoRequestFailed()
}

// The controller dies after every write while it judges: a good version passes, and a bad one goes back once and for its
// numbers.
func TestControllerKilledWhileItJudges(t *testing.T) {
	scaled(t, cluster.SystemNamespace, cluster.ControllerDeployment, 0)
	t.Cleanup(func() { scaled(t, cluster.SystemNamespace, cluster.ControllerDeployment, 2) })
	g := Given(t).Workload("v1", 2).RouteOnGateway().SteadyTraffic(60)
	g.expectFailures = "v3 fails one request in five"
	killedAfterEveryWrite(g.scenario)
	g.When().TaskCreated(steps("50:5s"), judged()).
		Then().TakenOver().
		When().VersionUpdated("v2").
		Then().Released("v2").Judged(v1alpha1.OutcomeReleased, v1alpha1.AnalysisPassed, "").
		When().VersionUpdated("v3").
		Then().WentBack(v1alpha1.PhaseFailed, "v2").Judged(v1alpha1.OutcomeWentBack, v1alpha1.AnalysisFailed, "requests failed").
		Outcomes(v1alpha1.OutcomeWentBack, v1alpha1.OutcomeReleased, v1alpha1.OutcomeTakenOver).
		OnlyFailuresOf("v3")
}

// Argo Rollouts is away while somebody continues: the step is left once, when it is back.
func TestArgoRolloutsAway(t *testing.T) {
	g := Given(t).Workload("v1", 2).RouteOnGateway().SteadyTraffic(60)
	w := g.When().TaskCreated(steps("20", "50", "80")).
		Then().TakenOver().
		When().VersionUpdated("v2").
		Then().WaitsInStep(1).When()
	away(t, "argo-rollouts", "argo-rollouts", func() {
		w.Asked(v1alpha1.ActionContinue)
		g.pass(outage)
	})
	w.Then().Carried().WaitsInStep(2).ShareOf("v2", 50).NoRequestFailed().
		When().Promoted().
		Then().Released("v2").NoRequestFailed()
}

// Istiod is away while a step is left and while the new version is released at once: no pod goes that a proxy still
// sends requests to.
func TestIstiodAway(t *testing.T) {
	g := Given(t).Workload("v1", 2).RouteOnGateway().SteadyTraffic(60)
	w := g.When().TaskCreated(steps("20", "50")).
		Then().TakenOver().
		When().VersionUpdated("v2").
		Then().WaitsInStep(1).When()
	away(t, "istio-system", "istiod", func() {
		w.Asked(v1alpha1.ActionContinue)
		g.pass(outage)
	})
	w.Then().Carried().WaitsInStep(2).ShareOf("v2", 50).NoRequestFailed()
	away(t, "istio-system", "istiod", func() {
		w.Asked(v1alpha1.ActionRelease)
		g.pass(outage)
	})
	w.Then().Carried().Released("v2").NoRequestFailed()
}

// The API server is away in the middle of a step that ends by itself. The new version has requests already: while its first
// pods start, the outage would find Argo Rollouts and Istiod learning of them at different times (docs/guide.md, limits).
func TestAPIServerAway(t *testing.T) {
	g := Given(t).Workload("v1", 2).RouteOnGateway().SteadyTraffic(60)
	w := g.When().TaskCreated(steps("20:20s", "50")).
		Then().TakenOver().
		When().VersionUpdated("v2").
		Then().InStep(1).ShareOf("v2", 20).When()
	g.must(world.Part(g.ctx, "stop", "kube-apiserver"))
	g.pass(outage)
	g.must(world.Part(g.ctx, "start", "kube-apiserver"))
	w.Then().WaitsInStep(2).ShareOf("v2", 50).NoRequestFailed().
		When().Continued().
		Then().Released("v2").NoRequestFailed()
	ready(t, cluster.SystemNamespace, cluster.ControllerDeployment)
}

// The kubelet is started anew in the middle of a step.
func TestKubeletRestarted(t *testing.T) {
	g := Given(t).Workload("v1", 2).RouteOnGateway().SteadyTraffic(60)
	w := g.When().TaskCreated(steps("20:5s", "50")).
		Then().TakenOver().
		When().VersionUpdated("v2").
		Then().InStep(1).When()
	g.must(world.Part(g.ctx, "restart", "kubelet"))
	w.Then().WaitsInStep(2).ShareOf("v2", 50).
		When().Continued().
		Then().Released("v2").NoRequestFailed()
}

// The leader of the two controllers dies just after it was asked for a version: another one goes on.
func TestLeaderKilled(t *testing.T) {
	g := Given(t).Workload("v1", 2).RouteOnGateway().SteadyTraffic(60)
	w := g.When().TaskCreated(steps("20:3s", "50")).
		Then().TakenOver().
		When().ImageAsked("app", cluster.AppImage+"v2")
	leader, identity := g.leader()
	g.must(killPod(string(leader.UID), "workbench"))
	w.Then().Carried().WaitsInStep(2).ShareOf("v2", 50).
		When().Continued().
		Then().Released("v2").NoRequestFailed()
	// Either replica may lead now: the kubelet starts the killed one again before the lease is over.
	if _, now := g.leader(); now == identity {
		t.Errorf("%s, which was killed, leads still", now)
	}
}

// leader is the controller pod that holds the lease, and the identity by which it does.
func (s *scenario) leader() (pod *corev1.Pod, identity string) {
	s.t.Helper()
	pod = &corev1.Pod{}
	s.eventually("a controller to lead", func() (bool, string, error) {
		lease := &coordinationv1.Lease{}
		if err := world.Client.Get(s.ctx, types.NamespacedName{Namespace: cluster.SystemNamespace, Name: "controller.workbench.dev"}, lease); err != nil {
			return false, "", err
		}
		if lease.Spec.HolderIdentity == nil {
			return false, "nobody", nil
		}
		identity = *lease.Spec.HolderIdentity
		name, _, _ := strings.Cut(identity, "_")
		return true, name, world.Client.Get(s.ctx, types.NamespacedName{Namespace: cluster.SystemNamespace, Name: name}, pod)
	})
	return pod, identity
}

// pass lets an outage last.
func (s *scenario) pass(d time.Duration) {
	select {
	case <-s.ctx.Done():
	case <-time.After(d):
	}
}

// away takes a Deployment's pods away while something happens.
func away(t *testing.T, namespace, name string, during func()) {
	t.Helper()
	scaled(t, namespace, name, 0)
	defer scaled(t, namespace, name, 1)
	during()
}

// scaled gives a Deployment a number of instances and waits until it has them.
func scaled(t *testing.T, namespace, name string, n int) {
	t.Helper()
	// The test may be over already, and its context with it.
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	if _, err := world.Kubectl(ctx, "", "-n", namespace, "scale", "deployment/"+name, fmt.Sprintf("--replicas=%d", n)); err != nil {
		t.Fatal(err)
	}
	if n > 0 {
		ready(t, namespace, name)
		return
	}
	d := &appsv1.Deployment{}
	if err := world.Client.Get(ctx, types.NamespacedName{Namespace: namespace, Name: name}, d); err != nil {
		t.Fatal(err)
	}
	if _, err := world.Kubectl(ctx, "", "-n", namespace, "wait", "pod", "--for=delete", "--timeout=60s", "-l", selector(d)); err != nil {
		t.Fatal(err)
	}
}

func selector(d *appsv1.Deployment) string {
	var parts []string
	for k, v := range d.Spec.Selector.MatchLabels {
		parts = append(parts, k+"="+v)
	}
	return strings.Join(parts, ",")
}

// ready waits until a Deployment has its pods.
func ready(t *testing.T, namespace, name string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	if _, err := world.Kubectl(ctx, "", "-n", namespace, "rollout", "status", "deployment/"+name, "--timeout=2m"); err != nil {
		t.Fatal(err)
	}
}
