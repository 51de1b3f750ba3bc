package analysis

import (
	"maps"

	"github.com/workbench-dev/workbench/api/v1alpha1"
	"github.com/workbench-dev/workbench/internal/judge"
	"github.com/workbench-dev/workbench/internal/release"
)

// leastFelt is the smallest bucket bound, in seconds, at which latencies are compared. A pod that has just started answers
// some tenths of a millisecond slower than one that has run for days; with enough requests that is certain, and nobody feels
// it: it must neither fail a release nor hold it.
const leastFelt = 0.005

// leaveOutUnfelt drops the buckets below leastFelt from a sample, down to the one that the smallest latency limit needs.
func leaveOutUnfelt(rules *v1alpha1.Analysis, sample *judge.Sample) {
	least := leastFelt
	for _, metric := range rules.Metrics {
		if metric.Predefined == nil || metric.Predefined.Type != v1alpha1.MetricLatency {
			continue
		}
		if limit, err := release.ParseLimit(metric.Limit); err == nil {
			least = min(least, limit.Seconds())
		}
	}
	// A limit between two bounds needs both of them.
	first := 0
	for i, bound := range sample.Bounds {
		if bound <= least {
			first = i
		}
	}
	if first == 0 {
		return
	}
	sample.Bounds = sample.Bounds[first:]
	for _, version := range []map[string]judge.Counters{sample.Canary, sample.Stable} {
		for name, counters := range maps.Clone(version) {
			if len(counters.Latency) > first {
				counters.Latency = counters.Latency[first:]
				version[name] = counters
			}
		}
	}
}
