package release

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/workbench-dev/workbench/api/v1alpha1"
)

func typedStep(weight int32, wait time.Duration) v1alpha1.Step {
	if wait == 0 {
		return v1alpha1.Step{Weight: weight}
	}
	return v1alpha1.Step{Weight: weight, Wait: &metav1.Duration{Duration: wait}}
}

func TestCheckTaskName(t *testing.T) {
	for name, valid := range map[string]bool{
		"a": true, "shop-1": true, "1shop": true, strings.Repeat("a", 63): true,
		"": false, strings.Repeat("a", 64): false, "-shop": false, "shop-": false, "Shop": false,
		"sh.op": false, "sh_op": false, "shöp": false, "sh op": false, "shop\n": false,
	} {
		err := CheckTaskName(name)
		if (err == nil) != valid {
			t.Errorf("CheckTaskName(%q) = %v, want valid %v", name, err, valid)
		}
		var fieldError FieldError
		if err != nil && (!errors.As(err, &fieldError) || fieldError.Field != "metadata.name") {
			t.Errorf("CheckTaskName(%q) = %#v, want an error of metadata.name", name, err)
		}
	}
}

func TestParseWorkload(t *testing.T) {
	tests := map[string]struct {
		text string
		name string
		err  string
	}{
		"short":               {text: "deploy/shop", name: "shop"},
		"singular":            {text: "deployment/shop", name: "shop"},
		"plural":              {text: "deployments/shop", name: "shop"},
		"with group":          {text: "deploy.apps/shop", name: "shop"},
		"full":                {text: "deployments.v1.apps/shop.v2", name: "shop.v2"},
		"capital kind":        {text: "Deployment/shop", name: "shop"},
		"no kind":             {text: "shop", err: "write deploy/shop"},
		"nothing":             {text: "", err: "write deploy/NAME"},
		"another kind":        {text: "sts/shop", err: `"sts" is not a kind of workload that can be released: only Deployments can, write deploy/shop`},
		"no name":             {text: "deploy/", err: "no name after the '/'"},
		"name against rule":   {text: "deploy/Shop", err: `"Shop" cannot be the name of a workload`},
		"two slashes":         {text: "deploy/a/b", err: `"a/b" cannot be the name`},
		"another API's kind":  {text: "deployment.extensions/shop", err: "not a kind of workload"},
		"name with a newline": {text: "deploy/a\n", err: "cannot be the name"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := ParseWorkload(test.text)
			if !wantInputError(t, err, test.err) {
				want := v1alpha1.WorkloadRef{APIVersion: "apps/v1", Kind: "Deployment", Name: test.name}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Error(diff)
				}
			}
		})
	}
}

