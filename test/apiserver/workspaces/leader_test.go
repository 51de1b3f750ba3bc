//go:build apiserver

package workspaces

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workbench-dev/workbench/internal/apitest"
	"github.com/workbench-dev/workbench/internal/hub/leader"
)

// cut is a replica's way to the API server, which can be cut.
type cut struct {
	next http.RoundTripper
	off  atomic.Bool
}

func (c *cut) RoundTrip(request *http.Request) (*http.Response, error) {
	if c.off.Load() {
		return nil, errors.New("the way is cut by the test")
	}
	return c.next.RoundTrip(request)
}

// TestOneReplicaLeads: never two at once do what only one may, and another one does when the first is cut off or stops.
func TestOneReplicaLeads(t *testing.T) {
	w := prepare(t)
	t.Cleanup(func() {
		lease := &coordinationv1.Lease{}
		lease.Namespace, lease.Name = apitest.ChartNamespace, leader.Name
		if err := client.IgnoreNotFound(w.admin["home"].Delete(context.Background(), lease)); err != nil {
			t.Error(err)
		}
	})
	var working atomic.Int32
	began := make(chan string, 10)
	replica := func(name string) (way *cut, stop func()) {
		way = &cut{}
		config := rest.CopyConfig(w.config)
		config.Wrap(func(next http.RoundTripper) http.RoundTripper { way.next = next; return way })
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan error, 1)
		go func() {
			done <- leader.Run(ctx, leader.Options{Config: config, Namespace: apitest.ChartNamespace, Log: slog.New(slog.DiscardHandler)},
				func(ctx context.Context) error {
					if working.Add(1) > 1 {
						t.Error("two replicas work at once")
					}
					began <- name
					<-ctx.Done()
					working.Add(-1)
					return nil
				})
		}()
		var stopped atomic.Bool
		stop = func() {
			if stopped.CompareAndSwap(false, true) {
				cancel()
				if err := <-done; err != nil {
					t.Error(err)
				}
			}
		}
		t.Cleanup(stop)
		return way, stop
	}
	next := func(want string) {
		t.Helper()
		select {
		case got := <-began:
			if got != want {
				t.Fatalf("%s leads, want %s", got, want)
			}
		case <-time.After(2 * deadline):
			t.Fatalf("%s doesn't take over", want)
		}
	}
	first, _ := replica("first")
	next("first")
	_, stopSecond := replica("second")
	first.off.Store(true)
	next("second")
	first.off.Store(false)
	stopSecond()
	next("first")
}
