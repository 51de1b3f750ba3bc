//go:build apiserver

package apiserver

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/kubernetes"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workbench-dev/workbench/api/v1alpha1"
	"github.com/workbench-dev/workbench/internal/apitest"
)

// create makes the object of the text in a namespace, and returns it as the API server stored it.
func create(t *testing.T, server *apitest.Server, namespace, text string, sets ...set) *unstructured.Unstructured {
	t.Helper()
	object := parse(t, text)
	object.SetNamespace(namespace)
	change(t, object, sets...)
	if err := asRequester(t, server, object).Create(t.Context(), object, client.FieldValidation("Strict")); err != nil {
		t.Fatal(err)
	}
	return object
}

// begin returns a server on which Workbench is installed, an administrator's client and a fresh namespace.
func begin(t *testing.T) (server *apitest.Server, c client.WithWatch, namespace string) {
	t.Helper()
	server = apitest.Start(t)
	server.InstallChart(t)
	return server, server.Client(t), server.Namespace(t)
}

func TestReleaseTaskDefaults(t *testing.T) {
	server, c, namespace := begin(t)
	create(t, server, namespace, validTask)

	task := &v1alpha1.ReleaseTask{}
	if err := c.Get(t.Context(), client.ObjectKey{Namespace: namespace, Name: "shop"}, task); err != nil {
		t.Fatal(err)
	}
	want := v1alpha1.ReleaseTaskSpec{
		WorkloadRef:  v1alpha1.WorkloadRef{APIVersion: "apps/v1", Kind: "Deployment", Name: "shop"},
		HistoryLimit: 10,
		Strategy: v1alpha1.Strategy{Canary: &v1alpha1.CanaryStrategy{
			Traffic: v1alpha1.Traffic{Istio: &v1alpha1.IstioTraffic{}},
			Steps:   []v1alpha1.Step{{Weight: 10}},
		}},
	}
	if diff := cmp.Diff(want, task.Spec); diff != "" {
		t.Errorf("the stored task differs from the expected one (-want +got):\n%s", diff)
	}
}

func TestReleaseTaskUpdates(t *testing.T) {
	server, c, namespace := begin(t)
	for _, tc := range []admission{
		{why: "other steps", sets: []set{{canarySteps, steps("20:1m", "40")}}},
		{why: "other traffic", sets: []set{{canaryTraffic, map[string]any{"instances": map[string]any{}}}}},
		{why: "other instances", sets: []set{{"spec.instances", int64(7)}}},
		{why: "the workload said in full, as it was", sets: []set{{"spec.workloadRef", map[string]any{"apiVersion": "apps/v1", "kind": "Deployment", "name": "shop"}}}},
		{why: "another workload", sets: []set{{"spec.workloadRef.name", "cart"}}, refused: []string{"workloadRef cannot be changed: delete this task and create one for the other workload"}},
		{why: "falling steps", sets: []set{{canarySteps, steps("20", "10")}}, refused: []string{"weights must rise"}},
	} {
		t.Run(tc.why, func(t *testing.T) {
			object := create(t, server, namespace, validTask, set{"metadata.name", strings.ReplaceAll(strings.ToLower(strings.ReplaceAll(tc.why, ",", "")), " ", "-")})
			change(t, object, tc.sets...)
			err := c.Update(t.Context(), object)
			if len(tc.refused) > 0 {
				requireRefused(t, err, tc.refused...)
			} else if err != nil {
				t.Errorf("must be accepted, but: %v", err)
			}
		})
	}
}

func TestReleaseActionSpecNeverChanges(t *testing.T) {
	server, c, namespace := begin(t)
	const rule = "a ReleaseAction cannot be changed: create another one"
	expecting := []set{{"spec.expect", map[string]any{"step": int64(2)}}}
	rollback := []set{{"spec.type", "Rollback"}, {"spec.rollback", map[string]any{"revision": int64(3)}}}
	for i, tc := range []struct {
		why         string
		made, sets  []set
		stillAllows bool
	}{
		{why: "another task", sets: []set{{"spec.task", "cart"}}},
		{why: "another type", sets: []set{{"spec.type", "Terminate"}}},
		{why: "another person", sets: []set{{"spec.requestedBy", "mallory"}}},
		{why: "an expectation added", sets: expecting},
		{why: "the expectation taken away", made: expecting, sets: []set{{"spec.expect", absent{}}}},
		{why: "another revision", made: rollback, sets: []set{{"spec.rollback.revision", int64(2)}}},
		{why: "a label", sets: []set{{"metadata.labels", map[string]any{"team": "shop"}}}, stillAllows: true},
	} {
		t.Run(tc.why, func(t *testing.T) {
			object := create(t, server, namespace, validAction, append(tc.made, set{"metadata.name", fmt.Sprintf("action-%d", i)})...)
			change(t, object, tc.sets...)
			err := c.Update(t.Context(), object)
			if !tc.stillAllows {
				requireRefused(t, err, rule)
			} else if err != nil {
				t.Errorf("must be accepted, but: %v", err)
			}
		})
	}
}

