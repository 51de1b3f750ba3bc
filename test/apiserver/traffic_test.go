//go:build apiserver

package apiserver

import (
	"context"
	"maps"
	"time"

	rollouts "github.com/argoproj/argo-rollouts/pkg/apis/rollouts/v1alpha1"
	appsv1 "k8s.io/api/apps/v1"

	"github.com/workbench-dev/workbench/api/v1alpha1"
	"github.com/workbench-dev/workbench/internal/analysis"
	"github.com/workbench-dev/workbench/internal/judge"
)

// traffic is what customers send and what the proxies count of it, by subset: the counters of the canary's live on from one
// release to the next.
type traffic struct {
	// rate is how many requests come in a second.
	rate float64
	// failing is the share of requests that an image fails.
	failing map[string]float64
	// problem is why nothing can be read; empty when it can.
	problem string

	stable, canary judge.Counters
}

// send lets the requests of a second be answered.
func (w *world) send() {
	w.t.Helper()
	if w.requests.rate == 0 {
		return
	}
	rollout := &rollouts.Rollout{}
	if !w.get(app, rollout) || rollout.Status.Canary.Weights == nil {
		return
	}
	weights := rollout.Status.Canary.Weights
	var sets appsv1.ReplicaSetList
	w.list(&sets)
	for _, version := range []struct {
		counters *judge.Counters
		share    rollouts.WeightDestination
	}{{&w.requests.stable, weights.Stable}, {&w.requests.canary, weights.Canary}} {
		n := w.requests.rate * float64(version.share.Weight) / 100
		image := ""
		for i := range sets.Items {
			if sets.Items[i].Labels[rolloutHash] == version.share.PodTemplateHash {
				image = sets.Items[i].Spec.Template.Spec.Containers[0].Image
			}
		}
		errors := maps.Clone(version.counters.Errors)
		if errors == nil {
			errors = map[string]float64{}
		}
		errors["5xx"] += n * w.requests.failing[image]
		version.counters.Requests += n
		version.counters.Errors = errors
	}
}

// gather reads the counters as they stand, in the place of a Prometheus.
func (w *world) gather(_ context.Context, _ *v1alpha1.Analysis, subject analysis.Subject, at time.Time) analysis.Look {
	return analysis.Look{
		Sample: judge.Sample{
			At: at, WeightSince: subject.WeightSince, Pods: &judge.Pods{Started: instances}, Problem: w.requests.problem,
			Stable: map[string]judge.Counters{"gateway": w.requests.stable},
			Canary: map[string]judge.Counters{"gateway": w.requests.canary},
		},
		Hash: subject.Canary.Hash, StableHash: subject.Stable.Hash, ConfirmLooks: 1,
	}
}
