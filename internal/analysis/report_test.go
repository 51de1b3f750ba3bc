package analysis

import (
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/google/go-cmp/cmp"

	"github.com/workbench-dev/workbench/api/v1alpha1"
	"github.com/workbench-dev/workbench/internal/judge"
	"github.com/workbench-dev/workbench/internal/release"
)

var start = time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)

// judgement is a release that is looked at every ten seconds.
type judgement struct {
	rules  *v1alpha1.Analysis
	state  judge.State
	status *v1alpha1.AnalysisStatus
	looks  int
	// stable and canary are the counters so far: requests and errors.
	stable, canary [2]float64
	pods           *judge.Pods
}

func (j *judgement) look(change func(*Look)) v1alpha1.AnalysisStatus {
	version := func(c [2]float64) map[string]judge.Counters {
		return map[string]judge.Counters{"gateway": {Requests: c[0], Errors: map[string]float64{"5xx": c[1]}}}
	}
	look := Look{
		Hash: "bbb", StableHash: "aaa", ConfirmLooks: 1, Broken: map[string]bool{},
		Sample: judge.Sample{At: start.Add(time.Duration(j.looks) * 10 * time.Second), Stable: version(j.stable), Canary: version(j.canary), Pods: j.pods},
	}
	if change != nil {
		change(&look)
	}
	j.looks++
	var verdict judge.Verdict
	j.state, verdict = Judge(j.rules, j.state, look)
	status := Report(j.rules, j.status, look, verdict)
	j.status = &status
	return status
}

func predefined(name string, t v1alpha1.MetricType, limit string) v1alpha1.AnalysisMetric {
	return v1alpha1.AnalysisMetric{Name: name, Predefined: &v1alpha1.PredefinedMetric{Type: t}, Limit: limit}
}

func TestStatesThatAreNoPass(t *testing.T) {
	for _, tc := range []struct {
		why string
		// each look adds so many requests and errors.
		stable, canary [2]float64
		pods           *judge.Pods
		change         func(*Look)
		looks          int
		state          v1alpha1.AnalysisState
		does, says     string
	}{
		{why: "a good canary passes", stable: [2]float64{900, 1}, canary: [2]float64{300, 0}, looks: 20, state: v1alpha1.AnalysisPassed, does: "Serving", says: "At most"},
		{why: "nothing but errors goes back", stable: [2]float64{900, 1}, canary: [2]float64{100, 100}, looks: 4, state: v1alpha1.AnalysisFailed, does: "OnlyErrors", says: "answers nothing but errors"},
		{why: "no traffic holds", stable: [2]float64{900, 1}, looks: 20, state: v1alpha1.AnalysisNotEnoughData, does: "NoTraffic", says: "not answered a single request"},
		{why: "pods that never start hold", stable: [2]float64{900, 1}, pods: &judge.Pods{}, looks: 20, state: v1alpha1.AnalysisNotEnoughData, does: "PodsNotStarted", says: "No pod of the canary has become ready"},
		{why: "an outage of both is nobody's fault", stable: [2]float64{900, 900}, canary: [2]float64{100, 100}, looks: 20, state: v1alpha1.AnalysisNotEnoughData, does: "OnlyErrors", says: "Every answer of the canary so far was an error"},
		{why: "an evidence that can't be read holds", stable: [2]float64{900, 1}, canary: [2]float64{100, 100}, looks: 20,
			change: func(l *Look) { l.Sample.Problem = "Prometheus is gone." }, state: v1alpha1.AnalysisError, does: "Unknown", says: "Prometheus is gone."},
	} {
		t.Run(tc.why, func(t *testing.T) {
			j := judgement{rules: &v1alpha1.Analysis{Metrics: []v1alpha1.AnalysisMetric{predefined("errors", v1alpha1.MetricErrorRate, "")}}, pods: tc.pods}
			var status v1alpha1.AnalysisStatus
			for range tc.looks {
				status = j.look(tc.change)
				for i := range 2 {
					j.stable[i] += tc.stable[i]
					j.canary[i] += tc.canary[i]
				}
			}
			if status.State != tc.state || status.Canary != tc.does || !strings.Contains(status.Message, tc.says) {
				t.Errorf("got %s, canary %s: %s\nwant %s, canary %s, %q", status.State, status.Canary, status.Message, tc.state, tc.does, tc.says)
			}
		})
	}
}

func TestWhatTheStatusKeeps(t *testing.T) {
	j := judgement{rules: &v1alpha1.Analysis{Metrics: []v1alpha1.AnalysisMetric{predefined("success", v1alpha1.MetricSuccessRate, "99%")}}}
	j.look(nil)
	j.stable, j.canary = [2]float64{900, 1}, [2]float64{30, 0}
	status := j.look(nil)
	c := status.Checks[1]
	if len(status.Checks) != 2 || c.Kind != v1alpha1.CheckLimit || c.Limit != "99%" || c.Canary != "100%" || c.RequestsNeeded == 0 || c.SecondsNeeded == 0 {
		t.Errorf("the check of the limit: %+v", c)
	}
	for range 3 {
		j.stable[0] += 900
		j.canary[0] += 100
		j.canary[1] += 60
		status = j.look(nil)
	}
	failed := *status.VerdictAt
	for range 3 {
		j.canary[0] += 10_000 // good again
		status = j.look(nil)
	}
	if status.State != v1alpha1.AnalysisFailed || !status.VerdictAt.Equal(&failed) || !status.StartedAt.Time.Equal(start) || !status.LastLookAt.Time.Equal(start.Add(70*time.Second)) {
		t.Errorf("a failure stays, with its moment: %+v", status)
	}
	record := Record(&status, metav1.NewTime(start.Add(time.Hour)))
	if record.Check == nil || record.Check.Result != v1alpha1.CheckFail || record.StableHash != "aaa" || !record.VerdictAt.Equal(&failed) {
		t.Errorf("the record: %+v", record)
	}
	if Record(nil, metav1.Now()) != nil {
		t.Error("a release that was not judged has a record")
	}
}

