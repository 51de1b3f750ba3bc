package clusterinfo

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
)

func TestLacking(t *testing.T) {
	report := Report{Components: []Component{
		{Name: Kubernetes, State: Ready, NeededFor: NeedAlways},
		{Name: Workbench, State: Installed, NeededFor: NeedAlways},
		{Name: ArgoRollouts, State: TooOld, NeededFor: NeedAlways},
		{Name: Istio, State: NotRunning, NeededFor: NeedWeights},
		{Name: Prometheus, State: Unknown, NeededFor: NeedAnalysis},
	}}
	for name, test := range map[string]struct {
		required []Name
		want     []Name
	}{
		"always needed":          {nil, []Name{ArgoRollouts}},
		"with weights":           {[]Name{Istio}, []Name{ArgoRollouts, Istio}},
		"unseen is lacking too":  {[]Name{Prometheus}, []Name{ArgoRollouts, Prometheus}},
		"needed and named again": {[]Name{ArgoRollouts, Workbench}, []Name{ArgoRollouts}},
	} {
		t.Run(name, func(t *testing.T) {
			var got []Name
			for _, component := range report.Lacking(test.required...) {
				got = append(got, component.Name)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
	if got := (Report{}).Component(Istio).State; got != Unknown {
		t.Errorf("a component that was not looked for is %s, want Unknown", got)
	}
}

func TestOlder(t *testing.T) {
	for _, test := range []struct {
		have, want string
		older      bool
	}{
		{"v1.30.9", "1.31.0", true}, {"v1.31.0", "1.31.0", false}, {"v1.36.3+k3s1", "1.31.0", false},
		{"v1.7.2", "1.8.0", true}, {"1.31-alpha.abc", "1.24.0", false}, {"main-2026", "1.24.0", false}, {"", "1.24.0", false},
	} {
		if got := older(test.have, test.want); got != test.older {
			t.Errorf("older(%q, %q) = %v", test.have, test.want, got)
		}
	}
}

func TestVersionOf(t *testing.T) {
	for image, want := range map[string]string{
		"quay.io/argoproj/argo-rollouts:v1.9.2": "v1.9.2",
		"localhost:5000/workbench":              "",
		"workbench:latest":                      "",
		"not an image":                          "",
	} {
		if got := versionOf([]corev1.Container{{Image: image}}); got != want {
			t.Errorf("versionOf(%q) = %q, want %q", image, got, want)
		}
	}
	if got := versionOf(nil); got != "" {
		t.Errorf("versionOf() = %q, want none", got)
	}
}
