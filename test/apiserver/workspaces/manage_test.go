//go:build apiserver

package workspaces

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workbench-dev/workbench/api/v1alpha1"
	"github.com/workbench-dev/workbench/internal/apitest"
	"github.com/workbench-dev/workbench/internal/hub/api"
	"github.com/workbench-dev/workbench/internal/hub/audit"
	"github.com/workbench-dev/workbench/internal/hub/auth"
	"github.com/workbench-dev/workbench/internal/hub/clusters"
	"github.com/workbench-dev/workbench/internal/hub/manage"
)

// noTasks counts none.
type noTasks struct{}

func (noTasks) Count(string, string) int { return 0 }
func (noTasks) Loaded(string) bool       { return true }

// noAudit forgets what was done; internal/hub/manage has the tests of what is recorded.
type noAudit struct{}

func (noAudit) Record(context.Context, audit.Event) {}

// operations are what the API offers on workspaces and clusters, behind its access checks.
func operations(w *world) *api.Handlers {
	var h api.Handlers
	(&manage.Manager{Hub: w.hub, Namespace: apitest.ChartNamespace, Directory: w.directory, Registry: w.registry, Tasks: noTasks{}, Audit: noAudit{}}).Register(&h)
	return &h
}

func as(t *testing.T, name string, admin bool, groups ...string) context.Context {
	return auth.NewContext(t.Context(), auth.Identity{Name: name, Admin: admin, Groups: groups})
}

// statusOf is the status of a problem, 200 for none.
func statusOf(err error) int {
	var problem huma.StatusError
	switch {
	case err == nil:
		return http.StatusOK
	case errors.As(err, &problem):
		return problem.GetStatus()
	}
	return 0
}

func wantStatus(t *testing.T, err error, want int, words ...string) {
	t.Helper()
	if got := statusOf(err); got != want {
		t.Fatalf("status %d (%v), want %d", got, err, want)
	}
	for _, word := range words {
		if !strings.Contains(err.Error(), word) {
			t.Errorf("the sentence %q lacks %q", err, word)
		}
	}
}

func member(kind, name string, role v1alpha1.Role) api.Member {
	return api.Member{Kind: kind, Name: name, Role: role}
}

