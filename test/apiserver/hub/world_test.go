//go:build apiserver

// Package hub tests the whole hub over two real API servers, as people and programs meet it: over HTTP, with everybody
// in their role, with replicas that come and go and a cluster that doesn't answer.
//
// The tests need `make bin/workbench-local bin/helm`; run them with `go test -tags apiserver ./test/apiserver/hub`.
package hub

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/go-logr/logr"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/rest"
	"k8s.io/klog/v2"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/workbench-dev/workbench/api/v1alpha1"
	"github.com/workbench-dev/workbench/internal/apitest"
	"github.com/workbench-dev/workbench/internal/hub"
	"github.com/workbench-dev/workbench/internal/hub/auth"
	"github.com/workbench-dev/workbench/internal/hub/clusters"
)

// deadline is for anything that is to happen; this machine may be very busy.
const deadline = time.Minute

// The people. nobody has not signed in; platform is the first administrator, who is a member of no workspace.
const (
	nobody   = ""
	viewer   = "vic"
	editor   = "eve"
	admin    = "ada"
	stranger = "sam"
	platform = "admin"
)

// The namespaces: shop of both clusters is in workspace shop, where vic, eve and ada have their roles; other of home is
// in workspace other, which is sam's.
const (
	shop  = "shop"
	other = "other"
)

func TestMain(m *testing.M) {
	// What the libraries say belongs to no test.
	log.SetLogger(logr.Discard())
	klog.SetLogger(logr.Discard())
	os.Exit(apitest.Main(m))
}

// TestHub runs all tests of this package in one world: two clusters and a first replica of the hub.
func TestHub(t *testing.T) {
	w := begin(t)
	for _, test := range []struct {
		name string
		run  func(*testing.T, *world)
	}{
		{"matrix", testMatrix},
		{"list", testList},
		{"tasks", testTasks},
		{"locking", testLocking},
		{"actions", testActions},
		{"preflight", testPreflight},
		{"analysis", testAnalysis},
		{"stream", testStream},
		{"resume", testResume},
		{"task stream", testTaskStream},
		{"roles change", testRolesChange},
		{"edges", testEdges},
		{"cluster down", testClusterDown},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, w) })
	}
}

// world is two clusters and what all tests share: people with their tokens, and one replica of the hub.
type world struct {
	home, far *apitest.Server
	line      *apitest.Line
	config    *rest.Config
	// admins and controllers write to the clusters, by name.
	admins, controllers map[string]client.WithWatch
	tokens              map[string]string
	first               *replica
}

func begin(t *testing.T) *world {
	t.Helper()
	w := &world{home: apitest.Start(t)}
	var err error
	if w.far, err = apitest.Launch(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.far.Stop(); err != nil {
			t.Error(err)
		}
	})
	w.admins = map[string]client.WithWatch{"home": w.home.Client(t), "far": w.far.Client(t)}
	for _, server := range []*apitest.Server{w.home, w.far} {
		server.InstallHub(t)
	}
	w.controllers = map[string]client.WithWatch{"home": w.home.Controller(t), "far": w.far.Controller(t)}
	w.config = w.home.AccountConfig(t, apitest.ChartNamespace, apitest.HubAccount)
	for cluster, names := range map[string][]string{"home": {shop, other}, "far": {shop}} {
		for _, name := range names {
			w.create(t, cluster, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}})
		}
	}
	line, config := apitest.Through(t, w.far.AccountConfig(t, apitest.ChartNamespace, apitest.HubAccessAccount))
	w.line = line
	w.create(t, "home", &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: apitest.ChartNamespace, Name: "kubeconfig-far"},
		Data:       map[string][]byte{"kubeconfig": apitest.KubeconfigOf(t, config)},
	})
	w.create(t, "home", &v1alpha1.Cluster{ObjectMeta: metav1.ObjectMeta{Name: "home"}, Spec: v1alpha1.ClusterSpec{InCluster: &v1alpha1.InCluster{}}})
	w.create(t, "home", &v1alpha1.Cluster{ObjectMeta: metav1.ObjectMeta{Name: "far"}, Spec: v1alpha1.ClusterSpec{KubeconfigSecretRef: &v1alpha1.SecretKeyRef{Name: "kubeconfig-far"}}})
	w.create(t, "home", workspace(shop, map[string]v1alpha1.Role{viewer: v1alpha1.RoleViewer, editor: v1alpha1.RoleEditor, admin: v1alpha1.RoleAdmin}, "home/shop", "far/shop"))
	w.create(t, "home", workspace(other, map[string]v1alpha1.Role{stranger: v1alpha1.RoleAdmin}, "home/other"))
	w.first = w.replica(t, true)
	t.Cleanup(func() { w.first.stop() })
	w.signIn(t)
	w.awaitRoles(t)
	return w
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

// replica is a running hub.
type replica struct {
	url, metrics string
	cancel       context.CancelFunc
	ended        chan struct{}
}

