//go:build apiserver

package clusters

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apimeta "k8s.io/apimachinery/pkg/api/meta"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workbench-dev/workbench/api/v1alpha1"
	"github.com/workbench-dev/workbench/internal/apitest"
	"github.com/workbench-dev/workbench/internal/clusterinfo"
	"github.com/workbench-dev/workbench/internal/hub/auth"
	"github.com/workbench-dev/workbench/internal/hub/clusters"
)

const removed, replaced = "ends: the cluster was removed", "ends: the cluster's credentials changed"

func TestClustersComeAndGo(t *testing.T) {
	w := begin(t)
	w.resource("far")
	w.wantState("far", clusters.Invalid, "Secret kubeconfig-far", "is not in namespace "+apitest.ChartNamespace)
	w.secret("far", []byte("no kubeconfig"))
	w.wantState("far", clusters.Invalid, "no kubeconfig")
	w.wantSeen("far")

	w.secret("far", apitest.KubeconfigOf(t, w.farConfig()))
	c := w.wantState("far", clusters.Reachable)
	w.wantSeen("far", "begins")
	if health := c.Health(); health.LastSeen.IsZero() || health.Since.IsZero() || health.Message != "" {
		t.Errorf("a cluster that answers has the health %+v", health)
	}

	w.must(w.admin.Delete(t.Context(), c.Resource().DeepCopy()))
	w.wantSeen("far", "begins", removed)
	w.eventually("it is forgotten", func() error {
		if _, found := w.registry.Get("far"); found {
			return errors.New("it is still there")
		}
		return nil
	})
	w.resource("far")
	w.wantState("far", clusters.Reachable)
	w.wantSeen("far", "begins", removed, "begins")
}

func TestCredentialsAreExchanged(t *testing.T) {
	w := begin(t)
	w.connect("far", apitest.KubeconfigOf(t, w.farConfig()))
	before := w.wantState("far", clusters.Reachable)
	w.secret("far", apitest.KubeconfigOf(t, w.farConfig()))
	w.wantSeen("far", "begins", replaced, "begins")
	w.wantState("far", clusters.Reachable)

	t.Run("what doesn't concern the connection leaves it alone", func(t *testing.T) {
		now, _ := w.registry.Get("far")
		if now == before {
			t.Fatal("the cluster was not replaced")
		}
		w.must(w.admin.Patch(t.Context(), now.Resource().DeepCopy(), client.RawPatch("application/merge-patch+json", []byte(`{"spec":{"displayName":"Far away"}}`))))
		w.eventually("the name is there", func() error {
			if name := now.DisplayName(); name != "Far away" {
				return fmt.Errorf("it is %q", name)
			}
			return nil
		})
		if later, _ := w.registry.Get("far"); later != now {
			t.Error("the connection was exchanged for a display name")
		}
	})
	t.Run("a kubeconfig that can't be used", func(t *testing.T) {
		w.secret("far", []byte("{}"))
		c := w.wantState("far", clusters.Invalid, "current-context")
		if c.Health().LastSeen.IsZero() {
			t.Error("when it was seen last is forgotten")
		}
		var unavailable *clusters.UnavailableError
		if _, err := c.As(auth.Identity{Name: "maria"}); !errors.As(err, &unavailable) {
			t.Errorf("want an UnavailableError, got %v", err)
		}
	})
}

func TestTwoNamesForOneCluster(t *testing.T) {
	w := begin(t)
	w.connect("far", apitest.KubeconfigOf(t, w.farConfig()))
	first := w.wantState("far", clusters.Reachable)
	w.connect("again", apitest.KubeconfigOf(t, w.farConfig()))
	w.wantState("again", clusters.Invalid, "same cluster as far")
	w.wantSeen("again")
	w.must(w.admin.Delete(t.Context(), first.Resource().DeepCopy()))
	w.wantState("again", clusters.Reachable)
	w.wantSeen("again", "begins")
}

