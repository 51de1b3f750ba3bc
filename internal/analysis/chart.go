package analysis

import (
	"context"
	"math"
	"sync"
	"time"

	"github.com/prometheus/common/model"

	"github.com/workbench-dev/workbench/api/v1alpha1"
	"github.com/workbench-dev/workbench/internal/prometheus"
	"github.com/workbench-dev/workbench/internal/promql"
)

// Window is the time that charts show.
type Window struct {
	From, To time.Time
	// Points a line has at most.
	Points int
}

// Align widens the window to whole steps, so that two people who look at the same release within a step see the same
// chart, and a cache can serve both.
func (w Window) Align() (Window, time.Duration) {
	span := w.To.Sub(w.From)
	step := time.Second
	if w.Points > 1 {
		step = max(step, time.Duration(math.Ceil(span.Seconds()/float64(w.Points-1)))*time.Second)
	}
	w.From, w.To = w.From.Truncate(step), w.To.Truncate(step)
	return w, step
}

// Chart is a metric over time.
type Chart struct {
	Metric, Title, Unit string
	// Limit in the unit; nil when there is none.
	Limit *float64
	// Worse is the direction in which values get worse.
	Worse v1alpha1.WorseDirection
	// Stable and Canary are the lines; one without any point is empty.
	Stable, Canary []Point
	// Problem says why the chart is empty; empty when it isn't.
	Problem string
}

// Point of a line; a moment without data has none.
type Point struct {
	At    time.Time
	Value float64
}

// Charts draws all metrics of the rules, canary against stable. The queries are those of the rules alone.
func Charts(ctx context.Context, source Source, rules *v1alpha1.Analysis, subject Subject, window Window) []Chart {
	window, step := window.Align()
	h := history{source: source, dialect: dialectOf(rules.Source), subject: subject, over: prometheus.Range{From: window.From, To: window.To, Step: step}}
	charts := make([]Chart, len(rules.Metrics))
	problem := ""
	if needsOf(rules).requests {
		if subject.Service == "" {
			problem = "The workload has no Service, so nobody counts its requests."
		} else if err := h.measureWindow(ctx); err != nil {
			problem = sentence(err)
		}
	}
	var group sync.WaitGroup
	for i, metric := range rules.Metrics {
		s := shapeOf(metric)
		charts[i] = Chart{Metric: metric.Name, Title: s.title, Unit: s.unit, Limit: s.limit, Worse: s.worse}
		group.Go(func() { charts[i].draw(ctx, h, metric, problem) })
	}
	group.Wait()
	return charts
}

func (c *Chart) draw(ctx context.Context, h history, metric v1alpha1.AnalysisMetric, problem string) {
	switch {
	case ofPods(metric):
		c.Problem = "Counted on the canary's pods themselves, which keep no history."
		return
	case metric.Query != nil:
		c.drawQuery(ctx, h, metric)
		return
	case problem != "":
		c.Problem = problem
		return
	}
	values, err := h.metric(ctx, metric)
	if err != nil {
		c.Problem = sentence(err)
		return
	}
	c.Stable, c.Canary = h.points(values.stable), h.points(values.canary)
	if len(c.Stable)+len(c.Canary) == 0 {
		c.Problem = "Prometheus has no data of this time: nothing was answered, or it is older than what is kept."
	}
}

func (c *Chart) drawQuery(ctx context.Context, h history, metric v1alpha1.AnalysisMetric) {
	query, err := promql.Prepare(metric.Query.PromQL, h.subject.values())
	if err != nil {
		c.Problem = sentence(err)
		return
	}
	matrix, err := h.ask(ctx, query)
	switch {
	case err != nil:
		c.Problem = sentence(err)
	case len(matrix) == 0:
		c.Problem = "The query returns nothing for this time."
	case len(matrix) > 1:
		_, c.Problem = answer{vector: firstSamples(matrix)}.number()
	default:
		c.Canary = h.points(sum(attribution{}, matrix).all)
	}
}

// points are those of a curve in the order of time.
func (h history) points(of curve) []Point {
	var line []Point
	for at := h.over.From; !at.After(h.over.To); at = at.Add(h.over.Step) {
		if value, ok := of[model.TimeFromUnixNano(at.UnixNano())]; ok {
			line = append(line, Point{at, value})
		}
	}
	return line
}
