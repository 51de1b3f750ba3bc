//go:build apiserver

package workspaces

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	apimeta "k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workbench-dev/workbench/api/v1alpha1"
	"github.com/workbench-dev/workbench/internal/apitest"
	"github.com/workbench-dev/workbench/internal/hub/auth"
	"github.com/workbench-dev/workbench/internal/hub/clusters"
	"github.com/workbench-dev/workbench/internal/hub/workspaces"
)

// deadline is for anything that is to happen; this machine may be very busy.
const deadline = time.Minute

// brisk probes find a change within a second on a quiet machine.
var brisk = clusters.Intervals{Probe: 300 * time.Millisecond, Timeout: 3 * time.Second, Again: 100 * time.Millisecond, Look: time.Second}

// world is a hub in the cluster home, with its own account and rights, that also knows the cluster far.
type world struct {
	t         *testing.T
	home, far *apitest.Server
	line      *apitest.Line
	admin     map[string]client.WithWatch
	hub       client.WithWatch
	cache     cache.Cache
	registry  *clusters.Registry
	directory *workspaces.Directory
	rules     workspaces.Rules
	config    *rest.Config
}

// begin starts a hub that projects, and ends it with the test.
func begin(t *testing.T) *world {
	w := prepare(t)
	w.project(t.Context())
	return w
}

// prepare starts a hub that doesn't project yet. The Clusters are home and far.
func prepare(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, home: apitest.Start(t), far: elsewhere(t)}
	w.home.InstallHub(t)
	w.far.InstallHub(t)
	w.admin = map[string]client.WithWatch{"home": w.home.Client(t), "far": w.far.Client(t)}
	w.rules = workspaces.Rules{UserPrefix: auth.DefaultUserPrefix, RolePrefix: "workbench"}
	w.config = w.home.AccountConfig(t, apitest.ChartNamespace, apitest.HubAccount)

	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	t.Cleanup(func() { cancel(); running.Wait() })
	var err error
	w.cache, err = cache.New(w.config, cache.Options{Scheme: clusters.Scheme(), ByObject: map[client.Object]cache.ByObject{
		&corev1.Secret{}: {Namespaces: map[string]cache.Config{apitest.ChartNamespace: {}}},
	}})
	w.must(err)
	w.hub, err = client.NewWithWatch(w.config, client.Options{Scheme: clusters.Scheme()})
	w.must(err)
	running.Go(func() { _ = w.cache.Start(ctx) })
	w.registry = clusters.New(clusters.Options{Config: w.config, Cache: w.cache, Namespace: apitest.ChartNamespace, Log: slog.New(slog.DiscardHandler), Intervals: brisk})
	running.Go(func() {
		if err := w.registry.Run(ctx); err != nil {
			t.Errorf("the registry ended: %v", err)
		}
	})
	w.directory = workspaces.NewDirectory()
	w.must(w.directory.Follow(ctx, w.cache))

	var config *rest.Config
	w.line, config = apitest.Through(t, w.far.AccountConfig(t, apitest.ChartNamespace, apitest.HubAccessAccount))
	w.connect("home", v1alpha1.ClusterSpec{InCluster: &v1alpha1.InCluster{}})
	w.connectBy("far", apitest.KubeconfigOf(t, config))
	w.eventually("both clusters answer", func() error {
		for _, name := range []string{"home", "far"} {
			c, found := w.registry.Get(name)
			if !found || c.Health().State != clusters.Reachable {
				return fmt.Errorf("cluster %s is not reachable", name)
			}
		}
		return nil
	})
	return w
}

// project runs a projector until the context ends, and returns what waits for its end.
func (w *world) project(ctx context.Context) (ended func()) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	projector := &workspaces.Projector{Hub: w.cache, HubClient: w.hub, Registry: w.registry, Rules: w.rules, Log: slog.New(slog.DiscardHandler)}
	go func() {
		defer close(done)
		if err := projector.Run(ctx); err != nil {
			w.t.Errorf("the projector ended: %v", err)
		}
	}()
	end := func() { cancel(); <-done }
	w.t.Cleanup(end)
	return end
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// connect makes a Cluster, for this test.
func (w *world) connect(name string, spec v1alpha1.ClusterSpec) {
	w.t.Helper()
	resource := &v1alpha1.Cluster{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: spec}
	w.must(w.admin["home"].Create(w.t.Context(), resource))
	w.t.Cleanup(func() { w.remove(resource) })
}

func (w *world) connectBy(name string, kubeconfig []byte) {
	w.t.Helper()
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: apitest.ChartNamespace, Name: "kubeconfig-" + name}, Data: map[string][]byte{"kubeconfig": kubeconfig}}
	w.must(w.admin["home"].Create(w.t.Context(), secret))
	w.t.Cleanup(func() { w.remove(secret) })
	w.connect(name, v1alpha1.ClusterSpec{KubeconfigSecretRef: &v1alpha1.SecretKeyRef{Name: secret.Name}})
}

// remove deletes an object after the test; a Workspace, even if nobody is there to let it go.
func (w *world) remove(object client.Object) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), deadline)
	defer cancel()
	if err := client.IgnoreNotFound(w.admin["home"].Delete(ctx, object)); err != nil {
		w.t.Error(err)
	}
	patch := client.RawPatch("application/merge-patch+json", []byte(`{"metadata":{"finalizers":null}}`))
	if err := client.IgnoreNotFound(w.admin["home"].Patch(ctx, object, patch)); err != nil {
		w.t.Error(err)
	}
}