// TestAClusterBreaksAndRecovers breaks the line to a cluster, in each way, and mends it.
func TestAClusterBreaksAndRecovers(t *testing.T) {
	for name, test := range map[string]struct {
		state apitest.LineState
		words string
	}{
		"refusing":   {apitest.LineRefuses, "Nothing accepts connections"},
		"swallowing": {apitest.LineSwallows, "no answer in time"},
	} {
		t.Run(name, func(t *testing.T) {
			w := begin(t)
			line, config := apitest.Through(t, w.farConfig())
			w.connect("far", apitest.KubeconfigOf(t, config))
			c := w.wantState("far", clusters.Reachable)
			line.Set(t, test.state)
			w.wantState("far", clusters.Unreachable, test.words)
			health := c.Health()
			if health.LastSeen.IsZero() || health.Since.Before(health.LastSeen) {
				t.Errorf("it was seen last after it became unreachable: %+v", health)
			}
			var unavailable *clusters.UnavailableError
			if _, err := c.As(auth.Identity{Name: "maria"}); !errors.As(err, &unavailable) {
				t.Errorf("want an UnavailableError at once, got %v", err)
			}
			line.Set(t, apitest.LineWorks)
			w.wantState("far", clusters.Reachable)
			// What followed it never noticed an end: it follows on.
			w.wantSeen("far", "begins")
			w.eventually("requests work again", func() error {
				own, err := c.Available()
				if err != nil {
					return err
				}
				return own.Get(t.Context(), client.ObjectKey{Name: "default"}, &corev1.Namespace{})
			})
		})
	}
}

// TestBadClustersHurtNoOther has one of each kind of trouble beside a cluster that works.
func TestBadClustersHurtNoOther(t *testing.T) {
	w := begin(t)
	hang := make(chan struct{})
	t.Cleanup(func() { close(hang) })
	w.connect("hangs", impostor(t, func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-hang:
		case <-r.Context().Done():
		}
	}))
	w.connect("drips", impostor(t, func(rw http.ResponseWriter, r *http.Request) {
		rw.WriteHeader(http.StatusOK)
		for {
			if _, err := rw.Write([]byte(" ")); err != nil {
				return
			}
			rw.(http.Flusher).Flush()
			select {
			case <-hang:
				return
			case <-r.Context().Done():
				return
			case <-time.After(50 * time.Millisecond):
			}
		}
	}))
	w.connect("fails", impostor(t, func(rw http.ResponseWriter, _ *http.Request) {
		http.Error(rw, "etcd is away", http.StatusInternalServerError)
	}))
	w.connect("expired", impostor(t, func(rw http.ResponseWriter, _ *http.Request) { rw.WriteHeader(http.StatusUnauthorized) }))
	w.connect("page", impostor(t, func(rw http.ResponseWriter, _ *http.Request) { rw.WriteHeader(http.StatusNotFound) }))
	line, config := apitest.Through(t, w.farConfig())
	line.Set(t, apitest.LineSwallows)
	w.connect("swallows", apitest.KubeconfigOf(t, config))
	stranger := w.farConfig()
	stranger.CAData = w.home.Config.CAData
	w.connect("untrusted", apitest.KubeconfigOf(t, stranger))
	unknown := w.farConfig()
	unknown.BearerToken = "not-a-token-of-this-cluster"
	w.connect("unknown", apitest.KubeconfigOf(t, unknown))

	for name, words := range map[string]string{
		"hangs": "no answer in time", "drips": "no answer in time", "swallows": "no answer in time",
		"fails": "answers 500", "expired": "refuses the hub's credentials", "unknown": "refuses the hub's credentials",
		"page": "as no Kubernetes does", "untrusted": "can't be trusted",
	} {
		w.wantState(name, clusters.Unreachable, words)
		w.wantSeen(name)
	}
	// It comes while all of them are in trouble, and is well.
	w.connect("far", apitest.KubeconfigOf(t, w.farConfig()))
	c := w.wantState("far", clusters.Reachable)
	own, err := c.Available()
	w.must(err)
	w.must(own.Get(t.Context(), client.ObjectKey{Name: "default"}, &corev1.Namespace{}))
	w.eventually("what is installed in it is known", func() error {
		if c.Report().At.IsZero() {
			return errors.New("it was not looked at")
		}
		return nil
	})
	for _, name := range []string{"fails", "expired"} {
		bad, _ := w.registry.Get(name)
		if text := bad.Health().Message; strings.Contains(text, "secret") || strings.Contains(text, "etcd") {
			t.Errorf("cluster %s: the message %q tells too much", name, text)
		}
	}
}

