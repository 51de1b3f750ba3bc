//go:build apiserver

// Package identity tests sign-in, sessions, tokens, limits and the audit against a real API server, with two replicas of
// the hub over it. It doesn't test what somebody may do in a workspace.
package identity

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	clocktesting "k8s.io/utils/clock/testing"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workbench-dev/workbench/api/v1alpha1"
	"github.com/workbench-dev/workbench/internal/apitest"
	"github.com/workbench-dev/workbench/internal/hub/api"
	"github.com/workbench-dev/workbench/internal/hub/audit"
	"github.com/workbench-dev/workbench/internal/hub/auth"
)

func TestMain(m *testing.M) {
	var err error
	if programs, err = os.MkdirTemp("", "workbench-identity-"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := apitest.Main(m)
	if err := os.RemoveAll(programs); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	os.Exit(code)
}

// deadline of everything that happens by itself; generous, since other things run on this machine.
const deadline = 30 * time.Second

// world is a hub of two replicas.
type world struct {
	*testing.T
	namespace string
	cluster   client.WithWatch
	clock     *clocktesting.FakePassiveClock
	replicas  []*replica
}

// replica is one of them, with a server of its own.
type replica struct {
	url   string
	auth  *auth.Service
	audit *audit.Log
	logs  *lockedBuffer
}

// lockedBuffer is what a replica logs.
type lockedBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// newWorld starts two replicas at the same moment in a new namespace.
func newWorld(t *testing.T, change func(publicURL string, o *auth.Options)) *world {
	server := apitest.Start(t)
	server.InstallHub(t)
	w := &world{T: t, namespace: server.Namespace(t), cluster: server.Client(t), clock: clocktesting.NewFakePassiveClock(time.Now())}
	const hubAccount = "workbench-server"
	w.giveRights(server, hubAccount)
	hubClient := server.AsServiceAccount(t, w.namespace, hubAccount)
	kubeClient, err := kubernetes.NewForConfig(server.ConfigAs("system:serviceaccount:"+w.namespace+":"+hubAccount, "system:serviceaccounts"))
	if err != nil {
		t.Fatal(err)
	}
	servers := []*httptest.Server{httptest.NewUnstartedServer(nil), httptest.NewUnstartedServer(nil)}
	publicURL := "http://" + servers[0].Listener.Addr().String()
	var starting sync.WaitGroup
	for _, front := range servers {
		r := &replica{url: "http://" + front.Listener.Addr().String(), logs: &lockedBuffer{}}
		log := slog.New(slog.NewJSONHandler(r.logs, nil))
		options := auth.DefaultOptions()
		options.PublicURL = r.url
		if change != nil {
			change(publicURL, &options)
		}
		r.audit = audit.New(audit.Config{
			Client: hubClient, Namespace: w.namespace, Prefix: auth.DefaultUserPrefix, Log: log, Clock: w.clock,
			Viewer: func(ctx context.Context) (audit.Viewer, bool) {
				who, ok := auth.FromContext(ctx)
				return audit.Viewer{Name: who.Name, All: who.Admin, Sees: func(cluster, namespace string) bool { return namespace == "shop" }}, ok
			},
		})
		r.auth, err = auth.New(auth.Config{
			Options: options, Client: kubeClient, Namespace: w.namespace, Audit: r.audit, Log: log, Clock: w.clock,
			Me: func(ctx context.Context) (api.Me, error) {
				who, _ := auth.FromContext(ctx)
				return api.Me{Name: who.Name, DisplayName: who.DisplayName, Groups: who.Groups, Admin: who.Admin, Method: string(who.Method), Workspaces: []api.Membership{}}, nil
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		front.Config.Handler = handler(r)
		front.Start()
		t.Cleanup(front.Close)
		w.replicas = append(w.replicas, r)
		starting.Go(func() {
			if err := r.auth.Start(t.Context()); err != nil {
				t.Error(err)
			}
		})
		go r.audit.Run(t.Context())
		go r.audit.Follow(t.Context(), "test", hubClient)
	}
	starting.Wait()
	if t.Failed() {
		t.FailNow()
	}
	return w
}

// giveRights gives the account, in the world's namespace, the rights that the chart gives the hub, and no others.
func (w *world) giveRights(server *apitest.Server, account string) {
	w.Helper()
	role := &rbacv1.Role{}
	if err := w.cluster.Get(w.Context(), client.ObjectKey{Namespace: apitest.ChartNamespace, Name: account}, role); err != nil {
		w.Fatal(err)
	}
	subjects := []rbacv1.Subject{{Kind: rbacv1.ServiceAccountKind, Namespace: w.namespace, Name: account}}
	everywhere := &rbacv1.ClusterRoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: w.namespace},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "workbench-hub-access"}, Subjects: subjects,
	}
	for _, object := range []client.Object{
		&rbacv1.Role{ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: account}, Rules: role.Rules},
		&rbacv1.RoleBinding{
			ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: account},
			RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: account}, Subjects: subjects,
		},
		everywhere,
	} {
		if err := w.cluster.Create(w.Context(), object); err != nil {
			w.Fatal(err)
		}
	}
	w.Cleanup(func() { _ = w.cluster.Delete(context.Background(), everywhere) })
	hub := server.AsServiceAccount(w, w.namespace, account)
	w.eventually("the API server knows the hub's rights", func() bool {
		return hub.List(w.Context(), &corev1.SecretList{}, client.InNamespace(w.namespace)) == nil && hub.List(w.Context(), &v1alpha1.ReleaseActionList{}) == nil
	})
}

