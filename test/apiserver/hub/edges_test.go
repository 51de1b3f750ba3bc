//go:build apiserver

package hub

import (
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/workbench-dev/workbench/api/v1alpha1"
	"github.com/workbench-dev/workbench/internal/apitest"
	"github.com/workbench-dev/workbench/internal/hub/api"
)

// testEdges asks for what isn't there, too much, or in a wrong way.
func testEdges(t *testing.T, w *world) {
	for _, c := range []struct {
		name, who, method, path string
		body                    any
		want                    int
	}{
		{"no operation", viewer, "GET", "/api/v1/nothing", nil, 404},
		{"no such method", viewer, "POST", "/api/v1/release-tasks", "{}", 405},
		{"a query that nobody knows", viewer, "GET", "/api/v1/release-tasks?phas=Failed", nil, 422},
		{"a phase that is none", viewer, "GET", "/api/v1/release-tasks?phase=Broken", nil, 422},
		{"a page that is too large", viewer, "GET", "/api/v1/release-tasks?pageSize=201", nil, 422},
		{"a far page", viewer, "GET", "/api/v1/release-tasks?page=100000", nil, 200},
		{"a body that is no JSON", editor, "POST", shopTasks, "{", 400},
		{"a body of another type", editor, "POST", shopTasks, "[]", 422},
		{"a body that is too large", editor, "POST", shopTasks, `{"name":"` + strings.Repeat("a", api.MaxBody) + `"}`, 413},
		{"another's namespace", viewer, "GET", "/api/v1/clusters/home/namespaces/other/release-tasks/nothing", nil, 404},
		{"a cluster that isn't there", viewer, "GET", "/api/v1/clusters/none/namespaces/shop/release-tasks/nothing", nil, 404},
		{"the document", nobody, "GET", "/openapi.yaml", nil, 200},
		{"the page", nobody, "GET", "/docs", nil, 200},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := w.must(t, c.want, c.who, c.method, c.path, c.body)
			if c.want >= 400 && got.header.Get("Content-Type") != "application/problem+json" {
				t.Errorf("a problem comes as %s: %s", got.header.Get("Content-Type"), got.body)
			}
		})
	}
	// What doesn't exist and what must not be seen look the same.
	hidden := w.task(t, "home", other, "hidden", v1alpha1.PhaseHealthy)
	const at = "/api/v1/clusters/home/namespaces/%s/release-tasks/%s"
	there := w.ask(t, viewer, "GET", fmt.Sprintf(at, other, hidden.Name), nil)
	nowhere := w.ask(t, viewer, "GET", fmt.Sprintf(at, "nowhere", "nothing"), nil)
	missing := w.ask(t, viewer, "GET", fmt.Sprintf(at, shop, "nothing"), nil)
	if there.body != nowhere.body || there.body != missing.body || there.status != http.StatusNotFound {
		t.Errorf("they can be told apart:\n%s%s%s", there.body, nowhere.body, missing.body)
	}

	request := w.request(t, w.first, nobody, "GET", "/docs", nil, "Accept-Encoding", "gzip")
	response, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	plain, err := gzip.NewReader(response.Body)
	if err != nil {
		t.Fatalf("a large answer isn't compressed: %v", err)
	}
	page, err := io.ReadAll(plain)
	if err != nil || !strings.Contains(string(page), "listReleaseTasks") || strings.Contains(string(page), "__CSP_NONCE__") {
		t.Errorf("the page: %v\n%.200s", err, page)
	}

	metrics, err := http.Get(w.first.metrics + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer metrics.Body.Close()
	text, err := io.ReadAll(metrics.Body)
	if err != nil || !strings.Contains(string(text), `workbench_hub_requests_total{operation="listReleaseTasks",status="200"}`) {
		t.Errorf("the metrics: %v\n%.2000s", err, text)
	}
	if got := w.ask(t, nobody, "GET", "/metrics", nil); strings.Contains(got.body, "workbench_hub") {
		t.Error("the metrics are served to the public")
	}
}

// testClusterDown switches a cluster off: its rows stay, marked, the other goes on, and it recovers.
func testClusterDown(t *testing.T, w *world) {
	far := w.task(t, "far", shop, "away", v1alpha1.PhaseHealthy)
	near := w.task(t, "home", shop, "near", v1alpha1.PhaseHealthy)
	w.knows(t, w.first, "far", far)
	w.knows(t, w.first, "home", near)
	f := w.follow(t, w.first, viewer, listStream)

	w.line.Set(t, apitest.LineRefuses)
	t.Cleanup(func() { w.line.Set(t, apitest.LineWorks) })
	eventually(t, "the cluster is shown as unreachable", func() error {
		list := w.list(t, w.first, viewer, "sort", "cluster")
		if diff := names(list); len(diff) != 2 || !list.Items[0].Stale || list.Items[1].Stale {
			return fmt.Errorf("%v, stale %t", diff, list.Items[0].Stale)
		}
		if list.Clusters[0].Reachable || list.Clusters[0].Since == nil || list.Clusters[0].Message == "" {
			return fmt.Errorf("clusters %+v", list.Clusters)
		}
		return nil
	})
	const task = "/api/v1/clusters/far/namespaces/shop/release-tasks/away"
	if got := w.ask(t, viewer, "GET", task, nil); got.status != http.StatusServiceUnavailable || got.header.Get("Retry-After") == "" {
		t.Errorf("a task of the cluster that is away: %d %s", got.status, got.body)
	}
	w.phase(t, "home", near, v1alpha1.PhaseWaiting)
	f.tells(t, "row home/shop/near Waiting")

	w.phase(t, "far", far, v1alpha1.PhaseFailed)
	w.line.Set(t, apitest.LineWorks)
	f.tells(t, "row far/shop/away Failed")
	eventually(t, "nothing is stale any more", func() error {
		if list := w.list(t, w.first, viewer, "sort", "cluster"); list.Items[0].Stale {
			return fmt.Errorf("%+v", list.Clusters)
		}
		return nil
	})
}
