package cluster

import (
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"github.com/workbench-dev/workbench/local/node"
)

// Down stops the cluster and removes everything it made on this machine: its
// processes, with their namespaces and mounts, its cgroups and its folder. What is
// in the cache stays. A cluster that isn't there is fine.
func (c Cluster) Down() error {
	unlock, err := c.lock()
	if err != nil {
		return err
	}
	defer unlock()
	state, err := c.readState()
	if err != nil {
		state = State{} // unreadable: the cgroup leads to all processes
	}
	if err := c.clear(state); err != nil {
		return err
	}
	if err := os.RemoveAll(c.Dir); err != nil {
		return fmt.Errorf("the folder of the cluster %s can't be removed: %w", c.Name, err)
	}
	return c.removeLock()
}

// clear ends all processes of the cluster and removes its cgroups. The forwarder
// goes first, since it has a thread in the node's network namespace.
func (c Cluster) clear(s State) error {
	for _, p := range []node.Process{s.Forwarder, s.Node} {
		if err := kill(p); err != nil {
			return err
		}
	}
	// Processes whose ids were lost, in a run that was cut off.
	return node.ClearCgroup(c.Cgroup())
}

func kill(p node.Process) error {
	if !p.Alive() {
		return nil
	}
	if err := unix.Kill(p.PID, unix.SIGKILL); err != nil && err != unix.ESRCH {
		return fmt.Errorf("process %d can't be ended: %w", p.PID, err)
	}
	deadline := time.Now().Add(20 * time.Second)
	for p.Alive() {
		if time.Now().After(deadline) {
			return fmt.Errorf("process %d doesn't end: is it waiting for a disk?", p.PID)
		}
		time.Sleep(20 * time.Millisecond)
	}
	return nil
}
