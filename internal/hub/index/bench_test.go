package index

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/workbench-dev/workbench/api/v1alpha1"
	"github.com/workbench-dev/workbench/internal/hub/api"
)

// large is 10,000 tasks in 200 namespaces, and a scope that sees all of them.
func large(b *testing.B) (*Index, *clusterIndex, roles) {
	b.Helper()
	x, scope := New("workbench:"), roles{}
	eu := x.begin("eu", "a", nil)
	var tasks []*v1alpha1.ReleaseTask
	phases := []v1alpha1.Phase{v1alpha1.PhaseHealthy, v1alpha1.PhaseHealthy, v1alpha1.PhaseHealthy, v1alpha1.PhaseWaiting, v1alpha1.PhaseReleasing}
	for i := range 10_000 {
		namespace := fmt.Sprintf("team-%d", i%200)
		scope["eu/"+namespace] = v1alpha1.RoleEditor
		made := task(namespace, fmt.Sprintf("service-%d", i), i+1, i%500, phases[i%len(phases)])
		made.Spec.Strategy.Canary = &v1alpha1.CanaryStrategy{}
		for weight := int32(10); weight <= 50; weight += 10 {
			made.Spec.Strategy.Canary.Steps = append(made.Spec.Strategy.Canary.Steps, v1alpha1.Step{Weight: weight, Wait: &metav1.Duration{Duration: time.Minute}})
		}
		made.Status.Message = fmt.Sprintf("v%d serves all requests with 4 of 4 instances ready.", i)
		tasks = append(tasks, made)
	}
	if err := x.replace(eu, tasks, "10000"); err != nil {
		b.Fatal(err)
	}
	return x, eu, scope
}

func BenchmarkList(b *testing.B) {
	x, _, scope := large(b)
	for _, c := range []struct {
		name   string
		filter api.TaskFilter
		order  Order
	}{
		{"first page", api.TaskFilter{}, Order{By: "attention"}},
		{"by name, filtered", api.TaskFilter{Phase: []string{"Healthy"}}, Order{By: "name"}},
		{"words", api.TaskFilter{Query: "service-77 team"}, Order{By: "since"}},
	} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				x.List(NewView(scope, c.filter), c.order, 0, 50)
			}
		})
	}
}

// BenchmarkSince is what each stream does for each change.
func BenchmarkSince(b *testing.B) {
	x, eu, scope := large(b)
	view := NewView(scope, api.TaskFilter{})
	p := x.Now(view)
	version := 20_000
	for b.Loop() {
		version++
		x.put(eu, task("team-1", "service-1", version, 0, v1alpha1.PhaseReleasing))
		x.Since(view, p)
	}
}

func BenchmarkMemory(b *testing.B) {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	x, _, _ := large(b)
	runtime.GC()
	runtime.ReadMemStats(&after)
	b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/1e6, "MB")
	runtime.KeepAlive(x)
}
