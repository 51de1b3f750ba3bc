//go:build programs

// Package programs names the upstream programs that the local cluster builds
// straight from their modules, so that `go mod tidy` keeps what they need. It is
// never compiled.
package programs

import (
	_ "github.com/argoproj/argo-rollouts/cmd/rollouts-controller"
	_ "github.com/prometheus/prometheus/cmd/prometheus"
	_ "istio.io/istio/pilot/cmd/pilot-agent"
	_ "istio.io/istio/pilot/cmd/pilot-discovery"
)
