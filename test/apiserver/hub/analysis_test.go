//go:build apiserver

package hub

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workbench-dev/workbench/api/v1alpha1"
	"github.com/workbench-dev/workbench/internal/hub/api"
	"github.com/workbench-dev/workbench/internal/promtest"
	"github.com/workbench-dev/workbench/internal/release"
)

const validatePath = "/api/v1/clusters/home/namespaces/shop/analysis/validate"

// scraped is a Prometheus that has a release of Service judged: one answer of the canary in five is an error.
func scraped(t *testing.T) *promtest.Server {
	t.Helper()
	gateway := &promtest.Target{Grow: func(n int) string {
		series := func(version, code string, count int) string {
			return fmt.Sprintf("istio_requests_total{reporter=\"source\",destination_service_name=\"judged\",destination_service_namespace=\"shop\",destination_canonical_revision=%q,response_code=%q} %d\n", version, code, count)
		}
		return series("stable", "200", 20*n) + series("canary", "200", 4*n) + series("canary", "503", n) +
			"queue_length{namespace=\"shop\"} 3\nqueue_length{namespace=\"other\"} 4711\n"
	}}
	server := promtest.Start(t, gateway)
	server.Eventually("a few scrapes", func() bool {
		vector, err := server.Client().Vector(t.Context(), `min(count_over_time(istio_requests_total[5m])) >= 12`, time.Now())
		return err == nil && len(vector) == 1
	})
	return server
}

// setPrometheus gives the cluster home its Prometheus; empty takes it away.
func (w *world) setPrometheus(t *testing.T, address string) {
	t.Helper()
	eventually(t, "the Prometheus of the cluster is set", func() error {
		cluster := &v1alpha1.Cluster{}
		if err := w.admins["home"].Get(context.Background(), client.ObjectKey{Name: "home"}, cluster); err != nil {
			return err
		}
		cluster.Spec.Prometheus = nil
		if address != "" {
			cluster.Spec.Prometheus = &v1alpha1.PrometheusSource{Address: address}
		}
		return w.admins["home"].Update(context.Background(), cluster)
	})
}

func trial(workload string, metrics ...map[string]any) map[string]any {
	return map[string]any{"workload": workload, "service": "judged", "analysis": map[string]any{"metrics": metrics}}
}

func ownQuery(promql string) map[string]any {
	return map[string]any{"name": "queue", "query": map[string]any{"promql": promql, "unit": "jobs"}, "limit": "5"}
}

func testAnalysis(t *testing.T, w *world) {
	success := map[string]any{"name": "success", "predefined": map[string]any{"type": "SuccessRate"}, "limit": "90%"}
	w.deploy(t, "home", "judged")
	try := func(status int, who string, body map[string]any) (got struct {
		OK      bool
		Problem string
		Metrics []api.ValidatedMetric
	}) {
		t.Helper()
		a := w.must(t, status, who, "POST", validatePath, body)
		if status == http.StatusOK {
			a.into(t, &got)
		}
		return got
	}

	if got := try(http.StatusOK, editor, trial("judged", success)); got.OK || !strings.Contains(got.Problem, "No Prometheus is set for cluster home") {
		t.Errorf("without a Prometheus: %+v", got)
	}
	server := scraped(t)
	w.setPrometheus(t, server.Address)
	t.Cleanup(func() { w.setPrometheus(t, "") })
	eventually(t, "the hub asks the Prometheus", func() error {
		if got := try(http.StatusOK, editor, trial("judged", success)); !got.OK {
			return errors.New(got.Problem)
		}
		return nil
	})

	got := try(http.StatusOK, editor, trial("judged", success, ownQuery(`sum(queue_length)`)))
	if len(got.Metrics) != 2 || got.Metrics[0].Display != "96%" || got.Metrics[1].Display != "3 jobs" || *got.Metrics[0].BrokenShare != 0 {
		t.Errorf("what runs: %+v", got)
	}
	got = try(http.StatusOK, editor, trial("judged", ownQuery(`sum(queue_length{namespace="other"})`)))
	if got.OK || !strings.Contains(got.Metrics[0].Problem, `may read "shop" only`) || strings.Contains(fmt.Sprint(got), "4711") {
		t.Errorf("a query of another namespace: %+v", got)
	}
	got = try(http.StatusOK, editor, trial("judged", ownQuery(`sum(queue_length`)))
	if got.OK || !strings.Contains(got.Metrics[0].Problem, "not PromQL") {
		t.Errorf("a wrong query: %+v", got)
	}
	wrong := w.must(t, http.StatusUnprocessableEntity, editor, "POST", validatePath, trial("judged", map[string]any{"name": "success", "predefined": map[string]any{"type": "SuccessRate"}, "limit": "9ms"}))
	if !strings.Contains(wrong.body, `"body.analysis.metrics[0].limit"`) {
		t.Errorf("a wrong limit: %s", wrong.body)
	}
	try(http.StatusNotFound, editor, trial("nothing", success))
	try(http.StatusForbidden, viewer, trial("judged", success))
	try(http.StatusNotFound, stranger, trial("judged", success))

	testCharts(t, w)
}

