package tasks

import (
	"encoding/json"
	"errors"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/workbench-dev/workbench/api/v1alpha1"
	"github.com/workbench-dev/workbench/internal/hub/api"
	"github.com/workbench-dev/workbench/internal/release"
)

// fullSpec has every field of a spec set, whatever fields it will get.
func fullSpec() v1alpha1.ReleaseTaskSpec {
	var spec v1alpha1.ReleaseTaskSpec
	fillValue(reflect.ValueOf(&spec).Elem(), rand.New(rand.NewPCG(1, 2)))
	return spec
}

func fillValue(v reflect.Value, random *rand.Rand) {
	switch v.Interface().(type) {
	case metav1.Duration:
		v.Set(reflect.ValueOf(metav1.Duration{Duration: time.Duration(1+random.IntN(600)) * time.Second}))
		return
	case intstr.IntOrString:
		v.Set(reflect.ValueOf(intstr.FromString("25%")))
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fillValue(v.Elem(), random)
	case reflect.Struct:
		for i := range v.NumField() {
			fillValue(v.Field(i), random)
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range v.Len() {
			fillValue(v.Index(i), random)
		}
	case reflect.String:
		v.SetString("text" + string(rune('a'+random.IntN(26))))
	case reflect.Int32:
		v.SetInt(int64(1 + random.IntN(50)))
	case reflect.Bool:
		v.SetBool(true)
	default:
		panic("the spec has a field of kind " + v.Kind().String() + ": teach this test about it")
	}
}

// TestSpecs holds the API's spec to that of the resource: every field of the one is in the other.
func TestSpecs(t *testing.T) {
	spec := fullSpec()
	shown, err := FromSpec(spec)
	if err != nil {
		t.Fatal(err)
	}
	back, err := ToSpec(shown)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(spec, back); diff != "" {
		t.Errorf("there and back (-want +got):\n%s", diff)
	}
	// And the other way round: what the API knows, the resource does.
	var known v1alpha1.ReleaseTaskSpec
	if err := recode(shown, &known); err != nil {
		t.Errorf("the API has a field that the resource hasn't: %v", err)
	}
}

func TestToSpec(t *testing.T) {
	step := func(wait string) api.TaskSpec {
		return api.TaskSpec{TaskRules: api.TaskRules{Strategy: api.Strategy{Canary: &api.CanaryStrategy{Steps: []api.Step{{Weight: 5}, {Weight: 10, Wait: wait}}}}}}
	}
	for _, c := range []struct {
		name, wait string
		want       *metav1.Duration
		field      string
	}{
		{name: "nothing waits for a person", wait: ""},
		{name: "so does 0", wait: "0s"},
		{name: "minutes", wait: "10m", want: &metav1.Duration{Duration: 10 * time.Minute}},
		{name: "no unit", wait: "10", field: "spec.strategy.canary.steps[1].wait"},
		{name: "no duration", wait: "soon", field: "spec.strategy.canary.steps[1].wait"},
		{name: "too long", wait: "721h", field: "spec.strategy.canary.steps[1].wait"},
	} {
		t.Run(c.name, func(t *testing.T) {
			asked := step(c.wait)
			spec, err := ToSpec(asked)
			var problems release.FieldErrors
			if errors.As(err, &problems) != (c.field != "") || c.field != "" && problems[0].Field != c.field {
				t.Fatalf("error %v, want one of %q", err, c.field)
			}
			if err == nil {
				if diff := cmp.Diff(c.want, spec.Strategy.Canary.Steps[1].Wait); diff != "" {
					t.Errorf("wait (-want +got):\n%s", diff)
				}
			}
			if asked.Strategy.Canary.Steps[1].Wait != c.wait {
				t.Error("what was asked was changed")
			}
		})
	}
}

func FuzzToSpec(f *testing.F) {
	for _, seed := range []string{
		`{"workloadRef":{"name":"a"},"strategy":{"canary":{"traffic":{"istio":{}},"steps":[{"weight":5,"wait":"5m"}],"maxSurge":"25%"}}}`,
		`{"strategy":{"canary":{"maxSurge":3,"steps":[{"wait":"-1h"}]}},"analysis":{"interval":"10s","metrics":[{"name":"m","limit":"1%"}]}}`,
		`{"strategy":{"canary":null},"analysis":{"interval":"x"}}`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var asked api.TaskSpec
		if json.Unmarshal([]byte(text), &asked) != nil {
			return
		}
		spec, err := ToSpec(asked)
		if err != nil {
			return
		}
		task := &v1alpha1.ReleaseTask{Spec: spec}
		release.CheckTask(task)
		if _, err := FromSpec(spec); err != nil {
			t.Errorf("%s can't be shown: %v", text, err)
		}
	})
}

func TestETagMatches(t *testing.T) {
	const tag = `"uid.3"`
	for text, want := range map[string]bool{
		`"uid.3"`: true, "uid.3": true, "*": true, `"other", "uid.3"`: true,
		`"uid.4"`: false, "": false, `W/"uid.3"`: false,
	} {
		if etagMatches(text, tag) != want {
			t.Errorf("If-Match: %s matches: %t, want %t", text, !want, want)
		}
	}
}
