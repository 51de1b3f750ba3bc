//go:build e2e

package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workbench-dev/workbench/internal/loadgen"
	"github.com/workbench-dev/workbench/test/e2e/cluster"
)

const trafficImage = cluster.TrafficImage

// given says how the world is before anything happens.
type given struct{ *scenario }

// Workload runs the application in a version, with a Service, and waits until its pods are ready.
func (g *given) Workload(version string, instances int) *given {
	g.t.Helper()
	g.app.Version, g.app.Instances, g.app.Service = version, instances, true
	g.apply(g.app.Manifests())
	return g.DeploymentReady()
}

// DeploymentReady waits until all pods of the Deployment are ready.
func (g *given) DeploymentReady() *given {
	g.t.Helper()
	g.eventually("the Deployment to be ready", func() (bool, string, error) {
		d, err := g.getDeployment()
		if err != nil {
			return false, "", err
		}
		st := d.Status
		return st.ObservedGeneration == d.Generation && st.AvailableReplicas == *d.Spec.Replicas && st.UpdatedReplicas == st.Replicas && st.Replicas == *d.Spec.Replicas,
			fmt.Sprintf("%d of %d pods ready", st.AvailableReplicas, *d.Spec.Replicas), nil
	})
	return g
}

// Sidecars makes pods of the namespace part of the mesh.
func (g *given) Sidecars() *given {
	g.t.Helper()
	ns := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: g.namespace}}
	g.must(world.Client.Patch(g.ctx, ns, client.RawPatch("application/merge-patch+json", []byte(`{"metadata":{"labels":{"istio-injection":"enabled"}}}`))))
	return g
}

// RouteOnGateway leads a host name at the gateway to the Service.
func (g *given) RouteOnGateway() *given {
	g.t.Helper()
	g.app.Host = g.namespace + ".e2e.local"
	g.apply(g.app.Route())
	g.keep("virtualservice", g.app.Name)
	return g
}

// Autoscaler scales the Deployment.
func (g *given) Autoscaler(least, most int) *given {
	g.t.Helper()
	g.apply(fmt.Sprintf(`apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web-scaler, namespace: %s}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: %s}
  minReplicas: %d
  maxReplicas: %d
  metrics:
    - type: Resource
      resource: {name: cpu, target: {type: Utilization, averageUtilization: 80}}
`, g.namespace, g.app.Name, least, most))
	g.keep("horizontalpodautoscaler", "web-scaler")
	return g
}

// Manifest applies any other object; NAMESPACE in it stands for the scenario's.
func (g *given) Manifest(text string) *given {
	g.t.Helper()
	g.apply(text)
	return g
}

// Keep remembers an object as it is, to be compared after the hand-back.
func (g *given) Keep(kind, name string) *given {
	g.t.Helper()
	g.keep(kind, name)
	return g
}

// SteadyTraffic sends requests through the gateway to the end of the scenario, once the first is answered.
func (g *given) SteadyTraffic(rps int) *given {
	g.t.Helper()
	cfg := loadgen.Config{URL: "http://" + world.Gateway + "/", Host: g.app.Host, RPS: float64(rps)}
	g.eventually("the gateway to lead to the application", func() (bool, string, error) {
		try := cfg
		try.Duration = 300 * time.Millisecond
		r, err := loadgen.Run(g.ctx, try)
		if err != nil {
			return false, "", err
		}
		count := r.Snapshot()
		return count.Failed == 0 && count.OK > 0, failures(count), nil
	})
	ctx, cancel := context.WithCancel(context.Background())
	r, err := loadgen.Start(ctx, cfg)
	if err != nil {
		cancel()
		g.t.Fatal(err)
	}
	g.traffic = customers{r, cancel}
	return g
}

// TrafficFromNeighbour lets a pod of the same namespace call the Service. With sidecars its own splits the requests;
// without, each request has a connection of its own, so that the node's Service rules spread them.
func (g *given) TrafficFromNeighbour(rps int, sidecar bool) *given {
	g.t.Helper()
	g.apply(neighbourManifest(g.namespace, "http://"+g.app.Name+"/", rps, !sidecar))
	n := neighbour{g.namespace}
	g.eventually("the neighbour's traffic", func() (bool, string, error) {
		count, err := n.count(g.ctx)
		return count.OK > 0, failures(count), err
	})
	before, err := n.count(g.ctx)
	g.must(err)
	g.traffic = sinceStart{n, before}
	return g
}

// sinceStart leaves out what was counted while everything was being started.
type sinceStart struct {
	generator
	before loadgen.Snapshot
}

func (s sinceStart) count(ctx context.Context) (loadgen.Snapshot, error) {
	now, err := s.generator.count(ctx)
	return now.Since(s.before), err
}

func (s sinceStart) stop(ctx context.Context) (loadgen.Snapshot, error) { return s.count(ctx) }

// When goes on to what happens.
func (g *given) When() *when { return &when{g.scenario} }

func (s *scenario) apply(manifests string) {
	s.t.Helper()
	s.kubectl(strings.ReplaceAll(manifests, "NAMESPACE", s.namespace), "apply", "-f", "-")
}

var kinds = map[string]schema.GroupVersionKind{
	"virtualservice":          {Group: "networking.istio.io", Version: "v1", Kind: "VirtualService"},
	"destinationrule":         {Group: "networking.istio.io", Version: "v1", Kind: "DestinationRule"},
	"horizontalpodautoscaler": {Group: "autoscaling", Version: "v2", Kind: "HorizontalPodAutoscaler"},
}

func (s *scenario) object(kind, name string) (*unstructured.Unstructured, error) {
	u := &unstructured.Unstructured{}
	u.SetGroupVersionKind(kinds[kind])
	return u, world.Client.Get(s.ctx, s.key(name), u)
}

// keep remembers what a person wrote of an object: labels, annotations, spec.
func (s *scenario) keep(kind, name string) {
	s.t.Helper()
	u, err := s.object(kind, name)
	s.must(err)
	s.originals[kind+"/"+name] = written(u)
}

func written(u *unstructured.Unstructured) string {
	text, _ := json.MarshalIndent(map[string]any{ // what came from JSON goes back to it
		"labels": u.GetLabels(), "annotations": u.GetAnnotations(), "finalizers": u.GetFinalizers(), "spec": u.Object["spec"],
	}, "", " ")
	return string(text)
}