func TestParseSteps(t *testing.T) {
	tests := map[string]struct {
		texts []string
		want  []v1alpha1.Step
		err   string
	}{
		"weight and wait":            {texts: []string{"10:5m"}, want: []v1alpha1.Step{typedStep(10, 5*time.Minute)}},
		"percent sign":               {texts: []string{"10%:5m"}, want: []v1alpha1.Step{typedStep(10, 5*time.Minute)}},
		"zero waits for a person":    {texts: []string{"50:0"}, want: []v1alpha1.Step{typedStep(50, 0)}},
		"zero with unit":             {texts: []string{"50:0s"}, want: []v1alpha1.Step{typedStep(50, 0)}},
		"no wait":                    {texts: []string{"50"}, want: []v1alpha1.Step{typedStep(50, 0)}},
		"empty wait":                 {texts: []string{"50:"}, want: []v1alpha1.Step{typedStep(50, 0)}},
		"several":                    {texts: []string{"1:90s", "50:1h30m", "100:720h"}, want: []v1alpha1.Step{typedStep(1, 90*time.Second), typedStep(50, 90*time.Minute), typedStep(100, 720*time.Hour)}},
		"none":                       {err: "there is no step"},
		"weight 0":                   {texts: []string{"0:5m"}, err: "spec.strategy.canary.steps[0]: step 1, \"0:5m\": weight 0 is out of range: give a whole number from 1 to 100"},
		"weight 101":                 {texts: []string{"101"}, err: "weight 101 is out of range"},
		"negative weight":            {texts: []string{"-5"}, err: "weight -5 is out of range"},
		"weight with a fraction":     {texts: []string{"10.5:5m"}, err: `"10.5" is not a weight`},
		"weight that is too large":   {texts: []string{"99999999999999999999"}, err: "is not a weight"},
		"no weight":                  {texts: []string{":5m"}, err: "it has no weight: write WEIGHT:WAIT"},
		"empty":                      {texts: []string{""}, err: "it has no weight"},
		"words":                      {texts: []string{"ten"}, err: `"ten" is not a weight`},
		"falling":                    {texts: []string{"50:1m", "20:1m"}, err: "spec.strategy.canary.steps[1].weight: step 2 falls from 50 to 20: weights must rise from step to step"},
		"repeating":                  {texts: []string{"50:1m", "50:1m"}, err: "step 2 has the same weight as step 1, 50"},
		"negative wait":              {texts: []string{"10:1m", "50:-5m"}, err: `step 2, "50:-5m": wait -5m is negative`},
		"wait without unit":          {texts: []string{"10:5"}, err: "wait 5 has no unit: write 5s or 5m"},
		"wait that is no duration":   {texts: []string{"10:soon"}, err: `wait "soon" is not a duration`},
		"wait in days":               {texts: []string{"10:1d"}, err: `wait "1d" is not a duration`},
		"wait over 30 days":          {texts: []string{"10:721h"}, err: "wait 721h0m0s is too long"},
		"wait that overflows":        {texts: []string{"10:99999999h"}, err: "wait 99999999h is too long"},
		"wait under a second":        {texts: []string{"10:999ms"}, err: "wait 999ms is too short: at least 1s"},
		"wait finer than a milli":    {texts: []string{"10:1.0005s"}, err: "too fine"},
		"two colons":                 {texts: []string{"10:5m:3"}, err: "is not a duration"},
		"31 steps":                   {texts: typedNumbers(31), err: "there are 31 steps: at most 30"},
		"30 steps":                   {texts: typedNumbers(30), want: typedWeights(30)},
		"two errors are both named":  {texts: []string{"x", "y"}, err: "step 2, \"y\""},
		"only the one that is wrong": {texts: []string{"10:5m", "0"}, err: "spec.strategy.canary.steps[1]"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := ParseSteps(test.texts)
			if !wantInputError(t, err, test.err) {
				if diff := cmp.Diff(test.want, got); diff != "" {
					t.Error(diff)
				}
			}
		})
	}
}

func typedNumbers(n int) []string {
	texts := make([]string, n)
	for i := range texts {
		texts[i] = string(rune('0'+(i+1)/10)) + string(rune('0'+(i+1)%10))
	}
	return texts
}

func typedWeights(n int32) []v1alpha1.Step {
	steps := make([]v1alpha1.Step, n)
	for i := range steps {
		steps[i] = typedStep(int32(i)+1, 0)
	}
	return steps
}

