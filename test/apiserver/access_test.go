//go:build apiserver

package apiserver

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	authorizationv1 "k8s.io/api/authorization/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workbench-dev/workbench/internal/apitest"
)

// allVerbs are those that RBAC knows for objects.
var allVerbs = []string{"get", "list", "watch", "create", "update", "patch", "delete", "deletecollection"}

// may asks the API server whether a user may do something; resource is RESOURCE.GROUP or RESOURCE/SUBRESOURCE.GROUP.
func may(t *testing.T, c client.Client, user string, groups []string, verb, resource, namespace string) bool {
	t.Helper()
	resource, group, _ := strings.Cut(resource, ".")
	resource, subresource, _ := strings.Cut(resource, "/")
	review := &authorizationv1.SubjectAccessReview{Spec: authorizationv1.SubjectAccessReviewSpec{
		User: user, Groups: groups,
		ResourceAttributes: &authorizationv1.ResourceAttributes{
			Namespace: namespace, Verb: verb, Group: group, Resource: resource, Subresource: subresource,
		},
	}}
	if err := c.Create(t.Context(), review); err != nil {
		t.Fatal(err)
	}
	return review.Status.Allowed
}

// bind gives a user one of the chart's roles in a namespace and waits until the API server knows.
func bind(t *testing.T, c client.Client, namespace, role, user string) {
	t.Helper()
	binding := &rbacv1.RoleBinding{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: user},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: role},
		Subjects:   []rbacv1.Subject{{Kind: rbacv1.UserKind, APIGroup: rbacv1.GroupName, Name: user}},
	}
	if err := c.Create(t.Context(), binding); err != nil {
		t.Fatal(err)
	}
	err := wait.PollUntilContextTimeout(t.Context(), 20*time.Millisecond, 10*time.Second, true, func(context.Context) (bool, error) {
		return may(t, c, user, nil, "get", "releasetasks.workbench.dev", namespace), nil
	})
	if err != nil {
		t.Fatalf("role %s doesn't let %s read release tasks: %v", role, user, err)
	}
}

// TestRolesForPeople holds, for each role and each of our resources, the verbs that it gives: no more, no less.
func TestRolesForPeople(t *testing.T) {
	_, c, namespace := begin(t)
	reading := []string{"get", "list", "watch"}
	for role, want := range map[string]map[string][]string{
		"viewer": {
			"releasetasks.workbench.dev":   reading,
			"releaseactions.workbench.dev": reading,
		},
		"editor": {
			"releasetasks.workbench.dev":   {"get", "list", "watch", "create", "update", "patch", "delete"},
			"releaseactions.workbench.dev": {"get", "list", "watch", "create"},
		},
		"admin": {
			"releasetasks.workbench.dev":   allVerbs,
			"releaseactions.workbench.dev": {"get", "list", "watch", "create"},
		},
	} {
		// What a release's details show may be read with every role.
		for _, resource := range []string{
			"pods.", "services.", "events.", "events.events.k8s.io", "resourcequotas.", "deployments.apps", "replicasets.apps",
			"horizontalpodautoscalers.autoscaling", "poddisruptionbudgets.policy", "rollouts.argoproj.io", "analysisruns.argoproj.io",
			"virtualservices.networking.istio.io", "destinationrules.networking.istio.io",
		} {
			want[resource] = reading
		}
		t.Run(role, func(t *testing.T) {
			user := role + "-ada"
			bind(t, c, namespace, "workbench-"+role, user)
			for _, resource := range append(slices.Sorted(maps.Keys(want)),
				"releasetasks/status.workbench.dev", "releaseactions/status.workbench.dev", "releasetasks/finalizers.workbench.dev",
				"secrets.", "configmaps.", "serviceaccounts.", "pods/log.", "pods/exec.", "deployments/scale.apps",
				"rolebindings.rbac.authorization.k8s.io", "workspaces.workbench.dev", "clusters.workbench.dev",
			) {
				var got []string
				for _, verb := range allVerbs {
					if may(t, c, user, nil, verb, resource, namespace) {
						got = append(got, verb)
					}
					if may(t, c, user, nil, verb, resource, "default") {
						t.Errorf("may %s %s outside the namespace of its binding", verb, resource)
					}
				}
				if diff := cmp.Diff(want[resource], got); diff != "" {
					t.Errorf("verbs for %s (-want +got):\n%s", resource, diff)
				}
			}
		})
	}
}

