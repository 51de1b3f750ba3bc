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
	// settled is how long after a start all caches are filled and every task was looked at, at 10,000 tasks; again is how
	// often what is free is given back after that, where a start takes longer or many releases ran at once.
	settled = time.Minute
	again   = 5 * time.Minute
)

// thrift keeps the memory of the process near what its caches hold. What lists and releases leave behind goes back to the
// kernel soon; the runtime alone would keep much of it.
func thrift(mgr manager.Manager) error {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	return mgr.Add(manager.RunnableFunc(func(ctx context.Context) error {
		for wait := settled; ; wait = again {
			select {
			case <-ctx.Done():
				return nil
			case <-time.After(wait):
				debug.FreeOSMemory()
			}
		}
	}))
}