func TestParseImages(t *testing.T) {
	digest := "sha256:" + strings.Repeat("ab", 32)
	tests := map[string]struct {
		texts []string
		want  []v1alpha1.ContainerImage
		err   string
	}{
		"one":               {texts: []string{"app=shop:v2"}, want: []v1alpha1.ContainerImage{{Name: "app", Image: "shop:v2"}}},
		"two":               {texts: []string{"app=shop:v2", "log=r.example.com:5000/a/b@" + digest}, want: []v1alpha1.ContainerImage{{Name: "app", Image: "shop:v2"}, {Name: "log", Image: "r.example.com:5000/a/b@" + digest}}},
		"tag and digest":    {texts: []string{"app=shop:v2@" + digest}, want: []v1alpha1.ContainerImage{{Name: "app", Image: "shop:v2@" + digest}}},
		"none":              {err: "no container gets an image"},
		"no equals sign":    {texts: []string{"shop:v2"}, err: "write container=image"},
		"no container":      {texts: []string{"=shop:v2"}, err: `image "shop:v2" has no container`},
		"no image":          {texts: []string{"app="}, err: "container app: the image is empty"},
		"container twice":   {texts: []string{"app=a:1", "app=a:2"}, err: "spec.updateVersion.containers[1].name: container app is named twice"},
		"container's rule":  {texts: []string{"App=a:1"}, err: `"App" cannot be the name of a container`},
		"capital image":     {texts: []string{"app=Shop:v2"}, err: "must be lowercase"},
		"bad tag":           {texts: []string{"app=shop:"}, err: `container app: "shop:" is not an image reference`},
		"space":             {texts: []string{"app=shop :v2"}, err: "is not an image reference"},
		"short digest":      {texts: []string{"app=shop@sha256:abcd"}, err: "is not an image reference"},
		"only a digest":     {texts: []string{"app=" + strings.Repeat("ab", 32)}, err: "is not an image reference"},
		"URL":               {texts: []string{"app=https://r.example.com/shop"}, err: "is not an image reference"},
		"very long":         {texts: []string{"app=" + strings.Repeat("a", 1025)}, err: "1025 characters"},
		"both are named":    {texts: []string{"app=shop:", "log=Log"}, err: "container log:"},
		"second has a form": {texts: []string{"app=a:1", "x"}, err: "spec.updateVersion.containers[1]"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := ParseImages(test.texts)
			if !wantInputError(t, err, test.err) {
				if diff := cmp.Diff(test.want, got); diff != "" {
					t.Error(diff)
				}
			}
		})
	}
}

// wantInputError reports whether an error was wanted, after comparing; it must contain the text wanted.
func wantInputError(t *testing.T, err error, want string) bool {
	t.Helper()
	switch {
	case want == "" && err != nil:
		t.Fatalf("unexpected error: %v", err)
	case want != "" && err == nil:
		t.Fatalf("no error, want one with %q", want)
	case want != "" && !strings.Contains(err.Error(), want):
		t.Fatalf("error %q, want one with %q", err, want)
	}
	return want != ""
}

func FuzzParseSteps(f *testing.F) {
	for _, seed := range []string{"10:5m", "50:0", "50", "10%:5m,20", "1:0.5ms", "100:720h", "-1:-1s", ":", "10:5m:3"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		steps, err := ParseSteps(strings.Split(text, ","))
		if err != nil {
			var problems FieldErrors
			if !errors.As(err, &problems) || len(problems) == 0 {
				t.Fatalf("%q: error without fields: %#v", text, err)
			}
			return
		}
		if problems := checkSteps(steps); len(problems) > 0 {
			t.Fatalf("%q was accepted with %v", text, problems)
		}
		for _, step := range steps {
			if step.Wait != nil && (step.Wait.Duration <= 0 || !waitForm.MatchString(step.Wait.Duration.String())) {
				t.Fatalf("%q became wait %s, which the resource cannot hold", text, step.Wait.Duration)
			}
		}
	})
}

func FuzzParseImages(f *testing.F) {
	for _, seed := range []string{"app=shop:v2", "=", "a==", "app=r:5000/x@sha256:" + strings.Repeat("0", 64)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		images, err := ParseImages([]string{text})
		if err == nil && images[0].Name+"="+images[0].Image != text {
			t.Fatalf("%q became %v", text, images)
		}
	})
}

func FuzzParseWorkload(f *testing.F) {
	for _, seed := range []string{"deploy/shop", "deployments.apps/shop", "sts/x", "/", "deploy/"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		ref, err := ParseWorkload(text)
		if err == nil && (!strings.HasSuffix(text, "/"+ref.Name) || len(checkWorkload(ref)) > 0) {
			t.Fatalf("%q became %v", text, ref)
		}
	})
}
