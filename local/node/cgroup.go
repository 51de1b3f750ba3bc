package node

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

const cgroupRoot = "/sys/fs/cgroup"

// hierarchies returns the mounted cgroup trees: one for cgroup v2, one per
// controller for v1 (hybrid systems have a v2 tree without controllers besides,
// which the runtime uses too).
func hierarchies() ([]string, error) {
	if _, err := os.Stat(filepath.Join(cgroupRoot, "cgroup.controllers")); err == nil {
		return []string{cgroupRoot}, nil
	}
	entries, err := os.ReadDir(cgroupRoot)
	if err != nil {
		return nil, fmt.Errorf("the cgroups can't be listed: %w", err)
	}
	var trees []string
	for _, e := range entries {
		tree := filepath.Join(cgroupRoot, e.Name())
		info, err := os.Lstat(tree)
		if err != nil || !info.IsDir() { // cpu,cpuacct has links beside it
			continue
		}
		if _, err := os.Stat(filepath.Join(tree, "cgroup.procs")); err == nil {
			trees = append(trees, tree)
		}
	}
	if len(trees) == 0 {
		return nil, fmt.Errorf("no cgroup tree is mounted under %s", cgroupRoot)
	}
	return trees, nil
}

// MakeCgroup makes NAME/SUB in every hierarchy and returns a function that puts a
// process there. The kubelet puts pods into NAME/kubepods beside it.
func MakeCgroup(name, sub string) (join func(pid int) error, err error) {
	trees, err := hierarchies()
	if err != nil {
		return nil, err
	}
	for _, tree := range trees {
		parent := tree
		for _, dir := range []string{name, sub} {
			own := filepath.Join(parent, dir)
			if err := os.MkdirAll(own, 0o755); err != nil {
				return nil, fmt.Errorf("the cgroup %s can't be made: %w", own, err)
			}
			if err := inherit(parent, own); err != nil {
				return nil, err
			}
			parent = own
		}
	}
	return func(pid int) error {
		for _, tree := range trees {
			path := filepath.Join(tree, name, sub, "cgroup.procs")
			if err := os.WriteFile(path, []byte(strconv.Itoa(pid)), 0); err != nil {
				return fmt.Errorf("process %d can't be put into %s: %w", pid, path, err)
			}
		}
		return nil
	}, nil
}

// inherit makes a new cgroup usable: v1 cpusets start empty, v2 children have the
// controllers that the parent hands on.
func inherit(parent, own string) error {
	for _, file := range []string{"cpuset.cpus", "cpuset.mems"} {
		have, err := os.ReadFile(filepath.Join(own, file))
		if err != nil || len(bytes.TrimSpace(have)) > 0 || filepath.Base(parent) == filepath.Base(cgroupRoot) {
			continue
		}
		value, err := os.ReadFile(filepath.Join(parent, file))
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(own, file), value, 0); err != nil {
			return fmt.Errorf("%s can't be set in the cgroup %s: %w", file, own, err)
		}
	}
	controllers, err := os.ReadFile(filepath.Join(parent, "cgroup.controllers"))
	if err != nil {
		return nil // v1
	}
	for _, c := range strings.Fields(string(controllers)) {
		// One that can't be handed on is missed by the kubelet, which then says so.
		_ = os.WriteFile(filepath.Join(parent, "cgroup.subtree_control"), []byte("+"+c), 0)
	}
	return nil
}

// cgroupMembers returns the pids of all processes anywhere below the cgroup.
func cgroupMembers(name string) ([]int, error) {
	trees, err := hierarchies()
	if err != nil {
		return nil, err
	}
	var pids []int
	for _, tree := range trees {
		err := filepath.WalkDir(filepath.Join(tree, name), func(path string, d fs.DirEntry, err error) error {
			if err != nil {
				if errors.Is(err, fs.ErrNotExist) {
					return nil
				}
				return err
			}
			if d.Name() != "cgroup.procs" {
				return nil
			}
			data, err := os.ReadFile(path)
			if err != nil {
				return nil // removed meanwhile
			}
			for _, field := range strings.Fields(string(data)) {
				if pid, err := strconv.Atoi(field); err == nil && pid > 0 {
					pids = append(pids, pid)
				}
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	slices.Sort(pids)
	return slices.Compact(pids), nil
}

// ClearCgroup kills every process below the cgroup and removes it, in every
// hierarchy. A cgroup that isn't there is fine.
func ClearCgroup(name string) error {
	deadline := time.Now().Add(20 * time.Second)
	for {
		pids, err := cgroupMembers(name)
		if err != nil {
			return err
		}
		for _, pid := range pids {
			_ = unix.Kill(pid, unix.SIGKILL) // gone already is as good
		}
		left, err := removeCgroup(name)
		if err != nil {
			return err
		}
		if left == "" {
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("the cgroup %s can't be removed; processes still in it: %v", left, pids)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// removeCgroup removes what it can, deepest first, and returns one that is left.
func removeCgroup(name string) (left string, err error) {
	trees, err := hierarchies()
	if err != nil {
		return "", err
	}
	for _, tree := range trees {
		var dirs []string
		top := filepath.Join(tree, name)
		_ = filepath.WalkDir(top, func(path string, d fs.DirEntry, err error) error {
			if err == nil && d.IsDir() {
				dirs = append(dirs, path)
			}
			return nil
		})
		slices.Reverse(dirs)
		for _, dir := range dirs {
			_ = unix.Rmdir(dir)
		}
		if _, err := os.Stat(top); err == nil {
			left = top
		}
	}
	return left, nil
}
