package workspaces

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/equality"
	apimeta "k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	"github.com/workbench-dev/workbench/api/v1alpha1"
)

// Finalizer keeps a Workspace until its RoleBindings are gone from every cluster that has some.
const Finalizer = "workbench.dev/role-bindings"

// Prepared says whether RoleBindings of the workspace may be written into the cluster: the workspace has the finalizer,
// and its status records the cluster, so that whatever happens next they are found again.
func Prepared(workspace *v1alpha1.Workspace, cluster string) bool {
	return controllerutil.ContainsFinalizer(workspace, Finalizer) && slices.Contains(workspace.Status.Clusters, cluster)
}

// clustersOf are the names of the clusters that the spec names, in order.
func clustersOf(workspace *v1alpha1.Workspace) []string {
	var names []string
	for _, n := range workspace.Spec.Namespaces {
		names = append(names, n.Cluster)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// Clusters is what is known of the clusters when the status of workspaces is written.
type Clusters struct {
	// Exists are the clusters that have a Cluster resource.
	Exists map[string]bool
	// Trouble is, of a cluster that can't be reached, a sentence on that.
	Trouble map[string]string
	// Outcomes are what was projected last, by cluster; one that was never projected since the hub started has none.
	Outcomes map[string]Outcome
}

// Record writes what is to be remembered of a workspace: the finalizer and the clusters before RoleBindings are made,
// its conditions after, and at its end it lets it go. It does one write at most, so that it is called again by the
// event of that write until there is nothing to do.
func Record(ctx context.Context, hub client.Client, workspace *v1alpha1.Workspace, clusters Clusters) error {
	deleted := !workspace.DeletionTimestamp.IsZero()
	if deleted && !controllerutil.ContainsFinalizer(workspace, Finalizer) {
		return nil
	}
	next := workspace.DeepCopy()
	if !deleted && controllerutil.AddFinalizer(next, Finalizer) {
		return hub.Patch(ctx, next, client.MergeFromWithOptions(workspace, client.MergeFromWithOptimisticLock{}))
	}
	remaining := remains(workspace, clusters)
	if deleted && len(remaining) == 0 {
		controllerutil.RemoveFinalizer(next, Finalizer)
		return client.IgnoreNotFound(hub.Patch(ctx, next, client.MergeFromWithOptions(workspace, client.MergeFromWithOptimisticLock{})))
	}
	next.Status.Clusters = remaining
	if !deleted {
		next.Status.Clusters = append(next.Status.Clusters, clustersOf(workspace)...)
		slices.Sort(next.Status.Clusters)
		next.Status.Clusters = slices.Compact(next.Status.Clusters)
	}
	next.Status.ObservedGeneration = workspace.Generation
	condition := ready(workspace, remaining, clusters)
	condition.Type, condition.ObservedGeneration = v1alpha1.ConditionReady, workspace.Generation
	apimeta.SetStatusCondition(&next.Status.Conditions, condition)
	if equality.Semantic.DeepEqual(workspace.Status, next.Status) {
		return nil
	}
	return client.IgnoreNotFound(hub.Status().Patch(ctx, next, client.MergeFromWithOptions(workspace, client.MergeFromWithOptimisticLock{})))
}

// remains are the recorded clusters, in order, in which RoleBindings of the workspace may still be.
func remains(workspace *v1alpha1.Workspace, clusters Clusters) []string {
	var names []string
	for _, name := range workspace.Status.Clusters {
		if !clusters.Exists[name] {
			continue // nothing connects to it any more; see docs/workspaces.md on how to clean up there
		}
		wanted := workspace.DeletionTimestamp.IsZero() && slices.Contains(clustersOf(workspace), name)
		if wanted || !settled(workspace, clusters.Outcomes[name]) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// settled says whether the cluster was made as this very state of the workspace wants it, without a problem.
func settled(workspace *v1alpha1.Workspace, outcome Outcome) bool {
	return outcome.seen[workspace.Name] == stateOf(workspace) && len(outcome.about(workspace.Name)) == 0
}

// maxTold is how many problems the message names.
const maxTold = 5

func ready(workspace *v1alpha1.Workspace, remaining []string, clusters Clusters) metav1.Condition {
	if !workspace.DeletionTimestamp.IsZero() {
		return metav1.Condition{Status: metav1.ConditionFalse, Reason: v1alpha1.ReasonRemoving,
			Message: "Its RoleBindings are still to be removed from " + strings.Join(withTrouble(remaining, clusters), "; ") + "."}
	}
	var problems, waiting []string
	names := append(clustersOf(workspace), remaining...)
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		outcome, trouble := clusters.Outcomes[name], clusters.Trouble[name]
		switch {
		case !clusters.Exists[name]:
			problems = append(problems, fmt.Sprintf("there is no cluster %s", name))
		case trouble != "":
			problems = append(problems, withTrouble([]string{name}, clusters)...)
		case outcome.seen[workspace.Name] != stateOf(workspace):
			waiting = append(waiting, "cluster "+name)
		default:
			for _, p := range outcome.about(workspace.Name) {
				problems = append(problems, fmt.Sprintf("namespace %s of cluster %s: %s", p.namespace, name, p.sentence))
			}
		}
	}
	switch {
	case len(problems) > maxTold:
		more := len(problems) - maxTold
		return unready(v1alpha1.ReasonNamespaceProblems, fmt.Sprintf("Roles are not in force everywhere: %s; and %d more.", strings.Join(problems[:maxTold], "; "), more))
	case len(problems) > 0:
		return unready(v1alpha1.ReasonNamespaceProblems, "Roles are not in force everywhere: "+strings.Join(problems, "; ")+".")
	case len(waiting) > 0:
		return unready(v1alpha1.ReasonProjecting, "RoleBindings are being written in "+strings.Join(waiting, ", ")+".")
	default:
		return metav1.Condition{Status: metav1.ConditionTrue, Reason: v1alpha1.ReasonProjected, Message: "Roles are in force in all its namespaces."}
	}
}

func unready(reason, message string) metav1.Condition {
	if len(message) > 8000 {
		message = strings.ToValidUTF8(message[:8000], "") + "…"
	}
	return metav1.Condition{Status: metav1.ConditionFalse, Reason: reason, Message: message}
}

func withTrouble(names []string, clusters Clusters) []string {
	told := make([]string, 0, len(names))
	for _, name := range names {
		if trouble := clusters.Trouble[name]; trouble != "" {
			told = append(told, fmt.Sprintf("cluster %s, which is unreachable (%s)", name, strings.TrimSuffix(trouble, ".")))
			continue
		}
		told = append(told, "cluster "+name)
	}
	return told
}
