package index

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/workbench-dev/workbench/api/v1alpha1"
	"github.com/workbench-dev/workbench/internal/hub/api"
)

// roles is a scope: what somebody may see, by "cluster/namespace".
type roles map[string]v1alpha1.Role

func (r roles) Role(cluster, namespace string) v1alpha1.Role { return r[cluster+"/"+namespace] }

func (r roles) WorkspacesOf(cluster, namespace string) []string {
	if r.Role(cluster, namespace) == "" {
		return nil
	}
	return []string{"of-" + namespace}
}

func (r roles) Clusters() []string {
	var names []string
	for key := range r {
		name, _, _ := strings.Cut(key, "/")
		names = append(names, name)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func (r roles) Namespaces(cluster string) []string {
	var names []string
	for key := range r {
		if in, name, _ := strings.Cut(key, "/"); in == cluster {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// all sees everything that the tests make.
var all = roles{"eu/shop": v1alpha1.RoleEditor, "eu/find": v1alpha1.RoleViewer, "us/shop": v1alpha1.RoleAdmin}

var began = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// task is one at a version, in a phase; it came to stand so that many minutes after the beginning.
func task(namespace, name string, version, minutes int, phase v1alpha1.Phase) *v1alpha1.ReleaseTask {
	made := &v1alpha1.ReleaseTask{ObjectMeta: metav1.ObjectMeta{
		Namespace: namespace, Name: name, UID: types.UID(namespace + "/" + name), ResourceVersion: strconv.Itoa(version),
		CreationTimestamp: metav1.NewTime(began.Add(time.Duration(minutes) * time.Minute)),
	}}
	made.Spec.WorkloadRef.Name = name
	made.Status.Phase = phase
	made.Status.Stable = &v1alpha1.VersionStatus{Display: "v1", Containers: []v1alpha1.ContainerImage{{Name: "app", Image: "registry.example/" + name + ":v1"}}}
	return made
}

// filled is an index with tasks of two clusters.
func filled(t *testing.T) (x *Index, eu, us *clusterIndex) {
	t.Helper()
	x = New("workbench:")
	eu, us = x.begin("eu", "a", nil), x.begin("us", "b", nil)
	for cluster, tasks := range map[*clusterIndex][]*v1alpha1.ReleaseTask{
		eu: {
			task("shop", "cart", 12, 5, v1alpha1.PhaseWaiting), task("shop", "pay", 10, 1, v1alpha1.PhaseHealthy),
			task("find", "search", 11, 2, v1alpha1.PhaseWaiting), task("hidden", "secret", 13, 0, v1alpha1.PhaseWaiting),
		},
		us: {task("shop", "cart", 7, 3, v1alpha1.PhaseFailed)},
	} {
		if err := x.replace(cluster, tasks, "20"); err != nil {
			t.Fatal(err)
		}
	}
	return x, eu, us
}

func names(rows []api.TaskRow) []string {
	got := []string{}
	for _, row := range rows {
		got = append(got, row.Cluster+"/"+row.Namespace+"/"+row.Name)
	}
	return got
}

func TestList(t *testing.T) {
	x, _, _ := filled(t)
	byAttention := []string{"eu/find/search", "eu/shop/cart", "us/shop/cart", "eu/shop/pay"}
	for _, c := range []struct {
		name       string
		filter     api.TaskFilter
		order      Order
		from, size int
		want       []string
		total      int
	}{
		{name: "who waits comes first, the longest before others", size: 10, want: byAttention, total: 4},
		{name: "a page", from: 1, size: 2, want: byAttention[1:3], total: 4},
		{name: "a page behind the last", from: 10, size: 2, want: []string{}, total: 4},
		{name: "by name, then by namespace and cluster", order: Order{By: "name"}, size: 10, want: []string{"eu/shop/cart", "us/shop/cart", "eu/shop/pay", "eu/find/search"}, total: 4},
		{name: "the other way round", order: Order{By: "name", Descending: true}, size: 1, want: []string{"eu/find/search"}, total: 4},
		{name: "by phase", order: Order{By: "phase"}, size: 1, want: []string{"us/shop/cart"}, total: 4},
		{name: "by time", order: Order{By: "since"}, size: 2, want: []string{"eu/shop/pay", "eu/find/search"}, total: 4},
		{name: "a cluster", filter: api.TaskFilter{Cluster: "us"}, size: 10, want: byAttention[2:3], total: 1},
		{name: "a namespace", filter: api.TaskFilter{Namespace: "find"}, size: 10, want: byAttention[:1], total: 1},
		{name: "a workspace", filter: api.TaskFilter{Workspace: "of-find"}, size: 10, want: byAttention[:1], total: 1},
		{name: "phases", filter: api.TaskFilter{Phase: []string{"Failed", "Healthy"}}, size: 10, want: byAttention[2:], total: 2},
		{name: "words, in any order and case", filter: api.TaskFilter{Query: "EU cart"}, size: 10, want: byAttention[1:2], total: 1},
		{name: "a word of an image", filter: api.TaskFilter{Query: "example/pay:"}, size: 10, want: byAttention[3:], total: 1},
		{name: "what waits for me, where I may continue", filter: api.TaskFilter{WaitsForMe: true}, size: 10, want: byAttention[1:2], total: 1},
		{name: "what must not be seen", filter: api.TaskFilter{Namespace: "hidden"}, size: 10, want: []string{}},
		{name: "what must not be seen, by a word", filter: api.TaskFilter{Query: "secret"}, size: 10, want: []string{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			page := x.List(NewView(all, c.filter), c.order, c.from, c.size)
			if diff := cmp.Diff(c.want, names(page.Rows)); diff != "" {
				t.Errorf("rows (-want +got):\n%s", diff)
			}
			if page.Total != c.total {
				t.Errorf("total %d, want %d", page.Total, c.total)
			}
		})
	}
}

func TestCounts(t *testing.T) {
	x, eu, _ := filled(t)
	phases := func(healthy, waiting, failed int) map[string]int {
		return map[string]int{"Pending": 0, "Blocked": 0, "TakingOver": 0, "Healthy": healthy, "Releasing": 0, "Waiting": waiting, "Terminated": 0, "Failed": failed, "HandingBack": 0}
	}
	check := func(name string, filter api.TaskFilter, want api.TaskCounts) {
		t.Helper()
		view := NewView(all, filter)
		if diff := cmp.Diff(want, x.Counts(view)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		if diff := cmp.Diff(want, x.List(view, Order{}, 0, 1).Counts); diff != "" {
			t.Errorf("%s, with the list (-want +got):\n%s", name, diff)
		}
	}
	check("all", api.TaskFilter{}, api.TaskCounts{Total: 4, WaitsForMe: 1, Phases: phases(1, 2, 1)})
	check("the phase doesn't matter", api.TaskFilter{Phase: []string{"Failed"}}, api.TaskCounts{Total: 4, WaitsForMe: 1, Phases: phases(1, 2, 1)})
	check("words", api.TaskFilter{Query: "cart"}, api.TaskCounts{Total: 2, WaitsForMe: 1, Phases: phases(0, 1, 1)})

	x.put(eu, task("shop", "pay", 21, 1, v1alpha1.PhaseWaiting))
	x.delete(eu, "find", "search", "22")
	check("after changes", api.TaskFilter{}, api.TaskCounts{Total: 3, WaitsForMe: 2, Phases: phases(0, 2, 1)})
	if got := x.Count("eu", "shop"); got != 2 {
		t.Errorf("%d tasks in eu/shop, want 2", got)
	}
}

// TestFirsts holds the heap to plain sorting.
func TestFirsts(t *testing.T) {
	var entries []*entry
	for i := range 500 {
		entries = append(entries, &entry{row: api.TaskRow{Name: fmt.Sprintf("task-%d", i*7919%500)}})
	}
	compare := Order{By: "name"}.compare()
	sorted := slices.SortedFunc(slices.Values(entries), compare)
	for _, k := range []int{0, 1, 50, 124, 125, 499, 500, 600} {
		if got := firsts(slices.Clone(entries), k, compare); !slices.Equal(got, sorted[:min(k, len(sorted))]) {
			t.Errorf("the first %d differ from sorting", k)
		}
	}
}

func TestRow(t *testing.T) {
	made := task("shop", "cart", 3, 0, v1alpha1.PhaseWaiting)
	started := metav1.NewTime(began.Add(time.Hour))
	made.Status.Step = &v1alpha1.StepStatus{Number: 2, Count: 3, Weight: 20, WaitsFor: v1alpha1.WaitsForPerson, StartedAt: &started}
	made.Status.Message = "workbench:maria continued it."
	made.Spec.Strategy.Canary = &v1alpha1.CanaryStrategy{
		Traffic: v1alpha1.Traffic{Instances: &v1alpha1.InstancesTraffic{}},
		Steps:   []v1alpha1.Step{{Weight: 10, Wait: &metav1.Duration{Duration: 90 * time.Minute}}, {Weight: 20}},
	}
	row := Row("eu", made, "workbench:")
	want := api.TaskRow{
		Cluster: "eu", Namespace: "shop", Name: "cart", UID: "shop/cart", Workspaces: []string{},
		Workload: api.WorkloadRef{Kind: "Deployment", Name: "cart"}, Strategy: "Canary", Traffic: "Instances",
		Phase: "Waiting", Message: "maria continued it.", Since: started.Time, Needs: "Continue",
		Steps:     []api.Step{{Weight: 10, Wait: "1h30m"}, {Weight: 20}},
		Step:      &api.StepState{Number: 2, Count: 3, Weight: 20, WaitsFor: "Person", StartedAt: &started.Time},
		Stable:    &api.VersionRow{Display: "v1", Containers: []api.ContainerImage{{Name: "app", Image: "registry.example/cart:v1"}}},
		CreatedAt: began, ResourceVersion: "3",
	}
	if diff := cmp.Diff(want, row); diff != "" {
		t.Errorf("row (-want +got):\n%s", diff)
	}
}

// A row says by which check its release failed, also when it was made small on the way.
func TestFailedCheck(t *testing.T) {
	record := func(outcome v1alpha1.Outcome, state v1alpha1.AnalysisState, dryRun bool) v1alpha1.ReleaseRecord {
		return v1alpha1.ReleaseRecord{Outcome: outcome, Analysis: &v1alpha1.AnalysisRecord{State: state, DryRun: dryRun, Check: &v1alpha1.AnalysisCheck{
			Metric: "latency", Kind: v1alpha1.CheckStable, Result: v1alpha1.CheckFail, Reason: "Slower", SlowerThan: "250ms", CanaryRequests: 10, CanaryBad: 4,
		}}}
	}
	for _, c := range []struct {
		name    string
		phase   v1alpha1.Phase
		history []v1alpha1.ReleaseRecord
		want    *api.AnalysisCheck
	}{
		{name: "its analysis sent it back", phase: v1alpha1.PhaseFailed, history: []v1alpha1.ReleaseRecord{record(v1alpha1.OutcomeWentBack, v1alpha1.AnalysisFailed, false), {}},
			want: &api.AnalysisCheck{Metric: "latency", Kind: "Stable", Result: "Fail", Reason: "Slower", SlowerThan: "250ms", CanaryRequests: 10, CanaryBad: 4}},
		{name: "the release before failed", phase: v1alpha1.PhaseFailed, history: []v1alpha1.ReleaseRecord{{}, record(v1alpha1.OutcomeWentBack, v1alpha1.AnalysisFailed, false)}},
		{name: "another one serves since", phase: v1alpha1.PhaseReleasing, history: []v1alpha1.ReleaseRecord{record(v1alpha1.OutcomeWentBack, v1alpha1.AnalysisFailed, false)}},
		{name: "a person stopped it", phase: v1alpha1.PhaseFailed, history: []v1alpha1.ReleaseRecord{record(v1alpha1.OutcomeTerminated, v1alpha1.AnalysisFailed, false)}},
		{name: "nothing was done about the verdict", phase: v1alpha1.PhaseFailed, history: []v1alpha1.ReleaseRecord{record(v1alpha1.OutcomeWentBack, v1alpha1.AnalysisFailed, true)}},
		{name: "its pods did not start", phase: v1alpha1.PhaseFailed, history: []v1alpha1.ReleaseRecord{record(v1alpha1.OutcomeWentBack, v1alpha1.AnalysisNotEnoughData, false)}},
		{name: "it was not judged", phase: v1alpha1.PhaseFailed, history: []v1alpha1.ReleaseRecord{{Outcome: v1alpha1.OutcomeWentBack}}},
		{name: "there is no history", phase: v1alpha1.PhaseFailed},
	} {
		t.Run(c.name, func(t *testing.T) {
			made := task("shop", "cart", 3, 0, c.phase)
			made.Status.History = c.history
			trim(made)
			if diff := cmp.Diff(c.want, Row("eu", made, "").FailedCheck); diff != "" {
				t.Errorf("the check (-want +got):\n%s", diff)
			}
		})
	}
}
