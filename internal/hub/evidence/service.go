package evidence

import (
	"context"
	"fmt"
	"time"

	"github.com/danielgtaylor/huma/v2"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workbench-dev/workbench/api/v1alpha1"
	"github.com/workbench-dev/workbench/internal/hub/api"
	"github.com/workbench-dev/workbench/internal/hub/auth"
	"github.com/workbench-dev/workbench/internal/hub/clusters"
	"github.com/workbench-dev/workbench/internal/hub/upstream"
)

const (
	// atOnce is how many charts or trials may ask one hub's Prometheuses at the same time; further ones wait.
	atOnce = 8
	// patience is how long one of them may take, waiting included.
	patience = 30 * time.Second
)

// Clusters are those that the hub knows; clusters.Registry is one.
type Clusters interface {
	Get(name string) (*clusters.Cluster, bool)
	Secret(ctx context.Context, name string) (*corev1.Secret, error)
}

// Service carries out the operations. It is safe for use by many goroutines at once.
type Service struct {
	clusters Clusters
	sources  sources
	charts   drawn
	places   chan struct{}
	clock    clock.PassiveClock
}

// New makes a Service.
func New(known Clusters) *Service {
	return &Service{clusters: known, places: make(chan struct{}, atOnce), clock: clock.RealClock{}}
}

// AddTo makes the Service carry out the operations on analysis.
func (s *Service) AddTo(h *api.Handlers) {
	h.GetAnalysis, h.ValidateAnalysis = s.Charts, s.Validate
}

// enter waits for a place; leave must be called when done.
func (s *Service) enter(ctx context.Context) (bounded context.Context, leave func(), err error) {
	bounded, cancel := context.WithTimeout(ctx, patience)
	select {
	case s.places <- struct{}{}:
		return bounded, func() { <-s.places; cancel() }, nil
	case <-bounded.Done():
		cancel()
		return nil, nil, huma.Error503ServiceUnavailable("Too many charts are being drawn at the moment: try again in a few seconds.")
	}
}

// as is the client of who asks in a cluster, and the cluster.
func (s *Service) as(ctx context.Context, name string) (*clusters.Cluster, client.Client, error) {
	identity, _ := auth.FromContext(ctx)
	cluster, found := s.clusters.Get(name)
	if !found {
		return nil, nil, api.NotFound()
	}
	asked, err := cluster.As(identity)
	return cluster, asked, upstream.Problem(err, nil)
}

// task reads a task in the name of who asks.
func (s *Service) task(ctx context.Context, path api.TaskPath) (*clusters.Cluster, client.Client, *v1alpha1.ReleaseTask, error) {
	cluster, asked, err := s.as(ctx, path.Cluster)
	if err != nil {
		return nil, nil, nil, err
	}
	task := &v1alpha1.ReleaseTask{}
	if err := asked.Get(ctx, client.ObjectKey{Namespace: path.Namespace, Name: path.Name}, task); err != nil {
		return nil, nil, nil, upstream.Problem(err, nil)
	}
	return cluster, asked, task, nil
}

func noPrometheus(cluster string) error {
	return fmt.Errorf("no Prometheus is set for cluster %s: a platform administrator gives its address with the cluster", cluster)
}