// TestEditorAsksAndViewerDoesNot does with real requests what the roles are for.
func TestEditorAsksAndViewerDoesNot(t *testing.T) {
	server, c, namespace := begin(t)
	bind(t, c, namespace, "workbench-viewer", "vera")
	bind(t, c, namespace, "workbench-editor", "eddi")

	task := parse(t, validTask)
	task.SetNamespace(namespace)
	requireForbidden(t, server.As(t, "vera").Create(t.Context(), task.DeepCopy()), `cannot create resource "releasetasks"`)
	if err := server.As(t, "eddi").Create(t.Context(), task); err != nil {
		t.Fatalf("the editor must be able to create a task, but: %v", err)
	}
	action := parse(t, validAction)
	action.SetNamespace(namespace)
	change(t, action, set{"spec.requestedBy", "vera"})
	requireForbidden(t, server.As(t, "vera").Create(t.Context(), action.DeepCopy()), `cannot create resource "releaseactions"`)
	requireForbidden(t, server.As(t, "eddi").Create(t.Context(), action.DeepCopy()), "an action carries the name of who asks for it")
	change(t, action, set{"spec.requestedBy", "eddi"})
	if err := server.As(t, "eddi").Create(t.Context(), action); err != nil {
		t.Fatalf("the editor must be able to ask, but: %v", err)
	}
	requireForbidden(t, server.As(t, "eddi").Delete(t.Context(), action), `cannot delete resource "releaseactions"`)
	if err := server.As(t, "vera").Get(t.Context(), client.ObjectKeyFromObject(action), action); err != nil {
		t.Errorf("the viewer must be able to read who asked, but: %v", err)
	}
}

// TestRolesAreAggregated: the API server's own view, edit and admin collect roles by label (kube-controller-manager
// does the collecting), so each must find the roles meant for it.
func TestRolesAreAggregated(t *testing.T) {
	server, c, _ := begin(t)
	roles := clusterRoles(t, server)
	for builtIn, want := range map[string][]string{
		"view":  {"workbench-viewer"},
		"edit":  {"workbench-editor", "workbench-viewer"},
		"admin": {"workbench-admin", "workbench-editor", "workbench-viewer"},
	} {
		role := &rbacv1.ClusterRole{}
		if err := c.Get(t.Context(), client.ObjectKey{Name: builtIn}, role); err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, ours := range roles {
			for _, selector := range role.AggregationRule.ClusterRoleSelectors {
				matcher, err := metav1.LabelSelectorAsSelector(&selector)
				if err != nil {
					t.Fatal(err)
				}
				if matcher.Matches(labels.Set(ours.Labels)) && !slices.Contains(got, ours.Name) {
					got = append(got, ours.Name)
				}
			}
		}
		// In Kubernetes, edit contains view and admin contains edit.
		slices.Sort(got)
		if !isSubset(got, want) || len(got) == 0 {
			t.Errorf("role %s collects %v, want of %v", builtIn, got, want)
		}
	}
}

func isSubset(part, whole []string) bool {
	return !slices.ContainsFunc(part, func(name string) bool { return !slices.Contains(whole, name) })
}

// TestNoRoleHasWildcards: what is allowed is listed, so that a new resource of the cluster isn't open by accident.
func TestNoRoleHasWildcards(t *testing.T) {
	server, _, _ := begin(t)
	roles := clusterRoles(t, server)
	if len(roles) < 4 {
		t.Fatalf("the chart has %d cluster roles, want at least those of the controller, viewer, editor and admin", len(roles))
	}
	for _, role := range roles {
		for i, rule := range role.Rules {
			for _, list := range [][]string{rule.Verbs, rule.APIGroups, rule.Resources} {
				if slices.ContainsFunc(list, func(entry string) bool { return strings.Contains(entry, "*") }) {
					t.Errorf("rule %d of ClusterRole %s has a wildcard: %v", i, role.Name, rule)
				}
			}
			for _, verb := range []string{"escalate", "bind", "impersonate"} {
				if slices.Contains(rule.Verbs, verb) {
					t.Errorf("rule %d of ClusterRole %s allows %s, by which its bearer could become somebody else", i, role.Name, verb)
				}
			}
		}
	}
}