func TestWhoChangesAWorkspace(t *testing.T) {
	w := prepare(t)
	h := operations(w)
	root := as(t, "root", true)
	create := &api.CreateWorkspaceInput{}
	create.Body.Name = "who-changes"
	create.Body.Namespaces = []api.WorkspaceNamespace{{Cluster: "home", Namespace: "shop"}}
	create.Body.Members = []api.Member{member("User", "ada", v1alpha1.RoleAdmin), member("Group", "crew", v1alpha1.RoleEditor)}
	made, err := h.CreateWorkspace(root, create)
	w.must(err)
	w.t.Cleanup(func() { w.remove(&v1alpha1.Workspace{ObjectMeta: metav1.ObjectMeta{Name: "who-changes"}}) })
	wantStatus(t, func() error { _, err := h.CreateWorkspace(root, create); return err }(), http.StatusConflict, "already")

	input := func(etag string, change func(*api.WorkspaceSettings)) *api.UpdateWorkspaceInput {
		in := &api.UpdateWorkspaceInput{IfMatch: etag, Body: made.Body.WorkspaceSettings}
		in.Workspace = "who-changes"
		in.Body.Members = append([]api.Member(nil), in.Body.Members...)
		change(&in.Body)
		return in
	}
	nothing := func(*api.WorkspaceSettings) {}
	addVera := func(s *api.WorkspaceSettings) {
		s.Members = append(s.Members, member("User", "vera", v1alpha1.RoleViewer))
	}
	for name, test := range map[string]struct {
		ctx    context.Context
		in     *api.UpdateWorkspaceInput
		status int
		words  string
	}{
		"a stranger learns nothing": {as(t, "mallory", false), input(made.ETag, addVera), http.StatusNotFound, ""},
		"an Editor":                 {as(t, "eddi", false, "crew"), input(made.ETag, addVera), http.StatusForbidden, "Only an Admin"},
		"without If-Match":          {as(t, "ada", false), input("", addVera), http.StatusPreconditionRequired, "If-Match"},
		"an old ETag":               {as(t, "ada", false), input(`"x-0"`, addVera), http.StatusPreconditionFailed, "Somebody changed"},
		"an Admin adds a namespace": {as(t, "ada", false), input(made.ETag, func(s *api.WorkspaceSettings) {
			s.Namespaces = append([]api.WorkspaceNamespace{{Cluster: "far", Namespace: "x"}}, s.Namespaces...)
		}), http.StatusForbidden, "namespaces"},
		"an Admin drops a namespace": {as(t, "ada", false), input(made.ETag, func(s *api.WorkspaceSettings) { s.Namespaces = nil }), http.StatusForbidden, "namespaces"},
		"the last Admin leaves":      {as(t, "ada", false), input(made.ETag, func(s *api.WorkspaceSettings) { s.Members = s.Members[1:] }), http.StatusConflict, "at least one Admin"},
		"the last Admin steps down":  {as(t, "ada", false), input(made.ETag, func(s *api.WorkspaceSettings) { s.Members[0].Role = v1alpha1.RoleViewer }), http.StatusConflict, "at least one Admin"},
		"a member twice":             {root, input(made.ETag, func(s *api.WorkspaceSettings) { s.Members = append(s.Members, s.Members[0]) }), http.StatusUnprocessableEntity, "twice"},
		"a namespace twice":          {root, input(made.ETag, func(s *api.WorkspaceSettings) { s.Namespaces = append(s.Namespaces, s.Namespaces[0]) }), http.StatusUnprocessableEntity, "twice"},
		"an unknown cluster": {root, input(made.ETag, func(s *api.WorkspaceSettings) {
			s.Namespaces = []api.WorkspaceNamespace{{Cluster: "moon", Namespace: "x"}}
		}), http.StatusUnprocessableEntity, "no cluster moon"},
		"a name with a line break": {root, input(made.ETag, func(s *api.WorkspaceSettings) { s.Members[0].Name = "a\nb" }), http.StatusUnprocessableEntity, ""},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := h.UpdateWorkspace(test.ctx, test.in)
			wantStatus(t, err, test.status)
			if !strings.Contains(err.Error(), test.words) {
				t.Errorf("the sentence %q lacks %q", err, test.words)
			}
		})
	}
	changed, err := h.UpdateWorkspace(as(t, "ada", false), input(made.ETag, addVera))
	w.must(err)
	if changed.ETag == made.ETag || len(changed.Body.Members) != 3 || changed.Body.Role != "Admin" {
		t.Errorf("got %+v", changed)
	}
	got, err := h.GetWorkspace(as(t, "vera", false), &api.WorkspacePath{Workspace: "who-changes"})
	w.must(err)
	if got.Body.Role != "Viewer" || got.ETag != changed.ETag {
		t.Errorf("the new member sees %+v", got)
	}
	_, err = h.UpdateWorkspace(root, input(changed.ETag, func(s *api.WorkspaceSettings) { s.Members, s.Namespaces = nil, nil }))
	w.must(err)
	_, err = h.UpdateWorkspace(root, input(made.ETag, nothing))
	wantStatus(t, err, http.StatusPreconditionFailed)
	_, err = h.GetWorkspace(as(t, "ada", false), &api.WorkspacePath{Workspace: "who-changes"})
	wantStatus(t, err, http.StatusNotFound)
	_, err = h.DeleteWorkspace(root, &api.WorkspacePath{Workspace: "who-changes"})
	w.must(err)
	_, err = h.DeleteWorkspace(root, &api.WorkspacePath{Workspace: "who-changes"})
	wantStatus(t, err, http.StatusNotFound)
	t.Run("nobody", func(t *testing.T) {
		_, err := h.ListWorkspaces(t.Context(), nil)
		wantStatus(t, err, http.StatusUnauthorized)
	})
}

