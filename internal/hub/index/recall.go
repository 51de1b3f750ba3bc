package index

import (
	"context"
	"fmt"
	"strconv"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workbench-dev/workbench/api/v1alpha1"
	"github.com/workbench-dev/workbench/internal/hub/api"
)

const (
	// recallGather is how long requests are gathered, so that many clients that come back at once cost one watch.
	recallGather = 150 * time.Millisecond
	// recallTimeout is how long that watch lasts at most. An API server sends a bookmark two seconds before the end of a
	// watch: it tells that everything up to it was sent.
	recallTimeout = 4 * time.Second
	// maxRecalled is how many deletions are learnt of at most.
	maxRecalled = 2000
)

// recall is an attempt to learn of deletions before the hub listed a cluster.
type recall struct {
	from uint64
	done chan struct{}
}

// Recall learns of deletions that a cursor is older than, as far as the clusters still know them: some minutes after a
// restart of the hub, they do. It returns when they are known, or can't be.
func (x *Index) Recall(ctx context.Context, view *View, cursor Cursor) {
	for name := range view.clusters {
		for range 2 { // the first attempt may have begun for somebody who needed less
			under := x.join(name, cursor)
			if under == nil {
				break
			}
			select {
			case <-ctx.Done():
				return
			case <-under.done:
			}
		}
	}
}

// join returns an attempt to wait for; nil when there is nothing to learn.
func (x *Index) join(name string, cursor Cursor) *recall {
	x.mutex.Lock()
	defer x.mutex.Unlock()
	c := x.clusters[name]
	if c == nil || !c.loaded || c.source == nil {
		return nil
	}
	from, known := cursor.versions[c.key]
	if !known || from >= c.floor {
		return nil
	}
	if c.recalling == nil {
		c.recalling = &recall{from: from, done: make(chan struct{})}
		go x.recall(c, c.recalling)
	}
	c.recalling.from = min(c.recalling.from, from)
	return c.recalling
}

func (x *Index) recall(c *clusterIndex, under *recall) {
	defer close(under.done)
	time.Sleep(recallGather)
	x.mutex.Lock()
	c.recalling = nil // who comes now begins another one
	from, floor, epoch, source := under.from, c.floor, c.epoch, c.source
	x.mutex.Unlock()

	traces, err := deletions(source, c.name, from, floor)
	if err != nil {
		return // Since says that it can't be told
	}
	x.mutex.Lock()
	defer x.mutex.Unlock()
	if c.epoch != epoch || c.floor != floor {
		return
	}
	for _, trace := range traces {
		c.log.add(trace)
	}
	c.floor = from
}

// deletions are those of a cluster after one version and up to another.
func deletions(source client.WithWatch, cluster string, from, to uint64) ([]*entry, error) {
	ctx, cancel := context.WithTimeout(context.Background(), recallTimeout+time.Second)
	defer cancel()
	seconds := int64(recallTimeout / time.Second)
	list := &metav1.PartialObjectMetadataList{}
	list.SetGroupVersionKind(v1alpha1.GroupVersion.WithKind("ReleaseTaskList"))
	events, err := source.Watch(ctx, list, &client.ListOptions{Raw: &metav1.ListOptions{
		ResourceVersion: strconv.FormatUint(from, 10), AllowWatchBookmarks: true, TimeoutSeconds: &seconds,
	}})
	if err != nil {
		return nil, err
	}
	defer events.Stop()
	var traces []*entry
	for event := range events.ResultChan() {
		object, ok := event.Object.(metav1.Object)
		if !ok || event.Type == watch.Error {
			return nil, fmt.Errorf("cluster %s doesn't know version %d any more: %v", cluster, from, event.Object)
		}
		version, err := strconv.ParseUint(object.GetResourceVersion(), 10, 64)
		if err != nil {
			return nil, err
		}
		if event.Type == watch.Deleted && version <= to {
			if len(traces) == maxRecalled {
				return nil, fmt.Errorf("more than %d tasks of cluster %s were deleted since version %d", maxRecalled, cluster, from)
			}
			traces = append(traces, &entry{
				row:     api.TaskRow{Cluster: cluster, Namespace: object.GetNamespace(), Name: object.GetName(), UID: string(object.GetUID())},
				version: version, deleted: true,
			})
		}
		if version >= to {
			return traces, nil
		}
	}
	return nil, fmt.Errorf("cluster %s didn't tell in time what was deleted since version %d", cluster, from)
}
