// Package leader lets one of several replicas of the hub do what only one may do at a time. Everything that people ask
// is answered by all of them; this is for what runs by itself.
package leader

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/uuid"
	coordination "k8s.io/client-go/kubernetes/typed/coordination/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/leaderelection"
	"k8s.io/client-go/tools/leaderelection/resourcelock"
)

// Name of the Lease by which the replicas agree.
const Name = "hub.workbench.dev"

// Options are what a replica needs to stand for election.
type Options struct {
	// Config of the cluster that the hub runs in.
	Config *rest.Config
	// Namespace of the Lease: the hub's.
	Namespace string
	Log       *slog.Logger
}

// lease is how long another replica waits before it takes over from one that died.
const lease = 15 * time.Second

// Run stands for election until the context ends. While this replica leads, the tasks run; their context ends when it
// doesn't any more, and they run again when it leads again. A task that returns an error is begun again.
func Run(ctx context.Context, o Options, tasks ...func(context.Context) error) error {
	client, err := coordination.NewForConfig(rest.AddUserAgent(rest.CopyConfig(o.Config), "workbench-hub-leader"))
	if err != nil {
		return fmt.Errorf("stand for election: %w", err)
	}
	host, err := os.Hostname()
	if err != nil {
		host = "hub"
	}
	lock := &resourcelock.LeaseLock{
		LeaseMeta:  metav1.ObjectMeta{Namespace: o.Namespace, Name: Name},
		Client:     client,
		LockConfig: resourcelock.ResourceLockConfig{Identity: host + "_" + string(uuid.NewUUID())},
	}
	for ctx.Err() == nil {
		elected := make(chan context.Context, 1)
		elector, err := leaderelection.NewLeaderElector(leaderelection.LeaderElectionConfig{
			Name: Name, Lock: lock, ReleaseOnCancel: true,
			LeaseDuration: lease, RenewDeadline: lease * 2 / 3, RetryPeriod: lease * 2 / 15,
			Callbacks: leaderelection.LeaderCallbacks{
				OnStartedLeading: func(leading context.Context) { elected <- leading },
				OnStoppedLeading: func() {},
			},
		})
		if err != nil {
			return fmt.Errorf("stand for election: %w", err)
		}
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			elector.Run(ctx)
		}()
		select {
		case leading := <-elected:
			o.Log.Info("this replica leads")
			lead(leading, o.Log, tasks)
		case <-ended:
		}
		<-ended
	}
	return nil
}

// lead runs the tasks until the context ends and all of them have returned.
func lead(ctx context.Context, log *slog.Logger, tasks []func(context.Context) error) {
	var working sync.WaitGroup
	for _, task := range tasks {
		working.Go(func() { persist(ctx, log, task) })
	}
	working.Wait()
}

// persist runs a task again when it fails, until the context ends.
func persist(ctx context.Context, log *slog.Logger, task func(context.Context) error) {
	for wait := time.Second; ; wait = min(2*wait, time.Minute) {
		err := task(ctx)
		if ctx.Err() != nil || err == nil {
			return
		}
		log.Error("what only one replica does has failed and is begun again", "error", err, "after", wait)
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		}
	}
}