func TestSecretsOfClustersAreNeverTold(t *testing.T) {
	w := prepare(t)
	h := operations(w)
	root := as(t, "root", true)
	w.must(w.admin["home"].Delete(t.Context(), &v1alpha1.Cluster{ObjectMeta: metav1.ObjectMeta{Name: "far"}}))
	config := w.far.AccountConfig(t, apitest.ChartNamespace, apitest.HubAccessAccount)
	kubeconfig := string(apitest.KubeconfigOf(t, config))

	create := &api.CreateClusterInput{}
	create.Body.Name = "made"
	_, err := h.CreateCluster(root, create)
	wantStatus(t, err, http.StatusUnprocessableEntity, "kubeconfig")
	create.Body.Kubeconfig = strings.Replace(kubeconfig, "https://", "http://", 1)
	_, err = h.CreateCluster(root, create)
	wantStatus(t, err, http.StatusUnprocessableEntity, "isn't reached by https")
	create.Body.Kubeconfig = kubeconfig
	create.Body.Prometheus = &api.PrometheusSettings{Address: "https://prometheus.example", BearerToken: "the-bearer-token"}
	made, err := h.CreateCluster(root, create)
	w.must(err)
	t.Cleanup(func() {
		w.remove(&v1alpha1.Cluster{ObjectMeta: metav1.ObjectMeta{Name: "made"}})
		w.remove(&corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: apitest.ChartNamespace, Name: "cluster-made"}})
	})
	w.eventually("the cluster answers", func() error {
		if c, found := w.registry.Get("made"); !found || c.Health().State != clusters.Reachable {
			return errors.New("not yet")
		}
		return nil
	})
	path := api.ClusterPath{Cluster: "made"}
	got, err := h.GetCluster(root, &path)
	w.must(err)
	if got.Body.Server != config.Host || got.Body.Prometheus == nil || got.Body.Prometheus.Auth != "Bearer" {
		t.Errorf("an administrator of the platform is told %+v", got.Body)
	}
	list, err := h.ListClusters(root, nil)
	w.must(err)
	for what, answer := range map[string]any{"create": made, "get": got, "list": list} {
		text, err := json.Marshal(answer)
		w.must(err)
		for _, secret := range []string{config.BearerToken, "the-bearer-token"} {
			if strings.Contains(string(text), secret) {
				t.Errorf("%s tells a secret", what)
			}
		}
	}

	update := func(change func(*api.ClusterSettings)) error {
		now, err := h.GetCluster(root, &path)
		w.must(err)
		resource := &v1alpha1.Cluster{}
		w.must(w.admin["home"].Get(t.Context(), client.ObjectKey{Name: "made"}, resource))
		in := &api.UpdateClusterInput{ClusterPath: path, IfMatch: now.ETag}
		in.Body = api.ClusterSettings{Prometheus: &api.PrometheusSettings{Address: "https://prometheus.example"}}
		change(&in.Body)
		_, err = h.UpdateCluster(root, in)
		if err == nil {
			w.eventually("the change is seen", func() error {
				later, err := h.GetCluster(root, &path)
				w.must(err)
				if later.ETag == now.ETag {
					return errors.New("not yet")
				}
				return nil
			})
		}
		return err
	}
	secret := func() map[string][]byte {
		held := &corev1.Secret{}
		w.must(w.admin["home"].Get(t.Context(), client.ObjectKey{Namespace: apitest.ChartNamespace, Name: "cluster-made"}, held))
		return held.Data
	}
	t.Run("what isn't given stays", func(t *testing.T) {
		w.must(update(func(s *api.ClusterSettings) { s.DisplayName = "Made here" }))
		if diff := cmp.Diff(map[string][]byte{"kubeconfig": []byte(kubeconfig), "token": []byte("the-bearer-token")}, secret()); diff != "" {
			t.Error(diff)
		}
		now, err := h.GetCluster(root, &path)
		w.must(err)
		if now.Body.Prometheus.Auth != "Bearer" || now.Body.DisplayName != "Made here" {
			t.Errorf("got %+v", now.Body)
		}
	})
	t.Run("credentials aren't sent to another server", func(t *testing.T) {
		err := update(func(s *api.ClusterSettings) { s.Prometheus.Address = "https://mallory.example" })
		wantStatus(t, err, http.StatusUnprocessableEntity, "are not sent to it")
	})
	t.Run("a password takes the place of the token", func(t *testing.T) {
		w.must(update(func(s *api.ClusterSettings) { s.Prometheus.Username, s.Prometheus.Password = "me", "pass" }))
		now, err := h.GetCluster(root, &path)
		w.must(err)
		if now.Body.Prometheus.Auth != "Basic" {
			t.Errorf("got %+v", now.Body.Prometheus)
		}
	})
	t.Run("who is no administrator of the platform isn't told addresses", func(t *testing.T) {
		w.workspace("made", in("shop", "made"), "Viewer User vera")
		var told *api.ClusterOutput
		w.eventually("the cluster is visible", func() (err error) {
			told, err = h.GetCluster(as(t, "vera", false), &path)
			return err
		})
		if told.Body.Server != "" || told.Body.Prometheus != nil {
			t.Errorf("a Viewer is told %+v", told.Body)
		}
		_, err := h.GetCluster(as(t, "mallory", false), &path)
		wantStatus(t, err, http.StatusNotFound)
	})
	t.Run("a cluster with roles isn't disconnected", func(t *testing.T) {
		_, err := h.DeleteCluster(root, &path)
		wantStatus(t, err, http.StatusConflict, "Workspaces give roles in cluster made: made")
		w.remove(&v1alpha1.Workspace{ObjectMeta: metav1.ObjectMeta{Name: "made"}})
		_, err = h.DeleteCluster(root, &path)
		w.must(err)
		err = w.admin["home"].Get(t.Context(), client.ObjectKey{Namespace: apitest.ChartNamespace, Name: "cluster-made"}, &corev1.Secret{})
		if !apierrors.IsNotFound(err) {
			t.Errorf("its Secret stays: %v", err)
		}
	})
}

