package controller

import (
	"context"
	"os"
	"runtime/debug"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/manager"
)

const (
	// gcPercent lets the heap grow by so many percent of what lives in it before garbage is collected: the caches are
	// large, the controller idles most of the time, and so memory counts more than the processor. GOGC overrules it.
	gcPercent = 20
	// settled is how long after a start all caches are filled and every task was looked at, at 10,000 tasks.
	settled = time.Minute
)

// thrift keeps the memory of the process near what its caches hold. What the first lists leave behind goes back to the
// kernel at once; the runtime would take minutes for that.
func thrift(mgr manager.Manager) error {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	return mgr.Add(manager.RunnableFunc(func(ctx context.Context) error {
		select {
		case <-ctx.Done():
		case <-time.After(settled):
			debug.FreeOSMemory()
		}
		return nil
	}))
}
