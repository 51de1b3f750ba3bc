//go:build apiserver

package clusters

import (
	"fmt"
	"net/http"
	"runtime"
	"testing"

	"github.com/workbench-dev/workbench/internal/hub/clusters"
)

// TestFiftyClusters: many clusters cost a few goroutines each, and all of them go when the clusters do.
func TestFiftyClusters(t *testing.T) {
	const many, each = 50, 25
	w := beginWith(t, clusters.DefaultIntervals)
	for i := range many {
		w.secret(name(i), impostor(t, func(rw http.ResponseWriter, r *http.Request) {
			switch r.URL.Path {
			case "/readyz":
			case "/api/v1/namespaces/kube-system":
				fmt.Fprintf(rw, `{"kind":"Namespace","apiVersion":"v1","metadata":{"name":"kube-system","uid":"uid-of-%d"}}`, i)
			default:
				rw.WriteHeader(http.StatusNotFound)
			}
		}))
	}
	before := runtime.NumGoroutine()
	for i := range many {
		w.resource(name(i))
	}
	for i := range many {
		w.wantState(name(i), clusters.Reachable)
		w.wantSeen(name(i), "begins")
	}
	// Half of them are those of the servers, which run in this process too.
	if used := runtime.NumGoroutine() - before; used > many*each {
		t.Errorf("%d clusters take %d goroutines, more than %d each", many, used, each)
	} else {
		t.Logf("%d clusters take %d goroutines, their servers' included", many, used)
	}
	for i := range many {
		c, _ := w.registry.Get(name(i))
		w.must(w.admin.Delete(t.Context(), c.Resource().DeepCopy()))
	}
	w.eventually("their goroutines end", func() error {
		if left := runtime.NumGoroutine() - before; left > many {
			return fmt.Errorf("%d are left", left)
		}
		return nil
	})
}

func name(i int) string { return fmt.Sprintf("cluster-%d", i) }
