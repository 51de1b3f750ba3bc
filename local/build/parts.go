package build

import (
	"strings"

	"github.com/workbench-dev/workbench/local/versions"
)

// Part is one program that the cluster needs.
type Part struct {
	// Name is also the name of the binary in the cache.
	Name string
	// Package is what is built; empty for Envoy, which is fetched.
	Package string
	// Tags are the build tags. None may change what the standard library
	// compiles to (netgo would), or nothing is shared between parts.
	Tags string
	// LinkerFlags come on top of -s -w.
	LinkerFlags string
}

// Parts lists all parts in build order: the biggest first, since the others reuse
// most of what it compiles.
func Parts() []Part {
	return []Part{
		{Name: "kubernetes", Package: "./programs/kubernetes", Tags: "programs", LinkerFlags: versionFlags()},
		{Name: "coredns", Package: "./programs/coredns", Tags: "programs"},
		{Name: "pause", Package: "./programs/pause", Tags: "programs"},
		{Name: "pilot-discovery", Package: "istio.io/istio/pilot/cmd/pilot-discovery"},
		{Name: "pilot-agent", Package: "istio.io/istio/pilot/cmd/pilot-agent", Tags: "agent"},
		{Name: "rollouts-controller", Package: "github.com/argoproj/argo-rollouts/cmd/rollouts-controller"},
		{Name: "prometheus", Package: "github.com/prometheus/prometheus/cmd/prometheus", Tags: "remove_all_sd,enable_kubernetes_sd"},
		{Name: "envoy"},
	}
}

// versionFlags stamps the Kubernetes version: without it the node reports a
// placeholder, and istiod warns about an unsupported version.
func versionFlags() string {
	parts := strings.SplitN(strings.TrimPrefix(versions.Kubernetes, "v"), ".", 3)
	var flags []string
	for _, pkg := range []string{"k8s.io/component-base/version", "k8s.io/client-go/pkg/version"} {
		flags = append(flags,
			"-X "+pkg+".gitVersion="+versions.Kubernetes,
			"-X "+pkg+".gitMajor="+parts[0],
			"-X "+pkg+".gitMinor="+parts[1])
	}
	return strings.Join(flags, " ")
}
