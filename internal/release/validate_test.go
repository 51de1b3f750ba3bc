package release

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/workbench-dev/workbench/api/v1alpha1"
)

func TestCheckTask(t *testing.T) {
	zero, tooMany := int32(0), int32(10001)
	share, number, none := intstr.FromString("25%"), intstr.FromInt32(2), intstr.FromInt32(0)
	tests := map[string]struct {
		change func(*v1alpha1.ReleaseTask)
		fields []string
	}{
		"good": {change: func(*v1alpha1.ReleaseTask) {}},
		"by instances": {change: func(task *v1alpha1.ReleaseTask) {
			setTypedTraffic(task, v1alpha1.Traffic{Instances: &v1alpha1.InstancesTraffic{}})
		}},
		"surge as share":       {change: func(task *v1alpha1.ReleaseTask) { task.Spec.Strategy.Canary.MaxSurge = &share }},
		"surge as number":      {change: func(task *v1alpha1.ReleaseTask) { task.Spec.Strategy.Canary.MaxSurge = &number }},
		"surge of 0":           {change: func(task *v1alpha1.ReleaseTask) { task.Spec.Strategy.Canary.MaxSurge = &none }, fields: []string{"spec.strategy.canary.maxSurge"}},
		"no name":              {change: func(task *v1alpha1.ReleaseTask) { task.Name = "" }, fields: []string{"metadata.name"}},
		"0 instances":          {change: func(task *v1alpha1.ReleaseTask) { task.Spec.Instances = &zero }, fields: []string{"spec.instances"}},
		"too many instances":   {change: func(task *v1alpha1.ReleaseTask) { task.Spec.Instances = &tooMany }, fields: []string{"spec.instances"}},
		"no workload":          {change: func(task *v1alpha1.ReleaseTask) { task.Spec.WorkloadRef.Name = "" }, fields: []string{"spec.workloadRef.name"}},
		"another kind":         {change: func(task *v1alpha1.ReleaseTask) { task.Spec.WorkloadRef.Kind = "StatefulSet" }, fields: []string{"spec.workloadRef.kind"}},
		"another API version":  {change: func(task *v1alpha1.ReleaseTask) { task.Spec.WorkloadRef.APIVersion = "apps/v2" }, fields: []string{"spec.workloadRef.apiVersion"}},
		"no strategy":          {change: func(task *v1alpha1.ReleaseTask) { task.Spec.Strategy.Canary = nil }, fields: []string{"spec.strategy.canary"}},
		"no traffic":           {change: func(task *v1alpha1.ReleaseTask) { setTypedTraffic(task, v1alpha1.Traffic{}) }, fields: []string{"spec.strategy.canary.traffic"}},
		"history over the top": {change: func(task *v1alpha1.ReleaseTask) { task.Spec.HistoryLimit = 51 }, fields: []string{"spec.historyLimit"}},
		"both kinds of traffic": {
			change: func(task *v1alpha1.ReleaseTask) {
				setTypedTraffic(task, v1alpha1.Traffic{Istio: &v1alpha1.IstioTraffic{}, Instances: &v1alpha1.InstancesTraffic{}})
			},
			fields: []string{"spec.strategy.canary.traffic"},
		},
		"bad names in the mesh": {
			change: func(task *v1alpha1.ReleaseTask) {
				setTypedTraffic(task, v1alpha1.Traffic{Istio: &v1alpha1.IstioTraffic{Service: "A", VirtualService: "B", Routes: []string{"x", "x", ""}}})
			},
			fields: []string{
				"spec.strategy.canary.traffic.istio.service", "spec.strategy.canary.traffic.istio.virtualService",
				"spec.strategy.canary.traffic.istio.routes[1]", "spec.strategy.canary.traffic.istio.routes[2]",
			},
		},
		"steps that fall, repeat and wait below zero": {
			change: func(task *v1alpha1.ReleaseTask) {
				task.Spec.Strategy.Canary.Steps = []v1alpha1.Step{typedStep(50, -time.Second), typedStep(50, 0), typedStep(20, 0), typedStep(101, 0)}
			},
			fields: []string{
				"spec.strategy.canary.steps[0].wait", "spec.strategy.canary.steps[1].weight",
				"spec.strategy.canary.steps[2].weight", "spec.strategy.canary.steps[3].weight",
			},
		},
		"no steps": {change: func(task *v1alpha1.ReleaseTask) { task.Spec.Strategy.Canary.Steps = nil }, fields: []string{"spec.strategy.canary.steps"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			task := typedTask()
			test.change(task)
			var fields []string
			problems := CheckTask(task)
			for _, problem := range problems {
				fields = append(fields, problem.Field)
			}
			if diff := cmp.Diff(test.fields, fields); diff != "" {
				t.Errorf("fields of %v:\n%s", problems, diff)
			}
			if (problems.AsError() == nil) != (len(test.fields) == 0) {
				t.Errorf("AsError() = %v with %d problems", problems.AsError(), len(problems))
			}
		})
	}
}

func TestParseMaxSurge(t *testing.T) {
	for text, valid := range map[string]bool{"1": true, "25%": true, "100%": true, "0": false, "0%": false, "101%": false, "-1": false, "": false, "x": false} {
		surge, err := ParseMaxSurge(text)
		if (err == nil) != valid || valid && surge.String() != text {
			t.Errorf("ParseMaxSurge(%q) = %v, %v; want valid %v", text, surge, err, valid)
		}
	}
}

func typedTask() *v1alpha1.ReleaseTask {
	task := &v1alpha1.ReleaseTask{}
	task.Name = "shop"
	task.Spec.WorkloadRef = v1alpha1.WorkloadRef{Name: "shop"}
	task.Spec.Strategy.Canary = &v1alpha1.CanaryStrategy{
		Traffic: v1alpha1.Traffic{Istio: &v1alpha1.IstioTraffic{}},
		Steps:   []v1alpha1.Step{typedStep(10, time.Minute), typedStep(50, 0)},
	}
	return task
}

func setTypedTraffic(task *v1alpha1.ReleaseTask, traffic v1alpha1.Traffic) {
	task.Spec.Strategy.Canary.Traffic = traffic
}
