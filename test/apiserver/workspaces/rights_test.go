//go:build apiserver

package workspaces

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	authorizationv1 "k8s.io/api/authorization/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/discovery"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workbench-dev/workbench/internal/apitest"
)

// allVerbs are those of RBAC, with the ones by which somebody gets rights that they don't have.
var allVerbs = []string{"get", "list", "watch", "create", "update", "patch", "delete", "deletecollection", "bind", "escalate", "impersonate"}

// may asks the API server what a service account of the chart may do with a resource, written RESOURCE.GROUP.
func may(t *testing.T, c client.Client, account, verb, resource, namespace, name string) bool {
	t.Helper()
	resource, group, _ := strings.Cut(resource, ".")
	resource, subresource, _ := strings.Cut(resource, "/")
	review := &authorizationv1.SubjectAccessReview{Spec: authorizationv1.SubjectAccessReviewSpec{
		User:   "system:serviceaccount:" + apitest.ChartNamespace + ":" + account,
		Groups: []string{"system:serviceaccounts", "system:serviceaccounts:" + apitest.ChartNamespace, "system:authenticated"},
		ResourceAttributes: &authorizationv1.ResourceAttributes{
			Namespace: namespace, Verb: verb, Group: group, Resource: resource, Subresource: subresource, Name: name,
		},
	}}
	if err := c.Create(t.Context(), review); err != nil {
		t.Fatal(err)
	}
	return review.Status.Allowed
}

