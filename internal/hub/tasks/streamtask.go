package tasks

import (
	"context"
	"reflect"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workbench-dev/workbench/api/v1alpha1"
	"github.com/workbench-dev/workbench/internal/hub/api"
)

// StreamTask tells how a task is, and each time it changes. The cluster says once, by the rights of who asks, whether
// they may see it; after that all who look share one reading for each change, which the index's watch announces.
func (s *Service) StreamTask(ctx context.Context, in *api.StreamTaskInput) (*huma.StreamResponse, error) {
	who := s.who(ctx)
	_, task, err := s.task(ctx, who, in.TaskPath)
	if err != nil {
		return nil, err
	}
	done, err := s.streams.open(who.Name)
	if err != nil {
		return nil, err
	}
	return &huma.StreamResponse{Body: func(response huma.Context) {
		defer done()
		key := api.TaskKey{Cluster: in.Cluster, Namespace: in.Namespace, Name: in.Name, UID: string(task.UID)}
		defer s.details.look(key)()
		t := &taskStream{Service: s, stream: newStream(response), who: who, key: key, task: task, sent: in.LastEventID}
		t.run(response.Context())
	}}, nil
}

// taskStream is one open stream of a task.
type taskStream struct {
	*Service
	*stream
	who  person
	key  api.TaskKey
	task *v1alpha1.ReleaseTask
	// sent is the resource version that the client has.
	sent string
	last *api.TaskDetail
}

func (t *taskStream) run(ctx context.Context) {
	beats := time.NewTicker(heartbeat)
	defer beats.Stop()
	for t.err == nil {
		accessChanged, tasksChanged, clustersChanged := t.Access.Changed(), t.Index.Changed(), t.Clusters.Changed()
		t.who.scope = t.Access.Of(t.who.Identity)
		if t.who.scope.Role(t.key.Cluster, t.key.Namespace) == "" {
			t.bye("You have no role in this namespace any more.")
			return
		}
		if gone := t.refresh(ctx); gone {
			t.send(api.EventDeleted, "", t.key)
			t.flush()
			return
		}
		t.tell()
		select {
		case <-ctx.Done():
			return
		case <-t.Draining:
			t.bye("The hub stops or restarts: reconnect.")
			return
		case <-accessChanged:
		case <-tasksChanged:
			if !t.gather(ctx) {
				return
			}
		case <-clustersChanged:
		case <-beats.C:
			t.beat(t.sent)
		}
	}
}

// refresh reads the task when the index knows a newer one, and says whether it is gone. A cluster that doesn't answer
// leaves it as it was last seen.
func (t *taskStream) refresh(ctx context.Context) (gone bool) {
	row, found := t.Index.Get(t.key.Cluster, t.key.Namespace, t.key.Name)
	if found && row.UID == t.key.UID && row.ResourceVersion == t.task.ResourceVersion {
		return false
	}
	if !found && !t.Index.Loaded(t.key.Cluster) {
		return false
	}
	task, err := t.details.read(ctx, t.Clusters, t.key, row.ResourceVersion)
	switch {
	case apierrors.IsNotFound(err):
		return true
	case err != nil:
		return false
	case string(task.UID) != t.key.UID:
		return true
	}
	t.task = task
	return false
}

// tell sends the task unless the client has it as it is.
func (t *taskStream) tell() {
	detail, err := t.detail(t.key.Cluster, t.task, t.who)
	if err != nil {
		t.Log.Error("a task can't be shown", "cluster", t.key.Cluster, "namespace", t.key.Namespace, "task", t.key.Name, "error", err)
		return
	}
	resumed := t.last == nil && t.sent == t.task.ResourceVersion && !detail.Stale
	if !resumed && !reflect.DeepEqual(detail, t.last) {
		t.sent = t.task.ResourceVersion
		t.send(api.EventTask, t.sent, detail)
		t.flush()
	}
	t.last = detail
}

// details are the tasks that somebody looks at, read once for all of them.
type details struct {
	mutex sync.Mutex
	all   map[api.TaskKey]*shared
}

type shared struct {
	viewers int

	mutex sync.Mutex
	task  *v1alpha1.ReleaseTask
	err   error
	// read is the version that the index knew when it was read.
	version string
}

// look keeps what is read of a task until the returned function is called by the last who looks.
func (d *details) look(key api.TaskKey) func() {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	if d.all == nil {
		d.all = map[api.TaskKey]*shared{}
	}
	if d.all[key] == nil {
		d.all[key] = &shared{}
	}
	d.all[key].viewers++
	return func() {
		d.mutex.Lock()
		defer d.mutex.Unlock()
		if d.all[key].viewers--; d.all[key].viewers == 0 {
			delete(d.all, key)
		}
	}
}

// read returns the task as of a version that the index knows, or a newer one; the first who asks reads it, with the
// hub's own account. The version is empty when the index doesn't know the task: then it is always read.
func (d *details) read(ctx context.Context, known Clusters, key api.TaskKey, version string) (*v1alpha1.ReleaseTask, error) {
	d.mutex.Lock()
	s := d.all[key]
	d.mutex.Unlock()
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if version != "" && s.version == version && s.err == nil {
		return s.task, nil
	}
	cluster, found := known.Get(key.Cluster)
	if !found {
		return nil, api.NotFound()
	}
	own, err := cluster.Available()
	if err != nil {
		return nil, err
	}
	task := &v1alpha1.ReleaseTask{}
	s.err = own.Get(ctx, client.ObjectKey{Namespace: key.Namespace, Name: key.Name}, task)
	s.task, s.version = task, version
	return s.task, s.err
}
