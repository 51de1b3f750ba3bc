//go:build apiserver

package apiserver

import (
	"fmt"
	"strings"
	"testing"
)

func TestReleaseActionUnions(t *testing.T) {
	const (
		rollbackRule = "rollback is set exactly when type is Rollback"
		updateRule   = "updateVersion is set exactly when type is UpdateVersion"
	)
	typed := func(name string) set { return set{"spec.type", name} }
	rollback := set{"spec.rollback", map[string]any{"revision": int64(3)}}
	update := set{"spec.updateVersion", map[string]any{"containers": list(map[string]any{"name": "app", "image": "shop:v2"})}}

	cases := []admission{
		{why: "Rollback to a revision", sets: []set{typed("Rollback"), rollback}},
		{why: "Rollback to nowhere", sets: []set{typed("Rollback")}, refused: []string{rollbackRule}},
		{why: "UpdateVersion with images", sets: []set{typed("UpdateVersion"), update}},
		{why: "UpdateVersion to nothing", sets: []set{typed("UpdateVersion")}, refused: []string{updateRule}},
		{why: "Rollback with images as well", sets: []set{typed("Rollback"), rollback, update}, refused: []string{updateRule}},
		{why: "UpdateVersion with a revision as well", sets: []set{typed("UpdateVersion"), rollback, update}, refused: []string{rollbackRule}},
		{why: "an unknown type", sets: []set{typed("Pause")}, refused: []string{"spec.type", "supported values"}},
		{why: "a type in lower case", sets: []set{typed("continue")}, refused: []string{"spec.type", "supported values"}},
		{why: "no type", sets: []set{{"spec.type", absent{}}}, refused: []string{"type: Required value"}},
	}
	for _, name := range []string{"Continue", "Release", "Terminate", "Retry"} {
		cases = append(cases,
			admission{why: name, sets: []set{typed(name)}},
			admission{why: name + " with a revision", sets: []set{typed(name), rollback}, refused: []string{rollbackRule}},
			admission{why: name + " with images", sets: []set{typed(name), update}, refused: []string{updateRule}},
		)
	}
	testAdmission(t, validAction, cases)
}

func TestReleaseActionFields(t *testing.T) {
	rollbackTo := func(revision any) []set {
		return []set{{"spec.type", "Rollback"}, {"spec.rollback", map[string]any{"revision": revision}}}
	}
	images := func(containers ...any) []set {
		return []set{{"spec.type", "UpdateVersion"}, {"spec.updateVersion", map[string]any{"containers": list(containers...)}}}
	}
	image := func(name, image string) any { return map[string]any{"name": name, "image": image} }
	many := func(n int) (containers []any) {
		for i := range n {
			containers = append(containers, image(fmt.Sprintf("app-%d", i), "shop:v2"))
		}
		return containers
	}
	expect := func(value map[string]any) []set { return []set{{"spec.expect", value}} }

	testAdmission(t, validAction, []admission{
		{why: "no task", sets: []set{{"spec.task", absent{}}}, refused: []string{"task: Required value"}},
		{why: "an empty task", sets: []set{{"spec.task", ""}}, refused: []string{"spec.task", "should be at least 1 chars long"}},
		{why: "a task of 64 characters", sets: []set{{"spec.task", strings.Repeat("a", 64)}}, refused: []string{"may not be more than 63 bytes"}},
		{why: "nobody asked", sets: []set{{"spec.requestedBy", absent{}}}, refused: []string{"requestedBy: Required value"}},
		{why: "an empty name asked", sets: []set{{"spec.requestedBy", ""}}, refused: []string{"spec.requestedBy", "should be at least 1 chars long"}},
		{why: "a service account asked", sets: []set{{"spec.requestedBy", "system:serviceaccount:ci:deployer"}}},
		{why: "a name of 257 characters asked", sets: []set{{"spec.requestedBy", strings.Repeat("a", 257)}}, refused: []string{"may not be more than 256 bytes"}},

		{why: "revision 1", sets: rollbackTo(int64(1))},
		{why: "revision 0", sets: rollbackTo(int64(0)), refused: []string{"should be greater than or equal to 1"}},
		{why: "revision as text", sets: rollbackTo("3"), refused: []string{"must be of type integer"}},
		{why: "rollback without its revision", sets: []set{{"spec.type", "Rollback"}, {"spec.rollback", map[string]any{}}}, refused: []string{"revision: Required value"}},

		{why: "an image by digest", sets: images(image("app", "registry.example.com:5000/team/shop@sha256:"+strings.Repeat("0", 64)))},
		{why: "images of two containers", sets: images(image("app", "shop:v2"), image("log", "log:v2"))},
		{why: "no container", sets: images(), refused: []string{"containers"}},
		{why: "one container twice", sets: images(image("app", "shop:v2"), image("app", "shop:v3")), refused: []string{"Duplicate value"}},
		{why: "no image", sets: images(map[string]any{"name": "app"}), refused: []string{"image: Required value"}},
		{why: "an empty image", sets: images(image("app", "")), refused: []string{"image", "should be at least 1 chars long"}},
		{why: "no container name", sets: images(map[string]any{"image": "shop:v2"}), refused: []string{"name: Required value"}},
		{why: "an empty container name", sets: images(image("", "shop:v2")), refused: []string{"name", "should be at least 1 chars long"}},
		{why: "a container name of 64 characters", sets: images(image(strings.Repeat("a", 64), "shop:v2")), refused: []string{"may not be more than 63 bytes"}},
		{why: "an image of 1025 characters", sets: images(image("app", strings.Repeat("a", 1025))), refused: []string{"may not be more than 1024 bytes"}},
		{why: "fifty containers", sets: images(many(50)...)},
		{why: "fifty-one containers", sets: images(many(51)...), refused: []string{"must have at most 50 items"}},

		{why: "expecting a revision and a step", sets: expect(map[string]any{"revision": int64(7), "step": int64(2)})},
		{why: "expecting step 31, the exchange of the last pods after thirty steps", sets: expect(map[string]any{"step": int64(31)})},
		{why: "expecting step 32", sets: expect(map[string]any{"step": int64(32)}), refused: []string{"should be less than or equal to 31"}},
		{why: "expecting step 0", sets: expect(map[string]any{"step": int64(0)}), refused: []string{"should be greater than or equal to 1"}},
		{why: "expecting revision 0", sets: expect(map[string]any{"revision": int64(0)}), refused: []string{"should be greater than or equal to 1"}},
		{why: "an unknown field", sets: []set{{"spec.reason", "because"}}, refused: []string{"unknown field", "spec.reason"}},
	})
}
