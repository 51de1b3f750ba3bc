package promql

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
)

var shop = Values{Task: "shop-task", Namespace: "shop", Service: "web", Stable: "6c54bd5869", Canary: "7d9f8"}

func TestPrepare(t *testing.T) {
	for _, tc := range []struct {
		why, query, want, refused string
	}{
		{why: "a selector without a namespace gets one", query: `sum(jobs_failed)`, want: `sum(jobs_failed{namespace="shop"})`},
		{why: "placeholders, with and without blanks",
			query: `sum(rate(jobs_failed{pod=~"{{ service }}-{{canary}}-.+",task="{{task}}"}[1m]))`,
			want:  `sum(rate(jobs_failed{namespace="shop",pod=~"web-7d9f8-.+",task="shop-task"}[1m]))`},
		{why: "a selector that names the namespace stays", query: `sum(istio_requests_total{destination_service_namespace="{{namespace}}"})`,
			want: `sum(istio_requests_total{destination_service_namespace="shop"})`},
		{why: "the namespace written out", query: `sum(up{namespace="shop"})`, want: `sum(up{namespace="shop"})`},
		{why: "another namespace", query: `sum(up{namespace="bank"})`, refused: `reads namespace "bank"`},
		{why: "another namespace behind the own one", query: `sum(up{namespace="shop",kubernetes_namespace="bank"})`, refused: `reads namespace "bank"`},
		{why: "a pattern for the namespace doesn't widen it", query: `sum(up{namespace=~"shop|bank"})`, want: `sum(up{namespace="shop",namespace=~"shop|bank"})`},
		{why: "a negation doesn't either", query: `sum(up{namespace!="shop"})`, want: `sum(up{namespace!="shop",namespace="shop"})`},
		{why: "every selector, in every corner", query: `max_over_time((a / on() b unless c)[5m:10s]) + scalar(d) > bool absent(e)`,
			want: `max_over_time((a{namespace="shop"} / on () b{namespace="shop"} unless c{namespace="shop"})[5m:10s]) + scalar(d{namespace="shop"}) > bool absent(e{namespace="shop"})`},
		{why: "metrics by pattern of their name", query: `count({__name__=~".+"})`, want: `count({__name__=~".+",namespace="shop"})`},
		{why: "a parameter that reads", query: `topk(scalar(x), y)`, want: `topk(scalar(x{namespace="shop"}), y{namespace="shop"})`},
		{why: "an unknown placeholder", query: `up{pod="{{pod}}"}`, refused: "{{pod}} is unknown"},
		{why: "a placeholder that is not closed", query: `up{pod="{{canary"}`, refused: "not closed"},
		{why: "no PromQL", query: `sum(rate(up[1m])`, refused: "not PromQL"},
		{why: "a range", query: `up[5m]`, refused: "range vector"},
		{why: "a string", query: `"up"`, refused: "string"},
		{why: "nothing read", query: `42`, refused: "reads nothing"},
		{why: "experimental functions", query: `info(up)`, refused: "not PromQL"},
		{why: "a day back", query: `sum(increase(up[23h] offset 1h))`, want: `sum(increase(up{namespace="shop"}[23h] offset 1h))`},
		{why: "more than a day back", query: `sum(increase(up[23h] offset 2h))`, refused: "looks back 1d1h"},
		{why: "more than a day back through a subquery", query: `max_over_time(sum(rate(up[12h]))[13h:1m])`, refused: "looks back 1d1h"},
		{why: "a subquery of many points", query: `max_over_time(up[1h:1s])`, refused: "3600 points"},
		{why: "a fixed time", query: `up @ 1609746000`, refused: "fixed time"},
		{why: "a fixed time of a subquery", query: `max_over_time(up[1h:1m] @ end())`, refused: "fixed time"},
		{why: "the future", query: `up offset -1h`, refused: "future"},
	} {
		t.Run(tc.why, func(t *testing.T) {
			got, err := Prepare(tc.query, shop)
			if tc.refused != "" {
				if err == nil || !strings.Contains(err.Error(), tc.refused) {
					t.Fatalf("got %q, %v; must be refused with %q", got, err, tc.refused)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestPlaceholdersWithoutAValue(t *testing.T) {
	values := shop
	values.Canary = ""
	if _, err := Prepare(`up{pod=~"{{canary}}.*"}`, values); err == nil || !strings.Contains(err.Error(), "no canary to put in") {
		t.Errorf("an empty canary: %v", err)
	}
	values.Canary = `x"} or up{a="`
	if _, err := Prepare(`up{pod=~"{{canary}}.*"}`, values); err == nil || !strings.Contains(err.Error(), "not the name of anything") {
		t.Errorf("a value that ends the string: %v", err)
	}
}

func TestCheckBeforeTheNamespaceIsKnown(t *testing.T) {
	if err := Check(`sum(up{namespace="shop"})`); err != nil {
		t.Errorf("a namespace written out: %v", err)
	}
	if err := Check(`sum(up{namespace="shop"}[1d])`); err == nil {
		t.Error("a wrong query passes")
	}
}

// FuzzPrepare holds that whatever is accepted reads the one namespace only.
func FuzzPrepare(f *testing.F) {
	for _, seed := range []string{
		`sum(rate(istio_requests_total{destination_service_namespace="{{namespace}}",pod=~"{{canary}}.*"}[1m]))`,
		`up{namespace=~"a|b"} or {__name__="x"}`, `max_over_time(sum(up)[5m:10s] offset 5m)`, `{{`, `{{canary}}`, `"{{stable}}"`, "`{{task}}`",
		`{"metric.with.dots", "namespace"="bank"}`, `sum by ("namespace") (up)`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, query string) {
		prepared, err := Prepare(query, shop)
		if err != nil {
			return
		}
		expression, err := language.ParseExpr(prepared)
		if err != nil {
			t.Fatalf("%q became %q, which is no PromQL: %v", query, prepared, err)
		}
		parser.Inspect(expression, func(node parser.Node, _ []parser.Node) error {
			selector, ok := node.(*parser.VectorSelector)
			if !ok {
				return nil
			}
			for _, m := range selector.LabelMatchers {
				if m.Type == labels.MatchEqual && m.Value == "shop" {
					return nil
				}
			}
			t.Errorf("%q became %q, in which %s names no namespace", query, prepared, selector)
			return nil
		})
	})
}