// TestASlowClusterHoldsNoMoreThanItsPlaces sends more requests to a cluster that hangs than may wait for it.
func TestASlowClusterHoldsNoMoreThanItsPlaces(t *testing.T) {
	w := begin(t)
	hang := make(chan struct{})
	t.Cleanup(func() { close(hang) })
	w.connect("hangs", impostor(t, func(rw http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/slow" {
			rw.WriteHeader(http.StatusForbidden)
			return
		}
		select {
		case <-hang:
		case <-r.Context().Done():
		}
	}))
	c := w.wantState("hangs", clusters.Reachable)
	const asked = 400
	refused := make(chan error, asked)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	for range asked {
		go func() { refused <- c.Discovery().RESTClient().Get().AbsPath("/slow").Do(ctx).Error() }()
	}
	// Those beyond the places are refused at once; the others still wait.
	for range asked / 4 {
		select {
		case err := <-refused:
			if err == nil || !strings.Contains(err.Error(), "too many requests wait for this cluster") {
				t.Fatalf("want to be told that it is too slow, got %v", err)
			}
		case <-time.After(deadline):
			t.Fatal("no request was refused")
		}
	}
}

func TestWhatIsInstalled(t *testing.T) {
	w := begin(t)
	w.connect("far", apitest.KubeconfigOf(t, w.farConfig()))
	c := w.wantState("far", clusters.Reachable)
	w.eventually("it was looked at", func() error {
		if c.Report().At.IsZero() {
			return errors.New("not yet")
		}
		return nil
	})
	report := clusterinfo.Report{Components: c.Report().Components}
	for name, want := range map[clusterinfo.Name]clusterinfo.State{
		clusterinfo.Kubernetes: clusterinfo.Ready, clusterinfo.Workbench: clusterinfo.NotRunning,
		clusterinfo.ArgoRollouts: clusterinfo.NotRunning, clusterinfo.Istio: clusterinfo.NotRunning, clusterinfo.Prometheus: clusterinfo.Missing,
	} {
		if got := report.Component(name); got.State != want {
			t.Errorf("%s is %s (%s), want %s", name, got.State, got.Message, want)
		}
	}
}

// TestStatusIsRecorded holds what one replica writes into the resources, with the hub's own rights.
func TestStatusIsRecorded(t *testing.T) {
	w := begin(t)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- w.registry.Record(ctx, w.hub) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	w.connectHome()
	line, config := apitest.Through(t, w.farConfig())
	w.connect("far", apitest.KubeconfigOf(t, config))
	want := func(name, reason string) {
		t.Helper()
		w.eventually("status of "+name, func() error {
			resource := &v1alpha1.Cluster{}
			w.must(w.admin.Get(t.Context(), client.ObjectKey{Name: name}, resource))
			condition := apimeta.FindStatusCondition(resource.Status.Conditions, v1alpha1.ConditionReachable)
			if condition == nil || condition.Reason != reason || resource.Status.KubernetesVersion == "" {
				return fmt.Errorf("it is %+v, version %q; want %s", condition, resource.Status.KubernetesVersion, reason)
			}
			return nil
		})
	}
	want("home", v1alpha1.ReasonReachable)
	want("far", v1alpha1.ReasonReachable)
	line.Set(t, apitest.LineRefuses)
	want("far", v1alpha1.ReasonUnreachable)
	line.Set(t, apitest.LineWorks)
	want("far", v1alpha1.ReasonReachable)
}

// TestNobodyAsksInNobodysName: a request without an identity never falls back to the hub's own account.
func TestNobodyAsksInNobodysName(t *testing.T) {
	w := begin(t)
	w.connectHome()
	c := w.wantState("home", clusters.Reachable)
	if as, err := c.As(auth.Identity{}); err == nil || as != nil {
		t.Errorf("want an error and no client, got %v, %v", as, err)
	}
}