// handler is a hub of this package's parts alone, and GET /stream, which is answered until the request's context ends.
func handler(r *replica) http.Handler {
	mux := http.NewServeMux()
	handlers := api.Handlers{ListAudit: r.audit.List}
	r.auth.AddTo(&handlers)
	handlers.GetMe = func(ctx context.Context, _ *struct{}) (*api.MeOutput, error) {
		who, ok := auth.FromContext(ctx)
		out := &api.MeOutput{Body: api.Me{Name: who.Name, Groups: who.Groups, Admin: who.Admin, Method: string(who.Method), ReadOnly: who.ReadOnly, Workspaces: []api.Membership{}}}
		if !ok {
			out.Body.Name = "nobody: " + auth.Refusal(ctx)
		}
		return out, nil
	}
	api.Register(api.New(mux, "test"), handlers)
	mux.HandleFunc("GET /stream", func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusOK)
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	})
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write(auth.WithNonce(r.Context(), []byte(`<meta property="csp-nonce" nonce="__CSP_NONCE__">`)))
	})
	return auth.Headers(false)(r.auth.Middleware(mux))
}

// run runs a subtest in the same world.
func (w *world) run(name string, test func()) {
	outer := w.T
	defer func() { w.T = outer }()
	outer.Run(name, func(t *testing.T) {
		w.T = t
		test()
	})
}

// browser is somebody with a browser of their own, or a program with a token.
type browser struct {
	*world
	client *http.Client
	token  string
}

func (w *world) browser() *browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		w.Fatal(err)
	}
	return &browser{world: w, client: &http.Client{
		Jar: jar, Timeout: 2 * deadline,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// answer of the hub.
type answer struct {
	status int
	header http.Header
	body   string
}

// into reads the body.
func (a answer) into(t testing.TB, value any) {
	t.Helper()
	if err := json.Unmarshal([]byte(a.body), value); err != nil {
		t.Fatalf("%v: %s", err, a.body)
	}
}

// ask sends a request to a replica; headers are given as names and values.
func (b *browser) ask(replica int, method, path string, body any, headers ...string) answer {
	b.Helper()
	var payload io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			b.Fatal(err)
		}
		payload = bytes.NewReader(text)
	}
	target := path
	if strings.HasPrefix(path, "/") {
		target = b.replicas[replica].url + path
	}
	request, err := http.NewRequestWithContext(b.Context(), method, target, payload)
	if err != nil {
		b.Fatal(err)
	}
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	if b.token != "" {
		request.Header.Set("Authorization", "Bearer "+b.token)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	response, err := b.client.Do(request)
	if err != nil {
		b.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		b.Fatal(err)
	}
	return answer{response.StatusCode, response.Header, string(text)}
}

// must is ask, and the answer has that status.
func (b *browser) must(status, replica int, method, path string, body any, headers ...string) answer {
	b.Helper()
	got := b.ask(replica, method, path, body, headers...)
	if got.status != status {
		b.Fatalf("%s %s at replica %d: status %d, want %d: %s", method, path, replica, got.status, status, got.body)
	}
	return got
}

func (b *browser) signIn(replica int, name, password string) answer {
	b.Helper()
	return b.ask(replica, http.MethodPost, "/api/v1/auth/sign-in", map[string]string{"name": name, "password": password})
}

// who says as whom the replica takes the browser.
func (b *browser) who(replica int) string {
	b.Helper()
	var me api.Me
	b.must(http.StatusOK, replica, http.MethodGet, "/api/v1/me", nil).into(b, &me)
	return me.Name
}

const nobody = "nobody: "

// becomes waits until each replica takes the browser for that name; a prefix is enough.
func (b *browser) becomes(name string) {
	b.Helper()
	for i := range b.replicas {
		b.eventually("replica takes the browser for "+name, func() bool { return strings.HasPrefix(b.who(i), name) })
	}
}

// eventually waits for a condition.
func (w *world) eventually(what string, holds func() bool) {
	w.Helper()
	for end := time.Now().Add(deadline); !holds(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			w.Fatalf("not within %s: %s", deadline, what)
		}
	}
}

func (w *world) secret(name string) (*corev1.Secret, error) {
	secret := &corev1.Secret{}
	return secret, w.cluster.Get(w.Context(), client.ObjectKey{Namespace: w.namespace, Name: name}, secret)
}

// administrator is signed in with the first password.
func (w *world) administrator() *browser {
	w.Helper()
	secret, err := w.secret(auth.FirstAdminSecret)
	if err != nil {
		w.Fatal(err)
	}
	b := w.browser()
	if got := b.signIn(0, auth.FirstAdmin, string(secret.Data["password"])); got.status != http.StatusOK {
		w.Fatalf("the first administrator can't sign in: %d %s", got.status, got.body)
	}
	return b
}

const password = "correct horse battery staple"

// account makes a local account with the password above.
func (b *browser) account(name string, groups ...string) {
	b.Helper()
	b.must(http.StatusCreated, 0, http.MethodPost, "/api/v1/accounts", map[string]any{"name": name, "groups": groups, "password": password})
}

// person is a browser signed in to a local account.
func (w *world) person(replica int, name string) *browser {
	w.Helper()
	b := w.browser()
	if got := b.signIn(replica, name, password); got.status != http.StatusOK {
		w.Fatalf("%s can't sign in: %d %s", name, got.status, got.body)
	}
	return b
}