// namespaces makes one in each cluster, of the same name.
func (w *world) namespaces() string {
	w.t.Helper()
	name := w.home.Namespace(w.t)
	w.namespace("far", name)
	return name
}

func (w *world) namespace(cluster, name string) {
	w.t.Helper()
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}
	w.must(w.admin[cluster].Create(w.t.Context(), namespace))
}

// workspace makes one; members are written "Editor User maria".
func (w *world) workspace(name string, namespaces []v1alpha1.WorkspaceNamespace, members ...string) *v1alpha1.Workspace {
	w.t.Helper()
	workspace := &v1alpha1.Workspace{ObjectMeta: metav1.ObjectMeta{Name: name}}
	workspace.Spec.Namespaces, workspace.Spec.Members = namespaces, membersOf(members...)
	w.must(w.admin["home"].Create(w.t.Context(), workspace))
	w.t.Cleanup(func() { w.remove(workspace) })
	return workspace
}

func membersOf(members ...string) []v1alpha1.WorkspaceMember {
	var all []v1alpha1.WorkspaceMember
	for _, m := range members {
		words := strings.SplitN(m, " ", 3)
		all = append(all, v1alpha1.WorkspaceMember{Role: v1alpha1.Role(words[0]), Kind: v1alpha1.MemberKind(words[1]), Name: words[2]})
	}
	return all
}

// change edits a workspace, whatever the hub writes to it meanwhile.
func (w *world) change(name string, edit func(*v1alpha1.WorkspaceSpec)) {
	w.t.Helper()
	w.eventually("workspace "+name+" is changed", func() error {
		workspace := &v1alpha1.Workspace{}
		if err := w.admin["home"].Get(w.t.Context(), client.ObjectKey{Name: name}, workspace); err != nil {
			return err
		}
		edit(&workspace.Spec)
		return w.admin["home"].Update(w.t.Context(), workspace)
	})
}

func in(namespace string, clusters ...string) []v1alpha1.WorkspaceNamespace {
	var all []v1alpha1.WorkspaceNamespace
	for _, cluster := range clusters {
		all = append(all, v1alpha1.WorkspaceNamespace{Cluster: cluster, Namespace: namespace})
	}
	return all
}

// eventually waits until the check passes.
func (w *world) eventually(what string, check func() error) {
	w.t.Helper()
	var last error
	err := wait.PollUntilContextTimeout(w.t.Context(), 50*time.Millisecond, deadline, true, func(context.Context) (bool, error) {
		last = check()
		return last == nil, nil
	})
	if err != nil {
		w.t.Fatalf("%s: not within %s: %v", what, deadline, last)
	}
}

// bindings are the hub's RoleBindings of a namespace, as "workbench-editors → workbench-editor: User workbench:maria".
func (w *world) bindings(cluster, namespace string) []string {
	list := &rbacv1.RoleBindingList{}
	w.must(w.admin[cluster].List(w.t.Context(), list, client.InNamespace(namespace), client.MatchingLabels{workspaces.ProjectedLabel: "true"}))
	var all []string
	for _, b := range list.Items {
		var subjects []string
		for _, s := range b.Subjects {
			subjects = append(subjects, s.Kind+" "+s.Name)
		}
		all = append(all, fmt.Sprintf("%s → %s: %s", b.Name, b.RoleRef.Name, strings.Join(subjects, ", ")))
	}
	return all
}

func (w *world) wantBindings(cluster, namespace string, want ...string) {
	w.t.Helper()
	w.eventually("RoleBindings of "+namespace+" in cluster "+cluster, func() error {
		if diff := cmp.Diff(want, w.bindings(cluster, namespace)); diff != "" {
			return fmt.Errorf("(-want +got):\n%s", diff)
		}
		return nil
	})
}

// wantStatus waits until the workspace's Ready condition has the reason and a message with the words.
func (w *world) wantStatus(name, reason string, words ...string) {
	w.t.Helper()
	w.eventually("status of workspace "+name, func() error {
		workspace := &v1alpha1.Workspace{}
		if err := w.admin["home"].Get(w.t.Context(), client.ObjectKey{Name: name}, workspace); err != nil {
			return err
		}
		condition := apimeta.FindStatusCondition(workspace.Status.Conditions, v1alpha1.ConditionReady)
		if condition == nil || condition.Reason != reason || condition.ObservedGeneration != workspace.Generation {
			return fmt.Errorf("its condition is %+v, want reason %s", condition, reason)
		}
		for _, word := range words {
			if !strings.Contains(condition.Message, word) {
				return fmt.Errorf("its message %q lacks %q", condition.Message, word)
			}
		}
		return nil
	})
}

func (w *world) wantGone(workspace *v1alpha1.Workspace) {
	w.t.Helper()
	w.eventually("workspace "+workspace.Name+" goes", func() error {
		err := w.admin["home"].Get(w.t.Context(), client.ObjectKey{Name: workspace.Name}, &v1alpha1.Workspace{})
		if apierrors.IsNotFound(err) {
			return nil
		}
		return fmt.Errorf("it is still there (%v)", err)
	})
}
