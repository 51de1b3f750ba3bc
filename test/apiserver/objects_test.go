//go:build apiserver

package apiserver

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/workbench-dev/workbench/api/v1alpha1"
	"github.com/workbench-dev/workbench/internal/apitest"
)

// validTask is as small as a ReleaseTask can be. Objects are unstructured here: Go types can't say what the API
// server has to refuse.
const validTask = `
apiVersion: workbench.dev/v1alpha1
kind: ReleaseTask
metadata: {name: shop}
spec:
  workloadRef: {name: shop}
  strategy:
    canary:
      traffic: {istio: {}}
      steps: [{weight: 10}]
`

const validAction = `
apiVersion: workbench.dev/v1alpha1
kind: ReleaseAction
metadata: {name: shop-1}
spec: {task: shop, type: Continue, requestedBy: ada}
`

// absent, as a value, takes the field away.
type absent struct{}

// set is one change of an object: a path of field names joined by dots, and the value to put there.
type set struct {
	path  string
	value any
}

// admission is a case of a table: a valid object with a few changes is sent to the API server.
type admission struct {
	// why says what the case is about; it is the name of the test.
	why  string
	sets []set
	// refused lists what the error must say; when empty, the object is accepted.
	refused []string
}

// testAdmission sends each case as a dry run, with the strict field validation that kubectl asks for.
// What is accepted must also be readable as the Go type.
func testAdmission(t *testing.T, base string, cases []admission) {
	t.Helper()
	server := apitest.Start(t)
	server.InstallChart(t)
	namespace := server.Namespace(t)
	for _, tc := range cases {
		t.Run(tc.why, func(t *testing.T) {
			object := parse(t, base)
			object.SetNamespace(namespace)
			change(t, object, tc.sets...)
			err := asRequester(t, server, object).Create(t.Context(), object, client.DryRunAll, client.FieldValidation("Strict"))
			if len(tc.refused) == 0 {
				if err != nil {
					t.Fatalf("must be accepted, but: %v", err)
				}
				requireReadable(t, object)
				return
			}
			requireRefused(t, err, tc.refused...)
		})
	}
}

// requireRefused fails unless the error is the API server's refusal of an invalid object, in the given words.
func requireRefused(t *testing.T, err error, words ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("was accepted; must be refused with words %q", words)
	}
	if !apierrors.IsInvalid(err) && !apierrors.IsBadRequest(err) {
		t.Fatalf("is no refusal of the object: %v", err)
	}
	for _, part := range words {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("the refusal must say %q, but says: %v", part, err)
		}
	}
}

// requireReadable decodes what the API server accepted into its Go type, and sends it back as Go writes it: what
// one side accepts the other must not refuse, or a controller could never write an object that a user made.
func requireReadable(t *testing.T, object *unstructured.Unstructured) {
	t.Helper()
	text, err := object.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	var typed client.Object = &v1alpha1.ReleaseTask{}
	if object.GetKind() == "ReleaseAction" {
		typed = &v1alpha1.ReleaseAction{}
	}
	if err := yaml.UnmarshalStrict(text, typed); err != nil {
		t.Fatalf("the API server accepted what Go can't read: %v", err)
	}
	typed.SetResourceVersion("")
	typed.SetUID("")
	if err := asRequester(t, apitest.Start(t), object).Create(t.Context(), typed, client.DryRunAll, client.FieldValidation("Strict")); err != nil {
		t.Fatalf("the API server refuses what it had accepted once Go has written it: %v", err)
	}
}

// asRequester returns the client of an administrator by the name that an action says asks for it, or an admission
// policy would refuse the action for that alone.
func asRequester(t *testing.T, server *apitest.Server, object *unstructured.Unstructured) client.WithWatch {
	t.Helper()
	name, _, _ := unstructured.NestedString(object.Object, "spec", "requestedBy")
	if name == "" {
		return server.Client(t)
	}
	return server.As(t, name, "system:masters")
}

func parse(t *testing.T, text string) *unstructured.Unstructured {
	t.Helper()
	object := &unstructured.Unstructured{}
	if err := yaml.Unmarshal([]byte(text), &object.Object); err != nil {
		t.Fatal(err)
	}
	return object
}

func change(t *testing.T, object *unstructured.Unstructured, sets ...set) {
	t.Helper()
	for _, s := range sets {
		fields := strings.Split(s.path, ".")
		if _, remove := s.value.(absent); remove {
			unstructured.RemoveNestedField(object.Object, fields...)
			continue
		}
		if err := unstructured.SetNestedField(object.Object, s.value, fields...); err != nil {
			t.Fatal(err)
		}
	}
}

// steps makes the list of steps from WEIGHT or WEIGHT:WAIT, as the command line writes them.
func steps(texts ...string) []any {
	list := []any{}
	for _, text := range texts {
		weight, wait, found := strings.Cut(text, ":")
		number, err := strconv.ParseInt(weight, 10, 64)
		if err != nil {
			panic(err)
		}
		step := map[string]any{"weight": number}
		if found {
			step["wait"] = wait
		}
		list = append(list, step)
	}
	return list
}

// rising makes n steps of weight 1, 2, 3 …
func rising(n int) []any {
	var texts []string
	for weight := range n {
		texts = append(texts, strconv.Itoa(weight+1))
	}
	return steps(texts...)
}

func list[T any](values ...T) []any {
	var anys []any
	for _, value := range slices.Clone(values) {
		anys = append(anys, value)
	}
	return anys
}
