package analysis

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/workbench-dev/workbench/api/v1alpha1"
	"github.com/workbench-dev/workbench/internal/judge"
)

// Nobody feels less than 5 ms, unless a limit asks for it.
func TestLeaveOutUnfelt(t *testing.T) {
	for name, c := range map[string]struct {
		limit  string
		bounds []float64
		want   []float64
	}{
		"no limit":                       {"", []float64{0.0005, 0.001, 0.005, 0.01, 1}, []float64{0.005, 0.01, 1}},
		"a limit above":                  {"500ms", []float64{0.0005, 0.001, 0.005, 0.01, 1}, []float64{0.005, 0.01, 1}},
		"a limit between smaller bounds": {"3ms", []float64{0.0005, 0.001, 0.005, 0.01, 1}, []float64{0.001, 0.005, 0.01, 1}},
		"no bound so small":              {"", []float64{0.01, 1}, []float64{0.01, 1}},
		"no bound at 5 ms":               {"", []float64{0.001, 0.004, 0.02}, []float64{0.004, 0.02}},
		"no buckets":                     {"", nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			rules := &v1alpha1.Analysis{Metrics: []v1alpha1.AnalysisMetric{{Name: "latency", Limit: c.limit, Predefined: &v1alpha1.PredefinedMetric{Type: v1alpha1.MetricLatency}}}}
			var latency []float64
			for i := range c.bounds {
				latency = append(latency, float64(10*i))
			}
			latency = append(latency, 1000)
			sample := judge.Sample{Bounds: c.bounds, Canary: map[string]judge.Counters{"a": {Requests: 1000, Latency: latency}}, Stable: map[string]judge.Counters{"a": {Requests: 1}}}
			leaveOutUnfelt(rules, &sample)
			if diff := cmp.Diff(c.want, sample.Bounds); diff != "" {
				t.Error(diff)
			}
			if got := sample.Canary["a"].Latency; len(got) != len(sample.Bounds)+1 || got[len(got)-1] != 1000 {
				t.Errorf("%d counts %v for %d bounds", len(got), got, len(sample.Bounds))
			}
			if got := sample.Stable["a"].Latency; got != nil {
				t.Errorf("a version without latencies has %v", got)
			}
		})
	}
}
