//go:build apiserver

package workspaces

import (
	"context"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workbench-dev/workbench/api/v1alpha1"
	"github.com/workbench-dev/workbench/internal/apitest"
	"github.com/workbench-dev/workbench/internal/hub/auth"
)

func TestRolesComeIntoForceAndGo(t *testing.T) {
	w := begin(t)
	shop := w.namespaces()
	workspace := w.workspace("shop", in(shop, "home", "far"), "Admin User ada", "Editor Group crew", "Viewer User vera")
	want := []string{
		"workbench-admins → workbench-admin: User workbench:ada",
		"workbench-editors → workbench-editor: Group workbench:crew",
		"workbench-viewers → workbench-viewer: User workbench:vera",
	}
	w.wantBindings("home", shop, want...)
	w.wantBindings("far", shop, want...)
	w.wantStatus("shop", v1alpha1.ReasonProjected)

	t.Run("somebody deletes one and edits another", func(t *testing.T) {
		binding := &rbacv1.RoleBinding{}
		binding.Namespace, binding.Name = shop, "workbench-editors"
		w.must(w.admin["far"].Delete(t.Context(), binding))
		binding = &rbacv1.RoleBinding{}
		w.must(w.admin["home"].Get(t.Context(), client.ObjectKey{Namespace: shop, Name: "workbench-viewers"}, binding))
		binding.Subjects = append(binding.Subjects, rbacv1.Subject{Kind: "User", APIGroup: rbacv1.GroupName, Name: "mallory"})
		w.must(w.admin["home"].Update(t.Context(), binding))
		w.wantBindings("far", shop, want...)
		w.wantBindings("home", shop, want...)
	})
	t.Run("somebody binds one to another role", func(t *testing.T) {
		binding := &rbacv1.RoleBinding{}
		w.must(w.admin["home"].Get(t.Context(), client.ObjectKey{Namespace: shop, Name: "workbench-viewers"}, binding))
		w.must(w.admin["home"].Delete(t.Context(), binding))
		binding.ResourceVersion, binding.UID, binding.RoleRef.Name = "", "", "cluster-admin"
		if err := w.admin["home"].Create(t.Context(), binding); !apierrors.IsAlreadyExists(err) {
			w.must(err)
		}
		w.wantBindings("home", shop, want...)
	})
	t.Run("roles change", func(t *testing.T) {
		w.change("shop", func(spec *v1alpha1.WorkspaceSpec) { spec.Members = membersOf("Admin User ada", "Viewer Group crew") })
		for _, cluster := range []string{"home", "far"} {
			w.wantBindings(cluster, shop,
				"workbench-admins → workbench-admin: User workbench:ada",
				"workbench-viewers → workbench-viewer: Group workbench:crew")
		}
	})
	t.Run("a second workspace holds the namespace too", func(t *testing.T) {
		other := w.workspace("other", in(shop, "home"), "Editor Group crew", "Viewer User ada")
		w.wantBindings("home", shop,
			"workbench-admins → workbench-admin: User workbench:ada",
			"workbench-editors → workbench-editor: Group workbench:crew")
		w.must(w.admin["home"].Delete(t.Context(), other))
		w.wantGone(other)
		w.wantBindings("home", shop,
			"workbench-admins → workbench-admin: User workbench:ada",
			"workbench-viewers → workbench-viewer: Group workbench:crew")
	})
	t.Run("a namespace is taken out", func(t *testing.T) {
		w.change("shop", func(spec *v1alpha1.WorkspaceSpec) { spec.Namespaces = in(shop, "home") })
		w.wantBindings("far", shop)
		w.wantStatus("shop", v1alpha1.ReasonProjected)
		w.eventually("the cluster is forgotten", func() error {
			got := &v1alpha1.Workspace{}
			w.must(w.admin["home"].Get(t.Context(), client.ObjectKey{Name: "shop"}, got))
			if diff := cmp.Diff([]string{"home"}, got.Status.Clusters); diff != "" {
				return fmt.Errorf("%s", diff)
			}
			return nil
		})
	})
	t.Run("the workspace is deleted", func(t *testing.T) {
		w.must(w.admin["home"].Delete(t.Context(), workspace))
		w.wantGone(workspace)
		w.wantBindings("home", shop)
	})
}