// How slow a slow request is belongs to the evidence: without it nobody can tell the numbers in other words.
func TestSlowerThan(t *testing.T) {
	metric := v1alpha1.AnalysisMetric{Name: "latency", Predefined: &v1alpha1.PredefinedMetric{Type: v1alpha1.MetricLatency}, Limit: "500ms"}
	buckets := func(requests, within float64) map[string]judge.Counters {
		return map[string]judge.Counters{"gateway": {Requests: requests, Latency: []float64{within, requests}}}
	}
	j := judgement{rules: &v1alpha1.Analysis{Metrics: []v1alpha1.AnalysisMetric{metric}}}
	var status v1alpha1.AnalysisStatus
	for i := range 6 {
		n := float64(i)
		status = j.look(func(l *Look) {
			l.Sample.Bounds = []float64{0.5}
			l.Sample.Stable, l.Sample.Canary = buckets(900*n, 899*n), buckets(300*n, 100*n)
		})
	}
	for _, c := range status.Checks {
		if c.Result != v1alpha1.CheckFail || c.SlowerThan != "500ms" || !strings.Contains(c.Evidence, "longer than 500 ms") {
			t.Errorf("%s: %+v", c.Kind, c)
		}
	}
	if len(status.Checks) != 2 {
		t.Errorf("%d checks", len(status.Checks))
	}
}

func TestGuardsAndCounts(t *testing.T) {
	rules := &v1alpha1.Analysis{Metrics: []v1alpha1.AnalysisMetric{
		predefined("rate", v1alpha1.MetricRequestRate, "5"), predefined("restarts", v1alpha1.MetricRestarts, "1"), predefined("memory", v1alpha1.MetricOOMKills, "0"),
	}}
	j := judgement{rules: rules, pods: &judge.Pods{Started: 2, Restarts: 1}}
	for range 30 {
		j.stable[0] += 900
		j.canary[0] += 20
		j.look(nil)
	}
	if s := j.status; s.State != v1alpha1.AnalysisNotEnoughData || !strings.Contains(s.Message, "answers 2 requests a second") {
		t.Errorf("two requests a second: %s: %s", s.State, s.Message)
	}
	for range 10 {
		j.canary[0] += 200
		j.look(nil)
	}
	if s := j.status; s.State != v1alpha1.AnalysisPassed || s.Checks[0].Canary != "20/s" {
		t.Errorf("twenty requests a second: %s: %s %+v", s.State, s.Message, s.Checks[0])
	}
	j.pods = &judge.Pods{Started: 2, Restarts: 1, OOMKills: 1}
	if s := j.look(nil); s.State != v1alpha1.AnalysisFailed || !strings.Contains(s.Message, "ran out of memory 1 time") {
		t.Errorf("out of memory: %s: %s", s.State, s.Message)
	}
}

func TestComparisonsAreMadeOnce(t *testing.T) {
	metric := func(name, quantile string) v1alpha1.AnalysisMetric {
		return v1alpha1.AnalysisMetric{Name: name, Predefined: &v1alpha1.PredefinedMetric{Type: v1alpha1.MetricLatency, Quantile: quantile}, Limit: "1s"}
	}
	alone := predefined("alone", v1alpha1.MetricErrorRate, "1%")
	alone.CompareWithStable = ptr.To(false)
	var names []string
	for _, c := range checks(&v1alpha1.Analysis{Metrics: []v1alpha1.AnalysisMetric{metric("p50", "p50"), metric("p99", "p99"), predefined("success", v1alpha1.MetricSuccessRate, ""), predefined("errors", v1alpha1.MetricErrorRate, ""), alone}}) {
		names = append(names, c.judged.Name)
	}
	want := []string{"p50/Stable", "p50/Limit", "p99/Limit", "success/Stable", "alone/Limit"}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Error(diff)
	}
}

func TestPlansOfTheDefaultsAreSound(t *testing.T) {
	if err := plan(release.DefaultAnalysis(), 1).Validate(); err != nil {
		t.Error(err)
	}
	p := plan(&v1alpha1.Analysis{Metrics: []v1alpha1.AnalysisMetric{predefined("success", v1alpha1.MetricSuccessRate, "99.9%")}, FalseAlarmPercent: 10, MinimumRequests: 50}, 2)
	if p.Alpha != 0.1 || p.MinRequests != 50 || p.ConfirmLooks != 2 || p.Metrics[1].Limit != 0.001 {
		t.Errorf("the plan: %+v", p)
	}
}

func TestCanaryPods(t *testing.T) {
	killed := corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{Reason: "OOMKilled"}}
	ended := corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{Reason: "Error"}}
	pod := func(ready corev1.ConditionStatus, statuses ...corev1.ContainerStatus) corev1.Pod {
		return corev1.Pod{Status: corev1.PodStatus{Conditions: []corev1.PodCondition{{Type: corev1.PodReady, Status: ready}}, ContainerStatuses: statuses}}
	}
	got := CanaryPods([]corev1.Pod{
		pod(corev1.ConditionTrue, corev1.ContainerStatus{RestartCount: 2, LastTerminationState: killed}, corev1.ContainerStatus{RestartCount: 1, LastTerminationState: ended}),
		pod(corev1.ConditionFalse, corev1.ContainerStatus{State: killed}),
	})
	if diff := cmp.Diff(&judge.Pods{Started: 1, Restarts: 3, OOMKills: 2}, got); diff != "" {
		t.Error(diff)
	}
}
