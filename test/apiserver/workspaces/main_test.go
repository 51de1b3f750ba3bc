//go:build apiserver

// Package workspaces tests, on two real API servers, that the roles of workspaces come into force in every cluster, and
// go, whatever breaks in between; and that the hub's account can do no more than the chart gives it.
//
// The tests need `make bin/workbench-local bin/helm`; run them with `go test -tags apiserver ./test/apiserver/workspaces`.
package workspaces

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
