package analysis

import (
	"context"
	"fmt"
	"maps"
	"math"
	"sync"
	"time"

	"github.com/prometheus/common/model"

	"github.com/workbench-dev/workbench/api/v1alpha1"
	"github.com/workbench-dev/workbench/internal/judge"
	"github.com/workbench-dev/workbench/internal/promql"
)

// Look is what one look at the evidence gave.
type Look struct {
	// Sample is what the judge takes.
	Sample judge.Sample
	// Hash and StableHash are those of the versions that were looked at.
	Hash, StableHash string
	// ConfirmLooks is how many looks in a row must show enough before a comparison with stable fails: 2 when both versions
	// are counted by processes of their own, whose counters are read seconds apart.
	ConfirmLooks int
	// Broken says which metrics could not be read at all, by name of the judge's metric; true for all when Sample.Problem
	// is set.
	Broken map[string]bool
}

// oldest is how old the newest counter may be before it says nothing about now. Many scrape once a minute.
const oldest = 150 * time.Second

// Gather looks at the evidence as it is now. It always gives a look: what cannot be read is named in it.
func Gather(ctx context.Context, source Source, rules *v1alpha1.Analysis, subject Subject, at time.Time) Look {
	look := Look{
		Sample: judge.Sample{At: at, WeightSince: subject.WeightSince, Pods: subject.Pods, Values: map[string]float64{}, Problems: map[string]string{}},
		Hash:   subject.Canary.Hash, StableHash: subject.Stable.Hash,
		ConfirmLooks: 1,
		Broken:       map[string]bool{},
	}
	need := needsOf(rules)
	g := gathering{subject: subject, dialect: dialectOf(rules.Source), at: at}
	var group sync.WaitGroup
	if need.requests {
		group.Go(func() { g.requests.ask(ctx, source, g.dialect.requestsQuery(subject), at) })
		group.Go(func() { g.newest.ask(ctx, source, g.dialect.newestQuery(subject), at) })
	}
	if need.latency {
		group.Go(func() { g.latency.ask(ctx, source, g.dialect.latencyQuery(subject), at) })
	}
	own := ownQueries(rules)
	g.own = make([]answer, len(own))
	for i, metric := range own {
		group.Go(func() {
			query, err := promql.Prepare(metric.Query.PromQL, subject.values())
			if err != nil {
				g.own[i].err = err
				return
			}
			g.own[i].ask(ctx, source, query, at)
		})
	}
	group.Wait()
	if need.requests {
		if g.requests.err == nil && len(g.requests.vector) == 0 {
			g.known.ask(ctx, source, "count("+g.dialect.requests+")", at)
		}
		g.count(&look, rules, need)
	}
	for i, metric := range own {
		name := checkName(metric.Name, v1alpha1.CheckLimit)
		value, problem := g.own[i].number()
		if problem != "" {
			look.Sample.Problems[name], look.Broken[name] = problem, true
			continue
		}
		look.Sample.Values[name] = value
	}
	return look
}

func ownQueries(rules *v1alpha1.Analysis) []v1alpha1.AnalysisMetric {
	var own []v1alpha1.AnalysisMetric
	for _, metric := range rules.Metrics {
		if metric.Query != nil {
			own = append(own, metric)
		}
	}
	return own
}

// gathering is one look under way.
type gathering struct {
	subject Subject
	dialect dialect
	at      time.Time

	requests, newest, latency answer
	// known is how many request counters Prometheus has of anything, asked when it has none of the Service.
	known answer
	own   []answer
}

// answer of one query.
type answer struct {
	vector model.Vector
	err    error
}

func (a *answer) ask(ctx context.Context, source Source, query string, at time.Time) {
	a.vector, a.err = source.Vector(ctx, query, at)
}

// number is the one number of an answer; the problem is a sentence when there isn't exactly one.
func (a answer) number() (float64, string) {
	switch {
	case a.err != nil:
		return 0, sentence(a.err)
	case len(a.vector) == 0:
		return 0, "The query returns nothing: no series fits it, or a division has nothing on one side. Nothing is not 0; where 0 is meant, end the query with: or vector(0)"
	case len(a.vector) > 1:
		return 0, fmt.Sprintf("The query returns %d series, such as %s and %s: it must return one number, so put sum(…), max(…) or avg(…) around it.", len(a.vector), shortMetric(a.vector[0].Metric), shortMetric(a.vector[1].Metric))
	}
	value := float64(a.vector[0].Value)
	if math.IsNaN(value) || math.IsInf(value, 0) {
		return 0, fmt.Sprintf("The query returns %v, which is no number to compare with a limit: a division by zero requests gives this.", value)
	}
	return value, ""
}

