package analysis

import (
	"context"
	"fmt"
	"math"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/common/model"

	"github.com/workbench-dev/workbench/api/v1alpha1"
	"github.com/workbench-dev/workbench/internal/prometheus"
	"github.com/workbench-dev/workbench/internal/promql"
)

// Validated is what a metric of the rules returns now.
type Validated struct {
	Name string
	// Queries as they were sent.
	Queries []string
	// Value now, in Unit; nil when there is none. Display is the value with its unit.
	Value         *float64
	Display, Unit string
	// BrokenShare is the share of the last day, as far as there is data, in which the limit would have been broken; nil
	// without a limit or data.
	BrokenShare *float64
	// Problem says what is wrong and what to do; empty when nothing is. With a value it is a warning.
	Problem string
}

// OK says whether each metric returned a number, or needs no Prometheus.
func OK(all []Validated) bool {
	for _, v := range all {
		if v.Value == nil && v.Problem != "" {
			return false
		}
	}
	return true
}

const (
	// lookBack is how far back a limit is tried, at steps of lookBackStep.
	lookBack     = 24 * time.Hour
	lookBackStep = 5 * time.Minute
	// mostBroken is the share of the day from which on a limit is called too tight.
	mostBroken = 0.01
)

// Validate runs the queries of the rules against live data, of the whole Service as it is: before a release there is no
// canary yet. It says what each returns and how often the limit would have been broken in the last day.
func Validate(ctx context.Context, source Source, rules *v1alpha1.Analysis, subject Subject, now time.Time) []Validated {
	if subject.Canary.Hash == "" {
		// Its place is taken by what runs, so that a query which names it can be tried.
		subject.Canary.Hash = subject.Stable.Hash
	}
	now = now.Truncate(time.Second)
	all := make([]Validated, len(rules.Metrics))
	var group sync.WaitGroup
	for i, metric := range rules.Metrics {
		s := shapeOf(metric)
		all[i] = Validated{Name: metric.Name, Unit: s.unit}
		h := history{source: source, dialect: dialectOf(rules.Source), subject: subject, whole: true}
		group.Go(func() { all[i].try(ctx, h, metric, s, now) })
	}
	group.Wait()
	return all
}

func (v *Validated) try(ctx context.Context, h history, metric v1alpha1.AnalysisMetric, s shape, now time.Time) {
	switch {
	case ofPods(metric):
		v.Display = "counted on the canary's pods"
		return
	case metric.Query != nil:
		v.tryQuery(ctx, h, metric, s, now)
		return
	case h.subject.Service == "":
		v.Problem = "The workload has no Service, so nobody counts its requests: name a Service, or judge by queries of your own."
		return
	}
	read := func(from, to time.Time, step time.Duration) (curve, error) {
		h.over = prometheus.Range{From: from, To: to, Step: step}
		if err := h.measureWindow(ctx); err != nil {
			return nil, err
		}
		values, err := h.metric(ctx, metric)
		return values.all, err
	}
	latest, err := read(now, now, time.Second)
	v.Queries = h.sent
	if err != nil {
		v.Problem = sentence(err)
		return
	}
	value, ok := latest[model.TimeFromUnixNano(now.UnixNano())]
	if !ok {
		v.Problem = v.nothing(ctx, h, now)
		return
	}
	v.show(value, false)
	if day, err := read(now.Add(-lookBack), now, lookBackStep); err == nil && s.limit != nil {
		v.lookBack(day, s)
	}
}

// nothing says why there is no value: no traffic at the moment, or none ever heard of.
func (v *Validated) nothing(ctx context.Context, h history, now time.Time) string {
	metric := h.dialect.requests
	known, err := h.source.Vector(ctx, fmt.Sprintf("count(%s)", h.dialect.series(metric, h.subject)), now)
	if err != nil {
		return sentence(err)
	}
	if len(known) > 0 {
		return fmt.Sprintf("Service %s answers no request at the moment, so there is no value; a release would hold until there is traffic.", h.subject.Service)
	}
	anything, err := h.source.Vector(ctx, fmt.Sprintf("count(%s)", metric), now)
	if err != nil {
		return sentence(err)
	}
	if len(anything) == 0 {
		return noMetric(h.dialect)
	}
	return fmt.Sprintf("Prometheus has %s, but none of Service %s in namespace %s: nobody called it yet through the mesh, or its port is not known as HTTP (name it http-…).", metric, h.subject.Service, h.subject.Namespace)
}

func (v *Validated) tryQuery(ctx context.Context, h history, metric v1alpha1.AnalysisMetric, s shape, now time.Time) {
	if h.subject.Canary.Hash == "" && (strings.Contains(metric.Query.PromQL, "{{canary}}") || strings.Contains(metric.Query.PromQL, "{{stable}}")) {
		if err := promql.Check(metric.Query.PromQL); err != nil {
			v.Problem = sentence(err)
			return
		}
		v.Problem = "The query names {{canary}} or {{stable}}, and no version runs under Workbench yet: it is written correctly; try it again when the task exists."
		return
	}
	query, err := promql.Prepare(metric.Query.PromQL, h.subject.values())
	if err != nil {
		v.Problem = sentence(err)
		return
	}
	v.Queries = []string{query}
	vector, err := h.source.Vector(ctx, query, now)
	value, problem := answer{vector, err}.number()
	if problem != "" {
		v.Problem = problem
		return
	}
	v.show(value, true)
	matrix, err := h.source.Matrix(ctx, query, prometheus.Range{From: now.Add(-lookBack), To: now, Step: lookBackStep})
	if err == nil && len(matrix) == 1 {
		v.lookBack(sum(attribution{}, matrix).all, s)
	}
}

// show takes a value over; own says that the query and its unit are the user's own.
func (v *Validated) show(value float64, own bool) {
	v.Value = &value
	switch {
	case own:
		v.Display = withUnit(value, v.Unit)
	case v.Unit == "%":
		v.Display = percent(value)
	case v.Unit == "ms":
		v.Display = latency(value / 1000)
	default:
		v.Display = number(value, 3) + v.Unit
	}
}

func (v *Validated) lookBack(day curve, s shape) {
	if len(day) == 0 || s.limit == nil {
		return
	}
	broken := 0
	for _, value := range day {
		if s.broken(value) {
			broken++
		}
	}
	share := math.Round(float64(broken)/float64(len(day))*1e4) / 1e4
	v.BrokenShare = &share
	switch {
	case share > mostBroken:
		v.Problem = fmt.Sprintf("What runs now broke this limit in %s %% of the last day: a release that is just as good would go back. Take a looser limit.", number(share*100, 2))
	case s.broken(*v.Value):
		v.Problem = "What runs now breaks this limit at the moment."
	}
}
