package cluster

import (
	"sync"
	"testing"

	"github.com/workbench-dev/workbench/local/layout"
	"github.com/workbench-dev/workbench/local/progress"
)

// Down removes the lock file while others wait for it; they must still exclude
// each other afterwards.
func TestLockHoldsAcrossDown(t *testing.T) {
	t.Setenv(layout.CacheVariable, t.TempDir())
	at, err := layout.ForCluster("lock-test")
	if err != nil {
		t.Fatal(err)
	}
	c := Cluster{Cluster: at, Progress: progress.Discard()}
	var inside, most int
	var mu sync.Mutex
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 20 {
				unlock, err := c.lock()
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				inside++
				most = max(most, inside)
				mu.Unlock()
				mu.Lock()
				inside--
				mu.Unlock()
				// The last thing that Down does.
				if err := c.removeLock(); err != nil {
					t.Error(err)
				}
				unlock()
			}
		})
	}
	all.Wait()
	if most != 1 {
		t.Errorf("%d held the lock at once", most)
	}
}
