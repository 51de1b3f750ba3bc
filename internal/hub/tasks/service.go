package tasks

import (
	"context"
	"log/slog"
	"strings"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workbench-dev/workbench/api/v1alpha1"
	"github.com/workbench-dev/workbench/internal/hub/api"
	"github.com/workbench-dev/workbench/internal/hub/audit"
	"github.com/workbench-dev/workbench/internal/hub/auth"
	"github.com/workbench-dev/workbench/internal/hub/clusters"
	"github.com/workbench-dev/workbench/internal/hub/index"
	"github.com/workbench-dev/workbench/internal/hub/upstream"
	"github.com/workbench-dev/workbench/internal/hub/workspaces"
)

// fieldManager writes what people change through the hub.
const fieldManager = client.FieldOwner("workbench-hub")

// Clusters are those that the hub knows; clusters.Registry is one.
type Clusters interface {
	Get(name string) (*clusters.Cluster, bool)
	List() []*clusters.Cluster
	Changed() <-chan struct{}
}

// Config is what a Service works with.
type Config struct {
	Clusters Clusters
	Access   workspaces.Access
	Index    *index.Index
	Audit    audit.Recorder
	// UserPrefix stands before names of people in clusters; they are shown without it.
	UserPrefix string
	// Draining is closed when the hub is about to stop: streams end, and their clients reconnect elsewhere.
	Draining <-chan struct{}
	Log      *slog.Logger
}

// Service carries out the operations. It is safe for use by many goroutines at once.
type Service struct {
	Config
	details details
	streams streamLimit
}

// New makes a Service.
func New(c Config) *Service {
	return &Service{Config: c}
}

// AddTo makes the Service carry out the operations on release tasks, actions and workloads.
func (s *Service) AddTo(h *api.Handlers) {
	h.ListTasks, h.StreamTasks, h.StreamTask = s.List, s.StreamList, s.StreamTask
	h.CreateTask, h.GetTask, h.UpdateTask, h.DeleteTask = s.Create, s.Get, s.Update, s.Delete
	h.GetHistory, h.GetPods, h.GetEvents, h.GetYAML = s.History, s.Pods, s.Events, s.YAML
	h.CreateAction, h.ListActions, h.GetAction = s.CreateAction, s.ListActions, s.GetAction
	h.ListWorkloads, h.GetWorkload = s.ListWorkloads, s.GetWorkload
}

// person is who asks: what they may see, and their client of a cluster.
type person struct {
	auth.Identity
	scope *workspaces.Scope
}

// who is who asks. The hub lets nobody reach an operation of this package without having signed in.
func (s *Service) who(ctx context.Context) person {
	identity, _ := auth.FromContext(ctx)
	return person{identity, s.Access.Of(identity)}
}

// as is the client of who asks in a cluster.
func (s *Service) as(who person, cluster string) (client.WithWatch, error) {
	c, found := s.Clusters.Get(cluster)
	if !found {
		return nil, api.NotFound()
	}
	asked, err := c.As(who.Identity)
	return asked, upstream.Problem(err, nil)
}

// task reads a task in the name of who asks.
func (s *Service) task(ctx context.Context, who person, path api.TaskPath) (client.WithWatch, *v1alpha1.ReleaseTask, error) {
	asked, err := s.as(who, path.Cluster)
	if err != nil {
		return nil, nil, err
	}
	task := &v1alpha1.ReleaseTask{}
	if err := asked.Get(ctx, client.ObjectKey{Namespace: path.Namespace, Name: path.Name}, task); err != nil {
		return nil, nil, upstream.Problem(err, nil)
	}
	return asked, task, nil
}

// withoutPrefix shows names of people, alone or in a sentence, as people know them.
func (s *Service) withoutPrefix(text string) string {
	return strings.ReplaceAll(text, s.UserPrefix, "")
}

// stale says whether what is known of a cluster may be old.
func (s *Service) stale(cluster string) bool {
	c, found := s.Clusters.Get(cluster)
	return !found || !c.Health().Reachable()
}

// states are those of the clusters that the view shows something of.
func (s *Service) states(view *index.View) []api.ClusterState {
	states := []api.ClusterState{}
	for _, c := range s.Clusters.List() {
		if view.Shows(c.Name()) {
			states = append(states, ClusterState(c, s.Index))
		}
	}
	return states
}

// ClusterState says how a cluster does, and whether its tasks were read.
func ClusterState(c *clusters.Cluster, tasks *index.Index) api.ClusterState {
	health := c.Health()
	state := api.ClusterState{
		Name: c.Name(), DisplayName: c.DisplayName(), Reachable: health.Reachable(), Loaded: tasks.Loaded(c.Name()), Message: health.Message,
	}
	if !health.Since.IsZero() {
		since := health.Since.UTC()
		state.Since = &since
	}
	return state
}