func TestNamespaceAppearsLater(t *testing.T) {
	w := begin(t)
	w.workspace("later", in("not-there-yet", "far"), "Viewer User vera")
	w.wantStatus("later", v1alpha1.ReasonNamespaceProblems, "namespace not-there-yet of cluster far: it doesn't exist")
	w.namespace("far", "not-there-yet")
	w.wantBindings("far", "not-there-yet", "workbench-viewers → workbench-viewer: User workbench:vera")
	w.wantStatus("later", v1alpha1.ReasonProjected)
}

func TestUnknownCluster(t *testing.T) {
	w := begin(t)
	workspace := w.workspace("lost", in("shop", "nowhere"), "Viewer User vera")
	w.wantStatus("lost", v1alpha1.ReasonNamespaceProblems, "there is no cluster nowhere")
	w.must(w.admin["home"].Delete(t.Context(), workspace))
	w.wantGone(workspace)
}

// TestOthersBindingsStay: the hub takes nothing away that it did not give.
func TestOthersBindingsStay(t *testing.T) {
	w := begin(t)
	shop := w.namespaces()
	foreign := &rbacv1.RoleBinding{
		RoleRef:  rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "workbench-viewer"},
		Subjects: []rbacv1.Subject{{Kind: "User", APIGroup: rbacv1.GroupName, Name: "kubectl-user"}},
	}
	foreign.Namespace, foreign.Name = shop, "releases"
	w.must(w.admin["far"].Create(t.Context(), foreign))
	workspace := w.workspace("shop", in(shop, "far"), "Viewer User vera")
	w.wantBindings("far", shop, "workbench-viewers → workbench-viewer: User workbench:vera")
	w.must(w.admin["home"].Delete(t.Context(), workspace))
	w.wantGone(workspace)
	w.must(w.admin["far"].Get(t.Context(), client.ObjectKeyFromObject(foreign), foreign))
}

// TestTheClusterRefusesWhatARoleDoesNotAllow writes as people do through the hub.
func TestTheClusterRefusesWhatARoleDoesNotAllow(t *testing.T) {
	w := begin(t)
	shop, other := w.namespaces(), w.namespaces()
	w.workspace("shop", in(shop, "home", "far"), "Editor Group crew", "Viewer User vera")
	w.wantStatus("shop", v1alpha1.ReasonProjected)
	editor, viewer := auth.Identity{Name: "eddi", Groups: []string{"crew"}}, auth.Identity{Name: "vera"}
	for _, test := range []struct {
		why       string
		who       auth.Identity
		namespace string
		allowed   bool
	}{
		{"an Editor creates", editor, shop, true},
		{"a Viewer doesn't", viewer, shop, false},
		{"an Editor doesn't elsewhere", editor, other, false},
		{"a stranger doesn't", auth.Identity{Name: "mallory"}, shop, false},
		{"an administrator of the platform without a role doesn't", auth.Identity{Name: "root", Admin: true}, shop, false},
		{"a name without its prefix is nobody", auth.Identity{Name: "system:admin", Groups: []string{"system:masters"}}, shop, false},
	} {
		for _, cluster := range []string{"home", "far"} {
			t.Run(test.why+" in "+cluster, func(t *testing.T) {
				c, _ := w.registry.Get(cluster)
				as, err := c.As(test.who)
				w.must(err)
				create := func() error {
					action := &v1alpha1.ReleaseAction{Spec: v1alpha1.ReleaseActionSpec{Task: "checkout", Type: v1alpha1.ActionContinue, RequestedBy: test.who.KubernetesUser()}}
					action.Namespace, action.GenerateName = test.namespace, "a-"
					return as.Create(t.Context(), action)
				}
				if !test.allowed {
					if err := create(); !apierrors.IsForbidden(err) {
						t.Errorf("want Forbidden, got %v", err)
					}
					return
				}
				// The API server needs a moment to learn of a RoleBinding.
				w.eventually("the action is created", create)
			})
		}
	}
	t.Run("nobody speaks in another's name", func(t *testing.T) {
		c, _ := w.registry.Get("far")
		as, err := c.As(editor)
		w.must(err)
		action := &v1alpha1.ReleaseAction{Spec: v1alpha1.ReleaseActionSpec{Task: "checkout", Type: v1alpha1.ActionContinue, RequestedBy: "workbench:vera"}}
		action.Namespace, action.GenerateName = shop, "a-"
		if err := as.Create(t.Context(), action); !apierrors.IsForbidden(err) {
			t.Errorf("want Forbidden, got %v", err)
		}
	})
	t.Run("a Viewer reads what details show", func(t *testing.T) {
		c, _ := w.registry.Get("far")
		as, err := c.As(viewer)
		w.must(err)
		w.must(as.List(t.Context(), &v1alpha1.ReleaseTaskList{}, client.InNamespace(shop)))
		if err := as.List(t.Context(), &v1alpha1.ReleaseTaskList{}, client.InNamespace(other)); !apierrors.IsForbidden(err) {
			t.Errorf("want Forbidden, got %v", err)
		}
	})
}

