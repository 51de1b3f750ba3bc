package workspaces

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workbench-dev/workbench/api/v1alpha1"
)

// Rules are how workspaces become RoleBindings.
type Rules struct {
	// UserPrefix stands before the names of users and groups in clusters, as in auth.Options.
	UserPrefix string
	// RolePrefix stands before -viewer, -editor and -admin in the names of the chart's ClusterRoles: the full name of the
	// chart's release, the same in every cluster.
	RolePrefix string
}

// Found is what there is in a cluster before it is changed.
type Found struct {
	// Bindings are the RoleBindings with ProjectedLabel.
	Bindings []rbacv1.RoleBinding
	// Namespaces that exist and are not being deleted.
	Namespaces map[string]bool
}

// Outcome is how far a cluster is as a set of workspaces wants it.
type Outcome struct {
	// seen holds, of each workspace that the cluster was made to follow, which one it was.
	seen map[string]seen
	// problems are what could not be done.
	problems []problem
}

// seen is a state of a workspace.
type seen struct {
	uid        types.UID
	generation int64
	deleted    bool
}

func stateOf(workspace *v1alpha1.Workspace) seen {
	return seen{workspace.UID, workspace.Generation, !workspace.DeletionTimestamp.IsZero()}
}

// problem is something that could not be done in a namespace.
type problem struct {
	namespace string
	// workspaces that it is about.
	workspaces []string
	// sentence on what is wrong, without the cluster and the namespace.
	sentence string
	// lasting is true when trying again changes nothing until somebody does something that is watched.
	lasting bool
}

// Retry says whether it is worth to try again without any news.
func (o Outcome) Retry() bool {
	return slices.ContainsFunc(o.problems, func(p problem) bool { return !p.lasting })
}

// Project makes the RoleBindings of one cluster those that the workspaces want, and nothing else of the cluster
// different. What fails in one namespace stops no other. Workspaces that are not Prepared are left out, except that what
// they have already is left alone; those that are being deleted want nothing.
func (rules Rules) Project(ctx context.Context, target client.Client, cluster string, found Found, workspaces []*v1alpha1.Workspace) Outcome {
	outcome := Outcome{seen: map[string]seen{}}
	var wanting []*v1alpha1.Workspace
	unprepared := map[string]bool{}
	for _, workspace := range workspaces {
		if workspace.DeletionTimestamp.IsZero() {
			if slices.Contains(clustersOf(workspace), cluster) && !Prepared(workspace, cluster) {
				unprepared[workspace.Name] = true
				continue
			}
			wanting = append(wanting, workspace)
		}
		outcome.seen[workspace.Name] = stateOf(workspace)
	}
	wanted := desired(cluster, wanting, clusterRolesOf(rules.RolePrefix), rules.UserPrefix)

	actual := map[key]*rbacv1.RoleBinding{}
	for i := range found.Bindings {
		b := &found.Bindings[i]
		actual[key{b.Namespace, b.Name}] = b
	}
	// Rights are taken before others are given, so that a crash in between leaves too few rather than too many.
	for _, k := range sorted(actual) {
		b := actual[k]
		want, keep := wanted[k]
		if keep && want.sameRole(b) {
			continue
		}
		if !keep && slices.ContainsFunc(workspacesOf(b), func(name string) bool { return unprepared[name] }) {
			continue
		}
		if err := remove(ctx, target, b); err != nil {
			outcome.failed(k.namespace, append(workspacesOf(b), want.workspaces...), "its RoleBinding "+k.name+" can't be removed: "+reason(err))
			continue
		}
		delete(actual, k)
	}
	for _, k := range sorted(wanted) {
		want := wanted[k]
		if !found.Namespaces[k.namespace] {
			outcome.problems = append(outcome.problems, problem{k.namespace, want.workspaces, "it doesn't exist", true})
			continue
		}
		if b := actual[k]; b != nil && want.matches(b) {
			continue
		}
		if err := target.Apply(ctx, want.configuration(), client.FieldOwner(fieldManager), client.ForceOwnership); err != nil {
			outcome.failed(k.namespace, want.workspaces, "its RoleBinding "+k.name+" can't be written: "+reason(err))
		}
	}
	// A namespace may be named that has no members and so no RoleBindings.
	for _, workspace := range wanting {
		for _, n := range workspace.Spec.Namespaces {
			if n.Cluster == cluster && !found.Namespaces[n.Namespace] && len(workspace.Spec.Members) == 0 {
				outcome.problems = append(outcome.problems, problem{n.Namespace, []string{workspace.Name}, "it doesn't exist", true})
			}
		}
	}
	return outcome
}

// remove deletes just the RoleBinding that was read.
func remove(ctx context.Context, target client.Client, b *rbacv1.RoleBinding) error {
	err := target.Delete(ctx, b, client.Preconditions{UID: &b.UID})
	if apierrors.IsConflict(err) {
		return nil // another one has its place; the watch tells of it
	}
	return client.IgnoreNotFound(err)
}

func (o *Outcome) failed(namespace string, workspaces []string, sentence string) {
	slices.Sort(workspaces)
	o.problems = append(o.problems, problem{namespace, slices.Compact(workspaces), sentence, false})
}

// about are the problems of a workspace.
func (o Outcome) about(workspace string) []problem {
	var found []problem
	for _, p := range o.problems {
		if slices.Contains(p.workspaces, workspace) && !slices.ContainsFunc(found, func(f problem) bool { return f.namespace == p.namespace }) {
			found = append(found, p)
		}
	}
	return found
}

// reason is the sentence of an error for the status of a workspace: what changes from try to try is left out.
func reason(err error) string {
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return "the cluster gave no answer in time"
	case apierrors.IsForbidden(err):
		return fmt.Sprintf("the hub's account lacks the right (%s)", err)
	default:
		return err.Error()
	}
}

func sorted[V any](m map[key]V) []key {
	return slices.SortedFunc(maps.Keys(m), func(a, b key) int {
		return cmp.Or(cmp.Compare(a.namespace, b.namespace), cmp.Compare(a.name, b.name))
	})
}

// equal says whether two outcomes tell the same.
func (o Outcome) equal(other Outcome) bool {
	return maps.Equal(o.seen, other.seen) && slices.EqualFunc(o.problems, other.problems, func(a, b problem) bool {
		return a.namespace == b.namespace && a.sentence == b.sentence && a.lasting == b.lasting && slices.Equal(a.workspaces, b.workspaces)
	})
}
