//go:build apiserver

// Package clusters tests, on real API servers and on servers that misbehave, that the hub's connections come, go and
// change their credentials while it runs, and that a cluster that is down, slow or lying hurts no other.
//
// The tests need `make bin/workbench-local bin/helm`; run them with `go test -tags apiserver ./test/apiserver/clusters`.
package clusters

import (
	"fmt"
	"os"
	"sync"
	"testing"

	"github.com/workbench-dev/workbench/internal/apitest"
)

func TestMain(m *testing.M) {
	code := apitest.Main(m)
	if second.server != nil {
		if err := second.server.Stop(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = max(code, 1)
		}
	}
	os.Exit(code)
}

var second struct {
	sync.Once
	server *apitest.Server
	err    error
}

// elsewhere is the other cluster of all tests.
func elsewhere(t *testing.T) *apitest.Server {
	t.Helper()
	second.Do(func() { second.server, second.err = apitest.Launch() })
	if second.err != nil {
		t.Fatal(second.err)
	}
	return second.server
}
