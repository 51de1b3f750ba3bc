//go:build e2e

package e2e

import (
	"net/http"
	"testing"

	"github.com/workbench-dev/workbench/test/e2e/cluster"
)

// A release by people of the hub: an Editor does it, a Viewer may not, a stranger learns nothing; the hub dies in the
// middle, the release goes on, and the Editor does too, without signing in again.
func TestReleaseThroughTheHub(t *testing.T) {
	t.Parallel()
	g := Given(t).Workload("v1", 2).RouteOnGateway().SteadyTraffic(60)
	s := g.scenario
	admin := s.hubAdministrator()
	of := "-of-" + s.namespace[len(s.namespace)-4:]
	editor, viewer, stranger := admin.person("maria"+of), admin.person("vera"+of), admin.person("mallory"+of)
	admin.workspace(map[string]string{editor.name: "Editor", viewer.name: "Viewer"})

	task := map[string]any{"name": s.task, "spec": map[string]any{
		"workloadRef": map[string]any{"name": s.app.Name},
		"strategy": map[string]any{"canary": map[string]any{
			"traffic": map[string]any{"istio": map[string]any{}},
			"steps":   []map[string]any{{"weight": 20}, {"weight": 60, "wait": "5s"}, {"weight": 80}},
		}},
	}}
	viewer.wants(http.StatusForbidden, http.MethodPost, s.tasks(), task, nil)
	stranger.wants(http.StatusNotFound, http.MethodPost, s.tasks(), task, nil)
	editor.wants(http.StatusCreated, http.MethodPost, s.tasks(), task, nil)

	(&then{s}).TakenOver()
	update := map[string]any{"type": "UpdateVersion", "updateVersion": map[string]any{"containers": []map[string]any{{"name": "app", "image": cluster.AppImage + "v2"}}}}
	editor.asks(update).WaitsInStep(1).ShareOf("v2", 20)

	next := map[string]any{"type": "Continue"}
	viewer.wants(http.StatusForbidden, http.MethodPost, s.taskPath()+"/actions", next, nil)
	stranger.wants(http.StatusNotFound, http.MethodGet, s.taskPath(), nil, nil)
	admin.wants(http.StatusNotFound, http.MethodGet, s.taskPath(), nil, nil)
	editor.asks(next)

	g.When().hubKilled().Then().WaitsInStep(3).ShareOf("v2", 80)
	s.eventually("the hub to be back", func() (bool, string, error) {
		status, answer, err := editor.ask(http.MethodGet, s.taskPath(), nil, nil)
		return status == http.StatusOK, answer, err
	})
	editor.asks(map[string]any{"type": "Release"}).Released("v2").NoRequestFailed()
	viewer.wants(http.StatusOK, http.MethodGet, s.taskPath()+"/history", nil, nil)
}
