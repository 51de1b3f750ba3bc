package layout

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestCacheFollowsTheEnvironment(t *testing.T) {
	t.Setenv(CacheVariable, "")
	t.Setenv("XDG_CACHE_HOME", "/x")
	if got, err := Cache(); err != nil || got != "/x/workbench-local" {
		t.Errorf("got %q, %v", got, err)
	}
	t.Setenv(CacheVariable, "/own")
	if got, err := Cache(); err != nil || got != "/own" {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestClusterNames(t *testing.T) {
	for _, name := range []string{"local", "a", "lc-1", strings.Repeat("a", 32)} {
		if _, err := ForCluster(name); err != nil {
			t.Error(err)
		}
	}
	for _, name := range []string{"", "-a", "a-", "A", "a/b", "..", "a b", strings.Repeat("a", 33)} {
		if c, err := ForCluster(name); err == nil {
			t.Errorf("the name %q was taken, as %s", name, c.Dir)
		}
	}
}

func TestSource(t *testing.T) {
	dir := t.TempDir()
	if _, err := Source(dir); err == nil || !strings.Contains(err.Error(), "--source") {
		t.Errorf("an empty folder was taken for the source, or the error doesn't help: %v", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "go.mod"), []byte("module "+ModulePath+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if got, err := Source(dir); err != nil || got != dir {
		t.Errorf("got %q, %v", got, err)
	}
}

// `up` ends what it finds in the cluster's cgroup before it starts a node, so two
// clusters must never share one.
func TestClustersOfDifferentCachesHaveDifferentCgroups(t *testing.T) {
	cgroups := map[string]string{}
	for _, cache := range []string{"", "/one", "/two"} {
		t.Setenv(CacheVariable, cache)
		c, err := ForCluster("local")
		if err != nil {
			t.Fatal(err)
		}
		if other, taken := cgroups[c.Cgroup()]; taken {
			t.Errorf("the caches %q and %q share the cgroup %s", cache, other, c.Cgroup())
		}
		cgroups[c.Cgroup()] = cache
	}
}
