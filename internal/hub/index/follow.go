package index

import (
	"context"
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/tools/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workbench-dev/workbench/api/v1alpha1"
)

// backoff between failed attempts to list or watch: short, since one cluster is one attempt.
var backoff = wait.Backoff{Duration: 500 * time.Millisecond, Factor: 2, Jitter: 0.5, Steps: 6, Cap: 10 * time.Second}

// Follow keeps the rows of a cluster up to date until the context ends. Rows stay when it does, since the cluster may
// come back with other credentials; Remove forgets them. identity tells one cluster from another of the same name.
func (x *Index) Follow(ctx context.Context, name, identity string, from client.WithWatch) {
	c := x.begin(name, identity, from)
	options := func(o metav1.ListOptions) *client.ListOptions { return &client.ListOptions{Raw: &o} }
	source := cache.ToListWatcherWithWatchListSemantics(&cache.ListWatch{
		ListWithContextFunc: func(ctx context.Context, o metav1.ListOptions) (runtime.Object, error) {
			list := &v1alpha1.ReleaseTaskList{}
			return list, from.List(ctx, list, options(o))
		},
		WatchFuncWithContext: func(ctx context.Context, o metav1.ListOptions) (watch.Interface, error) {
			return from.Watch(ctx, &v1alpha1.ReleaseTaskList{}, options(o))
		},
	}, from)
	retry := backoff
	cache.NewReflectorWithOptions(source, &v1alpha1.ReleaseTask{}, &store{index: x, cluster: c}, cache.ReflectorOptions{
		Name: "release tasks of " + name, Backoff: &retry,
	}).RunWithContext(ctx)
}

// Remove forgets a cluster.
func (x *Index) Remove(name string) {
	x.mutex.RLock()
	c := x.clusters[name]
	x.mutex.RUnlock()
	if c != nil {
		x.remove(c)
	}
}

// store is what the reflector writes to.
type store struct {
	index   *Index
	cluster *clusterIndex
}

var (
	_ cache.TransformingStore      = (*store)(nil)
	_ cache.ReflectorBookmarkStore = (*store)(nil)
)

// Transformer makes tasks small while they are collected.
func (s *store) Transformer() cache.TransformFunc {
	return func(object any) (any, error) {
		task, ok := object.(*v1alpha1.ReleaseTask)
		if !ok {
			return nil, fmt.Errorf("a watch of release tasks brought %T", object)
		}
		trim(task)
		return task, nil
	}
}

func (s *store) Add(object any) error { return s.put(object) }

func (s *store) Update(object any) error { return s.put(object) }

func (s *store) put(object any) error {
	task, ok := object.(*v1alpha1.ReleaseTask)
	if !ok {
		return fmt.Errorf("a watch of release tasks brought %T", object)
	}
	s.index.put(s.cluster, task)
	return nil
}

func (s *store) Delete(object any) error {
	task, ok := object.(*v1alpha1.ReleaseTask)
	if !ok {
		return fmt.Errorf("a watch of release tasks brought %T", object)
	}
	s.index.delete(s.cluster, task.Namespace, task.Name, task.ResourceVersion)
	return nil
}

func (s *store) Replace(objects []any, resourceVersion string) error {
	tasks := make([]*v1alpha1.ReleaseTask, 0, len(objects))
	for _, object := range objects {
		task, ok := object.(*v1alpha1.ReleaseTask)
		if !ok {
			return fmt.Errorf("a list of release tasks brought %T", object)
		}
		tasks = append(tasks, task)
	}
	return s.index.replace(s.cluster, tasks, resourceVersion)
}

func (s *store) Bookmark(resourceVersion string) error {
	s.index.advance(s.cluster, resourceVersion)
	return nil
}

func (s *store) Resync() error { return nil }
