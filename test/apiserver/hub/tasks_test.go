//go:build apiserver

package hub

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workbench-dev/workbench/api/v1alpha1"
	"github.com/workbench-dev/workbench/internal/hub/api"
)

const shopTasks = "/api/v1/clusters/home/namespaces/shop/release-tasks"

// rules are those of a request.
func rules(weights ...int) map[string]any {
	steps := []map[string]any{}
	for _, weight := range weights {
		steps = append(steps, map[string]any{"weight": weight, "wait": "10m"})
	}
	return map[string]any{"strategy": map[string]any{"canary": map[string]any{"traffic": map[string]any{"instances": map[string]any{}}, "steps": steps}}}
}

func creation(name string, weights ...int) map[string]any {
	spec := rules(weights...)
	spec["workloadRef"] = map[string]any{"name": name}
	return map[string]any{"name": name, "spec": spec}
}

// deploy makes a Deployment that is ready, in namespace shop.
func (w *world) deploy(t *testing.T, cluster, name string) {
	t.Helper()
	d := &appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Namespace: shop, Name: name}}
	d.Spec.Replicas = ptr.To(int32(2))
	d.Spec.Selector = &metav1.LabelSelector{MatchLabels: map[string]string{"app": name}}
	d.Spec.Template.Labels = map[string]string{"app": name}
	d.Spec.Template.Spec.Containers = []corev1.Container{{Name: "app", Image: "shop:v1"}}
	w.create(t, cluster, d)
	t.Cleanup(func() {
		if err := w.admins[cluster].Delete(context.Background(), d); err != nil {
			t.Error(err)
		}
	})
	d.Status = appsv1.DeploymentStatus{ObservedGeneration: d.Generation, Replicas: 2, UpdatedReplicas: 2, ReadyReplicas: 2, AvailableReplicas: 2}
	if err := w.admins[cluster].Status().Update(context.Background(), d); err != nil {
		t.Fatal(err)
	}
}

func testTasks(t *testing.T, w *world) {
	made := w.must(t, http.StatusCreated, editor, "POST", shopTasks, creation("checkout", 10, 40))
	if location := made.header.Get("Location"); location != shopTasks+"/checkout" {
		t.Errorf("Location is %q", location)
	}
	task := &v1alpha1.ReleaseTask{}
	if err := w.admins["home"].Get(context.Background(), client.ObjectKey{Namespace: shop, Name: "checkout"}, task); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.remove(t, "home", task) })
	w.shows(t, viewer, []string{"home/shop/checkout"})

	var detail api.TaskDetail
	w.must(t, http.StatusOK, viewer, "GET", shopTasks+"/checkout", nil).into(t, &detail)
	if diff := cmp.Diff([]api.Step{{Weight: 10, Wait: "10m"}, {Weight: 40, Wait: "10m"}}, detail.Spec.Strategy.Canary.Steps); diff != "" {
		t.Errorf("steps (-want +got):\n%s", diff)
	}
	for _, offer := range detail.Actions {
		if offer.Allowed || !strings.Contains(offer.Reason, "Viewer") {
			t.Errorf("a Viewer is offered %+v", offer)
		}
	}
	w.must(t, http.StatusOK, editor, "GET", shopTasks+"/checkout", nil).into(t, &detail)
	allowed := []string{}
	for _, offer := range detail.Actions {
		if offer.Allowed {
			allowed = append(allowed, offer.Type)
		} else if offer.Reason == "" {
			t.Errorf("no reason why not %s", offer.Type)
		}
	}
	if diff := cmp.Diff([]string{"UpdateVersion", "UpdateRules", "Delete"}, allowed); diff != "" {
		t.Errorf("an Editor may (-want +got):\n%s", diff)
	}

	for _, part := range []string{"history", "pods", "events", "actions"} {
		w.must(t, http.StatusOK, viewer, "GET", shopTasks+"/checkout/"+part, nil)
	}
	text := w.must(t, http.StatusOK, viewer, "GET", shopTasks+"/checkout/yaml", nil)
	if !strings.Contains(text.body, "kind: ReleaseTask") || strings.Contains(text.body, "managedFields") || text.header.Get("Content-Type") != "application/yaml" {
		t.Errorf("YAML as %s:\n%s", text.header.Get("Content-Type"), text.body)
	}

	if got := w.ask(t, editor, "POST", shopTasks, creation("checkout", 10)); got.status != http.StatusConflict {
		t.Errorf("a second task of the name: %d %s", got.status, got.body)
	}
	w.must(t, http.StatusAccepted, editor, "DELETE", shopTasks+"/checkout", nil)
	w.shows(t, viewer, []string{})
	w.must(t, http.StatusNotFound, viewer, "GET", shopTasks+"/checkout", nil)
}

