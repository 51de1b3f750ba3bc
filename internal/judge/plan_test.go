package judge

import (
	"math"
	"strings"
	"testing"
)

func TestPlanValidate(t *testing.T) {
	for _, tt := range []struct {
		why  string
		plan Plan
		want string
	}{
		{"a sound plan", Plan{Metrics: []Metric{errorsMetric, successMetric, latencyMetric, p99Metric}}, ""},
		{"no metrics", Plan{}, "without metrics"},
		{"alpha out of range", Plan{Alpha: 5, Metrics: []Metric{errorsMetric}}, "alpha is 5"},
		{"NaN as alpha", Plan{Alpha: math.NaN(), Metrics: []Metric{errorsMetric}}, "alpha is NaN"},
		{"a burst of nothing", Plan{Burst: 0.5, Metrics: []Metric{errorsMetric}}, "burst is 0.5"},
		{"a name twice", Plan{Metrics: []Metric{errorsMetric, errorsMetric}}, "two metrics"},
		{"percent instead of a share", Plan{Metrics: []Metric{{Name: "e", Kind: ErrorLimit, Limit: 1}}}, "0.01 for 1 %"},
		{"no quantile", Plan{Metrics: []Metric{{Name: "p", Kind: LatencyLimit, Limit: 1}}}, "quantile is 0"},
		{"unknown kind", Plan{Metrics: []Metric{{Name: "p", Kind: "Guess"}}}, "unknown"},
	} {
		err := tt.plan.Validate()
		if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", tt.why, err, tt.want)
		}
	}
}

// Whatever the numbers, the parts of alpha add up to alpha.
func TestAlphaIsSplit(t *testing.T) {
	p := Plan{Metrics: []Metric{errorsMetric, latencyMetric, {Name: "x", Kind: ValueLimit, AlphaWeight: 3}, {Name: "r", Kind: RestartLimit}}}.withDefaults()
	sum := 0.0
	for _, m := range p.Metrics[:3] {
		sum += p.alphaOf(m)
	}
	if math.Abs(sum-DefaultAlpha) > 1e-12 || math.Abs(p.alphaOf(p.Metrics[2])-3*p.alphaOf(p.Metrics[0])) > 1e-12 {
		t.Errorf("the parts of alpha add up to %v, want %v", sum, DefaultAlpha)
	}
}
