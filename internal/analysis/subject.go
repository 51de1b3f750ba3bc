package analysis

import (
	"context"
	"strings"
	"time"

	rollouts "github.com/argoproj/argo-rollouts/pkg/apis/rollouts/v1alpha1"
	"github.com/prometheus/common/model"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"

	"github.com/workbench-dev/workbench/internal/judge"
	"github.com/workbench-dev/workbench/internal/prometheus"
	"github.com/workbench-dev/workbench/internal/promql"
)

// Source answers queries; *prometheus.Client is one.
type Source interface {
	// Vector evaluates a query at one moment.
	Vector(ctx context.Context, query string, at time.Time) (model.Vector, error)
	// Matrix evaluates a query at each step of a range.
	Matrix(ctx context.Context, query string, over prometheus.Range) (model.Matrix, error)
}

// Subject is the release that is judged, as the cluster shows it.
type Subject struct {
	// Task, Namespace and Service name what is released; Service is empty when the workload has none.
	Task, Namespace, Service string
	// Stable and Canary are the versions; Canary is the zero Version when no release runs.
	Stable, Canary Version
	// WeightSince is since when the present weight, or the release, is known to every proxy; zero when that is long ago.
	WeightSince time.Time
	// Pods of the canary; nil when they are not known.
	Pods *judge.Pods
}

// Version is how the pods of a version can be told from those of the other.
type Version struct {
	// Hash is the value of the pods' rollouts-pod-template-hash label.
	Hash string
	// PodPrefix is how the names of its pods begin: that of its ReplicaSet and a '-'.
	PodPrefix string
	// Revision is what Istio calls the canonical revision of its pods.
	Revision string
}

// VersionOf reads a version from its ReplicaSet; nil gives the zero Version.
func VersionOf(set *appsv1.ReplicaSet) Version {
	if set == nil {
		return Version{}
	}
	return Version{
		Hash:      set.Labels[rollouts.DefaultRolloutUniqueLabelKey],
		PodPrefix: set.Name + "-",
		Revision:  canonicalRevision(set.Spec.Template.Labels),
	}
}

// canonicalRevision is the value that Istio reports as destination_canonical_revision
// (https://istio.io/latest/docs/reference/config/metrics/, pkg/config/labels/labels.go).
func canonicalRevision(labels map[string]string) string {
	for _, label := range []string{"service.istio.io/canonical-revision", "app.kubernetes.io/version", "version"} {
		if value := labels[label]; value != "" {
			return value
		}
	}
	return "latest"
}

// values are what the placeholders of a query stand for.
func (s Subject) values() promql.Values {
	return promql.Values{Task: s.Task, Namespace: s.Namespace, Service: s.Service, Stable: s.Stable.Hash, Canary: s.Canary.Hash}
}

// CanaryPods is what the judge wants to know of the canary's pods. A pod that restarted and is gone is no longer counted
// here; the judge remembers the largest number it saw.
func CanaryPods(pods []corev1.Pod) *judge.Pods {
	known := &judge.Pods{}
	for i := range pods {
		status := &pods[i].Status
		for _, condition := range status.Conditions {
			if condition.Type == corev1.PodReady && condition.Status == corev1.ConditionTrue {
				known.Started++
			}
		}
		for _, container := range append(append([]corev1.ContainerStatus{}, status.InitContainerStatuses...), status.ContainerStatuses...) {
			known.Restarts += container.RestartCount
			if outOfMemory(container.LastTerminationState) || outOfMemory(container.State) {
				known.OOMKills++
			}
		}
	}
	return known
}

func outOfMemory(state corev1.ContainerState) bool {
	return state.Terminated != nil && strings.EqualFold(state.Terminated.Reason, "OOMKilled")
}