// TestStatusIsASubresource shows that who may write a spec can't thereby forge a status, nor the controller's
// status writes change what the user asked for.
func TestStatusIsASubresource(t *testing.T) {
	server, c, namespace := begin(t)
	for _, tc := range []struct {
		base          string
		spec, status  set
		differentSpec set
	}{
		{base: validTask, spec: set{"spec.instances", int64(3)}, differentSpec: set{"spec.instances", int64(9)}, status: set{"status.message", "all is well"}},
		{base: validAction, spec: set{"metadata.labels", map[string]any{"a": "b"}}, differentSpec: set{"spec.requestedBy", "mallory"}, status: set{"status.state", "Succeeded"}},
	} {
		object := create(t, server, namespace, tc.base, tc.status)
		t.Run(object.GetKind(), func(t *testing.T) {
			if value, found, _ := unstructured.NestedString(object.Object, strings.Split(tc.status.path, ".")...); found {
				t.Errorf("creating the object with a status stored %s=%q", tc.status.path, value)
			}
			change(t, object, tc.spec, tc.status)
			if err := c.Update(t.Context(), object); err != nil {
				t.Fatal(err)
			}
			if value, found, _ := unstructured.NestedString(object.Object, strings.Split(tc.status.path, ".")...); found {
				t.Errorf("a write of the spec stored %s=%q", tc.status.path, value)
			}

			before := object.DeepCopy()
			change(t, object, tc.differentSpec, tc.status)
			if err := server.Controller(t).Status().Update(t.Context(), object); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(before.Object["spec"], object.Object["spec"]); diff != "" {
				t.Errorf("a write of the status changed the spec:\n%s", diff)
			}
			if before.GetGeneration() != object.GetGeneration() {
				t.Errorf("a write of the status changed the generation from %d to %d", before.GetGeneration(), object.GetGeneration())
			}
			if value, _, _ := unstructured.NestedString(object.Object, strings.Split(tc.status.path, ".")...); value != tc.status.value {
				t.Errorf("the status write left %s=%q, want %q", tc.status.path, value, tc.status.value)
			}
		})
	}
}

// TestConflictsAreSeen shows that a write with an old resourceVersion is refused, which the reconcilers rely on.
func TestConflictsAreSeen(t *testing.T) {
	server, c, namespace := begin(t)
	object := create(t, server, namespace, validTask)
	other := object.DeepCopy()
	change(t, other, set{"spec.instances", int64(3)})
	if err := c.Update(t.Context(), other); err != nil {
		t.Fatal(err)
	}
	change(t, object, set{"spec.instances", int64(4)})
	if err := c.Update(t.Context(), object); !apierrors.IsConflict(err) {
		t.Errorf("an update of an object that has changed meanwhile: got %v, want a conflict", err)
	}
	change(t, object, set{"status.message", "old news"})
	if err := server.Controller(t).Status().Update(t.Context(), object); !apierrors.IsConflict(err) {
		t.Errorf("a status update of an object that has changed meanwhile: got %v, want a conflict", err)
	}
}

func TestActionsAreSelectedByTask(t *testing.T) {
	server, c, namespace := begin(t)
	for name, task := range map[string]string{"one": "shop", "two": "cart", "three": "shop"} {
		create(t, server, namespace, validAction, set{"metadata.name", name}, set{"spec.task", task})
	}
	var actions v1alpha1.ReleaseActionList
	if err := c.List(t.Context(), &actions, client.InNamespace(namespace), client.MatchingFields{"spec.task": "shop"}); err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, action := range actions.Items {
		names = append(names, action.Name)
	}
	slices.Sort(names)
	if diff := cmp.Diff([]string{"one", "three"}, names); diff != "" {
		t.Errorf("actions of task shop (-want +got):\n%s", diff)
	}
}

