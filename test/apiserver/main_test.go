//go:build apiserver

// Package apiserver tests, against a real Kubernetes API server, what no unit test can tell: which resources the
// API server accepts and in what words it refuses the others, who may do what, and that the reconcilers keep
// their promises when writes conflict or the controller dies between two of them. No pod runs here; the
// end-to-end tests in test/e2e are about those.
//
// The tests need `make bin/workbench-local`; run them with `go test -tags apiserver ./test/apiserver`.
package apiserver

import (
	"os"
	"testing"

	"github.com/workbench-dev/workbench/internal/apitest"
)

func TestMain(m *testing.M) { os.Exit(apitest.Main(m)) }