func TestRemovalWhileAClusterIsAway(t *testing.T) {
	for name, state := range map[string]apitest.LineState{"refusing": apitest.LineRefuses, "swallowing": apitest.LineSwallows} {
		t.Run(name, func(t *testing.T) {
			w := begin(t)
			shop := w.namespaces()
			workspace := w.workspace("shop", in(shop, "home", "far"), "Editor User eddi")
			want := "workbench-editors → workbench-editor: User workbench:eddi"
			w.wantBindings("home", shop, want)
			w.wantBindings("far", shop, want)

			w.line.Set(t, state)
			w.must(w.admin["home"].Delete(t.Context(), workspace))
			w.wantBindings("home", shop)
			w.wantStatus("shop", v1alpha1.ReasonRemoving, "cluster far, which is unreachable")
			if scope := w.directory.Of(auth.Identity{Name: "eddi"}); scope.Len() != 0 {
				t.Error("a workspace that is being deleted still gives roles in the hub")
			}
			w.wantBindings("far", shop, want)

			w.line.Set(t, apitest.LineWorks)
			w.wantGone(workspace)
			w.wantBindings("far", shop)
		})
	}
}

// TestAnotherProjectorFinishes: what one began, the next one ends, though the cluster was away when the first died.
func TestAnotherProjectorFinishes(t *testing.T) {
	w := prepare(t)
	end := w.project(context.Background())
	shop := w.namespaces()
	workspace := w.workspace("shop", in(shop, "far"), "Editor User eddi")
	w.wantBindings("far", shop, "workbench-editors → workbench-editor: User workbench:eddi")
	w.line.Set(t, apitest.LineRefuses)
	w.must(w.admin["home"].Delete(t.Context(), workspace))
	end()
	w.line.Set(t, apitest.LineWorks)
	w.project(t.Context())
	w.wantGone(workspace)
	w.wantBindings("far", shop)
}

// TestClusterIsDisconnected: a workspace doesn't wait for a cluster that nobody can reach any more.
func TestClusterIsDisconnected(t *testing.T) {
	w := begin(t)
	shop := w.namespaces()
	workspace := w.workspace("shop", in(shop, "home", "far"), "Editor User eddi")
	w.wantStatus("shop", v1alpha1.ReasonProjected)
	w.line.Set(t, apitest.LineRefuses)
	w.must(w.admin["home"].Delete(t.Context(), workspace))
	w.wantStatus("shop", v1alpha1.ReasonRemoving)
	far := &v1alpha1.Cluster{}
	far.Name = "far"
	w.must(w.admin["home"].Delete(t.Context(), far))
	w.wantGone(workspace)
	// Whoever connects it again clears up: its RoleBindings say whose they are.
	w.line.Set(t, apitest.LineWorks)
	w.connect("far-again", v1alpha1.ClusterSpec{KubeconfigSecretRef: &v1alpha1.SecretKeyRef{Name: "kubeconfig-far"}})
	w.wantBindings("far", shop)
}
