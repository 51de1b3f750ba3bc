package analysis

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/common/model"

	"github.com/workbench-dev/workbench/internal/judge"
)

var revised = Subject{
	Task: "web", Namespace: "shop", Service: "web",
	Stable: Version{Hash: "aaa", PodPrefix: "web-aaa-", Revision: "v1"},
	Canary: Version{Hash: "bbb", PodPrefix: "web-bbb-", Revision: "v2"},
}

// series is a sample with labels, written name=value.
func series(value float64, labels ...string) *model.Sample {
	metric := model.Metric{}
	for _, label := range labels {
		name, text, _ := strings.Cut(label, "=")
		metric[model.LabelName(name)] = model.LabelValue(text)
	}
	return &model.Sample{Metric: metric, Value: model.SampleValue(value)}
}

func TestTellApart(t *testing.T) {
	same := revised
	same.Stable.Revision, same.Canary.Revision = "latest", "latest"
	for _, tc := range []struct {
		why     string
		dialect dialect
		subject Subject
		series  model.Vector
		want    way
		sides   []side
		problem bool
	}{
		{"subsets that the scrape rules keep", istio, same, model.Vector{
			series(1, "reporter=source", "destination_canonical_revision=stable"), series(1, "reporter=source", "destination_canonical_revision=canary"),
			series(1, "reporter=source"), series(1, "reporter=destination", "destination_canonical_revision=canary"),
		}, bySubset, []side{stableSide, canarySide, neither, neither}, false},
		{"revisions that differ", istio, revised, model.Vector{
			series(1, "reporter=source", "destination_canonical_revision=v1"), series(1, "reporter=source", "destination_canonical_revision=v2"),
			series(1, "reporter=source", "destination_canonical_revision=unknown"), series(1, "reporter=destination", "destination_canonical_revision=v2", "pod=web-bbb-1"),
		}, byRevision, []side{stableSide, canarySide, neither, neither}, false},
		{"the same revision: by pod", istio, same, model.Vector{
			series(1, "reporter=source", "destination_canonical_revision=latest", "pod=web-bbb-1"),
			series(1, "reporter=destination", "pod=web-aaa-x1"), series(1, "reporter=destination", "pod_name=web-bbb-x1"),
			series(1, "reporter=destination", "kubernetes_pod_name=web-ccc-x1"), series(1, "reporter=destination", "pod=webby-bbb-x1"),
		}, byPod, []side{neither, stableSide, canarySide, neither, neither}, false},
		{"the pods' label", istio, same, model.Vector{
			series(1, "reporter=destination", "rollouts_pod_template_hash=aaa"), series(1, "reporter=destination", "rollouts_pod_template_hash=bbb", "pod=web-aaa-1"),
		}, byPod, []side{stableSide, canarySide}, false},
		{"revisions that differ in the spec and not in the metrics", istio, revised, model.Vector{
			series(1, "reporter=source", "destination_canonical_revision=latest"), series(1, "reporter=destination", "pod=web-bbb-1"),
		}, byPod, []side{neither, canarySide}, false},
		{"nothing", istio, same, model.Vector{series(1, "reporter=source", "destination_canonical_revision=latest")}, bySubset, []side{neither}, true},
		{"no series", istio, same, nil, bySubset, nil, false},
		{"Envoy's clusters", envoy, same, model.Vector{
			series(1, "cluster_name=outbound|80|stable|web.shop.svc.cluster.local"), series(1, "cluster_name=outbound|80|canary|web.shop.svc.cluster.local;"),
			series(1, "cluster_name=outbound|80|deployment|web.shop.svc.cluster.local"), series(1, "cluster_name=inbound|80||"),
		}, bySubset, []side{stableSide, canarySide, neither, neither}, false},
	} {
		t.Run(tc.why, func(t *testing.T) {
			how, problem := tellApart(tc.dialect, tc.subject, tc.series)
			if how.way != tc.want || (problem != "") != tc.problem {
				t.Errorf("by %s, problem %q; want by %s", how.way, problem, tc.want)
			}
			var sides []side
			for _, s := range tc.series {
				sides = append(sides, how.of(s.Metric))
			}
			if diff := cmp.Diff(tc.sides, sides); diff != "" {
				t.Errorf("sides: %s", diff)
			}
		})
	}
}

func TestIsError(t *testing.T) {
	for _, tc := range []struct {
		class, code, grpc string
		want              bool
	}{
		{"5xx", "503", "", true}, {"5xx", "499", "", false}, {"5xx", "0", "", false}, {"5xx", "", "", false}, {"5xx", "5030", "", false},
		{"5xx", "200", "14", true}, {"5xx", "200", "5", false}, {"5xx", "200", "0", false}, {"4xx", "200", "14", false},
		{"4xx", "404", "", true}, {"503", "503", "", true}, {"503", "500", "", false},
	} {
		if got := isError(tc.class, tc.code, tc.grpc); got != tc.want {
			t.Errorf("class %s, code %q, gRPC %q: %v", tc.class, tc.code, tc.grpc, got)
		}
	}
}

