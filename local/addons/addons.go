// Package addons installs what runs as pods in every local cluster: CoreDNS, Istio
// with one ingress gateway, Argo Rollouts and Prometheus.
//
// Upstream's own charts and manifests are applied as they are wherever they can
// be. The package needs a reachable API server and the modules' folders, and knows
// nothing of nodes or processes.
package addons

import (
	"bytes"
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/workbench-dev/workbench/local/progress"
	"github.com/workbench-dev/workbench/local/versions"
)

//go:embed manifests/*.yaml
var ownManifests embed.FS

// Module names whose folders the add-ons take upstream's manifests from.
const (
	ModuleKubernetes   = "k8s.io/kubernetes"
	ModuleArgoRollouts = "github.com/argoproj/argo-rollouts"
)

// Workload is an add-on's Deployment.
type Workload struct{ Namespace, Name string }

// Workloads are the Deployments that must be available in a whole cluster.
var Workloads = []Workload{
	{"kube-system", "coredns"},
	{istioNamespace, "istiod"},
	{istioNamespace, "istio-ingressgateway"},
	{"argo-rollouts", "argo-rollouts"},
	{"monitoring", "prometheus"},
}

// Targets of the forwards that every cluster has.
const (
	GatewayTarget    = "svc/" + istioNamespace + "/istio-ingressgateway:80"
	PrometheusTarget = "svc/monitoring/prometheus:9090"
)

// readyTimeout is how long one add-on may take on a busy machine.
const readyTimeout = 3 * time.Minute

// Installer installs all add-ons.
type Installer struct {
	Client *Client
	// Modules maps a module's path to its folder.
	Modules map[string]string
	// Since is when the node was started.
	Since    time.Time
	Progress *progress.Reporter
}

// Install applies every add-on and waits until all are available. What doesn't
// depend on each other goes side by side. It may be repeated.
func (in Installer) Install(ctx context.Context) error {
	in.Progress.Begin("add-ons", len(Workloads))
	if err := in.Client.Apply(ctx, "default", apiServer()); err != nil {
		return fmt.Errorf("the pods can't be told the API server's address: %w", err)
	}
	group, ctx := errgroup.WithContext(ctx)
	dns := make(chan struct{})
	group.Go(func() error {
		defer close(dns)
		return in.step(ctx, "coredns", in.coreDNS)
	})
	group.Go(func() error {
		if err := in.step(ctx, "istiod", in.istiod); err != nil {
			return err
		}
		// The gateway finds istiod by name.
		<-dns
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return in.step(ctx, "gateway", in.gateway)
	})
	group.Go(func() error { return in.step(ctx, "argo-rollouts", in.argoRollouts) })
	group.Go(func() error { return in.step(ctx, "prometheus", in.prometheus) })
	return group.Wait()
}

func (in Installer) step(ctx context.Context, name string, do func(context.Context) error) error {
	step := in.Progress.Start(name)
	if err := do(ctx); err != nil {
		step.Failed()
		return fmt.Errorf("the add-on %s can't be installed: %w", name, err)
	}
	step.Done("")
	return nil
}

func (in Installer) coreDNS(ctx context.Context) error {
	manifest, err := coreDNS(in.Modules[ModuleKubernetes])
	if err != nil {
		return err
	}
	if err := in.Client.Apply(ctx, "kube-system", manifest); err != nil {
		return err
	}
	return in.Client.WaitWorkload(ctx, Workload{"kube-system", "coredns"}, in.Since, readyTimeout)
}

func (in Installer) istiod(ctx context.Context) error {
	if err := in.Client.Apply(ctx, "", namespace(istioNamespace)); err != nil {
		return err
	}
	for _, chart := range []struct{ dir, release, values string }{
		{"charts/base", "istio-base", ""},
		{"charts/istio-control/istio-discovery", "istiod", "istiod.yaml"},
	} {
		manifest, err := istioChart(chart.dir, chart.release, chart.values)
		if err != nil {
			return err
		}
		if err := in.Client.Apply(ctx, istioNamespace, manifest); err != nil {
			return err
		}
	}
	return in.Client.WaitWorkload(ctx, Workload{istioNamespace, "istiod"}, in.Since, readyTimeout)
}

// gateway comes after istiod is ready: its pods are injected by istiod's webhook,
// and a ReplicaSet that is refused backs off for long.
func (in Installer) gateway(ctx context.Context) error {
	manifest, err := istioChart("charts/gateway", "istio-ingressgateway", "gateway.yaml")
	if err != nil {
		return err
	}
	if err := in.Client.Apply(ctx, istioNamespace, manifest); err != nil {
		return err
	}
	routes, err := ownManifests.ReadFile("manifests/gateway.yaml")
	if err != nil {
		return err
	}
	if err := in.Client.Apply(ctx, istioNamespace, routes); err != nil {
		return err
	}
	return in.Client.WaitWorkload(ctx, Workload{istioNamespace, "istio-ingressgateway"}, in.Since, readyTimeout)
}

func (in Installer) argoRollouts(ctx context.Context) error {
	manifest, err := os.ReadFile(filepath.Join(in.Modules[ModuleArgoRollouts], "manifests/install.yaml"))
	if err != nil {
		return err
	}
	if err := in.Client.Apply(ctx, "", namespace("argo-rollouts")); err != nil {
		return err
	}
	if err := in.Client.Apply(ctx, "argo-rollouts", manifest); err != nil {
		return err
	}
	return in.Client.WaitWorkload(ctx, Workload{"argo-rollouts", "argo-rollouts"}, in.Since, readyTimeout)
}

func (in Installer) prometheus(ctx context.Context) error {
	manifest, err := ownManifests.ReadFile("manifests/prometheus.yaml")
	if err != nil {
		return err
	}
	// A changed configuration makes a new pod.
	manifest = bytes.ReplaceAll(manifest, []byte("CONFIG_DIGEST"), []byte(Fingerprint()))
	if err := in.Client.Apply(ctx, "monitoring", manifest); err != nil {
		return err
	}
	return in.Client.WaitWorkload(ctx, Workload{"monitoring", "prometheus"}, in.Since, readyTimeout)
}

// Fingerprint changes when what Install would apply changes.
func Fingerprint() string {
	h := sha256.New()
	fmt.Fprintln(h, versions.Kubernetes, versions.Istio, versions.ArgoRollouts, versions.CoreDNS, versions.Prometheus, versions.Envoy)
	for _, files := range []fs.FS{ownManifests, values} {
		_ = fs.WalkDir(files, ".", func(path string, d fs.DirEntry, err error) error {
			if err == nil && !d.IsDir() {
				data, _ := fs.ReadFile(files, path)
				h.Write(data)
			}
			return err
		})
	}
	return hex.EncodeToString(h.Sum(nil)[:6])
}

// apiServer is where the Service kubernetes leads.
func apiServer() []byte {
	return fmt.Appendf(nil, `apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata:
  name: kubernetes
  labels: {kubernetes.io/service-name: kubernetes}
addressType: IPv4
endpoints:
- addresses: [%s]
  conditions: {ready: true}
ports:
- {name: https, port: %d, protocol: TCP}
`, versions.NodeAddress, versions.APIPort)
}

func namespace(name string) []byte {
	return fmt.Appendf(nil, "apiVersion: v1\nkind: Namespace\nmetadata: {name: %s}\n", name)
}
