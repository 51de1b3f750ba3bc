package workspaces

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	rbacv1 "k8s.io/api/rbac/v1"

	"github.com/workbench-dev/workbench/api/v1alpha1"
)

// told writes wanted RoleBindings as "namespace/name → role: subjects (workspaces)".
func told(wanted map[key]binding) []string {
	var all []string
	for _, k := range sorted(wanted) {
		b := wanted[k]
		var subjects []string
		for _, s := range b.subjects {
			subjects = append(subjects, s.Kind+" "+s.Name)
		}
		all = append(all, b.namespace+"/"+b.name+" → "+b.clusterRole+": "+strings.Join(subjects, ", ")+" ("+strings.Join(b.workspaces, ",")+")")
	}
	return all
}

func TestDesired(t *testing.T) {
	shop := Namespace{"eu", "shop"}
	for name, test := range map[string]struct {
		workspaces []*v1alpha1.Workspace
		want       []string
	}{
		"nothing": {},
		"each role has a binding, and the prefix stands before every name": {
			[]*v1alpha1.Workspace{workspace("w", []Namespace{shop}, user("vera", v1alpha1.RoleViewer), group("crew", v1alpha1.RoleEditor), user("ada", v1alpha1.RoleAdmin))},
			[]string{
				"shop/workbench-admins → release-admin: User wb:ada (w)",
				"shop/workbench-editors → release-editor: Group wb:crew (w)",
				"shop/workbench-viewers → release-viewer: User wb:vera (w)",
			},
		},
		"the highest role of two workspaces alone": {
			[]*v1alpha1.Workspace{
				workspace("a", []Namespace{shop}, user("ada", v1alpha1.RoleViewer)),
				workspace("b", []Namespace{shop}, user("ada", v1alpha1.RoleEditor)),
			},
			[]string{"shop/workbench-editors → release-editor: User wb:ada (a,b)"},
		},
		"another cluster's namespace isn't this one's": {
			[]*v1alpha1.Workspace{workspace("w", []Namespace{{"us", "shop"}}, user("ada", v1alpha1.RoleViewer))}, nil,
		},
		"a user and a group of one name are two": {
			[]*v1alpha1.Workspace{workspace("w", []Namespace{shop}, user("x", v1alpha1.RoleViewer), group("x", v1alpha1.RoleViewer))},
			[]string{"shop/workbench-viewers → release-viewer: Group wb:x, User wb:x (w)"},
		},
		"a name of the cluster's own is none": {
			[]*v1alpha1.Workspace{workspace("w", []Namespace{shop}, user("system:admin", v1alpha1.RoleViewer), group("system:masters", v1alpha1.RoleViewer))},
			[]string{"shop/workbench-viewers → release-viewer: Group wb:system:masters, User wb:system:admin (w)"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			got := told(desired("eu", test.workspaces, clusterRolesOf("release"), "wb:"))
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestMatches(t *testing.T) {
	w := workspace("w", []Namespace{{"eu", "shop"}}, user("ada", v1alpha1.RoleViewer))
	want := desired("eu", []*v1alpha1.Workspace{w}, clusterRolesOf("workbench"), "wb:")[key{"shop", "workbench-viewers"}]
	asWanted := func() *rbacv1.RoleBinding {
		b := &rbacv1.RoleBinding{
			RoleRef:  rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "workbench-viewer"},
			Subjects: []rbacv1.Subject{{Kind: "User", APIGroup: rbacv1.GroupName, Name: "wb:ada"}},
		}
		b.Labels, b.Annotations = map[string]string{ProjectedLabel: "true"}, map[string]string{WorkspacesAnnotation: "w"}
		return b
	}
	if !want.matches(asWanted()) {
		t.Error("what is as wanted would be written again and again")
	}
	for name, edit := range map[string]func(*rbacv1.RoleBinding){
		"a subject more":             func(b *rbacv1.RoleBinding) { b.Subjects = append(b.Subjects, rbacv1.Subject{Kind: "User", Name: "m"}) },
		"no subject":                 func(b *rbacv1.RoleBinding) { b.Subjects = nil },
		"another role":               func(b *rbacv1.RoleBinding) { b.RoleRef.Name = "cluster-admin" },
		"a Role called like the one": func(b *rbacv1.RoleBinding) { b.RoleRef.Kind = "Role" },
		"no label":                   func(b *rbacv1.RoleBinding) { b.Labels = nil },
		"other workspaces":           func(b *rbacv1.RoleBinding) { b.Annotations = nil },
	} {
		b := asWanted()
		edit(b)
		if want.matches(b) {
			t.Errorf("%s: it counts as wanted", name)
		}
	}
}
