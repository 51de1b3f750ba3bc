//go:build apiserver

package analysis

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/prometheus/common/model"

	"github.com/workbench-dev/workbench/api/v1alpha1"
	"github.com/workbench-dev/workbench/internal/judge"
	"github.com/workbench-dev/workbench/internal/prometheus"
	"github.com/workbench-dev/workbench/internal/promtest"
)

// counts are what a proxy counted of one version.
type counts struct {
	ok, failed int
	// slow of them took more than half a second, the others up to 5 ms.
	slow int
}

// istioMetrics are the metrics of a proxy for Service web in namespace shop; labels come on top.
func istioMetrics(c counts, labels string) string {
	base := `destination_service_name="web",destination_service_namespace="shop",` + labels
	all := c.ok + c.failed
	text := fmt.Sprintf("istio_requests_total{response_code=\"200\",%s} %d\n", base, c.ok)
	if c.failed > 0 {
		text += fmt.Sprintf("istio_requests_total{response_code=\"503\",%s} %d\n", base, c.failed)
	}
	for _, bucket := range []struct {
		le string
		n  int
	}{{"5", all - c.slow}, {"500", all - c.slow}, {"+Inf", all}} {
		text += fmt.Sprintf("istio_request_duration_milliseconds_bucket{le=%q,%s} %d\n", bucket.le, base, bucket.n)
	}
	return text
}

func gatewayMetrics(stable, canary counts) string {
	return istioMetrics(stable, `reporter="source",destination_canonical_revision="stable"`) +
		istioMetrics(canary, `reporter="source",destination_canonical_revision="canary"`)
}

var (
	subject = Subject{
		Task: "web", Namespace: "shop", Service: "web",
		Stable: Version{Hash: "aaa", PodPrefix: "web-aaa-", Revision: "latest"},
		Canary: Version{Hash: "bbb", PodPrefix: "web-bbb-", Revision: "latest"},
	}
	rules = &v1alpha1.Analysis{Metrics: []v1alpha1.AnalysisMetric{
		{Name: "success", Predefined: &v1alpha1.PredefinedMetric{Type: v1alpha1.MetricSuccessRate}, Limit: "95%"},
		{Name: "latency", Predefined: &v1alpha1.PredefinedMetric{Type: v1alpha1.MetricLatency}},
	}}
)

// total adds the cells of a version up.
func total(series map[string]judge.Counters) judge.Counters {
	sum := judge.Counters{Errors: map[string]float64{}}
	for _, c := range series {
		sum.Requests += c.Requests
		for class, n := range c.Errors {
			sum.Errors[class] += n
		}
		for i, n := range c.Latency {
			if len(sum.Latency) <= i {
				sum.Latency = append(sum.Latency, 0)
			}
			sum.Latency[i] += n
		}
	}
	return sum
}

