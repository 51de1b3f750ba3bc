package judge

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
)

// Difference is what the series of one version counted between two looks, added up. Series that are new at the later
// look, and series with a counter that fell (the process began anew, or a sum lost one of its parts), add nothing: what
// they counted in between is unknown, and requests that are left out of a look can't bias it as wrongly counted ones can.
// It fails when the differences don't fit together, for example more errors than requests.
func Difference(earlier, later map[string]Counters) (Counters, error) {
	var sum Counters
	for _, name := range slices.Sorted(maps.Keys(later)) {
		before, known := earlier[name]
		after := later[name]
		if !known || fell(before, after) {
			continue
		}
		d := Counters{Requests: math.Round(after.Requests - before.Requests), Errors: map[string]float64{}}
		for class, errors := range after.Errors {
			if d.Errors[class] = math.Round(errors - before.Errors[class]); d.Errors[class] > d.Requests {
				return Counters{}, fmt.Errorf("series %q counted %v requests between two looks, but %v errors of class %s: read both counters at the same time",
					name, d.Requests, d.Errors[class], class)
			}
		}
		if len(after.Latency) > 0 && len(after.Latency) == len(before.Latency) {
			d.Latency = make([]float64, len(after.Latency))
			for i := range after.Latency {
				if d.Latency[i] = math.Round(after.Latency[i] - before.Latency[i]); i > 0 && d.Latency[i] < d.Latency[i-1] {
					return Counters{}, fmt.Errorf("series %q counted fewer requests up to a longer latency: read its buckets at the same time", name)
				}
			}
		}
		sum = sum.plus(d)
	}
	return sum, nil
}

// fell says whether any counter is smaller than before. A class of errors or a bucket that vanished fell to nothing.
func fell(before, after Counters) bool {
	if after.Requests < before.Requests {
		return true
	}
	for class, errors := range before.Errors {
		if after.Errors[class] < errors {
			return true
		}
	}
	if len(before.Latency) != len(after.Latency) {
		return false
	}
	for i := range before.Latency {
		if after.Latency[i] < before.Latency[i] {
			return true
		}
	}
	return false
}

// anew says whether a version has series, but none that went on since the earlier look.
func anew(earlier, later map[string]Counters) bool {
	for name, after := range later {
		if before, known := earlier[name]; known && !fell(before, after) {
			return false
		}
	}
	return len(later) > 0
}

// plus adds two counts; neither operand is changed.
func (c Counters) plus(d Counters) Counters {
	sum := Counters{Requests: c.Requests + d.Requests}
	if len(c.Errors)+len(d.Errors) > 0 {
		sum.Errors = map[string]float64{}
		for class, errors := range c.Errors {
			sum.Errors[class] += errors
		}
		for class, errors := range d.Errors {
			sum.Errors[class] += errors
		}
	}
	switch {
	case len(c.Latency) == 0:
		sum.Latency = slices.Clone(d.Latency)
	case len(d.Latency) == 0:
		sum.Latency = slices.Clone(c.Latency)
	default:
		sum.Latency = make([]float64, len(c.Latency))
		for i := range c.Latency {
			sum.Latency[i] = c.Latency[i] + d.Latency[i]
		}
	}
	return sum
}

// errorRate is the requests and the errors of a class among them.
func (c Counters) errorRate(class string) rate {
	return rate{int64(c.Requests), int64(c.Errors[class])}
}

// slowRate is the requests with a latency and those among them that took longer than bucket bound i.
func (c Counters) slowRate(i int) rate {
	if len(c.Latency) <= i {
		return rate{}
	}
	all := c.Latency[len(c.Latency)-1]
	return rate{int64(all), int64(all - c.Latency[i])}
}

// onlyErrors says whether requests were answered and none of them well. A single code such as 503 is part of its class
// 5xx where both are counted.
func (c Counters) onlyErrors() bool {
	errors := 0.0
	for class, n := range c.Errors {
		if _, counted := c.Errors[class[:min(1, len(class))]+"xx"]; counted && !strings.HasSuffix(class, "xx") {
			continue
		}
		errors += n
	}
	return c.Requests > 0 && errors >= c.Requests
}
