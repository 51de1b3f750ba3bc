// Package fleet is what benchmarks with many release tasks have in common: a real API server full of tasks, the programs
// that are measured with them, and people who use the hub. It measures nothing itself.
package fleet

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/workbench-dev/workbench/internal/apitest"
)

// Where the programs that are measured answer.
const (
	HubAddress        = "http://127.0.0.1:19182"
	hubMetricsAddress = "http://127.0.0.1:19183"
	DashboardAddress  = "http://127.0.0.1:19181/"
)

const (
	hubNamespace = "workbench-system"
	hubCluster   = "here"
)

// Bench is where a measurement runs: an API server with a fleet.
type Bench struct {
	// Dir is a folder for what programs print.
	Dir        string
	Kubeconfig string
	// Host is that of the API server, as in metrics of its clients.
	Host  string
	Fleet *Fleet

	server *apitest.Server
	began  time.Time
}

// Launch starts an API server with a fleet that has no tasks yet. Close ends it.
func Launch(ctx context.Context, name string, namespaces int) (*Bench, error) {
	b := &Bench{began: time.Now()}
	var err error
	if b.Dir, err = os.MkdirTemp("", "workbench-"+name+"-"); err != nil {
		return nil, err
	}
	if b.server, err = apitest.Launch(); err != nil {
		return nil, err
	}
	if err := b.furnish(ctx, namespaces); err != nil {
		return nil, errors.Join(err, b.server.Stop())
	}
	return b, nil
}

func (b *Bench) furnish(ctx context.Context, namespaces int) error {
	if err := b.server.InstallDefinitions(ctx); err != nil {
		return err
	}
	address, err := url.Parse(b.server.Config.Host)
	if err != nil {
		return err
	}
	b.Kubeconfig, b.Host = b.server.Kubeconfig, address.Host
	b.Fleet, err = newFleet(ctx, b.server.Config, namespaces)
	return err
}

// Close ends the API server. The folder stays when the measurement failed, for what is written there.
func (b *Bench) Close(failed error) error {
	err := b.server.Stop()
	if failed == nil {
		err = errors.Join(err, os.RemoveAll(b.Dir))
	}
	return err
}

// Say tells how far the measurement is.
func (b *Bench) Say(format string, args ...any) {
	fmt.Fprintf(os.Stderr, "%6s  %s\n", time.Since(b.began).Round(time.Second), fmt.Sprintf(format, args...))
}

// Pause waits unless the context ends before.
func Pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// StartHub starts `workbench server` and waits until it is ready.
func (b *Bench) StartHub(ctx context.Context) (*Process, error) {
	// The namespace of the hub's own Secrets.
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: hubNamespace}}
	if err := b.Fleet.Client.Create(ctx, namespace); err != nil && !apierrors.IsAlreadyExists(err) {
		return nil, err
	}
	p, err := b.Start("hub", "bin/workbench", "server",
		"--bind-address=127.0.0.1:19182", "--metrics-bind-address=127.0.0.1:19183", "--public-url="+HubAddress,
		"--namespace="+hubNamespace, "--own-cluster="+hubCluster, "--log-level=warn",
		// All people come from one address here.
		"--rate-per-address=1000", "--rate-per-address-burst=1000")
	if err != nil {
		return nil, err
	}
	return p, p.Until(ctx, 2*time.Minute, "it was ready", func() bool { return answers(hubMetricsAddress + "/readyz") })
}

// UntilListed waits until a person sees the whole fleet.
func (b *Bench) UntilListed(ctx context.Context, hub *Process, person *Visitor) error {
	return hub.Until(ctx, 5*time.Minute, "it listed all tasks", func() bool {
		var page struct{ Total int }
		_, err := person.Get(ctx, "/api/v1/release-tasks?pageSize=50", &page)
		return err == nil && page.Total == b.Fleet.Tasks
	})
}

// StartDashboard starts the dashboard of Argo Rollouts, from its kubectl plugin, and waits until it answers.
func (b *Bench) StartDashboard(ctx context.Context, program string) (*Process, error) {
	p, err := b.Start("dashboard", program, "dashboard", "--port=19181")
	if err != nil {
		return nil, err
	}
	return p, p.Until(ctx, time.Minute, "it answered", func() bool { return answers(DashboardAddress + "rollouts/api/v1/version") })
}

func answers(url string) bool {
	resp, err := http.Get(url)
	if err != nil {
		return false
	}
	resp.Body.Close()
	return resp.StatusCode == http.StatusOK
}
