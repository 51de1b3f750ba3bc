package clusters

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	apimeta "k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workbench-dev/workbench/api/v1alpha1"
	"github.com/workbench-dev/workbench/internal/clusterinfo"
)

// recordRetry is how long after a failed write it is tried again.
const recordRetry = 10 * time.Second

// Record writes the health of the clusters into the status of their resources whenever it changes, until the context
// ends. One replica of the hub runs it at a time, so what it writes is how that replica sees the clusters.
func (r *Registry) Record(ctx context.Context, hub client.Client) error {
	for {
		changed := r.Changed()
		var again <-chan time.Time
		if err := r.recordAll(ctx, hub); err != nil && ctx.Err() == nil {
			r.options.Log.Warn("the status of clusters can't be written", "error", err)
			timer := time.NewTimer(recordRetry)
			defer timer.Stop()
			again = timer.C
		}
		select {
		case <-ctx.Done():
			return nil
		case <-changed:
		case <-again:
		}
	}
}

func (r *Registry) recordAll(ctx context.Context, hub client.Client) error {
	var failed []error
	for _, c := range r.List() {
		resource := c.Resource()
		if c.Health().State == Connecting && len(resource.Status.Conditions) > 0 {
			continue // what was found before the hub started says more
		}
		next := resource.DeepCopy()
		describeStatus(&next.Status, c)
		if equality.Semantic.DeepEqual(next.Status, resource.Status) {
			continue
		}
		err := hub.Status().Patch(ctx, next, client.MergeFrom(resource))
		if err != nil && !apierrors.IsNotFound(err) {
			failed = append(failed, fmt.Errorf("cluster %s: %w", c.name, err))
		}
	}
	return errors.Join(failed...)
}

func describeStatus(status *v1alpha1.ClusterStatus, c *Cluster) {
	health, generation := c.Health(), c.Resource().Generation
	condition := metav1.Condition{
		Type: v1alpha1.ConditionReachable, Reason: string(health.State), ObservedGeneration: generation,
		LastTransitionTime: metav1.NewTime(health.Since),
	}
	switch health.State {
	case Reachable:
		condition.Status, condition.Message = metav1.ConditionTrue, "It answers."
	case Connecting:
		condition.Status, condition.Message = metav1.ConditionUnknown, "It has not been asked yet."
	default:
		condition.Status, condition.Message = metav1.ConditionFalse, health.Message
	}
	status.ObservedGeneration = generation
	apimeta.SetStatusCondition(&status.Conditions, condition)
	for _, component := range c.Report().Components {
		if component.Name == clusterinfo.Kubernetes {
			status.KubernetesVersion = strings.TrimSpace(component.Version)
		}
	}
}
