package workspaces

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/workbench-dev/workbench/api/v1alpha1"
	"github.com/workbench-dev/workbench/internal/hub/auth"
)

// make a workspace of namespaces "cluster/namespace" and members.
func workspace(name string, namespaces []Namespace, members ...v1alpha1.WorkspaceMember) *v1alpha1.Workspace {
	w := &v1alpha1.Workspace{ObjectMeta: metav1.ObjectMeta{Name: name, UID: types.UID(name), Generation: 1}}
	for _, n := range namespaces {
		w.Spec.Namespaces = append(w.Spec.Namespaces, v1alpha1.WorkspaceNamespace{Cluster: n.Cluster, Namespace: n.Namespace})
	}
	w.Spec.Members = members
	return w
}

func user(name string, role v1alpha1.Role) v1alpha1.WorkspaceMember {
	return v1alpha1.WorkspaceMember{Kind: v1alpha1.MemberUser, Name: name, Role: role}
}

func group(name string, role v1alpha1.Role) v1alpha1.WorkspaceMember {
	return v1alpha1.WorkspaceMember{Kind: v1alpha1.MemberGroup, Name: name, Role: role}
}

func TestRoles(t *testing.T) {
	shop, pay := Namespace{"eu", "shop"}, Namespace{"us", "pay"}
	d := NewDirectory()
	d.Set(workspace("shop", []Namespace{shop}, user("ada", v1alpha1.RoleAdmin), group("crew", v1alpha1.RoleEditor), user("eddi", v1alpha1.RoleViewer)))
	d.Set(workspace("both", []Namespace{shop, pay}, group("all", v1alpha1.RoleViewer)))
	for name, test := range map[string]struct {
		who        auth.Identity
		shop, pay  v1alpha1.Role
		workspaces []string
	}{
		"a user":                                {auth.Identity{Name: "ada"}, v1alpha1.RoleAdmin, "", []string{"shop"}},
		"a group":                               {auth.Identity{Name: "x", Groups: []string{"crew"}}, v1alpha1.RoleEditor, "", []string{"shop"}},
		"user and group: the higher":            {auth.Identity{Name: "eddi", Groups: []string{"crew"}}, v1alpha1.RoleEditor, "", []string{"shop"}},
		"two workspaces: the higher":            {auth.Identity{Name: "ada", Groups: []string{"all"}}, v1alpha1.RoleAdmin, v1alpha1.RoleViewer, []string{"both", "shop"}},
		"a user called like a group":            {auth.Identity{Name: "crew"}, "", "", nil},
		"a group called like a user":            {auth.Identity{Name: "x", Groups: []string{"ada"}}, "", "", nil},
		"a stranger":                            {auth.Identity{Name: "mallory"}, "", "", nil},
		"nobody":                                {auth.Identity{}, "", "", nil},
		"a platform administrator alone":        {auth.Identity{Name: "root", Admin: true}, "", "", nil},
		"another spelling is another person":    {auth.Identity{Name: "Ada"}, "", "", nil},
		"a name that looks like name and group": {auth.Identity{Name: "x\x00crew"}, "", "", nil},
	} {
		t.Run(name, func(t *testing.T) {
			scope := d.Of(test.who)
			if got := scope.Role("eu", "shop"); got != test.shop {
				t.Errorf("in shop %q, want %q", got, test.shop)
			}
			if got := scope.Role("us", "pay"); got != test.pay {
				t.Errorf("in pay %q, want %q", got, test.pay)
			}
			if got := scope.Role("us", "shop"); got != "" {
				t.Errorf("a role %q in a namespace of the same name in another cluster", got)
			}
			var workspaces []string
			for _, m := range scope.Memberships() {
				workspaces = append(workspaces, m.Workspace)
			}
			if diff := cmp.Diff(test.workspaces, workspaces); diff != "" {
				t.Error(diff)
			}
			for _, role := range v1alpha1.Roles {
				want := test.shop != "" && slices.Index(v1alpha1.Roles, test.shop) >= slices.Index(v1alpha1.Roles, role)
				if scope.Allows("eu", "shop", role) != want {
					t.Errorf("allows what needs %s: want %v", role, want)
				}
			}
		})
	}
}

func TestChangesAreTold(t *testing.T) {
	shop := Namespace{"eu", "shop"}
	d := NewDirectory()
	ada := auth.Identity{Name: "ada"}
	told := func(do func()) bool {
		changed := d.Changed()
		do()
		select {
		case <-changed:
			return true
		default:
			return false
		}
	}
	first := workspace("shop", []Namespace{shop}, user("ada", v1alpha1.RoleEditor))
	if !told(func() { d.Set(first) }) || !d.Of(ada).Allows("eu", "shop", v1alpha1.RoleEditor) {
		t.Error("a new workspace isn't in force")
	}
	withStatus := first.DeepCopy()
	withStatus.Status.Clusters = []string{"eu"}
	if told(func() { d.Set(withStatus) }) {
		t.Error("a new status is told as a change of roles")
	}
	if got, _ := d.Get("shop"); len(got.Status.Clusters) != 1 {
		t.Error("the new status isn't kept")
	}
	second := first.DeepCopy()
	second.Generation, second.Spec.Members[0].Role = 2, v1alpha1.RoleViewer
	if !told(func() { d.Set(second) }) || d.Of(ada).Allows("eu", "shop", v1alpha1.RoleEditor) {
		t.Error("a role that was taken is still in force")
	}
	if told(func() { d.Set(first) }) || d.Of(ada).Allows("eu", "shop", v1alpha1.RoleEditor) {
		t.Error("an older event brings a role back")
	}
	deleted := second.DeepCopy()
	deleted.DeletionTimestamp = new(metav1.Now())
	if !told(func() { d.Set(deleted) }) || d.Of(ada).Len() != 0 {
		t.Error("a workspace that is being deleted still gives roles")
	}
	again := workspace("shop", []Namespace{shop}, user("ada", v1alpha1.RoleEditor))
	again.UID = "another"
	if !told(func() { d.Set(again) }) || d.Of(ada).Len() != 1 {
		t.Error("a new workspace of an old name isn't in force")
	}
	if !told(func() { d.Remove("shop") }) || d.Of(ada).Len() != 0 {
		t.Error("a workspace that is gone still gives roles")
	}
}

// BenchmarkOf is what each request pays: for somebody known, and after a change.
func BenchmarkOf(b *testing.B) {
	d := NewDirectory()
	for i := range 50 {
		var namespaces []Namespace
		for j := range 200 {
			namespaces = append(namespaces, Namespace{"c" + string(rune('a'+i%26)), "n" + string(rune('a'+j%26)) + string(rune('a'+j/26))})
		}
		d.Set(workspace("w"+string(rune('a'+i%26))+string(rune('a'+i/26)), namespaces, group("crew", v1alpha1.RoleEditor)))
	}
	who := auth.Identity{Name: "maria", Groups: []string{"crew", "all"}}
	b.Run("known", func(b *testing.B) {
		for b.Loop() {
			d.Of(who).Role("ca", "naa")
		}
	})
	b.Run("after a change", func(b *testing.B) {
		for b.Loop() {
			d.announce()
			d.Of(who)
		}
	})
}
