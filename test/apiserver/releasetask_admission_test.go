//go:build apiserver

package apiserver

import (
	"strings"
	"testing"
)

const (
	canarySteps   = "spec.strategy.canary.steps"
	canaryTraffic = "spec.strategy.canary.traffic"
	maxSurge      = "spec.strategy.canary.maxSurge"
)

func TestReleaseTaskNames(t *testing.T) {
	const rule = "name must be at most 63 characters of lower case letters, digits and '-'"
	named := func(name string) []set { return []set{{"metadata.name", name}} }
	testAdmission(t, validTask, []admission{
		{why: "one letter", sets: named("a")},
		{why: "a digit first and last", sets: named("0-shop-9")},
		{why: "63 characters", sets: named(strings.Repeat("a", 63))},
		{why: "64 characters", sets: named(strings.Repeat("a", 64)), refused: []string{rule}},
		{why: "a dot, which other resources allow", sets: named("shop.v2"), refused: []string{rule}},
		{why: "capitals", sets: named("Shop"), refused: []string{"metadata.name"}},
		{why: "a leading dash", sets: named("-shop"), refused: []string{"metadata.name"}},
		{why: "a trailing dash", sets: named("shop-"), refused: []string{"metadata.name"}},
		{why: "an underscore", sets: named("shop_2"), refused: []string{"metadata.name"}},
		{why: "letters beyond ASCII", sets: named("läden"), refused: []string{"metadata.name"}},
		{why: "no name", sets: named(""), refused: []string{"name"}},
	})
}

func TestReleaseTaskSteps(t *testing.T) {
	const rise = "weights must rise from step to step"
	with := func(list []any) []set { return []set{{canarySteps, list}} }
	testAdmission(t, validTask, []admission{
		{why: "one step of 1 percent", sets: with(steps("1"))},
		{why: "one step of 100 percent", sets: with(steps("100"))},
		{why: "rising", sets: with(steps("1", "2", "50:10m", "99", "100"))},
		{why: "thirty steps", sets: with(rising(30))},
		{why: "thirty-one steps", sets: with(rising(31)), refused: []string{"must have at most 30 items"}},
		{why: "no step", sets: with(steps()), refused: []string{"should have at least 1 items"}},
		{why: "steps missing", sets: []set{{canarySteps, absent{}}}, refused: []string{"steps: Required value"}},
		{why: "weight 0", sets: with(steps("0")), refused: []string{"should be greater than or equal to 1"}},
		{why: "negative weight", sets: with(steps("-5")), refused: []string{"should be greater than or equal to 1"}},
		{why: "weight 101", sets: with(steps("101")), refused: []string{"should be less than or equal to 100"}},
		{why: "weight missing", sets: with(list(map[string]any{"wait": "5m"})), refused: []string{"weight: Required value"}},
		{why: "weight with a fraction", sets: with(list(map[string]any{"weight": 12.5})), refused: []string{"must be of type integer"}},
		{why: "weight as text", sets: with(list(map[string]any{"weight": "10"})), refused: []string{"must be of type integer"}},
		{why: "repeating", sets: with(steps("10", "10")), refused: []string{rise}},
		{why: "falling", sets: with(steps("50", "10")), refused: []string{rise}},
		{why: "falling at the end", sets: with(steps("10", "20", "30", "29")), refused: []string{rise}},
		{why: "an unknown field, such as a misspelt one", sets: with(list(map[string]any{"weight": int64(10), "wiat": "5m"})), refused: []string{"unknown field", "wiat"}},
	})
}

