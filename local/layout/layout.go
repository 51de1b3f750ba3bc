// Package layout says where things are on disk: the module's source, the cache
// of built binaries and images, and the folder of each cluster.
//
// It only computes paths; it creates nothing.
package layout

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
)

// CacheVariable is the environment variable that moves the cache.
const CacheVariable = "WORKBENCH_LOCAL_CACHE"

// Cache returns the folder that holds binaries, images and clusters:
// $WORKBENCH_LOCAL_CACHE, else $XDG_CACHE_HOME/workbench-local, else
// ~/.cache/workbench-local.
func Cache() (string, error) {
	if dir := os.Getenv(CacheVariable); dir != "" {
		return filepath.Abs(dir)
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("no folder for the cache is known (%w): set %s or HOME", err, CacheVariable)
	}
	return filepath.Join(dir, "workbench-local"), nil
}

// Cluster is the folder of one cluster and the files in it.
type Cluster struct {
	Name string
	Dir  string
}

var clusterName = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$`)

// ForCluster returns the folder of the cluster of that name. A name is at most 32
// lower-case letters, digits and dashes, since it becomes part of cgroup names.
func ForCluster(name string) (Cluster, error) {
	if !clusterName.MatchString(name) {
		return Cluster{}, fmt.Errorf("the cluster name %q can't be used: take at most 32 lower-case letters, digits and dashes, starting and ending with a letter or digit", name)
	}
	cache, err := Cache()
	if err != nil {
		return Cluster{}, err
	}
	return Cluster{Name: name, Dir: filepath.Join(cache, "clusters", name)}, nil
}

// Path joins parts to the cluster's folder.
func (c Cluster) Path(parts ...string) string {
	return filepath.Join(append([]string{c.Dir}, parts...)...)
}

// LockFile is held while something changes the cluster. It lies beside the folder,
// which `down` removes while it holds it.
func (c Cluster) LockFile() string { return c.Dir + ".lock" }

// StateFile records what was started, with process ids and ports.
func (c Cluster) StateFile() string { return c.Path("state.json") }

// ForwardsFile lists what the forwarder listens on.
func (c Cluster) ForwardsFile() string { return c.Path("forwards.json") }

// Kubeconfig reaches the API server from the host, through the forwarder.
func (c Cluster) Kubeconfig() string { return c.Path("kubeconfig") }

// Log is the log file of a part.
func (c Cluster) Log(part string) string { return c.Path("logs", part+".log") }

// Images is the OCI layout of images loaded into this cluster.
func (c Cluster) Images() string { return c.Path("images") }

// Cgroup is the name of the cluster's cgroup in every hierarchy. Clusters of the
// same name in different caches are different clusters: those in a cache of its
// own (CacheVariable) carry a hash of their folder.
func (c Cluster) Cgroup() string {
	name := "workbench-local-" + c.Name
	if os.Getenv(CacheVariable) != "" {
		sum := sha256.Sum256([]byte(c.Dir))
		name += "-" + hex.EncodeToString(sum[:4])
	}
	return name
}

// ModulePath is the path that the source's go.mod declares.
const ModulePath = "github.com/workbench-dev/workbench/local"

// Source returns the folder of this module's source: the given one, or `local`
// beside the folder of the running executable (REPO/bin/workbench-local belongs
// to REPO/local), or `local` or the folder itself where the command runs.
func Source(given string) (string, error) {
	var tried []string
	try := func(dir string) bool {
		tried = append(tried, dir)
		mod, err := os.ReadFile(filepath.Join(dir, "go.mod"))
		return err == nil && regexp.MustCompile(`(?m)^module `+regexp.QuoteMeta(ModulePath)+`$`).Match(mod)
	}
	if given != "" {
		dir, err := filepath.Abs(given)
		if err != nil {
			return "", err
		}
		if !try(dir) {
			return "", fmt.Errorf("%s isn't the source of %s: give the folder local/ of the repository with --source", dir, ModulePath)
		}
		return dir, nil
	}
	if exe, err := os.Executable(); err == nil {
		if real, err := filepath.EvalSymlinks(exe); err == nil {
			exe = real
		}
		if dir := filepath.Join(filepath.Dir(exe), "..", "local"); try(dir) {
			return filepath.Clean(dir), nil
		}
	}
	if wd, err := os.Getwd(); err == nil {
		for _, dir := range []string{filepath.Join(wd, "local"), wd} {
			if try(dir) {
				return dir, nil
			}
		}
	}
	return "", fmt.Errorf("the source of %s was not found in %v: give the folder local/ of the repository with --source", ModulePath, tried)
}
