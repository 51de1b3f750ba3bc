//go:build apiserver

package hub

import (
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workbench-dev/workbench/api/v1alpha1"
	"github.com/workbench-dev/workbench/internal/apitest"
	"github.com/workbench-dev/workbench/internal/hub/auth"
)

const (
	// deadline is for anything that is to happen; the machine may be very busy.
	deadline = 2 * time.Minute
	// publicURL is where browsers would reach the hub.
	publicURL = "http://workbench.test"
)

// The people. nobody has not signed in; platform is the first administrator, who is a member of no workspace.
const (
	nobody   = ""
	viewer   = "vic"
	editor   = "eve"
	admin    = "ada"
	stranger = "sam"
	platform = "admin"
)

// The namespaces: shop and load of both clusters are in workspace shop, where vic, eve and ada have their roles; other
// of home is in workspace other, which is sam's.
const (
	shop  = "shop"
	load  = "load"
	other = "other"
)

// world is two clusters with the people, and what all tests share.
type world struct {
	home, far *apitest.Server
	dir       string
	// kubeconfig is a file by which the hub has the rights that the chart gives it.
	kubeconfig string
	// admins and controllers write to the clusters, by name.
	admins, controllers map[string]client.WithWatch
	tokens              map[string]string
	passwords           map[string]string

	mutex sync.Mutex
	// secrets are what must not be in any log, with what each is.
	secrets map[string]string
}

var shared struct {
	sync.Once
	world *world
	whole bool
}

// theWorld makes it at the first call.
func theWorld(t *testing.T) *world {
	t.Helper()
	shared.Do(func() {
		shared.world = &world{secrets: map[string]string{}, tokens: map[string]string{}, passwords: map[string]string{}}
		shared.world.begin(t)
		shared.whole = true
	})
	if !shared.whole {
		t.Fatal("the clusters could not be made; see the first test")
	}
	return shared.world
}

func (w *world) begin(t *testing.T) {
	t.Helper()
	if _, err := findProgram(); err != nil {
		t.Fatal(err)
	}
	var err error
	if w.dir, err = os.MkdirTemp("", "workbench-hub-"); err != nil {
		t.Fatal(err)
	}
	w.home = apitest.Start(t)
	if w.far, err = apitest.Launch(); err != nil {
		t.Fatal(err)
	}
	w.admins = map[string]client.WithWatch{"home": w.home.Client(t), "far": w.far.Client(t)}
	w.home.InstallHub(t)
	w.far.InstallHub(t)
	w.controllers = map[string]client.WithWatch{"home": w.home.Controller(t), "far": w.far.Controller(t)}

	own := w.home.AccountConfig(t, apitest.ChartNamespace, apitest.HubAccount)
	w.secret("token of the hub's account", own.BearerToken)
	w.kubeconfig = filepath.Join(w.dir, "kubeconfig")
	if err := os.WriteFile(w.kubeconfig, apitest.KubeconfigOf(t, own), 0o600); err != nil {
		t.Fatal(err)
	}
	for cluster, names := range map[string][]string{"home": {shop, load, other}, "far": {shop, load}} {
		for _, name := range names {
			w.create(t, cluster, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}})
		}
	}
	w.create(t, "home", &v1alpha1.Cluster{ObjectMeta: metav1.ObjectMeta{Name: "home"}, Spec: v1alpha1.ClusterSpec{InCluster: &v1alpha1.InCluster{}}})
	w.create(t, "home", workspace(shop, map[string]v1alpha1.Role{viewer: v1alpha1.RoleViewer, editor: v1alpha1.RoleEditor, admin: v1alpha1.RoleAdmin},
		"home/shop", "far/shop", "home/load", "far/load"))
	w.create(t, "home", workspace(other, map[string]v1alpha1.Role{stranger: v1alpha1.RoleAdmin}, "home/other"))

	first := w.start(t).ready(t)
	w.signIn(t, first)
	w.connectFar(t, first)
	for _, name := range []string{shop, other} {
		eventually(t, "the roles of workspace "+name+" are in force", func() error {
			var got struct {
				Ready   bool
				Message string
			}
			w.must(t, first.url, http.StatusOK, platform, "GET", "/api/v1/workspaces/"+name, nil).into(t, &got)
			if !got.Ready {
				return errors.New("it is not ready: " + got.Message)
			}
			return nil
		})
	}
}

// connectFar connects the other cluster through the API, with the rights that the chart gives a hub elsewhere.
func (w *world) connectFar(t *testing.T, p *process) {
	t.Helper()
	config := w.far.AccountConfig(t, apitest.ChartNamespace, apitest.HubAccessAccount)
	w.secret("token of the account in the other cluster", config.BearerToken)
	w.must(t, p.url, http.StatusCreated, platform, "POST", "/api/v1/clusters", map[string]any{
		"name": "far", "displayName": "Far away", "kubeconfig": string(apitest.KubeconfigOf(t, config)),
	})
}

func (w *world) end() error {
	var problems []error
	if w.far != nil {
		problems = append(problems, w.far.Stop())
	}
	return errors.Join(append(problems, os.RemoveAll(w.dir))...)
}

