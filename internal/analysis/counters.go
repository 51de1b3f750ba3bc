package analysis

import (
	"fmt"
	"hash/fnv"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/prometheus/common/model"

	"github.com/workbench-dev/workbench/internal/judge"
)

// cells is how many groups the counting processes are put into, so that the judge's state stays small however many
// clients call the service.
const cells = 8

// cell is the name of a group of processes whose counters are added up. It holds who belongs to the group: when a process
// comes or goes, the name changes and the judge counts the group from that look on. So a proxy that appears with a long
// history never looks like a burst of requests, and one that vanishes never like a counter that fell.
type cell string

// cellsOf puts the processes of the given series into cells.
func cellsOf(a attribution, series model.Vector) map[string]cell {
	members := map[string][]string{}
	of := map[string]string{}
	for _, sample := range series {
		side := a.of(sample.Metric)
		if side == neither {
			continue
		}
		who := process(sample.Metric)
		group := fmt.Sprintf("%s%d", a.way, digest(who)%cells)
		if !a.shared() {
			group += fmt.Sprintf("-%d", side)
		}
		if of[who] == "" {
			of[who] = group
			members[group] = append(members[group], who)
		}
	}
	names := map[string]cell{}
	for group, all := range members {
		slices.Sort(all)
		for _, who := range all {
			names[who] = cell(fmt.Sprintf("%s-%08x", group, digest(strings.Join(all, "\x01"))))
		}
	}
	return names
}

func digest(text string) uint32 {
	h := fnv.New32a()
	_, _ = h.Write([]byte(text)) // hash.Hash never fails
	return h.Sum32()
}

// versions are the counters of both versions by cell.
type versions struct {
	stable, canary map[string]judge.Counters
}

func (v versions) of(s side) map[string]judge.Counters {
	if s == canarySide {
		return v.canary
	}
	return v.stable
}

// countRequests adds the answers up. The problem is a sentence when the numbers can't be counters.
func countRequests(a attribution, members map[string]cell, classes []string, series model.Vector) (versions, string) {
	all := versions{map[string]judge.Counters{}, map[string]judge.Counters{}}
	if a.shared() {
		// A proxy that counts stable and has no series of the canary sent it nothing: that is 0, and known.
		for _, c := range members {
			all.stable[string(c)] = judge.Counters{Errors: map[string]float64{}}
			all.canary[string(c)] = judge.Counters{Errors: map[string]float64{}}
		}
	}
	for _, sample := range series {
		side := a.of(sample.Metric)
		if side == neither {
			continue
		}
		value := float64(sample.Value)
		if math.IsNaN(value) || math.IsInf(value, 0) || value < 0 {
			return versions{}, fmt.Sprintf("Prometheus answers %v for a counter of %s, which is no number of requests: see what its recording rules or the application write there.", value, a.dialect.requests)
		}
		into := all.of(side)
		name := string(members[process(sample.Metric)])
		counters := into[name]
		if counters.Errors == nil {
			counters.Errors = map[string]float64{}
		}
		counters.Requests += value
		for _, class := range classes {
			if isError(class, string(sample.Metric["response_code"]), string(sample.Metric["grpc_response_status"])) {
				counters.Errors[class] += value
			}
		}
		into[name] = counters
	}
	return all, ""
}

// grpcFailures are the status codes of gRPC that are the server's fault, which arrive with HTTP code 200
// (https://opentelemetry.io/docs/specs/semconv/rpc/grpc/): UNKNOWN, DEADLINE_EXCEEDED, UNIMPLEMENTED, INTERNAL,
// UNAVAILABLE, DATA_LOSS.
var grpcFailures = []string{"2", "4", "12", "13", "14", "15"}

// isError says whether an answer counts as an error of a class: 5xx, 4xx or one code. Code 0 is a client that left before
// the answer; it is a request and no error of the version.
func isError(class, code, grpcStatus string) bool {
	if code == class {
		return true
	}
	if len(code) == 3 && class == code[:1]+"xx" {
		return true
	}
	return class == "5xx" && slices.Contains(grpcFailures, grpcStatus)
}

// countLatency adds the buckets to the counters. The problem is a sentence; the counters are then without latencies.
func countLatency(a attribution, members map[string]cell, all versions, series model.Vector) (bounds []float64, problem string) {
	type key struct {
		side side
		cell string
	}
	buckets := map[key]map[float64]float64{}
	seen := map[float64]bool{}
	for _, sample := range series {
		side := a.of(sample.Metric)
		member, known := members[process(sample.Metric)]
		if side == neither || !known {
			continue
		}
		le, err := strconv.ParseFloat(string(sample.Metric["le"]), 64)
		value := float64(sample.Value)
		if err != nil || math.IsNaN(le) || math.IsNaN(value) || math.IsInf(value, 0) || value < 0 {
			return nil, fmt.Sprintf("Prometheus answers %v for bucket le=%q of %s, which is no number of requests.", value, sample.Metric["le"], a.dialect.latency)
		}
		k := key{side, string(member)}
		if buckets[k] == nil {
			buckets[k] = map[float64]float64{}
		}
		buckets[k][le] += value
		seen[le] = true
	}
	if len(seen) == 0 {
		return nil, fmt.Sprintf("Prometheus has no %s of this Service: latency needs classic histograms of the proxies.", a.dialect.latency)
	}
	edges := slices.Sorted(maps.Keys(seen))
	if !math.IsInf(edges[len(edges)-1], 1) || len(edges) < 2 {
		return nil, fmt.Sprintf("%s has no bucket le=\"+Inf\" or no other one: keep all buckets when the proxies are scraped.", a.dialect.latency)
	}
	for k, counts := range buckets {
		if len(counts) != len(edges) {
			return nil, fmt.Sprintf("The proxies have different buckets of %s: latency can be judged when all of them have the same.", a.dialect.latency)
		}
		row := make([]float64, len(edges))
		for i, le := range edges {
			row[i] = counts[le]
		}
		counters := all.of(k.side)[k.cell]
		counters.Latency = row
		all.of(k.side)[k.cell] = counters
	}
	if a.shared() {
		for _, version := range []map[string]judge.Counters{all.stable, all.canary} {
			for name, counters := range version {
				if counters.Latency == nil {
					counters.Latency = make([]float64, len(edges))
					version[name] = counters
				}
			}
		}
	}
	for _, le := range edges[:len(edges)-1] {
		bounds = append(bounds, le/1000) // both dialects count milliseconds
	}
	return bounds, ""
}
