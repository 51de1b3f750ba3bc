package judge

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"time"
)

// Sample is one look at the evidence: counters as they stood at one moment. Counters only ever grow (Prometheus
// counters, not rates or increases); the judge takes the differences itself.
type Sample struct {
	// At is the time for which the counters were read.
	At time.Time `json:"at"`
	// WeightSince is since when the present weight holds at the proxies. A look whose beginning is older mixes two
	// weights and isn't used to compare the versions. Zero: the weight never changed.
	WeightSince time.Time `json:"weightSince,omitzero"`
	// Bounds are the upper bounds of the latency buckets in seconds, rising, without +Inf; empty when there are none.
	Bounds []float64 `json:"bounds,omitempty"`
	// Canary and Stable hold the counters of each version by series, for example by pod or by reporting proxy. A
	// version that answered nothing has no series: that is not a Problem. A series that was not there at the look
	// before, or one of whose counters fell (a restart), counts from this look on.
	Canary map[string]Counters `json:"canary,omitempty"`
	Stable map[string]Counters `json:"stable,omitempty"`
	// Pods of the canary; nil when unknown.
	Pods *Pods `json:"pods,omitempty"`
	// Values of the ValueLimit metrics, by metric name.
	Values map[string]float64 `json:"values,omitempty"`
	// Problem is a sentence that says why the counters could not be read; empty when they could.
	Problem string `json:"problem,omitempty"`
	// Problems say the same of single metrics, by name.
	Problems map[string]string `json:"problems,omitempty"`
}

// Counters of one series since it began.
type Counters struct {
	// Requests answered.
	Requests float64 `json:"n"`
	// Errors among them by class, for example "5xx". A class that is absent is 0.
	Errors map[string]float64 `json:"e,omitempty"`
	// Latency holds for each of Sample.Bounds the number of requests that took at most so long, and then all of them
	// (the +Inf bucket): one number more than there are bounds, never falling. Empty when there are none.
	Latency []float64 `json:"l,omitempty"`
}

// Pods is what is known of the canary's pods.
type Pods struct {
	// Started is how many have been ready at least once.
	Started int32 `json:"started"`
	// Restarts of containers so far, and OOMKills among them.
	Restarts int32 `json:"restarts"`
	OOMKills int32 `json:"oomKills"`
}

// check says what is wrong with the numbers of a sample, as a sentence; empty when nothing is.
func (s Sample) check() string {
	for i, bound := range s.Bounds {
		if math.IsNaN(bound) || math.IsInf(bound, 0) || i > 0 && bound <= s.Bounds[i-1] {
			return fmt.Sprintf("the latency buckets' bounds are not rising numbers: %v", s.Bounds)
		}
	}
	for _, version := range []struct {
		name   string
		series map[string]Counters
	}{{"canary", s.Canary}, {"stable", s.Stable}} {
		for _, name := range slices.Sorted(maps.Keys(version.series)) {
			if wrong := version.series[name].check(len(s.Bounds)); wrong != "" {
				return fmt.Sprintf("series %q of the %s version: %s", name, version.name, wrong)
			}
		}
	}
	return ""
}

func (c Counters) check(bounds int) string {
	if !isCount(c.Requests) {
		return fmt.Sprintf("the number of requests is %v", c.Requests)
	}
	for class, errors := range c.Errors {
		if !isCount(errors) {
			return fmt.Sprintf("the number of %s errors is %v", class, errors)
		}
		if errors > c.Requests {
			return fmt.Sprintf("%v errors of class %s are more than its %v requests", errors, class, c.Requests)
		}
	}
	if len(c.Latency) == 0 {
		return ""
	}
	if len(c.Latency) != bounds+1 {
		return fmt.Sprintf("%d latency counts do not fit %d bucket bounds and +Inf", len(c.Latency), bounds)
	}
	for i, count := range c.Latency {
		if !isCount(count) || i > 0 && count < c.Latency[i-1] {
			return fmt.Sprintf("the latency counts are not rising numbers: %v", c.Latency)
		}
	}
	return ""
}

// isCount says whether x can be a counter. Above 2^53 a float64 no longer counts by one.
func isCount(x float64) bool {
	return x >= 0 && x <= 1<<53
}