// A bad version is found and a good one is not, over all that lies between a proxy's counters and the status.
func TestJudgesWhatPrometheusScraped(t *testing.T) {
	gateway := &promtest.Target{Labels: map[string]string{"pod": "gateway-1"}}
	server := promtest.Start(t, gateway)
	var state judge.State
	var status v1alpha1.AnalysisStatus
	look := func(stable, canary counts, at time.Time) {
		t.Helper()
		gateway.Write(gatewayMetrics(stable, canary))
		server.WaitFor(`sum(istio_requests_total)`, float64(stable.ok+stable.failed+canary.ok+canary.failed))
		server.WaitFor(`sum(istio_request_duration_milliseconds_bucket{le="+Inf"})`, float64(stable.ok+stable.failed+canary.ok+canary.failed))
		seen := Gather(t.Context(), server.Client(), rules, subject, time.Now())
		if seen.Sample.Problem != "" || len(seen.Sample.Problems) > 0 {
			t.Fatalf("the evidence could not be read: %s %v", seen.Sample.Problem, seen.Sample.Problems)
		}
		if seen.ConfirmLooks != 1 {
			t.Errorf("one proxy counts both versions, but %d looks must agree", seen.ConfirmLooks)
		}
		seen.Sample.At = at // as far apart as looks are
		var verdict judge.Verdict
		state, verdict = Judge(rules, state, seen)
		previous := status
		status = Report(rules, &previous, seen, verdict)
	}
	start := time.Now()
	look(counts{ok: 10_000, failed: 10}, counts{}, start)
	look(counts{ok: 11_000, failed: 11}, counts{ok: 100}, start.Add(10*time.Second))
	if status.State != v1alpha1.AnalysisNotEnoughData || status.Canary != "Serving" {
		t.Errorf("after 100 good answers: %s, %s: %s", status.State, status.Canary, status.Message)
	}
	look(counts{ok: 12_000, failed: 12}, counts{ok: 180, failed: 40}, start.Add(20*time.Second))
	if status.State != v1alpha1.AnalysisFailed || !strings.Contains(status.Message, "40 of 220") {
		t.Errorf("40 of 220 failed, but: %s: %s", status.State, status.Message)
	}
	want := v1alpha1.AnalysisCheck{
		Metric: "success", Kind: v1alpha1.CheckStable, Result: v1alpha1.CheckFail, Reason: "MoreErrors", Canary: "81.8%", Stable: "99.9%",
		CanaryRequests: 220, CanaryBad: 40, StableRequests: 2002, StableBad: 2,
	}
	if diff := cmp.Diff(want, status.Checks[0], cmpopts.IgnoreFields(v1alpha1.AnalysisCheck{}, "Evidence", "ChancePercent", "At")); diff != "" {
		t.Errorf("the check (-want +got):\n%s", diff)
	}
	if status.VerdictAt == nil || !status.VerdictAt.Time.Equal(start.Add(20*time.Second)) || !status.StartedAt.Time.Equal(start) {
		t.Errorf("verdict at %v, started at %v", status.VerdictAt, status.StartedAt)
	}
}

