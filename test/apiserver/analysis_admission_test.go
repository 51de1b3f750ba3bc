//go:build apiserver

package apiserver

import (
	"strings"
	"testing"
)

// metric is a metric of the predefined type with further fields.
func metric(predefined map[string]any, fields ...any) map[string]any {
	m := map[string]any{"name": "m", "predefined": predefined}
	for i := 0; i < len(fields); i += 2 {
		m[fields[i].(string)] = fields[i+1]
	}
	return m
}

func query(fields ...any) map[string]any {
	m := metric(nil, fields...)
	delete(m, "predefined")
	return m
}

func typed(name string, fields ...string) map[string]any {
	p := map[string]any{"type": name}
	for i := 0; i < len(fields); i += 2 {
		p[fields[i]] = fields[i+1]
	}
	return p
}

func TestReleaseTaskAnalysis(t *testing.T) {
	with := func(metrics ...any) []set {
		return []set{{"spec.analysis", map[string]any{"metrics": metrics}}}
	}
	and := func(field string, value any) []set {
		return append(with(metric(typed("SuccessRate"))), set{"spec.analysis." + field, value})
	}
	promql := map[string]any{"promql": "up"}
	named := func(name string) map[string]any {
		m := metric(typed("SuccessRate"))
		m["name"] = name
		return m
	}
	var eleven []any
	for i := range 11 {
		eleven = append(eleven, named(strings.Repeat("m", i+1)))
	}
	testAdmission(t, validTask, []admission{
		{why: "a success rate against stable", sets: with(metric(typed("SuccessRate")))},
		{why: "a success rate with a limit", sets: with(metric(typed("SuccessRate"), "limit", "99.5%"))},
		{why: "a limit alone", sets: with(metric(typed("SuccessRate"), "limit", "99%", "compareWithStable", false))},
		{why: "no comparison at all", sets: with(metric(typed("SuccessRate"), "compareWithStable", false)), refused: []string{"nothing to compare with"}},
		{why: "a rate without percent", sets: with(metric(typed("SuccessRate"), "limit", "0.99")), refused: []string{"must be a share such as 99%"}},
		{why: "a limit of 100%", sets: with(metric(typed("SuccessRate"), "limit", "100%")), refused: []string{"above 0% and below 100%"}},
		{why: "an error rate of 0%", sets: with(metric(typed("ErrorRate"), "limit", "0%")), refused: []string{"above 0% and below 100%"}},
		{why: "errors of a class", sets: with(metric(typed("ErrorRate", "class", "4xx"), "limit", "5%"))},
		{why: "errors of a code", sets: with(metric(typed("ErrorRate", "class", "503")))},
		{why: "a class of good answers", sets: with(metric(typed("ErrorRate", "class", "2xx"))), refused: []string{"predefined.class"}},
		{why: "a class of a latency", sets: with(metric(typed("Latency", "class", "5xx"))), refused: []string{"class belongs to type ErrorRate"}},
		{why: "a latency", sets: with(metric(typed("Latency", "quantile", "p90"), "limit", "500ms"))},
		{why: "a latency without a unit", sets: with(metric(typed("Latency"), "limit", "500")), refused: []string{"must be a time such as 500ms"}},
		{why: "another quantile", sets: with(metric(typed("Latency", "quantile", "p95"))), refused: []string{"Unsupported value", "p95"}},
		{why: "a quantile of a rate", sets: with(metric(typed("SuccessRate", "quantile", "p90"))), refused: []string{"quantile belongs to type Latency"}},
		{why: "restarts", sets: with(metric(typed("Restarts"), "limit", "0"))},
		{why: "restarts without a limit", sets: with(metric(typed("Restarts"))), refused: []string{"need a limit"}},
		{why: "half a restart", sets: with(metric(typed("OOMKills"), "limit", "0.5")), refused: []string{"must be a whole number"}},
		{why: "restarts compared", sets: with(metric(typed("Restarts"), "limit", "0", "compareWithStable", true)), refused: []string{"compareWithStable is possible for"}},
		{why: "a guard of requests", sets: with(metric(typed("RequestRate"), "limit", "0.5"))},
		{why: "an unknown type", sets: with(metric(typed("Happiness"))), refused: []string{"Unsupported value"}},
		{why: "an own query", sets: with(query("query", promql, "limit", "-2.5"))},
		{why: "an own query without a limit", sets: with(query("query", promql)), refused: []string{"needs a limit"}},
		{why: "an own query with a unit in its limit", sets: with(query("query", promql, "limit", "5%")), refused: []string{"plain number"}},
		{why: "an own query compared", sets: with(query("query", promql, "limit", "1", "compareWithStable", true)), refused: []string{"compareWithStable is possible for"}},
		{why: "both kinds", sets: with(metric(typed("SuccessRate"), "query", promql, "limit", "1")), refused: []string{"exactly one of predefined and query"}},
		{why: "neither kind", sets: with(query()), refused: []string{"exactly one of predefined and query"}},
		{why: "a limit that is no number", sets: with(metric(typed("Latency"), "limit", "fast")), refused: []string{"metrics[0].limit"}},
		{why: "two of one name", sets: with(metric(typed("SuccessRate")), metric(typed("Latency"))), refused: []string{"same name"}},
		{why: "a name in capitals", sets: with(named("Errors")), refused: []string{"metrics[0].name"}},
		{why: "ten metrics", sets: with(eleven[:10]...)},
		{why: "eleven metrics", sets: with(eleven...), refused: []string{"must have at most 10 items"}},
		{why: "no metric", sets: []set{{"spec.analysis", map[string]any{"metrics": []any{}}}}, refused: []string{"should have at least 1 items"}},
		{why: "5s", sets: and("interval", "5s")},
		{why: "4s", sets: and("interval", "4s"), refused: []string{"from 5s to 10m"}},
		{why: "11m", sets: and("interval", "11m"), refused: []string{"from 5s to 10m"}},
		{why: "the only step", sets: and("fromStep", int64(1))},
		{why: "a step that is not there", sets: and("fromStep", int64(2)), refused: []string{"beyond the last step"}},
		{why: "Envoy", sets: and("source", "Envoy")},
		{why: "Envoy without the mesh", sets: append(and("source", "Envoy"), set{canaryTraffic, map[string]any{"instances": map[string]any{}}}), refused: []string{"needs traffic split by istio"}},
		{why: "Istio's metrics without weights of the mesh", sets: append(and("source", "Istio"), set{canaryTraffic, map[string]any{"instances": map[string]any{}}})},
		{why: "another policy", sets: and("onNotEnoughData", "Hope"), refused: []string{"Unsupported value"}},
		{why: "a false alarm of 0", sets: and("falseAlarmPercent", int64(0)), refused: []string{"greater than or equal to 1"}},
		{why: "a false alarm of 21 percent", sets: and("falseAlarmPercent", int64(21)), refused: []string{"less than or equal to 20"}},
	})
}
