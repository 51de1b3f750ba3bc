package analysisrun

import (
	"context"
	"fmt"
	"time"

	rollouts "github.com/argoproj/argo-rollouts/pkg/apis/rollouts/v1alpha1"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workbench-dev/workbench/internal/analysis"
	"github.com/workbench-dev/workbench/internal/release"
)

// mostPods is how many pods of a canary are looked at. Restarts beyond them are not counted.
const mostPods = 500

// subject is the release that is judged. Pods are read from the API server: there is no watch of pods.
func (r *Reconciler) subject(ctx context.Context, s *scene, weightSince time.Time) (analysis.Subject, error) {
	hash := s.rollout.Status.CurrentPodHash
	subject := analysis.Subject{Task: s.task.Name, Namespace: s.task.Namespace, WeightSince: weightSince}
	if record := s.task.Status.TakeOver; record != nil {
		subject.Service = record.Service
	}
	var list appsv1.ReplicaSetList
	if err := r.Client.List(ctx, &list, client.InNamespace(s.task.Namespace), client.HasLabels{rollouts.DefaultRolloutUniqueLabelKey}); err != nil {
		return subject, fmt.Errorf("listing ReplicaSets: %w", err)
	}
	var own []appsv1.ReplicaSet
	for i := range list.Items {
		if metav1.IsControlledBy(&list.Items[i], s.rollout) {
			own = append(own, list.Items[i])
		}
	}
	subject.Stable = analysis.VersionOf(release.FindReplicaSet(own, s.rollout.Status.StableRS))
	subject.Canary = analysis.VersionOf(release.FindReplicaSet(own, hash))
	var pods corev1.PodList
	if err := r.Live.List(ctx, &pods, client.InNamespace(s.task.Namespace), client.MatchingLabels{rollouts.DefaultRolloutUniqueLabelKey: hash}, client.Limit(mostPods)); err != nil {
		return subject, fmt.Errorf("listing the canary's pods: %w", err)
	}
	subject.Pods = analysis.CanaryPods(pods.Items)
	return subject, nil
}