// testCharts looks at a release that went back.
func testCharts(t *testing.T, w *world) {
	now := time.Now()
	at := func(ago time.Duration) *metav1.Time { return &metav1.Time{Time: now.Add(-ago).Truncate(time.Second)} }
	task := &v1alpha1.ReleaseTask{ObjectMeta: metav1.ObjectMeta{Namespace: shop, Name: "judged"}}
	task.Spec.WorkloadRef = v1alpha1.WorkloadRef{Name: "judged"}
	task.Spec.Strategy.Canary = &v1alpha1.CanaryStrategy{Traffic: v1alpha1.Traffic{Istio: &v1alpha1.IstioTraffic{}}, Steps: []v1alpha1.Step{{Weight: 10}}}
	task.Spec.Analysis = release.DefaultAnalysis()
	w.create(t, "home", task)
	path := shopTasks + "/judged/analysis"
	var report api.AnalysisReport
	w.must(t, http.StatusOK, viewer, "GET", path, nil).into(t, &report)
	if !report.Enabled || report.Revision != 0 || len(report.Charts) != 0 {
		t.Errorf("before any release: %+v", report)
	}

	controller := w.controllers["home"]
	if err := controller.Get(context.Background(), client.ObjectKeyFromObject(task), task); err != nil {
		t.Fatal(err)
	}
	task.Status.TakeOver = &v1alpha1.TakeOverStatus{StartedAt: *at(time.Hour), WorkloadUID: "u", Instances: 2, Service: "judged"}
	task.Status.Stable = &v1alpha1.VersionStatus{Revision: 1, Hash: "aaa"}
	check := v1alpha1.AnalysisCheck{Metric: "success-rate", Kind: v1alpha1.CheckStable, Result: v1alpha1.CheckFail, Canary: "80%", Stable: "100%", CanaryRequests: 200, CanaryBad: 40, At: at(5 * time.Second)}
	task.Status.History = []v1alpha1.ReleaseRecord{{
		Revision: 2, Hash: "bbb", StartedAt: *at(20 * time.Second), EndedAt: at(0), Outcome: v1alpha1.OutcomeWentBack, Reason: "it answered worse",
		Analysis: &v1alpha1.AnalysisRecord{State: v1alpha1.AnalysisFailed, Message: "20 % failed.", Check: &check, StableHash: "aaa", StartedAt: at(15 * time.Second), EndedAt: at(0), VerdictAt: at(5 * time.Second)},
	}}
	if err := controller.Status().Update(context.Background(), task); err != nil {
		t.Fatal(err)
	}
	w.must(t, http.StatusOK, viewer, "GET", path, nil).into(t, &report)
	if report.Revision != 2 || report.State != "Failed" || report.VerdictAt == nil || !report.VerdictAt.Equal(at(5*time.Second).Time) || len(report.Checks) != 1 {
		t.Errorf("how it was judged: %+v", report)
	}
	last := map[string]float64{}
	for _, chart := range report.Charts {
		for _, series := range chart.Series {
			for _, point := range series.Points {
				if point.Value != nil {
					last[chart.Title+", "+series.Version] = float64(int(*point.Value + 0.5))
				}
			}
		}
	}
	if diff := cmp.Diff(map[string]float64{"Success rate, Canary": 80, "Success rate, Stable": 100}, last); diff != "" {
		t.Errorf("the charts' last points (-want +got):\n%s\n%+v", diff, report.Charts)
	}
	for title, says := range map[string]string{"Latency, p99": "no data of this time", "Restarts": "keep no history"} {
		found := false
		for _, chart := range report.Charts {
			found = found || chart.Title == title && strings.Contains(chart.Problem, says)
		}
		if !found {
			t.Errorf("%s does not say %q: %+v", title, says, report.Charts)
		}
	}
	w.must(t, http.StatusNotFound, viewer, "GET", path+"?revision=7", nil)
	w.must(t, http.StatusNotFound, stranger, "GET", path, nil)
	w.must(t, http.StatusUnprocessableEntity, viewer, "GET", path+"?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z", nil)
	w.must(t, http.StatusUnprocessableEntity, viewer, "GET", path+"?from=2025-01-02T00:00:00Z&to=2026-01-01T00:00:00Z", nil)

	if err := controller.Get(context.Background(), client.ObjectKeyFromObject(task), task); err == nil {
		task.Finalizers = nil
		_ = w.admins["home"].Update(context.Background(), task) // the namespace goes with the server in any case
	}
	if err := client.IgnoreNotFound(w.admins["home"].Delete(context.Background(), task)); err != nil {
		t.Error(err)
	}
}