// proxies are clients that each counted the same of both versions.
func proxies(requests float64, names ...string) model.Vector {
	var all model.Vector
	for _, name := range names {
		for _, version := range []string{"stable", "canary"} {
			all = append(all, series(requests, "reporter=source", "destination_canonical_revision="+version, "response_code=200", "pod="+name))
		}
	}
	return all
}

func counted(t *testing.T, all model.Vector) versions {
	t.Helper()
	how, _ := tellApart(istio, revised, all)
	v, problem := countRequests(how, cellsOf(how, all), []string{"5xx"}, all)
	if problem != "" {
		t.Fatal(problem)
	}
	return v
}

// However many clients call, the judge keeps a few series; and whoever comes or goes is no burst and no reset.
func TestClientsThatComeAndGo(t *testing.T) {
	var names []string
	for i := range 200 {
		names = append(names, fmt.Sprintf("client-%d", i))
	}
	before := counted(t, proxies(100, names...))
	if n := len(before.stable); n > cells || n < 2 {
		t.Errorf("200 clients are kept as %d series, at most %d are wanted", n, cells)
	}
	for _, tc := range []struct {
		why   string
		later model.Vector
		// at most is what may be counted between the looks: 5 requests of each client that stayed in a cell.
		atMost float64
		least  float64
	}{
		{"nothing changed", proxies(105, names...), 1000, 1000},
		{"one with a long history comes", append(proxies(105, names...), proxies(1e6, "old")...), 1000, 500},
		{"one goes", proxies(105, names[1:]...), 995, 500},
	} {
		t.Run(tc.why, func(t *testing.T) {
			after := counted(t, tc.later)
			for _, version := range []struct {
				name          string
				before, after map[string]judge.Counters
			}{{"stable", before.stable, after.stable}, {"canary", before.canary, after.canary}} {
				difference, err := judge.Difference(version.before, version.after)
				if err != nil || difference.Requests > tc.atMost || difference.Requests < tc.least {
					t.Errorf("%s counted %v requests, want %v to %v (%v)", version.name, difference.Requests, tc.least, tc.atMost, err)
				}
			}
		})
	}
}

// A proxy that counts stable and has nothing of the canary sent it nothing, so the canary's first requests count.
func TestFirstRequestsOfTheCanaryCount(t *testing.T) {
	gateway := []string{"reporter=source", "response_code=200", "pod=gateway"}
	stable := series(1000, append(gateway, "destination_canonical_revision=stable")...)
	before := counted(t, model.Vector{stable})
	after := counted(t, model.Vector{stable, series(7, append(gateway, "destination_canonical_revision=canary")...)})
	if difference, err := judge.Difference(before.canary, after.canary); err != nil || difference.Requests != 7 {
		t.Errorf("the canary counted %v (%v), want 7", difference.Requests, err)
	}
}

func TestNumbersThatAreNoCounters(t *testing.T) {
	for _, value := range []float64{math.NaN(), math.Inf(1), -1} {
		all := model.Vector{series(value, "reporter=source", "destination_canonical_revision=canary", "response_code=200")}
		how, _ := tellApart(istio, revised, all)
		if _, problem := countRequests(how, cellsOf(how, all), nil, all); !strings.Contains(problem, "no number of requests") {
			t.Errorf("%v: %q", value, problem)
		}
	}
}

func TestBucketsThatCannotBeUsed(t *testing.T) {
	bucket := func(value float64, pod, le string) *model.Sample {
		return series(value, "reporter=source", "destination_canonical_revision=stable", "pod="+pod, "le="+le)
	}
	for _, tc := range []struct {
		why, says string
		series    model.Vector
	}{
		{"none", "has no istio_request_duration", nil},
		{"no end", `no bucket le="+Inf"`, model.Vector{bucket(1, "a", "5"), bucket(1, "a", "10")}},
		{"only the end", "or no other one", model.Vector{bucket(1, "a", "+Inf")}},
		{"no number", "no number of requests", model.Vector{bucket(math.NaN(), "a", "5"), bucket(1, "a", "+Inf")}},
		{"no bound", "no number of requests", model.Vector{bucket(1, "a", "fast"), bucket(1, "a", "+Inf")}},
		{"different ones", "different buckets", model.Vector{bucket(1, "a", "5"), bucket(1, "a", "+Inf"), bucket(1, "b", "7"), bucket(1, "b", "+Inf")}},
	} {
		t.Run(tc.why, func(t *testing.T) {
			how := attribution{bySubset, istio, revised}
			// a and b are in cells of their own.
			members := map[string]cell{process(model.Metric{"pod": "a"}): "1", process(model.Metric{"pod": "b"}): "2"}
			all := versions{map[string]judge.Counters{}, map[string]judge.Counters{}}
			if _, problem := countLatency(how, members, all, tc.series); !strings.Contains(problem, tc.says) {
				t.Errorf("got %q, want %q", problem, tc.says)
			}
		})
	}
}
