package releaseaction

import (
	"context"
	"fmt"
	"slices"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workbench-dev/workbench/api/v1alpha1"
)

// prune deletes the oldest ended actions of a task beyond the number to keep.
func (r *Reconciler) prune(ctx context.Context, action *v1alpha1.ReleaseAction) error {
	var list v1alpha1.ReleaseActionList
	if err := r.Live.List(ctx, &list, client.InNamespace(action.Namespace), client.MatchingFields{"spec.task": action.Spec.Task}); err != nil {
		return fmt.Errorf("listing the actions of task %s: %w", action.Spec.Task, err)
	}
	final := slices.DeleteFunc(list.Items, func(a v1alpha1.ReleaseAction) bool { return !a.Status.State.IsFinal() })
	slices.SortFunc(final, func(a, b v1alpha1.ReleaseAction) int {
		return b.CreationTimestamp.Compare(a.CreationTimestamp.Time)
	})
	for i := r.Keep; i < len(final); i++ {
		if err := r.Client.Delete(ctx, &final[i]); client.IgnoreNotFound(err) != nil {
			return fmt.Errorf("deleting the old action %s: %w", final[i].Name, err)
		}
	}
	return nil
}
