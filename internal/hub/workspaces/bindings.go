package workspaces

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	rbacapply "k8s.io/client-go/applyconfigurations/rbac/v1"

	"github.com/workbench-dev/workbench/api/v1alpha1"
)

const (
	// ProjectedLabel is on every RoleBinding that the hub makes, and on no other.
	ProjectedLabel = "workbench.dev/projected"
	// WorkspacesAnnotation names the workspaces that a RoleBinding was made for.
	WorkspacesAnnotation = "workbench.dev/workspaces"
	// fieldManager applies the RoleBindings.
	fieldManager = "workbench-hub"
)

// Names of the RoleBindings: the same in every namespace, whatever workspaces hold it, so that RBAC can hold the hub's
// account to RoleBindings of these names.
var bindingNames = map[v1alpha1.Role]string{
	v1alpha1.RoleViewer: "workbench-viewers",
	v1alpha1.RoleEditor: "workbench-editors",
	v1alpha1.RoleAdmin:  "workbench-admins",
}

// roles are the ClusterRoles that members are bound to, as the chart names them in each cluster.
type clusterRoles map[v1alpha1.Role]string

func clusterRolesOf(release string) clusterRoles {
	return clusterRoles{
		v1alpha1.RoleViewer: release + "-viewer",
		v1alpha1.RoleEditor: release + "-editor",
		v1alpha1.RoleAdmin:  release + "-admin",
	}
}

// key of a RoleBinding in a cluster.
type key struct{ namespace, name string }

// binding is a RoleBinding as far as the hub decides it.
type binding struct {
	key
	clusterRole string
	subjects    []rbacv1.Subject
	workspaces  []string
}

// desired are the RoleBindings that a cluster is to have by the given workspaces, of which none is being deleted. A
// member with several roles in a namespace is bound to the highest alone. userPrefix stands before every name.
func desired(cluster string, workspaces []*v1alpha1.Workspace, roles clusterRoles, userPrefix string) map[key]binding {
	type held struct {
		members    map[member]v1alpha1.Role
		workspaces map[string]bool
	}
	namespaces := map[string]*held{}
	for _, workspace := range workspaces {
		for _, n := range workspace.Spec.Namespaces {
			if n.Cluster != cluster {
				continue
			}
			h := namespaces[n.Namespace]
			if h == nil {
				h = &held{members: map[member]v1alpha1.Role{}, workspaces: map[string]bool{}}
				namespaces[n.Namespace] = h
			}
			h.workspaces[workspace.Name] = true
			for _, m := range workspace.Spec.Members {
				who := member{m.Kind, m.Name}
				if m.Role.AtLeast(h.members[who]) {
					h.members[who] = m.Role
				}
			}
		}
	}
	wanted := map[key]binding{}
	for namespace, h := range namespaces {
		for who, role := range h.members {
			k := key{namespace, bindingNames[role]}
			b := wanted[k]
			b.key, b.clusterRole = k, roles[role]
			b.subjects = append(b.subjects, rbacv1.Subject{Kind: string(who.kind), APIGroup: rbacv1.GroupName, Name: userPrefix + who.name})
			b.workspaces = slices.Sorted(maps.Keys(h.workspaces))
			wanted[k] = b
		}
	}
	for _, b := range wanted {
		slices.SortFunc(b.subjects, func(x, y rbacv1.Subject) int {
			return cmp.Or(cmp.Compare(x.Kind, y.Kind), cmp.Compare(x.Name, y.Name))
		})
	}
	return wanted
}

// matches says whether the RoleBinding of a cluster is as it is wanted, so that nothing has to be written.
func (b binding) matches(actual *rbacv1.RoleBinding) bool {
	return b.sameRole(actual) && slices.Equal(actual.Subjects, b.subjects) &&
		actual.Labels[ProjectedLabel] == "true" && actual.Annotations[WorkspacesAnnotation] == strings.Join(b.workspaces, ",")
}

// sameRole says whether it is bound to the right ClusterRole, which no update of a RoleBinding can change.
func (b binding) sameRole(actual *rbacv1.RoleBinding) bool {
	return actual.RoleRef == rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: b.clusterRole}
}

// configuration is what is applied.
func (b binding) configuration() *rbacapply.RoleBindingApplyConfiguration {
	subjects := make([]*rbacapply.SubjectApplyConfiguration, 0, len(b.subjects))
	for _, subject := range b.subjects {
		subjects = append(subjects, rbacapply.Subject().WithKind(subject.Kind).WithAPIGroup(subject.APIGroup).WithName(subject.Name))
	}
	return rbacapply.RoleBinding(b.name, b.namespace).
		WithLabels(map[string]string{ProjectedLabel: "true", "app.kubernetes.io/managed-by": fieldManager}).
		WithAnnotations(map[string]string{WorkspacesAnnotation: strings.Join(b.workspaces, ",")}).
		WithRoleRef(rbacapply.RoleRef().WithAPIGroup(rbacv1.GroupName).WithKind("ClusterRole").WithName(b.clusterRole)).
		WithSubjects(subjects...)
}

// workspacesOf are those that a RoleBinding says it was made for.
func workspacesOf(actual metav1.Object) []string {
	names := actual.GetAnnotations()[WorkspacesAnnotation]
	if names == "" {
		return nil
	}
	return strings.Split(names, ",")
}

func (k key) String() string { return fmt.Sprintf("RoleBinding %s/%s", k.namespace, k.name) }