func TestPrintColumns(t *testing.T) {
	server, _, namespace := begin(t)
	task := create(t, server, namespace, validTask)
	change(t, task, set{"status", map[string]any{
		"phase": "Waiting", "message": "Waits for a person.",
		"step":   map[string]any{"number": int64(1), "count": int64(2), "weight": int64(10), "waitsFor": "Person", "display": "1/2"},
		"stable": map[string]any{"revision": int64(1), "hash": "aaa", "instances": int64(4), "readyInstances": int64(4), "weight": int64(90), "display": "v1"},
		"canary": map[string]any{"revision": int64(2), "hash": "bbb", "instances": int64(1), "readyInstances": int64(1), "weight": int64(10), "display": "v2"},
	}})
	if err := server.Controller(t).Status().Update(t.Context(), task); err != nil {
		t.Fatal(err)
	}
	action := create(t, server, namespace, validAction)
	change(t, action, set{"status", map[string]any{"state": "Refused", "message": "There is no release to continue."}})
	if err := server.Controller(t).Status().Update(t.Context(), action); err != nil {
		t.Fatal(err)
	}

	clientset, err := kubernetes.NewForConfig(server.Config)
	if err != nil {
		t.Fatal(err)
	}
	for resource, want := range map[string]struct {
		columns []string
		cells   []any
	}{
		"releasetasks": {
			columns: []string{"Name", "Workload", "Phase", "Step", "Weight", "Stable", "Canary", "Message (wide)", "Age"},
			cells:   []any{"shop", "shop", "Waiting", "1/2", 10.0, "v1", "v2", "Waits for a person."},
		},
		"releaseactions": {
			columns: []string{"Name", "Task", "Action", "By", "State", "Message", "Age"},
			cells:   []any{"shop-1", "shop", "Continue", "ada", "Refused", "There is no release to continue."},
		},
	} {
		t.Run(resource, func(t *testing.T) {
			text, err := clientset.RESTClient().Get().
				AbsPath("/apis/workbench.dev/v1alpha1/namespaces/"+namespace+"/"+resource).
				SetHeader("Accept", "application/json;as=Table;v=v1;g=meta.k8s.io").
				DoRaw(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			var table metav1.Table
			if err := json.Unmarshal(text, &table); err != nil {
				t.Fatal(err)
			}
			var columns []string
			for _, column := range table.ColumnDefinitions {
				if column.Priority > 0 {
					column.Name += " (wide)"
				}
				columns = append(columns, column.Name)
			}
			if diff := cmp.Diff(want.columns, columns); diff != "" {
				t.Errorf("columns (-want +got):\n%s", diff)
			}
			if len(table.Rows) != 1 {
				t.Fatalf("got %d rows, want 1", len(table.Rows))
			}
			// The last cell is the age, which the clock decides.
			cells := table.Rows[0].Cells
			if diff := cmp.Diff(want.cells, cells[:len(cells)-1]); diff != "" {
				t.Errorf("cells (-want +got):\n%s", diff)
			}
		})
	}
}

// TestEveryFieldIsExplained walks the OpenAPI document, which is what `kubectl explain` reads.
func TestEveryFieldIsExplained(t *testing.T) {
	server, _, _ := begin(t)
	clientset, err := kubernetes.NewForConfig(server.Config)
	if err != nil {
		t.Fatal(err)
	}
	paths, err := clientset.OpenAPIV3().Paths()
	if err != nil {
		t.Fatal(err)
	}
	group, found := paths["apis/workbench.dev/v1alpha1"]
	if !found {
		t.Fatal("the API server has no OpenAPI document of workbench.dev/v1alpha1")
	}
	text, err := group.Schema("application/json")
	if err != nil {
		t.Fatal(err)
	}
	var document struct {
		Components struct {
			Schemas map[string]*fieldSchema
		}
	}
	if err := json.Unmarshal(text, &document); err != nil {
		t.Fatal(err)
	}
	for _, kind := range []string{"ReleaseTask", "ReleaseAction", "Workspace", "Cluster", "AuditRecord"} {
		root := document.Components.Schemas["dev.workbench.v1alpha1."+kind]
		if root == nil {
			t.Errorf("%s isn't in the OpenAPI document", kind)
			continue
		}
		if fields := requireExplained(t, kind, root); fields < 10 {
			t.Errorf("%s has %d fields in the OpenAPI document: the walk missed most of it", kind, fields)
		}
	}
}

// fieldSchema is the part of an OpenAPI schema that holds texts and what they are about.
type fieldSchema struct {
	Description string
	Properties  map[string]*fieldSchema
	Items       *fieldSchema
}

func requireExplained(t *testing.T, path string, s *fieldSchema) (fields int) {
	t.Helper()
	if strings.TrimSpace(s.Description) == "" {
		t.Errorf("%s has no text for `kubectl explain`: give the field a doc comment in api/v1alpha1", path)
	}
	for name, property := range s.Properties {
		// metadata is a reference to a schema of Kubernetes itself.
		if name == "metadata" {
			continue
		}
		fields += 1 + requireExplained(t, path+"."+name, property)
	}
	if s.Items != nil && s.Items.Properties != nil {
		fields += requireExplained(t, path+"[]", s.Items)
	}
	return fields
}
