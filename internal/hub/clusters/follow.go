package clusters

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"sync"
)

// follower runs something for each cluster.
type follower struct {
	ctx     context.Context
	run     func(ctx context.Context, c *Cluster)
	running sync.WaitGroup

	mutex sync.Mutex
	// last is closed when what ran for the last cluster of that name has returned.
	last map[string]chan struct{}
}

// Each calls run, in a goroutine of its own, for each cluster that there is and for each that comes, from the moment it
// answers for the first time. The context that run gets ends when the cluster goes: context.Cause is ErrRemoved or ErrReplaced. After
// ErrReplaced, run is called for the new one of the same name as soon as it has returned for the old one. Each returns
// when its own context has ended and every run has returned.
func (r *Registry) Each(ctx context.Context, run func(ctx context.Context, c *Cluster)) {
	f := &follower{ctx: ctx, run: run, last: map[string]chan struct{}{}}
	r.mutex.Lock()
	r.followers[f] = struct{}{}
	for _, c := range r.clusters {
		f.follow(c)
	}
	r.mutex.Unlock()
	<-ctx.Done()
	r.mutex.Lock()
	delete(r.followers, f)
	r.mutex.Unlock()
	f.running.Wait()
}

// follow must be called with the registry's mutex held.
func (f *follower) follow(c *Cluster) {
	if !c.admitted || f.ctx.Err() != nil {
		return
	}
	f.mutex.Lock()
	before, done := f.last[c.name], make(chan struct{})
	f.last[c.name] = done
	f.mutex.Unlock()
	f.running.Go(func() {
		defer close(done)
		if before != nil {
			<-before
		}
		ctx, cancel := context.WithCancelCause(f.ctx)
		defer cancel(nil)
		stop := context.AfterFunc(c.ctx, func() { cancel(context.Cause(c.ctx)) })
		defer stop()
		if ctx.Err() == nil && c.ctx.Err() == nil {
			f.run(ctx, c)
		}
	})
}

// fingerprint tells two kubeconfigs apart without holding them.
func fingerprint(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}
