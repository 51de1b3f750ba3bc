package cli

import (
	"context"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workbench-dev/workbench/api/v1alpha1"
)

// startGrace is how long a watch that ends with the release waits for a release that was asked for to begin.
const startGrace = 20 * time.Second

// ending decides when --exit ends a watch. A task at rest may have been asked a moment ago for a release that has not
// begun: 'set-image && watch --exit' must not end with the version before.
type ending struct {
	exit exitMode
	// restsSince is when the task was first seen at rest with nothing begun of what was asked; zero when it was not.
	restsSince time.Time
}

// reached says whether the watch is over at this reading, and with what error.
func (e *ending) reached(ctx context.Context, c *cluster, task *v1alpha1.ReleaseTask, now time.Time) (bool, error) {
	if e.exit == exitNever || task == nil || task.Status.ObservedGeneration < task.Generation {
		return false, nil
	}
	at := standOf(task)
	if !at.over {
		e.restsSince = time.Time{}
		return e.exit == exitStanding && at.standing, nil
	}
	if e.restsSince.IsZero() {
		e.restsSince = now
	}
	if now.Sub(e.restsSince) < startGrace && c.isAskedFor(ctx, task) {
		return false, nil
	}
	if !at.released {
		return true, exitf(ExitNotReleased, "%s", at.message)
	}
	return true, nil
}

// isAskedFor says whether the newest action that starts a release has not led to one that the task shows. Who may not
// read actions is taken to have asked nothing.
func (c *cluster) isAskedFor(ctx context.Context, task *v1alpha1.ReleaseTask) bool {
	actions := &v1alpha1.ReleaseActionList{}
	if err := c.List(ctx, actions, client.InNamespace(task.Namespace), client.MatchingFields{"spec.task": task.Name}); err != nil {
		return false
	}
	var newest *v1alpha1.ReleaseAction
	for i, action := range actions.Items {
		if startsRelease(action) && (newest == nil || newest.CreationTimestamp.Before(&action.CreationTimestamp)) {
			newest = &actions.Items[i]
		}
	}
	return newest != nil && !hasBegun(*newest, task)
}

func startsRelease(action v1alpha1.ReleaseAction) bool {
	switch action.Spec.Type {
	case v1alpha1.ActionUpdateVersion, v1alpha1.ActionRollback, v1alpha1.ActionRetry:
		return action.Status.State != v1alpha1.ActionRefused && action.Status.State != v1alpha1.ActionFailed
	default:
		return false
	}
}

// hasBegun says whether the task shows a release that began after the action, or the version that it asked for.
func hasBegun(action v1alpha1.ReleaseAction, task *v1alpha1.ReleaseTask) bool {
	if !action.Status.State.IsFinal() {
		return false
	}
	if len(task.Status.History) > 0 && !task.Status.History[0].StartedAt.Before(&action.CreationTimestamp) {
		return true
	}
	newest := task.Status.Canary
	if newest == nil {
		newest = task.Status.Stable
	}
	// A retry has the version that went back, which is shown either way.
	return action.Spec.UpdateVersion != nil && serves(newest, action.Spec.UpdateVersion.Containers)
}
