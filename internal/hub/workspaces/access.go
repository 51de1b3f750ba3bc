package workspaces

import (
	"cmp"
	"maps"
	"slices"

	"github.com/workbench-dev/workbench/api/v1alpha1"
	"github.com/workbench-dev/workbench/internal/hub/auth"
)

// Access knows the roles of everybody.
type Access interface {
	// Of returns what the identity may see and do as of now. It is cheap to call for each request.
	Of(identity auth.Identity) *Scope
	// Changed returns a channel that is closed when the answers of Of may have changed, and with them those of the
	// scopes it gave before: an open stream then takes a new scope, and a new channel before that.
	Changed() <-chan struct{}
}

// Namespace is a namespace of a cluster.
type Namespace struct {
	Cluster, Namespace string
}

// Membership is what somebody has of one workspace.
type Membership struct {
	// Workspace and how people call it.
	Workspace, DisplayName string
	// Role is the highest that user and groups have in it.
	Role v1alpha1.Role
	// Namespaces of the workspace, ordered by cluster and name.
	Namespaces []Namespace
}

// Scope is what one identity may see and do. It never changes.
type Scope struct {
	roles       map[Namespace]v1alpha1.Role
	workspaces  map[Namespace][]string
	memberships []Membership
}

// Role is the highest role in the namespace over all workspaces that hold it; empty when it must not be seen.
func (s *Scope) Role(cluster, namespace string) v1alpha1.Role {
	return s.roles[Namespace{cluster, namespace}]
}

// Allows says whether the role in the namespace is at least the one that is needed.
func (s *Scope) Allows(cluster, namespace string, need v1alpha1.Role) bool {
	role := s.Role(cluster, namespace)
	return role != "" && role.AtLeast(need)
}

// Clusters that hold a namespace that may be seen, in order of their names.
func (s *Scope) Clusters() []string {
	names := map[string]bool{}
	for namespace := range s.roles {
		names[namespace.Cluster] = true
	}
	return slices.Sorted(maps.Keys(names))
}

// Namespaces that may be seen of a cluster, in order. They may not exist there.
func (s *Scope) Namespaces(cluster string) []string {
	var names []string
	for namespace := range s.roles {
		if namespace.Cluster == cluster {
			names = append(names, namespace.Namespace)
		}
	}
	slices.Sort(names)
	return names
}

// Len is how many namespaces may be seen.
func (s *Scope) Len() int { return len(s.roles) }

// WorkspacesOf are the names, in order, of those workspaces with a role for the identity that hold the namespace.
func (s *Scope) WorkspacesOf(cluster, namespace string) []string {
	return s.workspaces[Namespace{cluster, namespace}]
}

// Memberships are the workspaces with a role for the identity, in order of their names.
func (s *Scope) Memberships() []Membership { return s.memberships }

// Membership returns the one in the workspace of that name.
func (s *Scope) Membership(workspace string) (Membership, bool) {
	at, found := slices.BinarySearchFunc(s.memberships, workspace, func(m Membership, name string) int { return cmp.Compare(m.Workspace, name) })
	if !found {
		return Membership{}, false
	}
	return s.memberships[at], true
}
