package node

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// privateDirs are folders of the machine that the node's parts write to. In the
// node's mount namespace each is covered by a folder of the cluster, so that
// nothing of the machine's is touched and nothing stays behind.
var privateDirs = []string{"/var/lib/kubelet", "/var/lib/cni", "/var/log/pods", "/var/log/containers", "/opt"}

// setUpMounts arranges the private mount namespace.
func (c Config) setUpMounts() error {
	// Cut off from the machine's mounts first; then shared again within, since the
	// kubelet's volumes must propagate into containers.
	steps := []mount{
		{target: "/", flags: unix.MS_REC | unix.MS_PRIVATE},
		{source: "proc", target: "/proc", kind: "proc"},
		{target: "/", flags: unix.MS_REC | unix.MS_SHARED},
		// Shim sockets, runtime state, pod network namespaces and lock files.
		{source: "tmpfs", target: "/run", kind: "tmpfs"},
	}
	for _, dir := range privateDirs {
		own := c.path("node", dir)
		for _, d := range []string{own, dir} {
			if err := os.MkdirAll(d, 0o755); err != nil {
				return err
			}
		}
		steps = append(steps, mount{source: own, target: dir, flags: unix.MS_BIND})
	}
	for _, file := range []string{"resolv.conf", "hosts"} {
		steps = append(steps, mount{source: c.path(file), target: "/etc/" + file, flags: unix.MS_BIND})
	}
	for _, m := range steps {
		if err := unix.Mount(m.source, m.target, m.kind, m.flags, ""); err != nil {
			return fmt.Errorf("mounting %s in the node failed: %w", m.target, err)
		}
	}
	for _, dir := range []string{"/run/lock", "/run/netns", "/run/containerd"} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return err
		}
	}
	// Pods have new network namespaces after every start: addresses handed out
	// before are free again.
	if err := os.RemoveAll("/var/lib/cni/networks"); err != nil {
		return err
	}
	return nil
}

type mount struct {
	source, target, kind string
	flags                uintptr
}
