package releasetask

import (
	"context"
	"encoding/json"
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	rollouts "github.com/argoproj/argo-rollouts/pkg/apis/rollouts/v1alpha1"

	"github.com/workbench-dev/workbench/api/v1alpha1"
	"github.com/workbench-dev/workbench/internal/release"
)

// observe tells what the release engine shows. It runs at the end of every round, also of one that had to wait.
func (r *Reconciler) observe(ctx context.Context, s *scene) error {
	if s.rollout == nil || s.rollout.DeletionTimestamp != nil || s.task.Status.HandBack != nil || s.task.Status.TakeOver == nil {
		s.task.Status.Step = nil
		return nil
	}
	if err := r.judged(ctx, s); err != nil {
		return err
	}
	world := release.World{Rollout: s.rollout, ReplicaSets: s.sets, Now: s.now}
	if rs := release.FindReplicaSet(s.sets, s.rollout.Status.CurrentPodHash); rs != nil && !release.Promoted(s.rollout) && rs.Spec.Replicas != nil && rs.Status.AvailableReplicas < *rs.Spec.Replicas {
		s.podTrouble = r.trouble(ctx, s, rs)
		s.again = soonest(s.again, podsRetry)
	}
	world.PodTrouble = s.podTrouble
	if release.Turning(s.task, s.rollout) {
		// A transition: who asked for it is read from the API server, since the cache may not have the action yet.
		var actions v1alpha1.ReleaseActionList
		if err := r.Live.List(ctx, &actions, client.InNamespace(s.task.Namespace), client.MatchingFields{"spec.task": s.task.Name}); err != nil {
			return fmt.Errorf("listing the task's actions: %w", err)
		}
		world.Actions = actions.Items
		if release.Aborted(s.rollout) {
			by, err := r.abortedBy(ctx, s)
			if err != nil {
				return err
			}
			world.AbortedBy = by
		}
	}
	s.events = append(s.events, release.Observe(s.task, world)...)
	return r.nudge(ctx, s)
}

// abortedBy is the tool outside Workbench that set status.abort of the Rollout, as the API server recorded it.
func (r *Reconciler) abortedBy(ctx context.Context, s *scene) (string, error) {
	live := &rollouts.Rollout{}
	if err := r.Live.Get(ctx, s.key(s.rollout.Name), live); err != nil {
		return "", client.IgnoreNotFound(err)
	}
	for i := range live.ManagedFields {
		m := &live.ManagedFields[i]
		if m.Manager == v1alpha1.FieldManager || m.Manager == "rollouts-controller" || !ownsAbort(m) {
			continue
		}
		return m.Manager + ", outside Workbench", nil
	}
	return "", nil
}

func ownsAbort(m *metav1.ManagedFieldsEntry) bool {
	if m.FieldsV1 == nil {
		return false
	}
	var fields struct {
		Status map[string]json.RawMessage `json:"f:status"`
	}
	if err := json.Unmarshal(m.FieldsV1.GetRawBytes(), &fields); err != nil {
		return false
	}
	_, ok := fields.Status["f:abort"]
	return ok
}
