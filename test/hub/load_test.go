//go:build apiserver

package hub

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workbench-dev/workbench/api/v1alpha1"
)

const (
	// tasksOfLoad is how many tasks are written to in each cluster.
	tasksOfLoad = 25
	// betweenWrites holds the load to about 60 writes a second in all, so that a busy machine still has time for the rest.
	betweenWrites = 30 * time.Millisecond
)

var phasesOfLoad = []v1alpha1.Phase{v1alpha1.PhaseReleasing, v1alpha1.PhaseWaiting, v1alpha1.PhaseHealthy, v1alpha1.PhaseFailed}

// writers change tasks of both clusters all the time: statuses mostly; some are deleted and made again.
type writers struct {
	cancel  context.CancelFunc
	running sync.WaitGroup
	writes  atomic.Int64
	deleted atomic.Int64
}

// write starts them; the tasks are removed at the end of the test.
func (w *world) write(t *testing.T) *writers {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	all := &writers{cancel: cancel}
	for _, cluster := range []string{"home", "far"} {
		for i := range tasksOfLoad {
			task := newTask(load, fmt.Sprintf("load-%d", i))
			w.create(t, cluster, task)
			t.Cleanup(func() { w.remove(t, cluster, task) })
		}
		all.running.Go(func() {
			random := rand.New(rand.NewPCG(1, uint64(len(cluster))))
			for n := 0; ctx.Err() == nil; n++ {
				name := fmt.Sprintf("load-%d", random.IntN(tasksOfLoad))
				if err := w.writeOnce(ctx, all, cluster, name, n, random); err != nil && ctx.Err() == nil {
					t.Errorf("the load on %s: %v", cluster, err)
					return
				}
				select {
				case <-ctx.Done():
				case <-time.After(betweenWrites):
				}
			}
		})
	}
	t.Cleanup(all.stop)
	return all
}

func (w *world) writeOnce(ctx context.Context, all *writers, cluster, name string, n int, random *rand.Rand) error {
	all.writes.Add(1)
	task := newTask(load, name)
	if random.IntN(12) == 0 {
		all.deleted.Add(1)
		if err := client.IgnoreNotFound(w.admins[cluster].Delete(ctx, task)); err != nil {
			return err
		}
		return client.IgnoreAlreadyExists(w.admins[cluster].Create(ctx, newTask(load, name)))
	}
	phase := phasesOfLoad[random.IntN(len(phasesOfLoad))]
	status := fmt.Sprintf(`{"status":{"phase":%q,"message":"Written %d times."}}`, phase, n)
	err := w.controllers[cluster].Status().Patch(ctx, task, client.RawPatch("application/merge-patch+json", []byte(status)))
	if apierrors.IsNotFound(err) {
		return nil
	}
	return err
}

func (w *writers) stop() {
	w.cancel()
	w.running.Wait()
}

// goesOn waits until so many more writes were made.
func (w *writers) goesOn(t *testing.T, more int64) {
	t.Helper()
	target := w.writes.Load() + more
	eventually(t, "the load goes on", func() error {
		if now := w.writes.Load(); now < target {
			return fmt.Errorf("%d writes, waiting for %d", now, target)
		}
		return nil
	})
}

// crowd is onlookers of all kinds: of the whole list, of filtered ones, of single tasks.
func (w *world) crowd(t *testing.T, url string, each int) []*onlooker {
	t.Helper()
	var all []*onlooker
	for i := range each {
		who := []string{viewer, editor, admin}[i%3]
		all = append(all,
			w.look(t, url, who, inLoad(), ""),
			w.look(t, url, who, inLoad("phase", "Waiting,Failed"), ""),
			w.look(t, url, who, inLoad("cluster", "far"), ""),
			w.look(t, url, who, inLoad(), fmt.Sprintf("/api/v1/clusters/%s/namespaces/load/release-tasks/watched", []string{"home", "far"}[i%2])),
		)
	}
	return all
}

func inLoad(more ...string) url.Values {
	filter := url.Values{"namespace": {load}}
	for i := 0; i+1 < len(more); i += 2 {
		filter.Set(more[i], more[i+1])
	}
	return filter
}

// watched makes a task in both clusters that is written to and never deleted, until the function that it returns is
// called.
func (w *world) watched(t *testing.T) (still func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	for _, cluster := range []string{"home", "far"} {
		task := w.task(t, cluster, load, "watched", v1alpha1.PhaseReleasing)
		running.Go(func() {
			for n := 0; ctx.Err() == nil; n++ {
				status := fmt.Sprintf(`{"status":{"message":"Written %d times."}}`, n)
				err := w.controllers[cluster].Status().Patch(ctx, newTask(load, task.Name), client.RawPatch("application/merge-patch+json", []byte(status)))
				if err != nil && ctx.Err() == nil {
					t.Errorf("the load on %s: %v", cluster, err)
					return
				}
				select {
				case <-ctx.Done():
				case <-time.After(10 * betweenWrites):
				}
			}
		})
	}
	still = func() { cancel(); running.Wait() }
	t.Cleanup(still)
	return still
}

// truth is what the clusters hold of what an onlooker looks at.
func (w *world) truth(t *testing.T, o *onlooker) map[string]seen {
	t.Helper()
	truth := map[string]seen{}
	for _, cluster := range []string{"home", "far"} {
		if only := o.filter.Get("cluster"); only != "" && only != cluster {
			continue
		}
		list := &v1alpha1.ReleaseTaskList{}
		if err := w.admins[cluster].List(context.Background(), list, client.InNamespace(load)); err != nil {
			t.Fatal(err)
		}
		for _, task := range list.Items {
			if o.filter.Get("phase") != "" && task.Status.Phase != v1alpha1.PhaseWaiting && task.Status.Phase != v1alpha1.PhaseFailed {
				continue
			}
			phase := string(task.Status.Phase)
			if phase == "" {
				phase = "Pending"
			}
			if path := fmt.Sprintf("/api/v1/clusters/%s/namespaces/load/release-tasks/%s", cluster, task.Name); o.task == "" || o.task == path {
				truth[cluster+"/load/"+task.Name] = seen{string(task.UID), task.ResourceVersion, phase}
			}
		}
	}
	return truth
}

// agree waits until what every onlooker believes is what the clusters hold. Nothing may be written meanwhile.
func (w *world) agree(t *testing.T, onlookers []*onlooker) {
	t.Helper()
	for i, o := range onlookers {
		truth := w.truth(t, o)
		eventually(t, fmt.Sprintf("onlooker %d (%s %s) knows all", i, o.filter.Encode(), o.task), func() error {
			o.mutex.Lock()
			defer o.mutex.Unlock()
			if diff := cmp.Diff(truth, o.picture); diff != "" {
				return fmt.Errorf("(-cluster +onlooker):\n%s", diff)
			}
			if o.task == "" && o.filter.Get("phase") == "" && o.counts.Total != len(truth) {
				return fmt.Errorf("it counts %d tasks, there are %d", o.counts.Total, len(truth))
			}
			return nil
		})
	}
}