// count makes counters of the answers about requests.
func (g gathering) count(look *Look, rules *v1alpha1.Analysis, need needs) {
	sample := &look.Sample
	if g.subject.Service == "" {
		sample.Problem = "The workload has no Service, so nobody counts its requests: name a Service, or judge by queries of your own."
		return
	}
	if g.requests.err != nil {
		sample.Problem = sentence(g.requests.err)
		return
	}
	if g.newest.err != nil {
		sample.Problem = sentence(g.newest.err)
		return
	}
	if problem := g.unknown(); problem != "" {
		sample.Problem = problem
		return
	}
	if problem := g.stale(); problem != "" {
		sample.Problem = problem
		return
	}
	if read := g.readAt(); read.Before(sample.At) {
		sample.At = read
	}
	how, problem := tellApart(g.dialect, g.subject, g.requests.vector)
	if problem != "" {
		sample.Problem = problem
		return
	}
	if !how.shared() {
		look.ConfirmLooks = 2
	}
	members := cellsOf(how, g.requests.vector)
	counted, problem := countRequests(how, members, need.classes, g.requests.vector)
	if problem != "" {
		sample.Problem = problem
		return
	}
	if need.latency && len(members) > 0 {
		if g.latency.err != nil {
			problem = sentence(g.latency.err)
		} else {
			sample.Bounds, problem = countLatency(how, members, counted, g.latency.vector)
		}
		if problem != "" {
			for _, c := range checks(rules) {
				if c.judged.Kind == judge.LatencyAgainstStable || c.judged.Kind == judge.LatencyLimit {
					sample.Problems[c.judged.Name], look.Broken[c.judged.Name] = problem, true
				}
			}
		}
	}
	sample.Canary, sample.Stable = counted.canary, counted.stable
	leaveOutUnfelt(rules, sample)
}

// unknown says so when Prometheus has no request counters of anything: it has just been started, or does not scrape the
// proxies. That says nothing about requests; none of this Service, beside those of others, does.
func (g gathering) unknown() string {
	switch {
	case len(g.requests.vector) > 0:
		return ""
	case g.known.err != nil:
		return sentence(g.known.err)
	case len(g.known.vector) == 0:
		return noMetric(g.dialect)
	}
	return ""
}

func noMetric(d dialect) string {
	return fmt.Sprintf("Prometheus has no metric %s of anything: it has not read the proxies yet, or does not scrape them (port 15090, path /stats/prometheus), or another source is meant.", d.requests)
}

// readAt is when Prometheus read the newest of the counters: the moment that they are of, which is up to a scrape interval
// before that of the look. Whether a look mixes two weights is decided by it.
func (g gathering) readAt() time.Time {
	if len(g.newest.vector) != 1 {
		return g.at
	}
	return time.Unix(0, int64(float64(g.newest.vector[0].Value)*1e9))
}

// stale says so when the counters are of another time than now.
func (g gathering) stale() string {
	if len(g.requests.vector) == 0 {
		return ""
	}
	if len(g.newest.vector) != 1 {
		return "Prometheus does not say when it last read the proxies."
	}
	age := g.at.Sub(g.readAt())
	if age <= oldest {
		return ""
	}
	return fmt.Sprintf("Prometheus read the proxies' counters last %s ago: see under Status → Targets of Prometheus whether it still reaches them.", age.Round(time.Second))
}

// withRequestRate fills in the canary's requests a second since the look before, for the guards. Below its limit a guard
// says what is missing, so that nothing passes and nothing fails for it.
func withRequestRate(rules *v1alpha1.Analysis, state judge.State, sample judge.Sample) judge.Sample {
	seconds := sample.At.Sub(state.At).Seconds()
	counted, err := judge.Difference(state.Canary, sample.Canary)
	for _, c := range checks(rules) {
		if c.metric.Predefined == nil || c.metric.Predefined.Type != v1alpha1.MetricRequestRate || sample.Problem != "" {
			continue
		}
		if state.At.IsZero() || seconds <= 0 || err != nil {
			sample.Problems = with(sample.Problems, c.judged.Name, "Requests a second can be counted from the second look on.")
			continue
		}
		rate := counted.Requests / seconds
		if rate < c.judged.Limit {
			sample.Problems = with(sample.Problems, c.judged.Name, fmt.Sprintf("The canary answers %.3g requests a second; nothing is called good below %g.", rate, c.judged.Limit))
			continue
		}
		sample.Values = with(sample.Values, c.judged.Name, rate)
	}
	return sample
}

// sentence is an error as a sentence.
func sentence(err error) string {
	text := err.Error()
	if text == "" || text[len(text)-1] == '.' {
		return text
	}
	return upperFirst(text) + "."
}

func upperFirst(text string) string {
	if text[0] >= 'a' && text[0] <= 'z' {
		return string(text[0]-'a'+'A') + text[1:]
	}
	return text
}

func shortMetric(m model.Metric) string {
	text := m.String()
	if runes := []rune(text); len(runes) > 80 {
		return string(runes[:80]) + "…"
	}
	return text
}

// with is a map with one more entry; the map itself is not changed.
func with[V any](all map[string]V, name string, value V) map[string]V {
	all = maps.Clone(all)
	if all == nil {
		all = map[string]V{}
	}
	all[name] = value
	return all
}