// everything is each resource that the cluster serves, as RESOURCE.GROUP or RESOURCE/SUBRESOURCE.GROUP, and what RBAC
// knows beside.
func everything(t *testing.T, server *apitest.Server) []string {
	t.Helper()
	found, err := discovery.NewDiscoveryClientForConfig(server.Config)
	if err != nil {
		t.Fatal(err)
	}
	_, lists, err := found.ServerGroupsAndResources()
	if err != nil {
		t.Fatal(err)
	}
	all := []string{"users.", "groups.", "serviceaccounts.", "userextras/scopes.authentication.k8s.io", "uids.authentication.k8s.io", "nodes/proxy."}
	for _, list := range lists {
		group, _, found := strings.Cut(list.GroupVersion, "/")
		if !found {
			group = ""
		}
		for _, resource := range list.APIResources {
			all = append(all, resource.Name+"."+group)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// TestWhatTheHubsAccountsMay holds the rights of both accounts, over all resources that the clusters serve, to this list:
// what isn't here, is refused.
func TestWhatTheHubsAccountsMay(t *testing.T) {
	reading := []string{"get", "list", "watch"}
	// What every service account may, to learn about itself.
	anybody := map[string][]string{
		"selfsubjectaccessreviews.authorization.k8s.io": {"create"},
		"selfsubjectrulesreviews.authorization.k8s.io":  {"create"},
		"selfsubjectreviews.authentication.k8s.io":      {"create"},
	}
	// In any cluster with releases, in every namespace.
	everywhere := map[string][]string{
		"releasetasks.workbench.dev":             reading,
		"releaseactions.workbench.dev":           reading,
		"namespaces.":                            reading,
		"deployments.apps":                       {"list"},
		"services.":                              {"list"},
		"rolebindings.rbac.authorization.k8s.io": {"list", "watch"}, // and others for three names, see below
		"users.":                                 {"impersonate"},
		"groups.":                                {"impersonate"},
	}
	// The hub's own cluster.
	home := map[string][]string{
		"workspaces.workbench.dev":        {"get", "list", "watch", "create", "update", "patch", "delete"},
		"clusters.workbench.dev":          {"get", "list", "watch", "create", "update", "patch", "delete"},
		"workspaces/status.workbench.dev": {"patch"},
		"clusters/status.workbench.dev":   {"patch"},
	}
	// The hub's own namespace.
	namespace := map[string][]string{
		"secrets.":                   {"get", "list", "watch", "create", "update", "delete"},
		"auditrecords.workbench.dev": {"get", "list", "watch", "create", "delete"},
		"leases.coordination.k8s.io": {"create"}, // and others for one name
	}
	server := apitest.Start(t)
	server.InstallHub(t)
	c := server.Client(t)
	other := server.Namespace(t)
	resources := everything(t, server)
	for _, test := range []struct {
		account, namespace string
		allowed            []map[string][]string
	}{
		{apitest.HubAccessAccount, other, []map[string][]string{anybody, everywhere}},
		{apitest.HubAccessAccount, apitest.ChartNamespace, []map[string][]string{anybody, everywhere}},
		{apitest.HubAccount, other, []map[string][]string{anybody, everywhere, home}},
		{apitest.HubAccount, apitest.ChartNamespace, []map[string][]string{anybody, everywhere, home, namespace}},
	} {
		t.Run(test.account+" in "+test.namespace, func(t *testing.T) {
			for _, resource := range resources {
				var want, got []string
				for _, allowed := range test.allowed {
					want = append(want, allowed[resource]...)
				}
				for _, verb := range allVerbs {
					if may(t, c, test.account, verb, resource, test.namespace, "") {
						got = append(got, verb)
					}
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("verbs for %s (-want +got):\n%s", resource, diff)
				}
			}
		})
	}
	for _, account := range []string{apitest.HubAccount, apitest.HubAccessAccount} {
		for _, name := range []string{"workbench-viewers", "workbench-editors", "workbench-admins", "somebody-elses"} {
			for _, verb := range []string{"get", "create", "update", "patch", "delete"} {
				want := name != "somebody-elses" && verb != "update"
				if may(t, c, account, verb, "rolebindings.rbac.authorization.k8s.io", other, name) != want {
					t.Errorf("%s may %s RoleBinding %s: want %v", account, verb, name, want)
				}
			}
		}
		for _, name := range []string{"workbench-viewer", "workbench-editor", "workbench-admin", "cluster-admin", "edit", "workbench-controller", "workbench-hub-access"} {
			want := slices.Contains([]string{"workbench-viewer", "workbench-editor", "workbench-admin"}, name)
			if may(t, c, account, "bind", "clusterroles.rbac.authorization.k8s.io", "", name) != want {
				t.Errorf("%s may bind ClusterRole %s: want %v", account, name, want)
			}
		}
	}
	for name, want := range map[string]bool{"hub.workbench.dev": true, "controller.workbench.dev": false} {
		for _, verb := range []string{"get", "update"} {
			if may(t, c, apitest.HubAccount, verb, "leases.coordination.k8s.io", apitest.ChartNamespace, name) != want {
				t.Errorf("the hub may %s Lease %s: want %v", verb, name, want)
			}
		}
	}
}

// TestTheHubsAccountCannotGrantMore tries, with real requests, the ways by which an account gives away or gets more.
func TestTheHubsAccountCannotGrantMore(t *testing.T) {
	w := prepare(t)
	shop := w.namespaces()
	far, _ := w.registry.Get("far")
	hub := far.Own()
	binding := func(name, role string) *rbacv1.RoleBinding {
		return &rbacv1.RoleBinding{
			ObjectMeta: metav1.ObjectMeta{Namespace: shop, Name: name},
			RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: role},
			Subjects:   []rbacv1.Subject{{Kind: "User", APIGroup: rbacv1.GroupName, Name: "mallory"}},
		}
	}
	theirs := binding("theirs", "view")
	w.must(w.admin["far"].Create(t.Context(), theirs))
	for why, attempt := range map[string]func() error{
		"bind to cluster-admin":   func() error { return hub.Create(t.Context(), binding("workbench-admins", "cluster-admin")) },
		"bind under another name": func() error { return hub.Create(t.Context(), binding("mine", "workbench-viewer")) },
		"bind in the whole cluster": func() error {
			return hub.Create(t.Context(), &rbacv1.ClusterRoleBinding{ObjectMeta: metav1.ObjectMeta{Name: "workbench-admins"}, RoleRef: theirs.RoleRef, Subjects: theirs.Subjects})
		},
		"take away what others gave": func() error { return hub.Delete(t.Context(), theirs) },
		"make a role": func() error {
			return hub.Create(t.Context(), &rbacv1.ClusterRole{ObjectMeta: metav1.ObjectMeta{Name: "mine"}})
		},
		"read secrets": func() error { return hub.List(t.Context(), &corev1.SecretList{}, client.InNamespace(shop)) },
		"read secrets beside the controller": func() error {
			return hub.List(t.Context(), &corev1.SecretList{}, client.InNamespace(apitest.ChartNamespace))
		},
	} {
		t.Run(why, func(t *testing.T) {
			if err := attempt(); !apierrors.IsForbidden(err) {
				t.Error(fmt.Errorf("want Forbidden, got %w", err))
			}
		})
	}
}