func testPreflight(t *testing.T, w *world) {
	w.deploy(t, "home", "pay")
	var got api.CreatedTask
	w.must(t, http.StatusOK, editor, "POST", shopTasks+"?dryRun=true", creation("pay", 10, 40)).into(t, &got)
	if got.Task != nil || got.Preflight == nil || !got.Preflight.Ready || got.Preflight.Unknown != "" || len(got.Preflight.Found.Containers) != 1 ||
		!strings.Contains(got.Preflight.YAML, "weight: 40") {
		t.Errorf("the preflight of a workload that is ready: %+v", got.Preflight)
	}
	w.must(t, http.StatusNotFound, editor, "GET", shopTasks+"/pay", nil)

	w.must(t, http.StatusOK, editor, "POST", shopTasks+"?dryRun=true", creation("nothing", 10)).into(t, &got)
	if got.Preflight.Ready || got.Preflight.Obstacles[0].Reason != v1alpha1.ReasonWorkloadNotFound || got.Preflight.Obstacles[0].Field != "body.spec.workloadRef.name" {
		t.Errorf("the preflight of a workload that isn't there: %+v", got.Preflight)
	}

	for _, wrong := range []struct {
		name string
		body any
		at   string
	}{
		{"steps that fall", creation("pay", 40, 10), "body.spec.strategy.canary.steps[1].weight"},
		{"a name with capitals", creation("Pay", 10), "body.name"},
		{"a weight of 0", creation("pay", 0), "body.spec.strategy.canary.steps[0].weight"},
		{"a field that nobody knows", `{"name":"pay","spec":{"workloadRef":{"name":"pay"},"strategy":{"canary":{"traffic":{"instances":{}},"steps":[{"weight":5}],"stepz":1}}}}`, "body.spec.strategy.canary"},
	} {
		answer := w.must(t, http.StatusUnprocessableEntity, editor, "POST", shopTasks, wrong.body)
		var problem struct {
			Detail string
			Errors []struct{ Location string }
		}
		answer.into(t, &problem)
		if len(problem.Errors) == 0 || !strings.HasPrefix(problem.Errors[0].Location, wrong.at) || problem.Detail == "" {
			t.Errorf("%s: %s", wrong.name, answer.body)
		}
	}

	var workloads struct{ Items []api.Workload }
	w.must(t, http.StatusOK, viewer, "GET", "/api/v1/clusters/home/namespaces/shop/workloads?traffic=Instances", nil).into(t, &workloads)
	if len(workloads.Items) != 1 || workloads.Items[0].Name != "pay" || !workloads.Items[0].Releasable {
		t.Errorf("workloads: %+v", workloads.Items)
	}
	var one api.Workload
	w.must(t, http.StatusOK, viewer, "GET", "/api/v1/clusters/home/namespaces/shop/workloads/pay", nil).into(t, &one)
	if one.Releasable || one.Obstacles[0].Reason != v1alpha1.ReasonServiceSelectsNothing {
		t.Errorf("without a Service nothing can be split by Istio: %+v", one)
	}
}

func testLocking(t *testing.T, w *world) {
	task := w.task(t, "home", shop, "locked", v1alpha1.PhaseHealthy)
	path := shopTasks + "/locked"
	seen := w.must(t, http.StatusOK, editor, "GET", path, nil).header.Get("ETag")

	w.must(t, http.StatusPreconditionRequired, editor, "PUT", path, rules(20))
	// The controller writes the status all the time; that is no reason to refuse.
	w.phase(t, "home", task, v1alpha1.PhaseWaiting)
	changed := w.must(t, http.StatusOK, editor, "PUT", path, rules(20, 60), "If-Match", seen)
	if tag := changed.header.Get("ETag"); tag == seen || tag == "" {
		t.Errorf("the ETag stays %s", tag)
	}
	// Another one, who looked before, must not undo it unseen.
	w.must(t, http.StatusPreconditionFailed, admin, "PUT", path, rules(5), "If-Match", seen)
	w.must(t, http.StatusPreconditionFailed, admin, "DELETE", path, nil, "If-Match", seen)
	var detail api.TaskDetail
	w.must(t, http.StatusOK, editor, "GET", path, nil).into(t, &detail)
	if got := detail.Spec.Strategy.Canary.Steps; len(got) != 2 || got[0].Weight != 20 {
		t.Errorf("steps are %+v", got)
	}
}