// replica starts one; it ends with stop.
func (w *world) replica(t *testing.T, lead bool) *replica {
	t.Helper()
	options := hub.Options{
		Config: w.config, Namespace: apitest.ChartNamespace, RolePrefix: "workbench", Version: "test", Auth: auth.DefaultOptions(),
		// The tests are one person at many places at once.
		Rates:       hub.Rates{PerPerson: 10_000, PersonBurst: 10_000, PerAddress: 10_000, AddressBurst: 10_000},
		Intervals:   clusters.Intervals{Probe: 300 * time.Millisecond, Timeout: 5 * time.Second, Again: 100 * time.Millisecond, Look: time.Second},
		Lead:        lead,
		LoadTimeout: deadline, ShutdownTimeout: deadline, Log: slog.New(slog.DiscardHandler),
	}
	if os.Getenv("HUB_LOG") != "" {
		options.Log = slog.New(slog.NewTextHandler(os.Stderr, nil))
	}
	options.Auth.PublicURL = "http://workbench.test"
	server, err := hub.New(options)
	if err != nil {
		t.Fatal(err)
	}
	public, inside := listen(t), listen(t)
	r := &replica{url: "http://" + public.Addr().String(), metrics: "http://" + inside.Addr().String(), ended: make(chan struct{})}
	var ctx context.Context
	ctx, r.cancel = context.WithCancel(context.Background())
	go func() {
		defer close(r.ended)
		if err := server.Run(ctx, public, inside); err != nil {
			fmt.Fprintln(os.Stderr, "the hub ended:", err)
		}
	}()
	eventually(t, "the hub is ready", func() error {
		response, err := http.Get(r.url + "/readyz")
		if err != nil {
			return err
		}
		response.Body.Close()
		if response.StatusCode != http.StatusOK {
			return fmt.Errorf("/readyz answers %d", response.StatusCode)
		}
		return nil
	})
	return r
}

func (r *replica) stop() {
	r.cancel()
	<-r.ended
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return listener
}

// signIn makes the accounts and a token for each.
func (w *world) signIn(t *testing.T) {
	t.Helper()
	w.tokens = map[string]string{}
	secret := &corev1.Secret{}
	if err := w.admins["home"].Get(context.Background(), client.ObjectKey{Namespace: apitest.ChartNamespace, Name: auth.FirstAdminSecret}, secret); err != nil {
		t.Fatal(err)
	}
	w.tokens[platform] = w.token(t, platform, string(secret.Data["password"]))
	for _, name := range []string{viewer, editor, admin, stranger} {
		const password = "a long enough secret"
		w.must(t, http.StatusCreated, platform, "POST", "/api/v1/accounts", map[string]any{"name": name, "password": password})
		w.tokens[name] = w.token(t, name, password)
	}
}

// token signs in and makes an API token.
func (w *world) token(t *testing.T, name, password string) string {
	t.Helper()
	signedIn := w.must(t, http.StatusOK, nobody, "POST", "/api/v1/auth/sign-in", map[string]any{"name": name, "password": password})
	cookie := signedIn.header.Get("Set-Cookie")
	made := w.must(t, http.StatusCreated, nobody, "POST", "/api/v1/me/tokens", map[string]any{"name": "tests"}, "Cookie", cookie[:strings.IndexByte(cookie, ';')])
	var body struct{ Secret string }
	made.into(t, &body)
	return body.Secret
}

// awaitRoles waits until the roles are in force in the clusters.
func (w *world) awaitRoles(t *testing.T) {
	t.Helper()
	for _, name := range []string{shop, other} {
		eventually(t, "the roles of workspace "+name+" are in force", func() error {
			var got struct {
				Ready   bool
				Message string
			}
			w.must(t, http.StatusOK, platform, "GET", "/api/v1/workspaces/"+name, nil).into(t, &got)
			if !got.Ready {
				return fmt.Errorf("it is not ready: %s", got.Message)
			}
			return nil
		})
	}
}

// answer of the hub.
type answer struct {
	status int
	header http.Header
	body   string
}

// into reads the body.
func (a answer) into(t *testing.T, value any) {
	t.Helper()
	if err := json.Unmarshal([]byte(a.body), value); err != nil {
		t.Fatalf("%v: %s", err, a.body)
	}
}

// ask sends a request to the first replica; headers are given as names and values.
func (w *world) ask(t *testing.T, who, method, path string, body any, headers ...string) answer {
	t.Helper()
	return w.askReplica(t, w.first, who, method, path, body, headers...)
}

func (w *world) askReplica(t *testing.T, r *replica, who, method, path string, body any, headers ...string) answer {
	t.Helper()
	response, err := http.DefaultClient.Do(w.request(t, r, who, method, path, body, headers...))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{response.StatusCode, response.Header, string(text)}
}

func (w *world) request(t *testing.T, r *replica, who, method, path string, body any, headers ...string) *http.Request {
	t.Helper()
	var payload io.Reader
	if body != nil {
		text, isText := body.(string)
		if !isText {
			made, err := json.Marshal(body)
			if err != nil {
				t.Fatal(err)
			}
			text = string(made)
		}
		payload = bytes.NewReader([]byte(text))
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*deadline)
	t.Cleanup(cancel) // when the test ends: a stream is read for as long
	request, err := http.NewRequestWithContext(ctx, method, r.url+path, payload)
	if err != nil {
		t.Fatal(err)
	}
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	if token := w.tokens[who]; token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	return request
}

// must is ask, and the answer has that status.
func (w *world) must(t *testing.T, status int, who, method, path string, body any, headers ...string) answer {
	t.Helper()
	got := w.ask(t, who, method, path, body, headers...)
	if got.status != status {
		t.Fatalf("%s %s as %q: %d, want %d\n%s", method, path, who, got.status, status, got.body)
	}
	return got
}

// eventually waits until something is so.
func eventually(t *testing.T, what string, so func() error) {
	t.Helper()
	var last error
	err := wait.PollUntilContextTimeout(context.Background(), 20*time.Millisecond, deadline, true, func(context.Context) (bool, error) {
		last = so()
		return last == nil, nil
	})
	if err != nil {
		t.Fatalf("waiting until %s: %v", what, last)
	}
}
