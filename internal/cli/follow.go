package cli

import (
	"context"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// reading is one thing learnt about an object that is followed. At most one of its members is set; with none, the
// object does not exist (any more).
type reading[T client.Object] struct {
	object T
	found  bool
	// lost is why the cluster can't be read just now; following goes on by itself.
	lost error
	// fatal is why it can't be read at all; it is the last reading.
	fatal error
}

// reconnectEvery is how long to wait before the cluster is asked again after a failure.
const reconnectEvery = time.Second

// follow sends the object of that name now and after each change, by a watch that is renewed when it breaks or
// expires, until ctx ends; the channel is then closed. Readings equal to the last one are sent again after a renewal.
func follow[T client.Object](ctx context.Context, connection client.WithWatch, clock clock.Clock, list client.ObjectList, key client.ObjectKey) <-chan reading[T] {
	readings := make(chan reading[T])
	follower := &follower[T]{connection: connection, list: list, key: key, readings: readings}
	go func() {
		defer close(readings)
		for {
			err := follower.once(ctx)
			switch {
			case ctx.Err() != nil:
				return
			case err == nil || apierrors.IsResourceExpired(err) || apierrors.IsGone(err):
			case isFatal(err):
				follower.send(ctx, reading[T]{fatal: err})
				return
			default:
				follower.send(ctx, reading[T]{lost: err})
			}
			select {
			case <-ctx.Done():
				return
			case <-clock.After(reconnectEvery):
			}
		}
	}()
	return readings
}

// isFatal says whether asking again cannot help.
func isFatal(err error) bool {
	return apierrors.IsForbidden(err) || apierrors.IsUnauthorized(err) || apierrors.IsNotFound(err) ||
		apierrors.IsBadRequest(err) || apierrors.IsInvalid(err) || meta.IsNoMatchError(err)
}

type follower[T client.Object] struct {
	connection client.WithWatch
	list       client.ObjectList
	key        client.ObjectKey
	readings   chan<- reading[T]
}

func (f *follower[T]) send(ctx context.Context, r reading[T]) {
	select {
	case f.readings <- r:
	case <-ctx.Done():
	}
}

// once lists and then watches until the watch ends.
func (f *follower[T]) once(ctx context.Context) error {
	list := f.list.DeepCopyObject().(client.ObjectList)
	only := []client.ListOption{client.InNamespace(f.key.Namespace), client.MatchingFields{"metadata.name": f.key.Name}}
	if err := f.connection.List(ctx, list, only...); err != nil {
		return err
	}
	objects, err := meta.ExtractList(list)
	if err != nil {
		return err
	}
	current := reading[T]{}
	for _, object := range objects {
		current.object, current.found = object.(T)
	}
	f.send(ctx, current)

	from := &client.ListOptions{Raw: &metav1.ListOptions{ResourceVersion: list.GetResourceVersion(), AllowWatchBookmarks: true}}
	events, err := f.connection.Watch(ctx, f.list.DeepCopyObject().(client.ObjectList), append([]client.ListOption{from}, only...)...)
	if err != nil {
		return err
	}
	defer events.Stop()
	for event := range events.ResultChan() {
		switch event.Type {
		case watch.Added, watch.Modified:
			object, ok := event.Object.(T)
			f.send(ctx, reading[T]{object: object, found: ok})
		case watch.Deleted:
			f.send(ctx, reading[T]{})
		case watch.Error:
			return apierrors.FromObject(event.Object)
		}
	}
	return nil
}
