//go:build apiserver

package analysis

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/workbench-dev/workbench/api/v1alpha1"
	"github.com/workbench-dev/workbench/internal/promtest"
)

var (
	shown = &v1alpha1.Analysis{Metrics: []v1alpha1.AnalysisMetric{
		{Name: "success", Predefined: &v1alpha1.PredefinedMetric{Type: v1alpha1.MetricSuccessRate}, Limit: "95%"},
		{Name: "forbidden", Predefined: &v1alpha1.PredefinedMetric{Type: v1alpha1.MetricErrorRate, Class: "403"}, Limit: "1%"},
		{Name: "latency", Predefined: &v1alpha1.PredefinedMetric{Type: v1alpha1.MetricLatency, Quantile: "p50"}, Limit: "0.1s"},
		{Name: "queue", Query: &v1alpha1.QueryMetric{PromQL: `sum(queue_length{version="{{canary}}"})`, Unit: "jobs"}, Limit: "5"},
		{Name: "restarts", Predefined: &v1alpha1.PredefinedMetric{Type: v1alpha1.MetricRestarts}, Limit: "0"},
	}}
	near = cmpopts.EquateApprox(0, 1e-6)
)

// growing are a proxy's counters: at each scrape stable answered ten requests more, the canary five, one of them badly and
// all of them slowly.
func growing(labels func(version string) string) func(int) string {
	return func(n int) string {
		return istioMetrics(counts{ok: 10 * n}, labels("stable")) + istioMetrics(counts{ok: 4 * n, failed: n, slow: 5 * n}, labels("canary")) +
			"queue_length{namespace=\"shop\",version=\"bbb\"} 7\n"
	}
}

func TestChartsOfWhatPrometheusScraped(t *testing.T) {
	gateway := &promtest.Target{Grow: growing(func(version string) string {
		return `reporter="source",destination_canonical_revision="` + version + `"`
	})}
	server := promtest.Start(t, gateway)
	server.Eventually("a few scrapes", func() bool {
		vector, err := server.Client().Vector(t.Context(), `min(count_over_time(istio_requests_total[5m])) >= 20`, time.Now())
		return err == nil && len(vector) == 1
	})
	now := time.Now()
	charts := Charts(t.Context(), server.Client(), shown, subject, Window{From: now.Add(-time.Minute), To: now, Points: 61})
	last := func(name string, points []Point) float64 {
		t.Helper()
		if len(points) == 0 {
			t.Errorf("%s has no point", name)
			return math.NaN()
		}
		return points[len(points)-1].Value
	}
	got := map[string][2]float64{}
	for _, c := range charts[:3] {
		if c.Problem != "" {
			t.Errorf("%s: %s", c.Metric, c.Problem)
		}
		got[fmt.Sprintf("%s in %s, limit %v, worse %s", c.Title, c.Unit, *c.Limit, c.Worse)] = [2]float64{last(c.Metric+" of stable", c.Stable), last(c.Metric+" of the canary", c.Canary)}
	}
	want := map[string][2]float64{
		"Success rate in %, limit 95, worse Lower":     {100, 80},
		"Error rate (403) in %, limit 1, worse Higher": {0, 0},
		"Latency, p50 in ms, limit 100, worse Higher":  {2.5, 500},
	}
	if diff := cmp.Diff(want, got, near); diff != "" {
		t.Errorf("stable and canary at the end (-want +got):\n%s", diff)
	}
	if c := charts[3]; c.Problem != "" || last("queue", c.Canary) != 7 || len(c.Stable) != 0 {
		t.Errorf("an own query: %+v", c)
	}
	if c := charts[4]; !strings.Contains(c.Problem, "keep no history") {
		t.Errorf("restarts: %+v", c)
	}

	validated := Validate(t.Context(), server.Client(), shown, subject, time.Now())
	if !OK(validated) {
		t.Errorf("not all of them returned a number: %+v", validated)
	}
	whole := map[string]float64{"success": 100 * 14.0 / 15, "forbidden": 0, "latency": 3.75, "queue": 7}
	for _, v := range validated {
		if want, ok := whole[v.Name]; ok && (v.Value == nil || math.Abs(*v.Value-want) > 1e-6 || len(v.Queries) == 0 || v.Display == "") {
			t.Errorf("%s: want %v, got %+v", v.Name, want, v)
		}
	}
	if v := validated[0]; v.BrokenShare == nil || *v.BrokenShare != 1 || !strings.Contains(v.Problem, "looser limit") {
		t.Errorf("a limit that what runs breaks all the time: %+v", v)
	}
}

