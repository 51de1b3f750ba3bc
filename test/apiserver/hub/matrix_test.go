//go:build apiserver

package hub

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/workbench-dev/workbench/api/v1alpha1"
	"github.com/workbench-dev/workbench/internal/hub/api"
)

// call is how an operation is called by everybody, and what those get who may.
type call struct {
	// params replace those of the path; the rest is that of a task of workspace shop.
	params map[string]string
	// body is {} when absent, which most operations refuse before they change anything.
	body    any
	headers []string
	want    int
}

// calls is every operation of the API.
func calls(action string) map[string]call {
	return map[string]call{
		"listReleaseTasks": {want: 200}, "streamReleaseTasks": {want: 200},
		"createReleaseTask": {want: 422}, "getReleaseTask": {want: 200}, "updateReleaseTask": {want: 422},
		"deleteReleaseTask": {want: 412, headers: []string{"If-Match", `"none"`}},
		"streamReleaseTask": {want: 200}, "getReleaseTaskHistory": {want: 200}, "getReleaseTaskPods": {want: 200},
		"getReleaseTaskEvents": {want: 200}, "getReleaseTaskYAML": {want: 200},
		"createAction": {want: 422}, "listActions": {want: 200}, "getAction": {want: 200, params: map[string]string{"action": action}},
		"getReleaseTaskAnalysis": {want: 200}, "validateAnalysis": {want: 422},
		"listClusters": {want: 200}, "createCluster": {want: 422}, "getCluster": {want: 200}, "updateCluster": {want: 428}, "deleteCluster": {want: 409},
		"listNamespaces": {want: 200}, "listWorkloads": {want: 200}, "getWorkload": {want: 200},
		"listWorkspaces": {want: 200}, "createWorkspace": {want: 422}, "getWorkspace": {want: 200}, "updateWorkspace": {want: 422},
		"deleteWorkspace": {want: 204, params: map[string]string{"workspace": "throwaway"}},
		"getMe":           {want: 200}, "changePassword": {want: 422}, "listTokens": {want: 200}, "createToken": {want: 422},
		"deleteToken":  {want: 404, params: map[string]string{"id": "nothing"}},
		"listAccounts": {want: 200}, "createAccount": {want: 422},
		"updateAccount":  {want: 404, params: map[string]string{"name": "nobody-there"}},
		"deleteAccount":  {want: 404, params: map[string]string{"name": "nobody-there"}},
		"listAudit":      {want: 200},
		"getAuthMethods": {want: 200}, "signIn": {want: 422}, "startOIDC": {want: 404}, "finishOIDC": {want: 404}, "signOut": {want: 204},
	}
}

// expected is what somebody gets from an operation with an access, where want is for those who may.
func expected(access, path, who string, want int) int {
	roles := map[string]v1alpha1.Role{viewer: v1alpha1.RoleViewer, editor: v1alpha1.RoleEditor, admin: v1alpha1.RoleAdmin}
	needs := map[string]v1alpha1.Role{string(api.ForViewer): v1alpha1.RoleViewer, string(api.ForEditor): v1alpha1.RoleEditor, string(api.ForAdmin): v1alpha1.RoleAdmin}
	switch {
	case access == string(api.Public):
		return want
	case who == nobody:
		return http.StatusUnauthorized
	case access == string(api.SignedIn):
		return want
	case access == string(api.ForPlatformAdmin):
		if who == platform {
			return want
		}
		return http.StatusForbidden
	case who == platform && !strings.Contains(path, "{namespace}"):
		return want
	case roles[who] == "":
		return http.StatusNotFound
	case !roles[who].AtLeast(needs[access]):
		return http.StatusForbidden
	}
	return want
}

// testMatrix calls every operation of the served document as everybody. An operation that calls doesn't know fails it.
func testMatrix(t *testing.T, w *world) {
	w.task(t, "far", shop, "matrix", v1alpha1.PhaseHealthy)
	w.shows(t, viewer, []string{"far/shop/matrix"})
	const task = "/api/v1/clusters/far/namespaces/shop/release-tasks/matrix"
	var made api.Action
	w.must(t, http.StatusCreated, editor, "POST", task+"/actions", map[string]any{"type": "Continue"}).into(t, &made)
	w.deploy(t, "far", "matrix")
	w.create(t, "home", workspace("throwaway", nil))

	var document struct {
		Paths map[string]map[string]struct {
			OperationID string `json:"operationId"`
			Access      string `json:"x-workbench-access"`
		}
	}
	got := w.must(t, http.StatusOK, nobody, "GET", "/openapi.json", nil)
	if err := json.Unmarshal([]byte(got.body), &document); err != nil {
		t.Fatal(err)
	}
	known, seen := calls(made.Name), map[string]bool{}
	for path, methods := range document.Paths {
		for method, operation := range methods {
			seen[operation.OperationID] = true
			call, ok := known[operation.OperationID]
			if !ok {
				t.Errorf("operation %s (%s %s) is not in the matrix: add it to calls", operation.OperationID, method, path)
				continue
			}
			// Who may delete comes last.
			for _, who := range []string{nobody, stranger, viewer, editor, admin, platform} {
				t.Run(operation.OperationID+" as "+who, func(t *testing.T) {
					want := expected(operation.Access, path, who, call.want)
					if status, body := w.call(t, who, strings.ToUpper(method), fill(path, call.params), call); status != want {
						t.Errorf("%d, want %d\n%s", status, want, body)
					}
				})
			}
		}
	}
	for id := range known {
		if !seen[id] {
			t.Errorf("the API has no operation %s any more: take it out of calls", id)
		}
	}
}

// fill puts names into a path.
func fill(path string, params map[string]string) string {
	names := map[string]string{"cluster": "far", "namespace": shop, "name": "matrix", "workload": "matrix", "workspace": shop}
	for name, value := range params {
		names[name] = value
	}
	for name, value := range names {
		path = strings.ReplaceAll(path, "{"+name+"}", value)
	}
	return path
}

// call returns the status; of a stream, without reading it.
func (w *world) call(t *testing.T, who, method, path string, c call) (int, string) {
	t.Helper()
	body := c.body
	if body == nil && slices.Contains([]string{http.MethodPost, http.MethodPut}, method) {
		body = "{}"
	}
	if !strings.HasSuffix(path, "/stream") {
		got := w.ask(t, who, method, path, body, c.headers...)
		return got.status, got.body
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	response, err := http.DefaultClient.Do(w.request(t, w.first, who, method, path, body, c.headers...).WithContext(ctx))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	return response.StatusCode, "a stream"
}