// Each pod counts its own answers: the versions are told apart by the names of the pods, and two looks must agree.
func TestPodsThatCountForThemselves(t *testing.T) {
	pod := func(name string, c counts) *promtest.Target {
		target := &promtest.Target{Labels: map[string]string{"pod": name}}
		target.Write(istioMetrics(c, `reporter="destination",destination_canonical_revision="latest"`))
		return target
	}
	other := &promtest.Target{Labels: map[string]string{"pod": "client-1"}}
	other.Write(istioMetrics(counts{ok: 5000}, `reporter="source",destination_canonical_revision="latest"`))
	server := promtest.Start(t, pod("web-aaa-1", counts{ok: 300, failed: 1}), pod("web-aaa-2", counts{ok: 400}), pod("web-bbb-1", counts{ok: 50, failed: 7, slow: 3}), other)
	server.WaitFor(`count(count by (pod) (istio_request_duration_milliseconds_bucket{le="+Inf"}))`, 4)
	seen := Gather(t.Context(), server.Client(), rules, subject, time.Now())
	if seen.Sample.Problem != "" || seen.ConfirmLooks != 2 {
		t.Errorf("problem %q, %d looks must agree; want none, 2", seen.Sample.Problem, seen.ConfirmLooks)
	}
	wantStable := judge.Counters{Requests: 701, Errors: map[string]float64{"5xx": 1}, Latency: []float64{701, 701, 701}}
	wantCanary := judge.Counters{Requests: 57, Errors: map[string]float64{"5xx": 7}, Latency: []float64{54, 54, 57}}
	if diff := cmp.Diff([]judge.Counters{wantStable, wantCanary}, []judge.Counters{total(seen.Sample.Stable), total(seen.Sample.Canary)}); diff != "" {
		t.Errorf("stable and canary (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]float64{0.005, 0.5}, seen.Sample.Bounds); diff != "" {
		t.Error(diff)
	}

	// With revisions that differ, the calling side tells them apart, and is preferred.
	revised := subject
	revised.Stable.Revision, revised.Canary.Revision = "latest", "v2"
	seen = Gather(t.Context(), server.Client(), rules, revised, time.Now())
	if got := total(seen.Sample.Stable).Requests; got != 5000 || seen.ConfirmLooks != 1 {
		t.Errorf("by revision: stable %v of 5000 requests, %d looks must agree", got, seen.ConfirmLooks)
	}
}

func TestEnvoyMetrics(t *testing.T) {
	gateway := &promtest.Target{Labels: map[string]string{"pod": "gateway-1"}}
	// As Istio's Envoy writes them: subsets in the cluster's name, each answer counted by code and by class.
	gateway.Write(`
envoy_cluster_upstream_rq{response_code="200",cluster_name="outbound|80|stable|web.shop.svc.cluster.local;"} 900
envoy_cluster_upstream_rq{response_code_class="2xx",cluster_name="outbound|80|stable|web.shop.svc.cluster.local;"} 900
envoy_cluster_upstream_rq{response_code="200",cluster_name="outbound|80|canary|web.shop.svc.cluster.local;"} 90
envoy_cluster_upstream_rq{response_code="500",cluster_name="outbound|80|canary|web.shop.svc.cluster.local;"} 10
envoy_cluster_upstream_rq{response_code_class="2xx",cluster_name="outbound|80|canary|web.shop.svc.cluster.local;"} 90
envoy_cluster_upstream_rq{response_code_class="5xx",cluster_name="outbound|80|canary|web.shop.svc.cluster.local;"} 10
envoy_cluster_upstream_rq{response_code="200",cluster_name="outbound|80|canary|web.shopping.svc.cluster.local;"} 4444
envoy_cluster_upstream_rq{response_code="200",cluster_name="outbound|80||web.shop.svc.cluster.local;"} 5555
envoy_cluster_upstream_rq_time_bucket{le="0.5",cluster_name="outbound|80|stable|web.shop.svc.cluster.local;"} 800
envoy_cluster_upstream_rq_time_bucket{le="+Inf",cluster_name="outbound|80|stable|web.shop.svc.cluster.local;"} 900
envoy_cluster_upstream_rq_time_bucket{le="0.5",cluster_name="outbound|80|canary|web.shop.svc.cluster.local;"} 100
envoy_cluster_upstream_rq_time_bucket{le="+Inf",cluster_name="outbound|80|canary|web.shop.svc.cluster.local;"} 100
`)
	server := promtest.Start(t, gateway)
	server.WaitFor(`count(envoy_cluster_upstream_rq_time_bucket)`, 4)
	envoyRules := rules.DeepCopy()
	envoyRules.Source = v1alpha1.SourceEnvoy
	seen := Gather(t.Context(), server.Client(), envoyRules, subject, time.Now())
	if seen.Sample.Problem != "" || len(seen.Sample.Problems) > 0 {
		t.Fatalf("%s %v", seen.Sample.Problem, seen.Sample.Problems)
	}
	want := []judge.Counters{
		{Requests: 900, Errors: map[string]float64{}, Latency: []float64{800, 900}},
		{Requests: 100, Errors: map[string]float64{"5xx": 10}, Latency: []float64{100, 100}},
	}
	if diff := cmp.Diff(want, []judge.Counters{total(seen.Sample.Stable), total(seen.Sample.Canary)}); diff != "" {
		t.Errorf("stable and canary (-want +got):\n%s", diff)
	}
}

// Whatever is wrong with the source has a name, and is neither a pass nor a fail.
func TestSourcesThatCannotBeRead(t *testing.T) {
	gateway := &promtest.Target{Labels: map[string]string{"pod": "gateway-1"}}
	gateway.Write(gatewayMetrics(counts{ok: 1000}, counts{ok: 100, failed: 100}) + "queue_length{namespace=\"shop\"} 7\nqueue_length{namespace=\"shop\",queue=\"b\"} 3\nqueue_length{namespace=\"bank\"} 99\n" +
		`istio_requests_total{response_code="200",reporter="source",destination_service_name="nan",destination_service_namespace="shop",destination_canonical_revision="canary"} NaN` + "\n" +
		`istio_requests_total{response_code="200",reporter="source",destination_service_name="mixed",destination_service_namespace="shop",destination_canonical_revision="latest"} 5` + "\n" +
		`istio_requests_total{response_code="200",reporter="source",destination_service_name="bare",destination_service_namespace="shop",destination_canonical_revision="stable"} 5` + "\n")
	server := promtest.Start(t, gateway)
	server.WaitFor(`count(queue_length)`, 3)
	own := func(query string) *v1alpha1.Analysis {
		return &v1alpha1.Analysis{Metrics: []v1alpha1.AnalysisMetric{{Name: "queue", Query: &v1alpha1.QueryMetric{PromQL: query}, Limit: "5"}}}
	}
	of := func(service string) Subject {
		s := subject
		s.Service = service
		return s
	}
	gone := promtest.Start(t)
	gone.Stop()
	empty := promtest.Start(t)
	slow := slowSource{}
	for _, tc := range []struct {
		why    string
		source Source
		rules  *v1alpha1.Analysis
		of     Subject
		later  time.Duration
		says   string
		state  v1alpha1.AnalysisState
	}{
		{why: "Prometheus gone", source: gone.Client(), says: "cannot be reached"},
		{why: "Prometheus slow", source: slow, says: "did not answer within"},
		{why: "NaN for a counter", of: of("nan"), says: "NaN for a counter"},
		{why: "versions that nothing tells apart", of: of("mixed"), says: "tells stable and canary apart"},
		{why: "no Service", of: of(""), says: "has no Service"},
		{why: "counters of the past", later: 4 * time.Minute, says: "last 4m"},
		{why: "no buckets", of: of("bare"), says: "has no istio_request_duration_milliseconds_bucket"},
		{why: "proxies that are not scraped", source: empty.Client(), says: "no metric istio_requests_total of anything"},
		{why: "no counters of the Service", of: of("unknown"), says: "no counters of either version", state: v1alpha1.AnalysisNotEnoughData},
		{why: "a query that returns nothing", rules: own(`sum(nothing)`), says: "returns nothing"},
		{why: "a query of several series", rules: own(`queue_length`), says: "returns 2 series"},
		{why: "a query that divides by zero", rules: own(`sum(queue_length) / 0 * 0`), says: "NaN"},
		{why: "a wrong query", rules: own(`sum(queue_length`), says: "not PromQL"},
		{why: "a query of another namespace", rules: own(`sum(queue_length{namespace="bank"})`), says: `may read "shop" only`},
	} {
		t.Run(tc.why, func(t *testing.T) {
			if tc.source == nil {
				tc.source = server.Client()
			}
			if tc.rules == nil {
				tc.rules = rules
			}
			if tc.of == (Subject{}) {
				tc.of = subject
			}
			if tc.why == "no Service" {
				tc.of.Service = ""
			}
			if tc.state == "" {
				tc.state = v1alpha1.AnalysisError
			}
			var state judge.State
			var status v1alpha1.AnalysisStatus
			now := time.Now().Add(tc.later)
			for i := range 4 {
				look := Gather(t.Context(), tc.source, tc.rules, tc.of, now)
				look.Sample.At = now.Add(time.Duration(i) * 10 * time.Second)
				var verdict judge.Verdict
				state, verdict = Judge(tc.rules, state, look)
				status = Report(tc.rules, nil, look, verdict)
				if verdict.Outcome != judge.NotEnoughData {
					t.Fatalf("the verdict is %s: %s", verdict.Outcome, verdict.Message)
				}
			}
			if status.State != tc.state || !strings.Contains(status.Message, tc.says) {
				t.Errorf("got %s: %s\nwant %s with %q", status.State, status.Message, tc.state, tc.says)
			}
		})
	}
	t.Run("a query sees its own namespace only", func(t *testing.T) {
		look := Gather(t.Context(), server.Client(), own(`sum(queue_length)`), subject, time.Now())
		if got := look.Sample.Values["queue/Limit"]; got != 10 {
			t.Errorf("the sum is %v, of the namespace alone it is 10", got)
		}
	})
}

// slowSource is a Prometheus that never answers.
type slowSource struct{}

func (slowSource) Vector(context.Context, string, time.Time) (model.Vector, error) {
	return nil, &prometheus.Error{Kind: prometheus.TooSlow, Message: "Prometheus at p did not answer within 10s."}
}

func (slowSource) Matrix(context.Context, string, prometheus.Range) (model.Matrix, error) {
	return nil, &prometheus.Error{Kind: prometheus.TooSlow, Message: "Prometheus at p did not answer within 10s."}
}
