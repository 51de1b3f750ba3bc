package analysis

import (
	"context"
	"fmt"
	"math"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/common/model"

	"github.com/workbench-dev/workbench/api/v1alpha1"
	"github.com/workbench-dev/workbench/internal/prometheus"
	"github.com/workbench-dev/workbench/internal/release"
)

// history reads what metrics were over a time, for charts and for what a limit would have said.
type history struct {
	source  Source
	dialect dialect
	subject Subject
	over    prometheus.Range
	// whole says that only the Service as a whole matters, not its versions.
	whole bool
	// window that rates are taken over.
	window time.Duration
	// sent are the queries that were asked.
	sent []string
}

// curve is a metric over time; a moment without data has no entry.
type curve map[model.Time]float64

// byVersion are the curves of one quantity. all is that of everything the Service answered.
type byVersion struct {
	stable, canary, all curve
}

const (
	// fewestScrapes that a rate is taken over, so that one that fails leaves no gap.
	fewestScrapes = 4
	// unknownWindow of a rate where the scrape interval is not known, shortestWindow where it is very short.
	unknownWindow, shortestWindow = time.Minute, time.Second
	// scrapesOver is how far back scrapes are counted.
	scrapesOver = 5 * time.Minute
)

// measureWindow chooses the window of rates: as long as a step, and a few scrapes at least.
func (h *history) measureWindow(ctx context.Context) error {
	vector, err := h.source.Vector(ctx, fmt.Sprintf("max(count_over_time(%s[%s]))", h.dialect.series(h.dialect.requests, h.subject), model.Duration(scrapesOver)), h.over.To)
	if err != nil {
		return err
	}
	h.window = unknownWindow
	if len(vector) == 1 && vector[0].Value >= 2 {
		h.window = time.Duration(float64(scrapesOver) / float64(vector[0].Value) * fewestScrapes).Round(time.Second)
	}
	h.window = max(h.window, h.over.Step, shortestWindow)
	return nil
}

func (h *history) ask(ctx context.Context, query string) (model.Matrix, error) {
	h.sent = append(h.sent, query)
	return h.source.Matrix(ctx, query, h.over)
}

// rates are the requests a second of a selection: all of them, or those that one of the further matchers chooses.
func (h *history) rates(ctx context.Context, metric string, extraLabels string, matchers ...string) (series model.Matrix, how attribution, err error) {
	selection := h.dialect.series(metric, h.subject)
	if len(matchers) == 0 {
		matchers = []string{""}
	}
	// The calling side first: its series are few once the processes are added up.
	for _, side := range []struct{ labels, matcher string }{
		{"reporter,destination_canonical_revision,cluster_name", `,reporter!="destination"`},
		{"reporter,rollouts_pod_template_hash," + strings.Join(scraped[1:], ","), `,reporter="destination"`},
	} {
		parts := make([]string, len(matchers))
		for i, matcher := range matchers {
			parts[i] = fmt.Sprintf("rate(%s%s%s}[%s])", strings.TrimSuffix(selection, "}"), matcher, side.matcher, model.Duration(h.window))
		}
		found, err := h.ask(ctx, fmt.Sprintf("sum by (%s%s) (%s)", side.labels, extraLabels, strings.Join(parts, " or ")))
		if err != nil {
			return nil, how, err
		}
		apart, _ := tellApart(h.dialect, h.subject, firstSamples(found))
		if len(found) > 0 && (h.whole || attributes(apart, found)) {
			return found, apart, nil
		}
		if len(series) == 0 {
			series, how = found, apart
		}
	}
	return series, how, nil
}

func attributes(how attribution, series model.Matrix) bool {
	return slices.ContainsFunc(series, func(stream *model.SampleStream) bool { return how.of(stream.Metric) != neither })
}

func firstSamples(series model.Matrix) model.Vector {
	vector := make(model.Vector, len(series))
	for i, stream := range series {
		vector[i] = &model.Sample{Metric: stream.Metric}
	}
	return vector
}

// sum adds series up by version.
func sum(how attribution, series model.Matrix) byVersion {
	total := byVersion{curve{}, curve{}, curve{}}
	for _, stream := range series {
		for _, point := range stream.Values {
			value := float64(point.Value)
			if math.IsNaN(value) || math.IsInf(value, 0) {
				continue
			}
			total.all[point.Timestamp] += value
			switch how.of(stream.Metric) {
			case stableSide:
				total.stable[point.Timestamp] += value
			case canarySide:
				total.canary[point.Timestamp] += value
			}
		}
	}
	return total
}

// requestRate is the requests a second.
func (h *history) requestRate(ctx context.Context) (byVersion, error) {
	series, how, err := h.rates(ctx, h.dialect.requests, "")
	return sum(how, series), err
}

// errorShare is the share of requests that failed, 0 to 1; where nothing was answered there is none.
func (h *history) errorShare(ctx context.Context, class string) (byVersion, error) {
	all, err := h.requestRate(ctx)
	if err != nil {
		return byVersion{}, err
	}
	series, how, err := h.rates(ctx, h.dialect.requests, "", h.errorMatchers(class)...)
	if err != nil {
		return byVersion{}, err
	}
	bad := sum(how, series)
	return byVersion{divide(bad.stable, all.stable), divide(bad.canary, all.canary), divide(bad.all, all.all)}, nil
}

