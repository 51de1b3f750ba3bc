package main

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/workbench-dev/workbench/api/v1alpha1"
	"github.com/workbench-dev/workbench/internal/loadgen"
)

func TestGatewayCountsReadEnvoysCounters(t *testing.T) {
	stats := strings.Join([]string{
		`# TYPE envoy_cluster_upstream_rq counter`,
		`envoy_cluster_upstream_rq{response_code="200",cluster_name="outbound|80|stable|checkout.shop.svc.cluster.local"} 90`,
		`envoy_cluster_upstream_rq{response_code_class="2xx",cluster_name="outbound|80|stable|checkout.shop.svc.cluster.local"} 90`,
		`envoy_cluster_upstream_rq{response_code="503",cluster_name="outbound|80|stable|checkout.shop.svc.cluster.local"} 2`,
		`envoy_cluster_upstream_rq{response_code="200",cluster_name="outbound|80|canary|checkout.shop.svc.cluster.local"} 8`,
		`envoy_cluster_upstream_rq{response_code="200",cluster_name="outbound|80||checkout.shop.svc.cluster.local"} 5`,
		`envoy_cluster_upstream_rq{response_code="200",cluster_name="outbound|80||other.shop.svc.cluster.local"} 7`,
		`envoy_cluster_upstream_rq_total{cluster_name="outbound|80|canary|checkout.shop.svc.cluster.local"} 1`,
	}, "\n")
	got := gatewayCount{subsets: map[string]int64{}}
	if err := got.add([]byte(stats)); err != nil {
		t.Fatal(err)
	}
	want := gatewayCount{subsets: map[string]int64{"stable": 92, "canary": 8, "": 5}, errors: 2}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(gatewayCount{})); diff != "" {
		t.Errorf("counts (-want +got):\n%s", diff)
	}
	later := gatewayCount{subsets: map[string]int64{"stable": 100, "canary": 18, "": 5}, errors: 2}.since(got)
	if later.total() != 18 || later.subsets["canary"] != 10 || later.errors != 0 {
		t.Errorf("the difference is %+v, want 8 stable, 10 canary and no error", later)
	}
}

func TestStageBeginsWhenTheWeightOfAStepIsReached(t *testing.T) {
	task := func(phase v1alpha1.Phase, step *v1alpha1.StepStatus) *v1alpha1.ReleaseTask {
		task := &v1alpha1.ReleaseTask{}
		task.Spec.Strategy.Canary = &v1alpha1.CanaryStrategy{Steps: make([]v1alpha1.Step, 3)}
		task.Status.Phase, task.Status.Step = phase, step
		return task
	}
	for _, c := range []struct {
		name string
		seen bool
		task *v1alpha1.ReleaseTask
		want stage
	}{
		{"not begun", false, task(v1alpha1.PhaseHealthy, nil), stage{}},
		{"pods of the canary start", true, task(v1alpha1.PhaseReleasing, &v1alpha1.StepStatus{Number: 1, Weight: 10, WaitsFor: v1alpha1.WaitsForPods}), stage{}},
		{"waits for time", true, task(v1alpha1.PhaseReleasing, &v1alpha1.StepStatus{Number: 1, Weight: 10, WaitsFor: v1alpha1.WaitsForTime}), stage{1, 10}},
		{"waits for a person", true, task(v1alpha1.PhaseWaiting, &v1alpha1.StepStatus{Number: 3, Weight: 60, WaitsFor: v1alpha1.WaitsForPerson}), stage{3, 60}},
		{"last pods are exchanged", true, task(v1alpha1.PhaseReleasing, &v1alpha1.StepStatus{Number: 4, Weight: 100, WaitsFor: v1alpha1.WaitsForPods}), stage{}},
		{"released", true, task(v1alpha1.PhaseHealthy, nil), stage{4, 100}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := (&follower{seen: c.seen}).stageOf(c.task); got != c.want {
				t.Errorf("stage is %+v, want %+v", got, c.want)
			}
		})
	}
}

func TestWaitSaysWhatWasLastSeen(t *testing.T) {
	err := wait(t.Context(), time.Millisecond, "starting checkout", func(context.Context) (bool, string, error) {
		return false, "0 of 4 pods ready", nil
	})
	if err == nil || err.Error() != "starting checkout took longer than 1ms; last seen: 0 of 4 pods ready" {
		t.Errorf("error is %v", err)
	}
	interrupted, stop := context.WithCancel(t.Context())
	stop()
	err = wait(interrupted, time.Minute, "anything", func(context.Context) (bool, string, error) { return false, "", nil })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("an interrupted wait gives %v", err)
	}
}

func TestReasonsAndCommandsAreReadable(t *testing.T) {
	s := loadgen.Snapshot{Reasons: map[string]int64{"503 no healthy upstream": 7, "500 lost": 2, "dial: refused": 2}}
	if got, want := reasons(s), "7 × 503 no healthy upstream, 2 × 500 lost, 2 × dial: refused"; got != want {
		t.Errorf("reasons are %q, want %q", got, want)
	}
	if got, want := quoted([]string{"curl", "-H", "Host: it's", ""}), `curl -H 'Host: it'\''s' ''`; got != want {
		t.Errorf("command is %q, want %q", got, want)
	}
	err := explain(fmt.Errorf("wrapped: %w", exec.ErrNotFound), "helm", nil, "")
	if err == nil || !strings.Contains(err.Error(), "bin/helm can't be run") {
		t.Errorf("error is %v", err)
	}
}

func TestForwardOfTheHubIsFoundAgain(t *testing.T) {
	list := "LISTEN           TARGET\n127.0.0.1:38659  svc/istio-ingress/gateway:80\n127.0.0.1:8088   svc/workbench-system/workbench-server:80\n"
	d := &demo{}
	if got, want := forwarded(list, d.hubTarget()), "127.0.0.1:8088"; got != want {
		t.Errorf("the hub is found at %q, want %q", got, want)
	}
	if got := forwarded("LISTEN  TARGET\n", d.hubTarget()); got != "" {
		t.Errorf("a hub that isn't forwarded is found at %q", got)
	}
}
