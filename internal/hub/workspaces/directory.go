package workspaces

import (
	"cmp"
	"slices"
	"strings"
	"sync"

	"k8s.io/utils/lru"

	"github.com/workbench-dev/workbench/api/v1alpha1"
	"github.com/workbench-dev/workbench/internal/hub/auth"
)

// keptScopes is how many people's scopes are kept between their requests.
const keptScopes = 2048

// Directory is Access over a set of workspaces. It is safe for use by many goroutines at once.
type Directory struct {
	mutex      sync.RWMutex
	workspaces map[string]*v1alpha1.Workspace
	// byMember holds the names of the workspaces of each member.
	byMember map[member]map[string]v1alpha1.Role
	scopes   *lru.Cache
	changed  chan struct{}
}

var _ Access = (*Directory)(nil)

type member struct {
	kind v1alpha1.MemberKind
	name string
}

// NewDirectory returns one without workspaces: nobody sees anything.
func NewDirectory() *Directory {
	return &Directory{
		workspaces: map[string]*v1alpha1.Workspace{},
		byMember:   map[member]map[string]v1alpha1.Role{},
		scopes:     lru.New(keptScopes),
		changed:    make(chan struct{}),
	}
}

// Set adds a workspace or replaces the one of that name. The workspace must not be changed afterwards. One that is
// being deleted gives no roles any more.
func (d *Directory) Set(workspace *v1alpha1.Workspace) {
	if !workspace.DeletionTimestamp.IsZero() {
		d.Remove(workspace.Name)
		return
	}
	d.mutex.Lock()
	defer d.mutex.Unlock()
	if old := d.workspaces[workspace.Name]; old != nil && old.UID == workspace.UID && old.Generation >= workspace.Generation && old.Generation > 0 {
		if old.Generation == workspace.Generation {
			d.workspaces[workspace.Name] = workspace // only its status is new
		}
		return // an event that is older than what this replica wrote itself
	}
	d.forget(workspace.Name)
	d.workspaces[workspace.Name] = workspace
	for _, m := range workspace.Spec.Members {
		key := member{m.Kind, m.Name}
		if d.byMember[key] == nil {
			d.byMember[key] = map[string]v1alpha1.Role{}
		}
		d.byMember[key][workspace.Name] = m.Role
	}
	d.announce()
}

// Remove takes the workspace of that name out.
func (d *Directory) Remove(name string) {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	if d.workspaces[name] == nil {
		return
	}
	d.forget(name)
	d.announce()
}

func (d *Directory) forget(name string) {
	old := d.workspaces[name]
	if old == nil {
		return
	}
	for _, m := range old.Spec.Members {
		key := member{m.Kind, m.Name}
		delete(d.byMember[key], name)
		if len(d.byMember[key]) == 0 {
			delete(d.byMember, key)
		}
	}
	delete(d.workspaces, name)
}

func (d *Directory) announce() {
	d.scopes = lru.New(keptScopes)
	close(d.changed)
	d.changed = make(chan struct{})
}

// Changed implements Access.
func (d *Directory) Changed() <-chan struct{} {
	d.mutex.RLock()
	defer d.mutex.RUnlock()
	return d.changed
}

// Get returns the workspace of that name; it must not be changed.
func (d *Directory) Get(name string) (*v1alpha1.Workspace, bool) {
	d.mutex.RLock()
	defer d.mutex.RUnlock()
	workspace := d.workspaces[name]
	return workspace, workspace != nil
}

// List returns all workspaces in order of their names; they must not be changed.
func (d *Directory) List() []*v1alpha1.Workspace {
	d.mutex.RLock()
	defer d.mutex.RUnlock()
	all := make([]*v1alpha1.Workspace, 0, len(d.workspaces))
	for _, workspace := range d.workspaces {
		all = append(all, workspace)
	}
	slices.SortFunc(all, func(a, b *v1alpha1.Workspace) int { return cmp.Compare(a.Name, b.Name) })
	return all
}

// Of implements Access. An administrator of the platform has no role by that alone: they can give themselves one, and
// everybody sees that they did.
func (d *Directory) Of(identity auth.Identity) *Scope {
	key := scopeKey(identity)
	d.mutex.RLock()
	scopes := d.scopes
	if known, ok := scopes.Get(key); ok {
		d.mutex.RUnlock()
		return known.(*Scope)
	}
	scope := d.compute(identity)
	d.mutex.RUnlock()
	// If a change came meanwhile, this goes into the cache that nobody asks any more.
	scopes.Add(key, scope)
	return scope
}

// scopeKey names all that a scope depends on. Names hold no control characters, since members can't.
func scopeKey(identity auth.Identity) string {
	groups := slices.Sorted(slices.Values(identity.Groups))
	return identity.Name + "\x00" + strings.Join(groups, "\x00")
}

func (d *Directory) compute(identity auth.Identity) *Scope {
	roles := map[string]v1alpha1.Role{}
	d.collect(roles, member{v1alpha1.MemberUser, identity.Name})
	for _, group := range identity.Groups {
		d.collect(roles, member{v1alpha1.MemberGroup, group})
	}
	scope := &Scope{roles: map[Namespace]v1alpha1.Role{}, workspaces: map[Namespace][]string{}}
	for name, role := range roles {
		workspace := d.workspaces[name]
		membership := Membership{Workspace: name, DisplayName: displayName(workspace), Role: role}
		for _, n := range workspace.Spec.Namespaces {
			namespace := Namespace{n.Cluster, n.Namespace}
			membership.Namespaces = append(membership.Namespaces, namespace)
			scope.workspaces[namespace] = append(scope.workspaces[namespace], name)
			if role.AtLeast(scope.roles[namespace]) {
				scope.roles[namespace] = role
			}
		}
		slices.SortFunc(membership.Namespaces, compareNamespaces)
		scope.memberships = append(scope.memberships, membership)
	}
	for _, names := range scope.workspaces {
		slices.Sort(names)
	}
	slices.SortFunc(scope.memberships, func(a, b Membership) int { return cmp.Compare(a.Workspace, b.Workspace) })
	return scope
}

func (d *Directory) collect(roles map[string]v1alpha1.Role, m member) {
	for name, role := range d.byMember[m] {
		if role.AtLeast(roles[name]) {
			roles[name] = role
		}
	}
}

func compareNamespaces(a, b Namespace) int {
	return cmp.Or(cmp.Compare(a.Cluster, b.Cluster), cmp.Compare(a.Namespace, b.Namespace))
}

func displayName(workspace *v1alpha1.Workspace) string {
	return cmp.Or(workspace.Spec.DisplayName, workspace.Name)
}

// RoleIn is the highest role that the identity has by the members of one workspace; empty for none.
func RoleIn(workspace *v1alpha1.Workspace, identity auth.Identity) v1alpha1.Role {
	var role v1alpha1.Role
	for _, m := range workspace.Spec.Members {
		is := m.Kind == v1alpha1.MemberUser && m.Name == identity.Name ||
			m.Kind == v1alpha1.MemberGroup && slices.Contains(identity.Groups, m.Name)
		if is && m.Role.AtLeast(role) {
			role = m.Role
		}
	}
	return role
}
