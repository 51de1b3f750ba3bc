//go:build apiserver

// Package hub tests the program `workbench server` as it is built, in processes of its own with exactly the rights that
// the chart gives it, over real API servers: what a fuzzer finds by its OpenAPI document, what becomes of streams when
// replicas are killed, what a cluster that hangs does to the others, and what somebody with bad intentions gets.
//
// It isn't for what an operation does (test/apiserver/hub) nor for sign-in (test/apiserver/identity).
//
// The tests need `make build bin/helm`; run them with `make test-hub`.
package hub

import (
	"fmt"
	"os"
	"testing"

	"github.com/workbench-dev/workbench/internal/apitest"
)

func TestMain(m *testing.M) {
	code := apitest.Main(m)
	if shared.world != nil {
		if err := shared.world.end(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = max(code, 1)
		}
	}
	os.Exit(code)
}
