package releasetask

import (
	"context"
	"time"

	rollouts "github.com/argoproj/argo-rollouts/pkg/apis/rollouts/v1alpha1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workbench-dev/workbench/api/v1alpha1"
	"github.com/workbench-dev/workbench/internal/release"
)

// nudgeAfter is how long a Rollout must have been left alone before what was written to it counts as overlooked.
const nudgeAfter = 3 * time.Second

// overlooked says whether a Rollout stands as if Argo Rollouts had not seen the newest write to it. In passing that is so
// after every change.
func overlooked(r *rollouts.Rollout) bool {
	s := r.Status
	weights := s.Canary.Weights
	return !release.Observed(r) ||
		(s.ControllerPause && len(s.PauseConditions) == 0 && !s.Abort && release.Running(r)) ||
		(s.Abort && weights != nil && weights.Canary.Weight > 0) ||
		(!s.Abort && s.AbortedAt != nil)
}

// nudge touches a Rollout that Argo Rollouts overlooked. At the end of each of its rounds it puts the object that it
// wrote into its own cache, over a newer one that may have come meanwhile (1.9: Controller.writeBackToInformer). That one
// it sees only with the next event, so this makes one.
func (r *Reconciler) nudge(ctx context.Context, s *scene) error {
	if s.rollout == nil || s.rollout.DeletionTimestamp != nil || !overlooked(s.rollout) {
		return nil
	}
	s.again = soonest(s.again, nudgeAfter)
	live := &rollouts.Rollout{}
	if err := r.Live.Get(ctx, s.key(s.rollout.Name), live); err != nil {
		return client.IgnoreNotFound(err)
	}
	if live.DeletionTimestamp != nil || !overlooked(live) || r.Clock.Since(lastWrite(live)) < nudgeAfter {
		return nil
	}
	before := live.DeepCopy()
	setAnnotation(&live.Annotations, v1alpha1.NudgedAnnotation, r.Clock.Now().UTC().Format(time.RFC3339))
	return client.IgnoreNotFound(r.Client.Patch(ctx, live, client.MergeFrom(before), client.FieldOwner(v1alpha1.FieldManager)))
}

// lastWrite is when anybody wrote to an object last, as the API server recorded it, in whole seconds.
func lastWrite(r *rollouts.Rollout) time.Time {
	last := r.CreationTimestamp.Time
	for _, m := range r.ManagedFields {
		if m.Time != nil && m.Time.After(last) {
			last = m.Time.Time
		}
	}
	return last
}