func workspace(name string, members map[string]v1alpha1.Role, namespaces ...string) *v1alpha1.Workspace {
	made := &v1alpha1.Workspace{ObjectMeta: metav1.ObjectMeta{Name: name}}
	for _, namespace := range namespaces {
		cluster, namespace, _ := strings.Cut(namespace, "/")
		made.Spec.Namespaces = append(made.Spec.Namespaces, v1alpha1.WorkspaceNamespace{Cluster: cluster, Namespace: namespace})
	}
	for member, role := range members {
		made.Spec.Members = append(made.Spec.Members, v1alpha1.WorkspaceMember{Kind: v1alpha1.MemberUser, Name: member, Role: role})
	}
	return made
}

func (w *world) create(t *testing.T, cluster string, object client.Object) {
	t.Helper()
	if err := w.admins[cluster].Create(context.Background(), object); err != nil {
		t.Fatal(err)
	}
}

// task makes one in the phase, for this test.
func (w *world) task(t *testing.T, cluster, namespace, name string, phase v1alpha1.Phase) *v1alpha1.ReleaseTask {
	t.Helper()
	task := newTask(namespace, name)
	w.create(t, cluster, task)
	t.Cleanup(func() { w.remove(t, cluster, task) })
	task.Status.Phase, task.Status.Message = phase, "It is "+string(phase)+"."
	if err := w.controllers[cluster].Status().Update(context.Background(), task); err != nil {
		t.Fatal(err)
	}
	return task
}

func newTask(namespace, name string) *v1alpha1.ReleaseTask {
	task := &v1alpha1.ReleaseTask{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}}
	task.Spec.WorkloadRef.Name = name
	task.Spec.Strategy.Canary = &v1alpha1.CanaryStrategy{
		Traffic: v1alpha1.Traffic{Istio: &v1alpha1.IstioTraffic{}},
		Steps:   []v1alpha1.Step{{Weight: 10, Wait: &metav1.Duration{Duration: 5 * time.Minute}}, {Weight: 50}},
	}
	return task
}

func (w *world) remove(t *testing.T, cluster string, task *v1alpha1.ReleaseTask) {
	t.Helper()
	if err := client.IgnoreNotFound(w.admins[cluster].Delete(context.Background(), task)); err != nil {
		t.Error(err)
	}
}

// signIn makes the accounts, and a token for each.
func (w *world) signIn(t *testing.T, p *process) {
	t.Helper()
	first := &corev1.Secret{}
	if err := w.admins["home"].Get(context.Background(), client.ObjectKey{Namespace: apitest.ChartNamespace, Name: auth.FirstAdminSecret}, first); err != nil {
		t.Fatal(err)
	}
	w.passwords[platform] = string(first.Data["password"])
	w.secret("the first password", w.passwords[platform])
	w.tokens[platform] = w.token(t, p.url, w.session(t, p.url, platform))
	for _, name := range []string{viewer, editor, admin, stranger} {
		w.account(t, p, name)
		w.tokens[name] = w.token(t, p.url, w.session(t, p.url, name))
	}
}

// account makes a local account.
func (w *world) account(t *testing.T, p *process, name string) {
	t.Helper()
	w.passwords[name] = "Secret-" + rand.Text()
	w.secret("password of "+name, w.passwords[name])
	w.must(t, p.url, http.StatusCreated, platform, "POST", "/api/v1/accounts", map[string]any{"name": name, "password": w.passwords[name]})
}

// session signs in, and returns the cookie.
func (w *world) session(t *testing.T, url, name string) string {
	t.Helper()
	signedIn := w.must(t, url, http.StatusOK, nobody, "POST", "/api/v1/auth/sign-in", map[string]any{"name": name, "password": w.passwords[name]})
	cookie, _, _ := strings.Cut(signedIn.header.Get("Set-Cookie"), ";")
	_, value, _ := strings.Cut(cookie, "=")
	w.secret("session of "+name, value)
	return cookie
}

// token makes an API token.
func (w *world) token(t *testing.T, url, cookie string) string {
	t.Helper()
	var body struct{ Secret string }
	w.must(t, url, http.StatusCreated, nobody, "POST", "/api/v1/me/tokens", map[string]any{"name": "tests"}, "Cookie", cookie).into(t, &body)
	w.secret("an API token", body.Secret)
	return body.Secret
}

// secret remembers what must not be in any log.
func (w *world) secret(what, value string) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	w.secrets[value] = what
}

// found is which secrets are in a text.
func (w *world) found(text string) []string {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	var found []string
	for value, what := range w.secrets {
		if value != "" && strings.Contains(text, value) {
			found = append(found, what)
		}
	}
	return found
}

// eventually waits until something is so.
func eventually(t *testing.T, what string, so func() error) {
	t.Helper()
	var last error
	err := wait.PollUntilContextTimeout(context.Background(), 50*time.Millisecond, deadline, true, func(context.Context) (bool, error) {
		last = so()
		return last == nil, nil
	})
	if err != nil {
		t.Fatalf("waiting until %s: %v", what, last)
	}
}