func TestReleaseTaskWaits(t *testing.T) {
	const (
		form   = "wait must be a duration such as 90s, 10m or 1h30m"
		bounds = "wait must be at least 1s and at most 720h"
	)
	with := func(wait any) []set {
		return []set{{canarySteps, list(map[string]any{"weight": int64(10), "wait": wait})}}
	}
	testAdmission(t, validTask, []admission{
		{why: "absent", sets: []set{{canarySteps, steps("10")}}},
		{why: "0", sets: with("0")},
		{why: "0s", sets: with("0s")},
		{why: "0m0s", sets: with("0m0s")},
		{why: "1s", sets: with("1s")},
		{why: "90s", sets: with("90s")},
		{why: "1h30m", sets: with("1h30m")},
		{why: "1h30m0s, as Go writes it", sets: with("1h30m0s")},
		{why: "1.5h", sets: with("1.5h")},
		{why: "1.5s", sets: with("1.5s")},
		{why: "1500ms", sets: with("1500ms")},
		{why: "720h", sets: with("720h")},
		{why: "43200m", sets: with("43200m")},
		{why: "720h0m1s", sets: with("720h0m1s"), refused: []string{bounds}},
		{why: "43201m", sets: with("43201m"), refused: []string{bounds}},
		{why: "more than Go can count", sets: with("9999999999h"), refused: []string{bounds}},
		{why: "below a second, which Go writes back in µs", sets: with("0.0001s"), refused: []string{bounds}},
		{why: "999ms", sets: with("999ms"), refused: []string{bounds}},
		{why: "negative", sets: with("-5m"), refused: []string{form}},
		{why: "negative part", sets: with("5m-3s"), refused: []string{form}},
		{why: "plus sign", sets: with("+5m"), refused: []string{form}},
		{why: "empty", sets: with(""), refused: []string{form}},
		{why: "no unit", sets: with("5"), refused: []string{form}},
		{why: "days, which Go has no unit for", sets: with("1d"), refused: []string{form}},
		{why: "a word", sets: with("soon"), refused: []string{form}},
		{why: "white space", sets: with("5 m"), refused: []string{form}},
		{why: "a line break behind it", sets: with("5m\n"), refused: []string{form}},
		{why: "no digit before the point", sets: with(".5h"), refused: []string{form}},
		{why: "no digit behind the point", sets: with("5.h"), refused: []string{form}},
		{why: "ISO 8601", sets: with("PT5M"), refused: []string{form}},
		{why: "a number", sets: with(int64(300)), refused: []string{"must be of type string"}},
		{why: "an empty object", sets: with(map[string]any{}), refused: []string{"must be of type string"}},
		{why: "too long", sets: with(strings.Repeat("1s", 17)), refused: []string{"may not be more than 32 bytes"}},
	})
}

func TestReleaseTaskInstancesAndHistory(t *testing.T) {
	instances := func(n any) []set { return []set{{"spec.instances", n}} }
	history := func(n any) []set { return []set{{"spec.historyLimit", n}} }
	testAdmission(t, validTask, []admission{
		{why: "1 instance", sets: instances(int64(1))},
		{why: "10000 instances", sets: instances(int64(10000))},
		{why: "0 instances", sets: instances(int64(0)), refused: []string{"spec.instances", "should be greater than or equal to 1"}},
		{why: "-1 instances", sets: instances(int64(-1)), refused: []string{"spec.instances", "should be greater than or equal to 1"}},
		{why: "10001 instances", sets: instances(int64(10001)), refused: []string{"spec.instances", "should be less than or equal to 10000"}},
		{why: "more instances than an int32 holds", sets: instances(int64(1) << 40), refused: []string{"spec.instances"}},
		{why: "history of 1", sets: history(int64(1))},
		{why: "history of 50", sets: history(int64(50))},
		{why: "history of 0", sets: history(int64(0)), refused: []string{"spec.historyLimit", "should be greater than or equal to 1"}},
		{why: "history of 51", sets: history(int64(51)), refused: []string{"spec.historyLimit", "should be less than or equal to 50"}},
	})
}

