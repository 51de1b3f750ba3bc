//go:build apiserver

package hub

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workbench-dev/workbench/api/v1alpha1"
	"github.com/workbench-dev/workbench/internal/hub/api"
)

// task makes a release task in a cluster and gives it a phase, as its controller would.
func (w *world) task(t *testing.T, cluster, namespace, name string, phase v1alpha1.Phase) *v1alpha1.ReleaseTask {
	t.Helper()
	task := &v1alpha1.ReleaseTask{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}}
	task.Spec.WorkloadRef.Name = name
	task.Spec.Strategy.Canary = &v1alpha1.CanaryStrategy{
		Traffic: v1alpha1.Traffic{Istio: &v1alpha1.IstioTraffic{}},
		Steps:   []v1alpha1.Step{{Weight: 10, Wait: &metav1.Duration{Duration: 5 * time.Minute}}, {Weight: 50}},
	}
	w.create(t, cluster, task)
	t.Cleanup(func() { w.remove(t, cluster, task) })
	w.phase(t, cluster, task, phase)
	return task
}

// remove deletes a task, whose finalizer nobody else takes.
func (w *world) remove(t *testing.T, cluster string, task *v1alpha1.ReleaseTask) {
	t.Helper()
	if err := client.IgnoreNotFound(w.admins[cluster].Delete(context.Background(), task)); err != nil {
		t.Error(err)
	}
}

// phase writes the status of a task.
func (w *world) phase(t *testing.T, cluster string, task *v1alpha1.ReleaseTask, phase v1alpha1.Phase) {
	t.Helper()
	task.Status.Phase, task.Status.Message = phase, "It is "+string(phase)+"."
	if err := w.controllers[cluster].Status().Update(context.Background(), task); err != nil {
		t.Fatal(err)
	}
}

// list asks for the list.
func (w *world) list(t *testing.T, r *replica, who string, query ...string) api.TaskList {
	t.Helper()
	values := url.Values{}
	for i := 0; i+1 < len(query); i += 2 {
		values.Set(query[i], query[i+1])
	}
	got := w.askReplica(t, r, who, "GET", "/api/v1/release-tasks?"+values.Encode(), nil)
	if got.status != http.StatusOK {
		t.Fatalf("the list answers %d: %s", got.status, got.body)
	}
	var list api.TaskList
	got.into(t, &list)
	return list
}

// shows waits until a list holds exactly these tasks, in this order.
func (w *world) shows(t *testing.T, who string, want []string, query ...string) api.TaskList {
	t.Helper()
	var list api.TaskList
	eventually(t, fmt.Sprintf("%s sees %v with %v", who, want, query), func() error {
		list = w.list(t, w.first, who, query...)
		if diff := cmp.Diff(want, names(list)); diff != "" {
			return fmt.Errorf("the list differs (-want +got):\n%s", diff)
		}
		return nil
	})
	return list
}

func names(list api.TaskList) []string {
	got := []string{}
	for _, row := range list.Items {
		got = append(got, row.Cluster+"/"+row.Namespace+"/"+row.Name)
	}
	return got
}

func testList(t *testing.T, w *world) {
	w.task(t, "home", shop, "cart", v1alpha1.PhaseWaiting)
	w.task(t, "home", shop, "search", v1alpha1.PhaseHealthy)
	w.task(t, "far", shop, "cart", v1alpha1.PhaseFailed)
	w.task(t, "home", other, "secret", v1alpha1.PhaseWaiting)
	all := []string{"home/shop/cart", "far/shop/cart", "home/shop/search"}

	list := w.shows(t, viewer, all)
	want := api.TaskCounts{Total: 3, Phases: map[string]int{
		"Pending": 0, "Blocked": 0, "TakingOver": 0, "Healthy": 1, "Releasing": 0, "Waiting": 1, "Terminated": 0, "Failed": 1, "HandingBack": 0,
	}}
	if diff := cmp.Diff(want, list.Counts); diff != "" {
		t.Errorf("counts (-want +got):\n%s", diff)
	}
	if len(list.Clusters) != 2 || !list.Clusters[0].Reachable || !list.Clusters[1].Loaded {
		t.Errorf("clusters: %+v", list.Clusters)
	}
	if got := list.Items[0]; got.Role != v1alpha1.RoleViewer || got.WaitsForMe || got.Needs != "Continue" || len(got.Workspaces) != 1 || got.Steps[0].Wait != "5m" {
		t.Errorf("the first row: %+v", got)
	}
	if got := w.shows(t, editor, all[:1], "waitsForMe", "true"); got.Counts.WaitsForMe != 1 || !got.Items[0].WaitsForMe {
		t.Errorf("what waits for the editor: %+v", got.Counts)
	}
	w.shows(t, viewer, []string{}, "waitsForMe", "true")
	w.shows(t, viewer, all[1:2], "cluster", "far")
	w.shows(t, viewer, all[1:], "phase", "Healthy,Failed")
	w.shows(t, viewer, all[:2], "q", "CaRt shop")
	w.shows(t, viewer, all, "workspace", shop)
	w.shows(t, viewer, all[1:2], "page", "2", "pageSize", "1")
	w.shows(t, viewer, []string{"home/shop/search", "far/shop/cart", "home/shop/cart"}, "sort", "name", "order", "desc")
	w.shows(t, stranger, []string{"home/other/secret"})

	// What lies outside does not show, whatever is asked for, not even in a number.
	for _, query := range [][]string{{"namespace", other}, {"workspace", other}, {"q", "secret"}} {
		if list := w.list(t, w.first, viewer, query...); list.Total != 0 || list.Counts.Total != 0 {
			t.Errorf("%v shows the viewer %d of %d", query, list.Total, list.Counts.Total)
		}
	}
	if list := w.list(t, w.first, stranger); list.Counts.Total != 1 || len(list.Clusters) != 1 || list.Clusters[0].Name != "home" {
		t.Errorf("the stranger learns of %+v and %+v", list.Counts, list.Clusters)
	}
	if list := w.list(t, w.first, platform); list.Total != 0 {
		t.Errorf("the platform's administrator, who has no role, sees %v", names(list))
	}
}
