//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	rollouts "github.com/argoproj/argo-rollouts/pkg/apis/rollouts/v1alpha1"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/rand"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workbench-dev/workbench/api/v1alpha1"
	"github.com/workbench-dev/workbench/internal/loadgen"
	"github.com/workbench-dev/workbench/test/e2e/cluster"
)

var (
	// world is the cluster that all scenarios share.
	world *cluster.Cluster
	// administrator is the user name with which the scenarios ask.
	administrator string
)

// limit is how long a scenario waits for one thing to happen before it fails: far longer than it takes, since the
// machine may be busy.
const limit = 2 * time.Minute

// scenario is the world of one test: a namespace, an application in it, its traffic, and its release task.
type scenario struct {
	t         *testing.T
	ctx       context.Context
	namespace string
	app       cluster.App
	// task is the name of the release task.
	task string
	// originals are objects as they were before the task was made, by kind and name.
	originals map[string]string
	traffic   generator
	// last is the action asked for last.
	last *v1alpha1.ReleaseAction
	// rollout is the identity of a Rollout that was remembered, quiet what was counted until the traffic was quiet again.
	rollout types.UID
	quiet   loadgen.Snapshot
	// expectFailures says why failed requests are part of this scenario.
	expectFailures string
}

// Given begins a scenario in a namespace of its own.
func Given(t *testing.T) *given {
	t.Helper()
	name := strings.ToLower(strings.NewReplacer("/", "-", "_", "-").Replace(strings.TrimPrefix(t.Name(), "Test")))
	s := &scenario{
		t: t, ctx: t.Context(), namespace: "e2e-" + strings.Trim(name[:min(len(name), 40)], "-") + "-" + rand.String(4),
		task: "web", originals: map[string]string{},
	}
	s.app = cluster.App{Namespace: s.namespace, Name: "web", Instances: 2, Version: "v1", Ready: time.Second}
	s.createNamespace(nil)
	t.Cleanup(s.end)
	return &given{s}
}

func (s *scenario) createNamespace(labels map[string]string) {
	s.t.Helper()
	s.must(world.Client.Create(s.ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: s.namespace, Labels: labels}}))
}

// end checks that nothing failed, tells what is known when the scenario did not go well, and cleans up.
func (s *scenario) end() {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	s.ctx = ctx
	if s.traffic != nil {
		count, err := s.traffic.stop(ctx)
		if err != nil {
			s.t.Errorf("what the customers counted is not known: %v", err)
		}
		s.t.Logf("%d requests, %d failed, by version %s", count.Sent, count.Failed, byVersion(count))
		if !count.KeptUp() {
			s.t.Logf("the machine was too busy to keep the rate: %d late, %d not sent, at most %s behind", count.Late, count.Missed, count.MaxLag)
		}
		if s.expectFailures == "" && count.Failed > 0 {
			s.t.Errorf("%d of %d requests failed:\n%s", count.Failed, count.Sent, failures(count))
		}
	}
	if s.t.Failed() {
		s.tellAll()
		if os.Getenv("E2E_KEEP") != "" {
			return
		}
	}
	if err := world.Client.Delete(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: s.namespace}}); err != nil {
		s.t.Logf("namespace %s was not removed: %v", s.namespace, err)
	}
}

// tellAll logs the objects of the scenario, for finding out why it failed.
func (s *scenario) tellAll() {
	for _, args := range [][]string{
		{"get", "releasetask,releaseaction", "-o", "yaml"},
		{"get", "deploy,rollout,rs,pod,hpa", "-o", "wide"},
		{"get", "virtualservice,destinationrule", "-o", "yaml"},
		{"get", "events", "--sort-by=.metadata.creationTimestamp", "-o", "custom-columns=AT:.metadata.creationTimestamp,KIND:.involvedObject.kind,NAME:.involvedObject.name,REASON:.reason,MESSAGE:.message"},
	} {
		out, err := world.Kubectl(s.ctx, "", append([]string{"-n", s.namespace}, args...)...)
		if err != nil {
			out += err.Error()
		}
		s.t.Logf("kubectl %s:\n%s", strings.Join(args, " "), out)
	}
}

func (s *scenario) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s *scenario) kubectl(input string, args ...string) string {
	s.t.Helper()
	out, err := world.Kubectl(s.ctx, input, append([]string{"-n", s.namespace}, args...)...)
	s.must(err)
	return out
}

// eventually looks at the world until it is as wanted. look says what it saw; an error counts as not yet, since the
// API server may be away.
func (s *scenario) eventually(what string, look func() (ok bool, seen string, err error)) {
	s.t.Helper()
	s.within(limit, what, look)
}

func (s *scenario) within(most time.Duration, what string, look func() (ok bool, seen string, err error)) {
	s.t.Helper()
	deadline := time.NewTimer(most)
	defer deadline.Stop()
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for {
		ok, seen, err := look()
		if err != nil {
			seen = err.Error()
		}
		if ok && err == nil {
			return
		}
		select {
		case <-deadline.C:
			s.t.Fatalf("waited %s for %s; last seen: %s", most, what, seen)
		case <-tick.C:
		}
	}
}

func (s *scenario) key(name string) types.NamespacedName {
	return types.NamespacedName{Namespace: s.namespace, Name: name}
}

func (s *scenario) getTask() (*v1alpha1.ReleaseTask, error) {
	task := &v1alpha1.ReleaseTask{}
	return task, world.Client.Get(s.ctx, s.key(s.task), task)
}

func (s *scenario) getDeployment() (*appsv1.Deployment, error) {
	d := &appsv1.Deployment{}
	return d, world.Client.Get(s.ctx, s.key(s.app.Name), d)
}

func (s *scenario) getRollout() (*rollouts.Rollout, error) {
	r := &rollouts.Rollout{}
	return r, world.Client.Get(s.ctx, s.key(s.app.Name), r)
}

// pods counts the ready pods of the application by version, whoever owns them, as the kubelet reports them.
func (s *scenario) pods() (ready map[string]int, err error) {
	var list corev1.PodList
	if err := world.Client.List(s.ctx, &list, client.InNamespace(s.namespace), client.MatchingLabels{"app": s.app.Name}); err != nil {
		return nil, err
	}
	ready = map[string]int{}
	for _, p := range list.Items {
		if p.DeletionTimestamp != nil {
			continue
		}
		for _, c := range p.Status.Conditions {
			if c.Type == corev1.PodReady && c.Status == corev1.ConditionTrue {
				ready[strings.TrimPrefix(p.Spec.Containers[0].Image, cluster.AppImage)]++
			}
		}
	}
	return ready, nil
}

func sentence(format string, args ...any) string { return fmt.Sprintf(format, args...) }
