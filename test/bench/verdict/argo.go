package main

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	rollouts "github.com/argoproj/argo-rollouts/pkg/apis/rollouts/v1alpha1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workbench-dev/workbench/test/e2e/cluster"
)

// argo is a Rollout by hand. Its releases are judged by the template of Argo Rollouts' documentation
// (https://argo-rollouts.readthedocs.io/en/stable/features/analysis/, "Background Analysis": success-rate, every 5 minutes, four
// failures), asked about the canary alone: about the whole service, as it stands there, 2 % of errors would never be found.
//
// With flagger, they are judged by Flagger's default check instead (https://docs.flagger.app/tutorials/istio-progressive-delivery:
// success rate of at least 99 % and p99 of at most 500 ms, every minute, five failures), which this program makes, since Flagger
// does not work on Rollouts.
type argo struct {
	*bench
	flagger bool
	// stop ends the check of the release under way.
	stop context.CancelFunc
	// rejected says that Flagger's check sent the release back.
	rejected atomic.Bool
}

const (
	flaggerInterval  = time.Minute
	flaggerThreshold = 5
)

func (a *argo) prepare() error {
	analysis := ""
	if !a.flagger {
		analysis = "analysis: {templates: [{templateName: success-rate}]}"
	}
	manifest := fmt.Sprintf(`apiVersion: argoproj.io/v1alpha1
kind: AnalysisTemplate
metadata: {name: success-rate}
spec:
  metrics:
    - name: success-rate
      interval: 5m
      successCondition: result[0] >= 0.95
      failureLimit: 3
      provider:
        prometheus:
          address: http://prometheus.monitoring.svc:9090
          query: |
            sum(irate(%[3]s,response_code!~"5.*"}[5m])) / sum(irate(%[3]s}[5m]))
---
apiVersion: networking.istio.io/v1
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
  replicas: %[4]d
  selector: {matchLabels: {app: web}}
  workloadRef: {apiVersion: apps/v1, kind: Deployment, name: web, scaleDown: progressively}
  strategy:
    canary:
      %[5]s
      trafficRouting:
        istio:
          virtualService: {name: web, routes: [all]}
          destinationRule: {name: web, stableSubsetName: stable, canarySubsetName: canary}
      steps: [{setWeight: 10}, {pause: {}}]
`, a.app.Namespace, a.app.Host, a.canarySeries("istio_requests_total"), a.o.instances, analysis)
	if _, err := a.c.Kubectl(a.ctx, manifest, "-n", a.app.Namespace, "apply", "-f", "-"); err != nil {
		return err
	}
	return a.until(2*time.Minute, "the take-over", func() (bool, error) {
		r, err := a.rollout()
		return r.Status.StableRS != "" && int(r.Status.AvailableReplicas) >= a.o.instances && r.Status.Phase == rollouts.RolloutPhaseHealthy, err
	})
}

// canarySeries begins a selector of the canary's series; the caller closes it.
func (a *argo) canarySeries(name string) string {
	return fmt.Sprintf(`%s{reporter="source",destination_service=~"web.%s.svc.cluster.local",destination_canonical_revision="canary"`, name, a.app.Namespace)
}

func (a *argo) rollout() (*rollouts.Rollout, error) {
	r := &rollouts.Rollout{}
	return r, a.c.Client.Get(a.ctx, types.NamespacedName{Namespace: a.app.Namespace, Name: "web"}, r)
}

func (a *argo) release(version string) error {
	if err := a.kubectl("set", "image", "deployment/web", "app="+cluster.AppImage+version); err != nil {
		return err
	}
	if err := a.until(2*time.Minute, "the first step", func() (bool, error) {
		r, err := a.rollout()
		return r.Status.Canary.Weights != nil && r.Status.Canary.Weights.Canary.Weight > 0, err
	}); err != nil {
		return err
	}
	if a.flagger {
		var ctx context.Context
		ctx, a.stop = context.WithCancel(a.ctx)
		a.rejected.Store(false)
		go a.check(ctx)
	}
	return nil
}

// check is Flagger's: at each interval it first sees whether the failures have reached the threshold, and then looks again.
func (a *argo) check(ctx context.Context) {
	failed := 0
	tick := time.NewTicker(flaggerInterval)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if failed >= flaggerThreshold {
			if err := a.abort(); err == nil {
				a.rejected.Store(true)
				return
			}
			continue
		}
		requests, duration := a.canarySeries("istio_requests_total"), a.canarySeries("istio_request_duration_milliseconds_bucket")
		success, errSuccess := a.c.Query(ctx, fmt.Sprintf(`sum(rate(%[1]s,response_code!~"5.*"}[1m])) / sum(rate(%[1]s}[1m])) * 100`, requests))
		p99, errP99 := a.c.Query(ctx, fmt.Sprintf(`histogram_quantile(0.99, sum(rate(%s}[30s])) by (le))`, duration))
		if errSuccess != nil || errP99 != nil || success < 99 || p99 > 500 {
			failed++
		}
	}
}

func (a *argo) sentBack() (bool, error) {
	r, err := a.rollout()
	w := r.Status.Canary.Weights
	return r.Status.Abort && w != nil && w.Canary.Weight == 0 && (!a.flagger || a.rejected.Load()), err
}

func (a *argo) verdictAt() time.Time { return time.Time{} }

func (a *argo) released(string) (bool, error) { return false, nil }

func (a *argo) why() string { return "" }

func (a *argo) abort() error {
	r, err := a.rollout()
	if err != nil {
		return err
	}
	return a.c.Client.Status().Patch(a.ctx, r, client.RawPatch(types.MergePatchType, []byte(`{"status":{"abort":true}}`)), client.FieldOwner("kubectl-argo-rollouts"))
}

func (a *argo) recover() error {
	if a.stop != nil {
		a.stop()
	}
	if err := a.kubectl("set", "image", "deployment/web", "app="+cluster.AppImage+"v1"); err != nil {
		return err
	}
	return a.until(2*time.Minute, "the Rollout to be at rest", func() (bool, error) {
		r, err := a.rollout()
		return r.Status.Phase == rollouts.RolloutPhaseHealthy && strings.TrimSpace(r.Status.CurrentPodHash) == r.Status.StableRS, err
	})
}