// Pods that count for themselves are added up by version; what the calling side counts of both together is left out.
func TestChartsByPod(t *testing.T) {
	pod := func(name, labels string, c counts) *promtest.Target {
		return &promtest.Target{Labels: map[string]string{"pod": name}, Grow: func(n int) string {
			return istioMetrics(counts{ok: c.ok * n, failed: c.failed * n, slow: c.slow * n}, labels)
		}}
	}
	const inside = `reporter="destination",destination_canonical_revision="latest"`
	server := promtest.Start(t,
		pod("web-aaa-1", inside, counts{ok: 10}), pod("web-bbb-1", inside, counts{ok: 3, failed: 1, slow: 4}),
		pod("gateway-1", `reporter="source",destination_canonical_revision="latest"`, counts{ok: 13, failed: 1}))
	server.Eventually("a few scrapes", func() bool {
		vector, err := server.Client().Vector(t.Context(), `min(count_over_time(istio_requests_total[5m])) >= 20`, time.Now())
		return err == nil && len(vector) == 1
	})
	now := time.Now()
	charts := Charts(t.Context(), server.Client(), shown, subject, Window{From: now.Add(-time.Minute), To: now, Points: 61})
	for i, want := range [][2]float64{{100, 75}, {0, 0}, {2.5, 500}} {
		c := charts[i]
		if c.Problem != "" || len(c.Stable) == 0 || len(c.Canary) == 0 {
			t.Errorf("%s: %+v", c.Metric, c)
			continue
		}
		got := [2]float64{c.Stable[len(c.Stable)-1].Value, c.Canary[len(c.Canary)-1].Value}
		if diff := cmp.Diff(want, got, near); diff != "" {
			t.Errorf("%s of stable and canary (-want +got):\n%s", c.Metric, diff)
		}
	}
}

func TestValidateSaysWhatIsMissing(t *testing.T) {
	quiet := &promtest.Target{}
	quiet.Write(gatewayMetrics(counts{ok: 5}, counts{}))
	server := promtest.Start(t, quiet)
	server.WaitFor(`count(istio_requests_total) >= bool 1`, 1)
	server.WaitFor(`min(count_over_time(istio_requests_total[5m])) >= bool 5`, 1)
	other, bare := subject, subject
	other.Service = "other"
	bare.Canary, bare.Stable = Version{}, Version{}
	own := func(query string) *v1alpha1.Analysis {
		return &v1alpha1.Analysis{Metrics: []v1alpha1.AnalysisMetric{{Name: "q", Query: &v1alpha1.QueryMetric{PromQL: query}, Limit: "5"}}}
	}
	envoyRules := rules.DeepCopy()
	envoyRules.Source = v1alpha1.SourceEnvoy
	gone := promtest.Start(t)
	gone.Stop()
	for _, tc := range []struct {
		why    string
		source Source
		rules  *v1alpha1.Analysis
		of     Subject
		says   string
	}{
		{"no traffic now", server.Client(), rules, subject, "answers no request at the moment"},
		{"nobody called it", server.Client(), rules, other, "none of Service other in namespace shop"},
		{"the proxies are not scraped", server.Client(), envoyRules, subject, "no metric envoy_cluster_upstream_rq of anything"},
		{"a placeholder before the task exists", server.Client(), own(`sum(up{pod=~".*{{canary}}.*"})`), bare, "when the task exists"},
		{"a wrong query before the task exists", server.Client(), own(`sum(up{pod=~".*{{canary}}.*"}`), bare, "not PromQL"},
		{"nothing returned", server.Client(), own(`sum(nothing)`), subject, "returns nothing"},
		{"Prometheus gone", gone.Client(), rules, subject, "cannot be reached"},
	} {
		t.Run(tc.why, func(t *testing.T) {
			got := Validate(t.Context(), tc.source, tc.rules, tc.of, time.Now())
			if OK(got) || !strings.Contains(got[0].Problem, tc.says) {
				t.Errorf("got %+v; want a problem with %q", got[0], tc.says)
			}
		})
	}
}