// TestControllersRights lists what a controller that was broken into must not reach, and what it needs beyond what
// the tests that drive the reconcilers show.
func TestControllersRights(t *testing.T) {
	_, c, namespace := begin(t)
	user := "system:serviceaccount:" + apitest.ChartNamespace + ":" + apitest.ControllerAccount
	groups := []string{"system:serviceaccounts", "system:serviceaccounts:" + apitest.ChartNamespace, "system:authenticated"}
	for resource, verbs := range map[string][]string{
		"secrets.":                               allVerbs,
		"configmaps.":                            allVerbs,
		"serviceaccounts.":                       allVerbs,
		"serviceaccounts/token.":                 {"create"},
		"pods.":                                  {"create", "update", "patch", "delete", "deletecollection"},
		"pods/exec.":                             {"create", "get"},
		"pods/ephemeralcontainers.":              {"update", "patch"},
		"services.":                              {"create", "update", "patch", "delete"},
		"namespaces.":                            {"create", "update", "patch", "delete"},
		"nodes.":                                 allVerbs,
		"deployments.apps":                       {"create", "delete", "deletecollection"},
		"daemonsets.apps":                        {"create", "update", "patch", "delete"},
		"statefulsets.apps":                      {"create", "update", "patch", "delete"},
		"jobs.batch":                             allVerbs,
		"clusterroles.rbac.authorization.k8s.io": allVerbs,
		"clusterrolebindings.rbac.authorization.k8s.io":                  allVerbs,
		"rolebindings.rbac.authorization.k8s.io":                         allVerbs,
		"customresourcedefinitions.apiextensions.k8s.io":                 {"create", "update", "patch", "delete"},
		"validatingadmissionpolicies.admissionregistration.k8s.io":       {"create", "update", "patch", "delete"},
		"validatingadmissionpolicybindings.admissionregistration.k8s.io": {"create", "update", "patch", "delete"},
		"validatingwebhookconfigurations.admissionregistration.k8s.io":   allVerbs,
		"mutatingwebhookconfigurations.admissionregistration.k8s.io":     allVerbs,
		"releasetasks.workbench.dev":                                     {"create", "delete", "deletecollection"},
		"releaseactions.workbench.dev":                                   {"create", "update", "patch", "deletecollection"},
		"leases.coordination.k8s.io":                                     allVerbs,
		"gateways.networking.istio.io":                                   {"create", "update", "patch", "delete"},
		"analysisruns.argoproj.io":                                       {"create", "update", "delete", "deletecollection"},
		"clusteranalysistemplates.argoproj.io":                           allVerbs,
		"experiments.argoproj.io":                                        allVerbs,
		"authorizationpolicies.security.istio.io":                        allVerbs,
	} {
		for _, verb := range verbs {
			if may(t, c, user, groups, verb, resource, namespace) {
				t.Errorf("the controller may %s %s", verb, resource)
			}
		}
	}
	// What it watches, the reconcilers driven by the other tests don't show: those read without a cache.
	for _, resource := range []string{
		"releasetasks.workbench.dev", "releaseactions.workbench.dev", "deployments.apps", "replicasets.apps", "rollouts.argoproj.io",
		"virtualservices.networking.istio.io", "destinationrules.networking.istio.io", "horizontalpodautoscalers.autoscaling",
		"analysistemplates.argoproj.io", "analysisruns.argoproj.io",
	} {
		for _, verb := range []string{"list", "watch"} {
			if !may(t, c, user, groups, verb, resource, namespace) {
				t.Errorf("the controller can't %s %s", verb, resource)
			}
		}
	}
	for _, verb := range []string{"get", "create", "update"} {
		if !may(t, c, user, groups, verb, "leases.coordination.k8s.io", apitest.ChartNamespace) {
			t.Errorf("the controller can't %s the lease by which replicas agree who leads", verb)
		}
	}
}

// clusterRoles are the ClusterRoles that the chart makes.
func clusterRoles(t *testing.T, server *apitest.Server) (roles []rbacv1.ClusterRole) {
	t.Helper()
	for _, object := range server.ChartObjects(t) {
		if object.GetKind() != "ClusterRole" {
			continue
		}
		var role rbacv1.ClusterRole
		if err := runtime.DefaultUnstructuredConverter.FromUnstructured(object.Object, &role); err != nil {
			t.Fatal(fmt.Errorf("ClusterRole %s: %w", object.GetName(), err))
		}
		roles = append(roles, role)
	}
	return roles
}
