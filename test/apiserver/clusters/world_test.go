//go:build apiserver

package clusters

import (
	"context"
	"encoding/pem"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workbench-dev/workbench/api/v1alpha1"
	"github.com/workbench-dev/workbench/internal/apitest"
	"github.com/workbench-dev/workbench/internal/hub/clusters"
)

// deadline is for anything that is to happen; this machine may be very busy.
const deadline = time.Minute

// brisk probes find a change within a second on a quiet machine.
var brisk = clusters.Intervals{Probe: 300 * time.Millisecond, Timeout: 3 * time.Second, Again: 100 * time.Millisecond, Look: time.Second}

// world is a registry in the cluster home, with the hub's account and rights.
type world struct {
	t         *testing.T
	home, far *apitest.Server
	admin     client.WithWatch
	config    *rest.Config
	registry  *clusters.Registry
	hub       client.WithWatch

	mutex sync.Mutex
	// seen is what a follower of all clusters saw: "far begins", "far ends: …".
	seen []string
}

func begin(t *testing.T) *world {
	t.Helper()
	return beginWith(t, brisk)
}

func beginWith(t *testing.T, intervals clusters.Intervals) *world {
	t.Helper()
	w := &world{t: t, home: apitest.Start(t), far: elsewhere(t)}
	w.home.InstallHub(t)
	w.far.InstallHub(t)
	w.admin = w.home.Client(t)
	w.config = w.home.AccountConfig(t, apitest.ChartNamespace, apitest.HubAccount)
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	t.Cleanup(func() { cancel(); running.Wait() })
	held, err := cache.New(w.config, cache.Options{Scheme: clusters.Scheme(), ByObject: map[client.Object]cache.ByObject{
		&corev1.Secret{}: {Namespaces: map[string]cache.Config{apitest.ChartNamespace: {}}},
	}})
	w.must(err)
	w.hub, err = client.NewWithWatch(w.config, client.Options{Scheme: clusters.Scheme()})
	w.must(err)
	running.Go(func() { _ = held.Start(ctx) })
	w.registry = clusters.New(clusters.Options{Config: w.config, Cache: held, Namespace: apitest.ChartNamespace, Log: slog.New(slog.DiscardHandler), Intervals: intervals})
	running.Go(func() {
		if err := w.registry.Run(ctx); err != nil {
			t.Errorf("the registry ended: %v", err)
		}
	})
	running.Go(func() {
		w.registry.Each(ctx, func(ctx context.Context, c *clusters.Cluster) {
			w.note(c.Name() + " begins")
			<-ctx.Done()
			w.note(c.Name() + " ends: " + context.Cause(ctx).Error())
		})
	})
	return w
}

func (w *world) note(what string) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	w.seen = append(w.seen, what)
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

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

// secret writes the kubeconfig of a cluster, over what is there.
func (w *world) secret(name string, kubeconfig []byte) {
	w.t.Helper()
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: apitest.ChartNamespace, Name: "kubeconfig-" + name}, Data: map[string][]byte{"kubeconfig": kubeconfig}}
	err := w.admin.Create(w.t.Context(), secret.DeepCopy())
	if client.IgnoreAlreadyExists(err) != nil {
		w.t.Fatal(err)
	}
	if err != nil {
		w.must(w.admin.Update(w.t.Context(), secret))
		return
	}
	w.t.Cleanup(func() { w.remove(secret) })
}

// resource makes the Cluster, with the Secret of its name.
func (w *world) resource(name string) {
	w.t.Helper()
	cluster := &v1alpha1.Cluster{ObjectMeta: metav1.ObjectMeta{Name: name}}
	cluster.Spec.KubeconfigSecretRef = &v1alpha1.SecretKeyRef{Name: "kubeconfig-" + name}
	w.must(w.admin.Create(w.t.Context(), cluster))
	w.t.Cleanup(func() { w.remove(cluster) })
}

func (w *world) connect(name string, kubeconfig []byte) {
	w.t.Helper()
	w.secret(name, kubeconfig)
	w.resource(name)
}

func (w *world) connectHome() {
	w.t.Helper()
	cluster := &v1alpha1.Cluster{ObjectMeta: metav1.ObjectMeta{Name: "home"}, Spec: v1alpha1.ClusterSpec{InCluster: &v1alpha1.InCluster{}}}
	w.must(w.admin.Create(w.t.Context(), cluster))
	w.t.Cleanup(func() { w.remove(cluster) })
}

func (w *world) remove(object client.Object) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), deadline)
	defer cancel()
	if err := client.IgnoreNotFound(w.admin.Delete(ctx, object)); err != nil {
		w.t.Error(err)
	}
}

func (w *world) farConfig() *rest.Config {
	w.t.Helper()
	return w.far.AccountConfig(w.t, apitest.ChartNamespace, apitest.HubAccessAccount)
}

// wantState waits until the cluster has the state, with a message that has the words.
func (w *world) wantState(name string, state clusters.State, words ...string) *clusters.Cluster {
	w.t.Helper()
	var c *clusters.Cluster
	w.eventually("state of cluster "+name, func() error {
		var found bool
		if c, found = w.registry.Get(name); !found {
			return fmt.Errorf("it is not known")
		}
		health := c.Health()
		if health.State != state {
			return fmt.Errorf("it is %s (%s), want %s", health.State, health.Message, state)
		}
		for _, word := range words {
			if !strings.Contains(health.Message, word) {
				return fmt.Errorf("its message %q lacks %q", health.Message, word)
			}
		}
		return nil
	})
	return c
}

// wantSeen waits until the follower saw exactly that of a cluster.
func (w *world) wantSeen(name string, want ...string) {
	w.t.Helper()
	w.eventually("what a follower sees of "+name, func() error {
		w.mutex.Lock()
		defer w.mutex.Unlock()
		var got []string
		for _, line := range w.seen {
			if what, is := strings.CutPrefix(line, name+" "); is {
				got = append(got, what)
			}
		}
		if strings.Join(got, "; ") != strings.Join(want, "; ") {
			return fmt.Errorf("got %q, want %q", got, want)
		}
		return nil
	})
}

// impostor is an HTTPS server that isn't Kubernetes, and a kubeconfig that leads there.
func impostor(t *testing.T, handler http.HandlerFunc) []byte {
	t.Helper()
	server := httptest.NewUnstartedServer(handler)
	server.EnableHTTP2 = true
	server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	server.StartTLS()
	t.Cleanup(func() { server.CloseClientConnections(); server.Close() })
	authority := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	return apitest.KubeconfigOf(t, &rest.Config{Host: server.URL, BearerToken: "secret", TLSClientConfig: rest.TLSClientConfig{CAData: authority}})
}
