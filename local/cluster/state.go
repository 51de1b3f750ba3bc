// Package cluster brings a local cluster up, verifies and repairs it, tells its
// state and takes it down again.
//
// What runs is recorded in the cluster's state file; what is true is asked of the
// processes themselves. The parts it puts together are in packages build, images,
// node, addons and forward.
package cluster

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"

	"github.com/workbench-dev/workbench/local/layout"
	"github.com/workbench-dev/workbench/local/node"
	"github.com/workbench-dev/workbench/local/progress"
)

// State is what is recorded of a cluster.
type State struct {
	Created time.Time `json:"created"`
	// Node is the node's pid 1.
	Node node.Process `json:"node"`
	// NodeKey identifies the binaries and settings the node was started with.
	NodeKey string `json:"nodeKey"`
	// Forwarder runs on the host.
	Forwarder node.Process `json:"forwarder"`
	// Ports on 127.0.0.1, kept for the cluster's life.
	APIPort        int `json:"apiPort"`
	GatewayPort    int `json:"gatewayPort"`
	PrometheusPort int `json:"prometheusPort"`
	// Addons identifies the add-ons that were installed completely.
	Addons string `json:"addons,omitempty"`
}

// Cluster is one local cluster on this machine, running or not.
type Cluster struct {
	layout.Cluster
	// Source is the folder of this module's source; needed by Up only.
	Source   string
	Progress *progress.Reporter
}

func (c Cluster) readState() (State, error) {
	var s State
	data, err := os.ReadFile(c.StateFile())
	if errors.Is(err, fs.ErrNotExist) {
		return s, nil
	}
	if err != nil {
		return s, err
	}
	if err := json.Unmarshal(data, &s); err != nil {
		return s, fmt.Errorf("the state of the cluster %s isn't readable (%w): run `workbench-local down --name %s` and `up` again", c.Name, err, c.Name)
	}
	return s, nil
}

func (c Cluster) writeState(s State) error {
	data, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	// Renamed into place: an interruption leaves the old state, not half a new one.
	aside := c.StateFile() + ".new"
	if err := os.WriteFile(aside, data, 0o600); err != nil {
		return err
	}
	return os.Rename(aside, c.StateFile())
}

// Exists tells whether the cluster has a folder.
func (c Cluster) Exists() bool {
	_, err := os.Stat(c.StateFile())
	return err == nil
}

// NodePID returns the host's pid of the running node's pid 1.
func (c Cluster) NodePID() (int, bool) {
	s, err := c.readState()
	if err != nil || !s.Node.Alive() {
		return 0, false
	}
	return s.Node.PID, true
}

// Control returns the control of the running node.
func (c Cluster) Control() (node.Control, error) {
	pid, ok := c.NodePID()
	if !ok {
		return node.Control{}, c.errNotRunning()
	}
	return node.NewControl(pid), nil
}

func (c Cluster) errNotRunning() error {
	return fmt.Errorf("the cluster %s isn't running: start it with `workbench-local up --name %s`", c.Name, c.Name)
}

// lock makes commands that change the cluster wait for each other.
func (c Cluster) lock() (unlock func(), err error) {
	if err := os.MkdirAll(filepath.Dir(c.LockFile()), 0o755); err != nil {
		return nil, err
	}
	for {
		f, err := os.OpenFile(c.LockFile(), os.O_CREATE|os.O_RDWR|unix.O_CLOEXEC, 0o644)
		if err != nil {
			return nil, err
		}
		if unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB) != nil {
			c.Progress.Printf("Another command is changing the cluster %s; waiting for it.", c.Name)
			if err := unix.Flock(int(f.Fd()), unix.LOCK_EX); err != nil {
				f.Close()
				return nil, err
			}
		}
		// Down removes the file while it holds it: whoever waited for that one holds
		// nothing.
		held, err := f.Stat()
		if named, statErr := os.Stat(c.LockFile()); err == nil && statErr == nil && os.SameFile(held, named) {
			return func() { f.Close() }, nil
		}
		f.Close()
	}
}

// removeLock removes the lock file, which the caller holds.
func (c Cluster) removeLock() error {
	if err := os.Remove(c.LockFile()); err != nil && !os.IsNotExist(err) {
		return err
	}
	return nil
}