func TestReleaseTaskStrategy(t *testing.T) {
	const exactlyOne = "set exactly one of istio (weights in the mesh) and instances"
	traffic := func(value any) []set { return []set{{canaryTraffic, value}} }
	istio := func(value map[string]any) []set { return traffic(map[string]any{"istio": value}) }
	testAdmission(t, validTask, []admission{
		{why: "by the mesh", sets: traffic(map[string]any{"istio": map[string]any{}})},
		{why: "by instances", sets: traffic(map[string]any{"instances": map[string]any{}})},
		{why: "by instances, with the Service named", sets: traffic(map[string]any{"instances": map[string]any{"service": "shop"}})},
		{why: "everything said", sets: istio(map[string]any{"service": "shop", "virtualService": "shop-routes", "routes": list("all", "beta")})},
		{why: "no way to split traffic", sets: traffic(map[string]any{}), refused: []string{exactlyOne}},
		{why: "both ways to split traffic", sets: traffic(map[string]any{"istio": map[string]any{}, "instances": map[string]any{}}), refused: []string{exactlyOne}},
		{why: "traffic missing", sets: traffic(absent{}), refused: []string{"traffic: Required value"}},
		{why: "a Service name of 64 characters", sets: istio(map[string]any{"service": strings.Repeat("s", 64)}), refused: []string{"may not be more than 63 bytes"}},
		{why: "a route named twice", sets: istio(map[string]any{"routes": list("all", "all")}), refused: []string{"Duplicate value"}},
		{why: "no canary", sets: []set{{"spec.strategy", map[string]any{}}}, refused: []string{"canary must be set"}},
		{why: "another strategy", sets: []set{{"spec.strategy", map[string]any{"blueGreen": map[string]any{}}}}, refused: []string{"unknown field", "blueGreen"}},
		{why: "strategy missing", sets: []set{{"spec.strategy", absent{}}}, refused: []string{"strategy: Required value"}},
		{why: "spec missing", sets: []set{{"spec", absent{}}}, refused: []string{"spec: Required value"}},
	})
}

func TestReleaseTaskMaxSurge(t *testing.T) {
	const rule = "maxSurge must be a number between 1 and 10000 or a share between 1% and 100%"
	with := func(value any) []set { return []set{{maxSurge, value}} }
	testAdmission(t, validTask, []admission{
		{why: "1", sets: with(int64(1))},
		{why: "10000", sets: with(int64(10000))},
		{why: "1 percent", sets: with("1%")},
		{why: "25 percent", sets: with("25%")},
		{why: "100 percent", sets: with("100%")},
		{why: "0", sets: with(int64(0)), refused: []string{rule}},
		{why: "-1", sets: with(int64(-1)), refused: []string{rule}},
		{why: "10001", sets: with(int64(10001)), refused: []string{rule}},
		{why: "more than an int32 holds, which Go would cut off", sets: with(int64(1) << 40), refused: []string{rule}},
		{why: "0 percent", sets: with("0%"), refused: []string{rule}},
		{why: "101 percent", sets: with("101%"), refused: []string{rule}},
		{why: "a number as text", sets: with("3"), refused: []string{rule}},
		{why: "a share with a fraction", sets: with("12.5%"), refused: []string{rule}},
		{why: "a line break behind it", sets: with("25%\n"), refused: []string{rule}},
		{why: "a word", sets: with("some"), refused: []string{rule}},
		{why: "empty", sets: with(""), refused: []string{rule}},
		{why: "a fraction", sets: with(1.5), refused: []string{"maxSurge"}},
		{why: "a truth value", sets: with(true), refused: []string{"maxSurge"}},
	})
}

func TestReleaseTaskWorkloadRef(t *testing.T) {
	ref := func(value any) []set { return []set{{"spec.workloadRef", value}} }
	testAdmission(t, validTask, []admission{
		{why: "in full", sets: ref(map[string]any{"apiVersion": "apps/v1", "kind": "Deployment", "name": "shop"})},
		{why: "a name of 253 characters", sets: ref(map[string]any{"name": strings.Repeat("a", 253)})},
		{why: "a name of 254 characters", sets: ref(map[string]any{"name": strings.Repeat("a", 254)}), refused: []string{"may not be more than 253 bytes"}},
		{why: "no name", sets: ref(map[string]any{}), refused: []string{"name: Required value"}},
		{why: "an empty name", sets: ref(map[string]any{"name": ""}), refused: []string{"spec.workloadRef.name", "should be at least 1 chars long"}},
		{why: "a StatefulSet", sets: ref(map[string]any{"kind": "StatefulSet", "name": "shop"}), refused: []string{`supported values: "Deployment"`}},
		{why: "another API version", sets: ref(map[string]any{"apiVersion": "apps/v1beta1", "name": "shop"}), refused: []string{`supported values: "apps/v1"`}},
		{why: "missing", sets: ref(absent{}), refused: []string{"workloadRef: Required value"}},
	})
}
