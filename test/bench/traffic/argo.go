package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	rollouts "github.com/argoproj/argo-rollouts/pkg/apis/rollouts/v1alpha1"
	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workbench-dev/workbench/test/e2e/cluster"
)

// argo is Argo Rollouts used by hand: a Rollout with a workloadRef, and what its documentation says about the rest.
// The naive way lets the old Deployment go when the Rollout is created.
type argo struct {
	*bench
	naive bool
}

func itoa(n int) string { return strconv.Itoa(n) }

func (b *bench) kubectl(args ...string) error {
	_, err := b.c.Kubectl(b.ctx, "", append([]string{"-n", b.app.Namespace}, args...)...)
	return err
}

func (b *bench) apply(manifest string) error {
	_, err := b.c.Kubectl(b.ctx, manifest, "-n", b.app.Namespace, "apply", "-f", "-")
	return err
}

func (b *bench) get(obj client.Object) error {
	return b.c.Client.Get(b.ctx, types.NamespacedName{Namespace: b.app.Namespace, Name: "web"}, obj)
}

func (a argo) takeOver() error {
	scaleDown := "progressively"
	if a.naive {
		scaleDown = "never"
	}
	err := a.apply(fmt.Sprintf(`apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: web}
spec:
  host: web.%[1]s.svc.cluster.local
  subsets:
    - {name: stable, labels: {app: web}}
    - {name: canary, labels: {app: web}}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: web}
spec:
  hosts: [%[2]s]
  gateways: [istio-system/public-gateway]
  http:
    - name: all
      route:
        - {destination: {host: web.%[1]s.svc.cluster.local, subset: stable, port: {number: 80}}, weight: 100}
        - {destination: {host: web.%[1]s.svc.cluster.local, subset: canary, port: {number: 80}}, weight: 0}
---
apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: {name: web}
spec:
  replicas: %[3]d
  selector: {matchLabels: {app: web}}
  workloadRef: {apiVersion: apps/v1, kind: Deployment, name: web, scaleDown: %[4]s}
  strategy:
    canary:
      trafficRouting:
        istio:
          virtualService: {name: web, routes: [all]}
          destinationRule: {name: web, stableSubsetName: stable, canarySubsetName: canary}
      steps: [{setWeight: 20}, {pause: {}}, {setWeight: 60}, {pause: {}}]
`, a.app.Namespace, a.app.Host, a.o.instances, scaleDown))
	if err != nil || !a.naive {
		return err
	}
	return a.kubectl("scale", "deployment/web", "--replicas=0")
}

func (b *bench) takenOver() (bool, error) {
	d, r := &appsv1.Deployment{}, &rollouts.Rollout{}
	if err := b.get(d); err != nil {
		return false, err
	}
	if err := b.get(r); err != nil {
		return false, err
	}
	return d.Status.Replicas == 0 && int(r.Status.AvailableReplicas) == b.o.instances, nil
}

func (b *bench) inStep(weight int32) (bool, error) {
	r := &rollouts.Rollout{}
	err := b.get(r)
	w := r.Status.Canary.Weights
	return w != nil && w.Canary.Weight == weight && len(r.Status.PauseConditions) > 0 && !r.Status.Abort, err
}

func (b *bench) stable(version string) (bool, error) {
	r := &rollouts.Rollout{}
	if err := b.get(r); err != nil {
		return false, err
	}
	var sets appsv1.ReplicaSetList
	if err := b.c.Client.List(b.ctx, &sets, client.InNamespace(b.app.Namespace), client.MatchingLabels{rollouts.DefaultRolloutUniqueLabelKey: r.Status.StableRS}); err != nil || len(sets.Items) == 0 {
		return false, err
	}
	image := sets.Items[0].Spec.Template.Spec.Containers[0].Image
	w := r.Status.Canary.Weights
	return r.Status.StableRS == r.Status.CurrentPodHash && strings.HasSuffix(image, ":"+version) && (w == nil || w.Canary.Weight == 0), nil
}

func (b *bench) aborted() (bool, error) {
	r := &rollouts.Rollout{}
	err := b.get(r)
	w := r.Status.Canary.Weights
	return r.Status.Abort && w != nil && w.Canary.Weight == 0, err
}

func (a argo) update(version string) error {
	return a.kubectl("set", "image", "deployment/web", "app="+cluster.AppImage+version)
}

// rollback is, where the Deployment is the source, to give it the earlier version.
func (a argo) rollback() error { return a.update("v1") }

func (a argo) status(patch string) error {
	r := &rollouts.Rollout{}
	if err := a.get(r); err != nil {
		return err
	}
	return a.c.Client.Status().Patch(a.ctx, r, client.RawPatch(types.MergePatchType, []byte(`{"status":`+patch+`}`)), client.FieldOwner("kubectl-argo-rollouts"))
}

func (a argo) next() error    { return a.status(`{"pauseConditions":null}`) }
func (a argo) promote() error { return a.status(`{"promoteFull":true}`) }
func (a argo) abort() error   { return a.status(`{"abort":true}`) }

func (b *bench) repaired() (bool, error) {
	d := &appsv1.Deployment{}
	err := b.get(d)
	return *d.Spec.Replicas == 0 && d.Status.Replicas == 0, err
}

// handBack of people who have no help: the drift is cleared, and the Rollout deleted.
func (a argo) handBack() error {
	if err := a.kubectl("scale", "deployment/web", "--replicas=0"); err != nil {
		return err
	}
	if err := a.pass(10 * time.Second); err != nil {
		return err
	}
	return a.kubectl("delete", "rollout", "web", "--wait=false")
}

func (b *bench) handedBack() (bool, error) {
	d := &appsv1.Deployment{}
	err := b.get(d)
	return int(d.Status.AvailableReplicas) == b.o.instances, err
}