func TestNamespacesOfACluster(t *testing.T) {
	w := prepare(t)
	h := operations(w)
	shop := w.namespaces()
	w.workspace("shop", append(in(shop, "far"), in("not-there", "far")...), "Viewer User vera")
	path := &api.ClusterPath{Cluster: "far"}
	var told *api.ListNamespacesOutput
	w.eventually("the namespaces are visible", func() (err error) {
		told, err = h.ListNamespaces(as(t, "vera", false), path)
		return err
	})
	want := []api.Namespace{
		{Name: shop, Role: "Viewer", Workspaces: []string{"shop"}, Exists: true},
		{Name: "not-there", Role: "Viewer", Workspaces: []string{"shop"}},
	}
	if shop > "not-there" {
		want[0], want[1] = want[1], want[0]
	}
	if diff := cmp.Diff(want, told.Body.Items); diff != "" {
		t.Error(diff)
	}
	all, err := h.ListNamespaces(as(t, "root", true), path)
	w.must(err)
	if len(all.Body.Items) < 5 {
		t.Errorf("an administrator of the platform chooses among %v", all.Body.Items)
	}
	_, err = h.ListNamespaces(as(t, "mallory", false), path)
	wantStatus(t, err, http.StatusNotFound)
	w.line.Set(t, apitest.LineRefuses)
	w.eventually("it is said that the cluster is away", func() error {
		_, err := h.ListNamespaces(as(t, "vera", false), path)
		if statusOf(err) != http.StatusServiceUnavailable {
			return err
		}
		return nil
	})
}