// errorMatchers choose what isError does.
func (h *history) errorMatchers(class string) []string {
	if !strings.HasSuffix(class, "xx") {
		return []string{fmt.Sprintf(`,response_code=%q`, class)}
	}
	matchers := []string{fmt.Sprintf(`,response_code=~"%s.."`, class[:1])}
	if class == "5xx" && h.dialect.requests == istio.requests {
		matchers = append(matchers, fmt.Sprintf(`,grpc_response_status=~"%s"`, strings.Join(grpcFailures, "|")))
	}
	return matchers
}

// divide leaves no gap where there are requests and none of them failed.
func divide(bad, all curve) curve {
	share := curve{}
	for at, requests := range all {
		if requests > 0 {
			share[at] = math.Min(1, bad[at]/requests)
		}
	}
	return share
}

// latency is a quantile in seconds.
func (h *history) latency(ctx context.Context, q float64) (byVersion, error) {
	series, how, err := h.rates(ctx, h.dialect.latency, ",le")
	if err != nil {
		return byVersion{}, err
	}
	byBucket := map[float64]model.Matrix{}
	for _, stream := range series {
		if le, err := strconv.ParseFloat(string(stream.Metric["le"]), 64); err == nil {
			byBucket[le] = append(byBucket[le], stream)
		}
	}
	sums := map[float64]byVersion{}
	edges := make([]float64, 0, len(byBucket))
	for le, streams := range byBucket {
		sums[le] = sum(how, streams)
		edges = append(edges, le)
	}
	sort.Float64s(edges)
	of := func(which func(byVersion) curve) curve {
		quantiles := curve{}
		if len(edges) < 2 {
			return quantiles
		}
		for at, total := range which(sums[edges[len(edges)-1]]) {
			if total > 0 {
				quantiles[at] = bucketQuantile(q, edges, func(i int) float64 { return which(sums[edges[i]])[at] }) / 1000
			}
		}
		return quantiles
	}
	return byVersion{
		of(func(v byVersion) curve { return v.stable }), of(func(v byVersion) curve { return v.canary }), of(func(v byVersion) curve { return v.all }),
	}, nil
}

// bucketQuantile estimates along a straight line within a bucket, and is the last bound when it lies beyond, as Prometheus'
// histogram_quantile does (https://prometheus.io/docs/prometheus/latest/querying/functions/).
func bucketQuantile(q float64, edges []float64, upTo func(i int) float64) float64 {
	last := len(edges) - 1
	rank := q * upTo(last)
	low, below := 0.0, 0.0
	for i := range last {
		n := upTo(i)
		if n >= rank && n > below {
			return low + (edges[i]-low)*math.Max(0, rank-below)/(n-below)
		}
		low, below = edges[i], n
	}
	return edges[last-1]
}

// metric reads a predefined metric in the unit of its charts.
func (h *history) metric(ctx context.Context, metric v1alpha1.AnalysisMetric) (byVersion, error) {
	scale := func(v byVersion, f func(float64) float64) byVersion {
		for _, c := range []curve{v.stable, v.canary, v.all} {
			for at, x := range c {
				c[at] = f(x)
			}
		}
		return v
	}
	switch metric.Predefined.Type {
	case v1alpha1.MetricSuccessRate:
		v, err := h.errorShare(ctx, errorClass(metric))
		return scale(v, func(x float64) float64 { return (1 - x) * 100 }), err
	case v1alpha1.MetricErrorRate:
		v, err := h.errorShare(ctx, errorClass(metric))
		return scale(v, func(x float64) float64 { return x * 100 }), err
	case v1alpha1.MetricLatency:
		v, err := h.latency(ctx, quantile(metric))
		return scale(v, func(x float64) float64 { return x * 1000 }), err
	}
	return h.requestRate(ctx)
}

// shape is how a metric is shown.
type shape struct {
	title, unit string
	worse       v1alpha1.WorseDirection
	// limit in the unit; nil when there is none.
	limit *float64
}

func shapeOf(metric v1alpha1.AnalysisMetric) shape {
	s := shape{title: metric.Name, worse: v1alpha1.WorseHigher}
	if limit, err := release.ParseLimit(metric.Limit); err == nil {
		number := limit.Number
		if limit.Unit == "s" {
			number *= 1000
		}
		s.limit = &number
	}
	if metric.Query != nil {
		s.unit = metric.Query.Unit
		if metric.Query.Worse == v1alpha1.WorseLower {
			s.worse = v1alpha1.WorseLower
		}
		return s
	}
	switch metric.Predefined.Type {
	case v1alpha1.MetricSuccessRate:
		s.title, s.unit, s.worse = "Success rate", "%", v1alpha1.WorseLower
	case v1alpha1.MetricErrorRate:
		s.title, s.unit = fmt.Sprintf("Error rate (%s)", errorClass(metric)), "%"
	case v1alpha1.MetricLatency:
		s.title, s.unit = fmt.Sprintf("Latency, p%g", quantile(metric)*100), "ms"
	case v1alpha1.MetricRequestRate:
		s.title, s.unit, s.worse = "Requests a second", "/s", v1alpha1.WorseLower
	case v1alpha1.MetricRestarts:
		s.title = "Restarts"
	case v1alpha1.MetricOOMKills:
		s.title = "Out of memory"
	}
	return s
}

// broken says whether a value breaks the limit.
func (s shape) broken(value float64) bool {
	if s.limit == nil {
		return false
	}
	if s.worse == v1alpha1.WorseLower {
		return value < *s.limit
	}
	return value > *s.limit
}

func ofPods(metric v1alpha1.AnalysisMetric) bool {
	return metric.Predefined != nil && (metric.Predefined.Type == v1alpha1.MetricRestarts || metric.Predefined.Type == v1alpha1.MetricOOMKills)
}
