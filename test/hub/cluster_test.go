//go:build apiserver

package hub

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workbench-dev/workbench/api/v1alpha1"
	"github.com/workbench-dev/workbench/internal/apitest"
	"github.com/workbench-dev/workbench/internal/hub/api"
)

// quick is how long an answer from memory may take on a machine that is very busy. It is far below what a request to a
// cluster that hangs takes to be given up.
const quick = 10 * time.Second

// freeze stops the API server of a cluster without ending it: connections stay open and nothing is answered, as when
// a network swallows everything. The function that it returns lets it go on.
func freeze(t *testing.T, server *apitest.Server) (thaw func()) {
	t.Helper()
	processes := processesOf(t, filepath.Dir(server.Kubeconfig))
	if len(processes) == 0 {
		t.Fatal("the process of the API server wasn't found")
	}
	signal := func(which syscall.Signal) {
		for _, pid := range processes {
			if err := syscall.Kill(pid, which); err != nil {
				t.Error(err)
			}
		}
	}
	signal(syscall.SIGSTOP)
	thaw = sync.OnceFunc(func() { signal(syscall.SIGCONT) })
	t.Cleanup(thaw)
	return thaw
}

// processesOf are the kube-apiservers whose files are in a folder.
func processesOf(t *testing.T, folder string) []int {
	t.Helper()
	files, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	var found []int
	for _, file := range files {
		line, err := os.ReadFile(file)
		if err != nil || !bytes.Contains(line, []byte("kube-apiserver\x00")) || !bytes.Contains(line, []byte(folder)) {
			continue // it ended meanwhile, or is another one
		}
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(file)))
		if err != nil {
			t.Fatal(err)
		}
		found = append(found, pid)
	}
	return found
}

// list asks for the list of who may see shop and load.
func (w *world) list(t *testing.T, p *process, query string) api.TaskList {
	t.Helper()
	var list api.TaskList
	w.must(t, p.url, http.StatusOK, viewer, "GET", "/api/v1/release-tasks?"+query, nil).into(t, &list)
	return list
}

func stateOf(list api.TaskList, cluster string) api.ClusterState {
	for _, state := range list.Clusters {
		if state.Name == cluster {
			return state
		}
	}
	return api.ClusterState{}
}

// shows waits until the list has a task as it is in its cluster.
func (w *world) shows(t *testing.T, p *process, cluster string, task *v1alpha1.ReleaseTask) {
	t.Helper()
	eventually(t, fmt.Sprintf("the hub shows %s/%s as it is", cluster, task.Name), func() error {
		for _, row := range w.list(t, p, "cluster="+cluster).Items {
			if row.Name == task.Name && row.ResourceVersion == task.ResourceVersion && !row.Stale {
				return nil
			}
		}
		return errors.New("it does not")
	})
}

// TestClusterHangs freezes one of two clusters: the other is as quick as before, what was known stays and is marked,
// and when the cluster answers again everything is fresh by itself.
func TestClusterHangs(t *testing.T) {
	w := theWorld(t)
	p := w.start(t).ready(t)
	near, far := w.task(t, "home", load, "near", v1alpha1.PhaseHealthy), w.task(t, "far", load, "distant", v1alpha1.PhaseHealthy)
	w.shows(t, p, "home", near)
	w.shows(t, p, "far", far)
	looking := w.look(t, p.url, viewer, inLoad(), "")
	everybodyConnects(t, []*onlooker{looking}, []int{0})

	thaw := freeze(t, w.far)
	// People who ask the cluster itself hang; they get an answer in the end, and hold up nobody else.
	var hanging sync.WaitGroup
	for range 20 {
		hanging.Go(func() {
			got, err := w.try(p.url, viewer, "GET", "/api/v1/clusters/far/namespaces/load/release-tasks/distant", nil)
			if err != nil || got.status != http.StatusServiceUnavailable && got.status != http.StatusGatewayTimeout {
				t.Errorf("a task of the cluster that hangs: %d %s, %v", got.status, got.body, err)
			}
		})
	}
	slowest := time.Duration(0)
	eventually(t, "the cluster is shown as unreachable", func() error {
		begin := time.Now()
		list := w.list(t, p, "namespace=load")
		slowest = max(slowest, time.Since(begin))
		if slowest > quick {
			t.Fatalf("a list took %s while one cluster hangs", slowest)
		}
		for _, row := range list.Items {
			if row.Cluster == "home" && row.Stale {
				t.Fatalf("a row of the cluster that answers is stale: %+v", row)
			}
		}
		if list.Total != 2 {
			t.Fatalf("rows went: %+v", list.Items)
		}
		state := stateOf(list, "far")
		if state.Reachable || state.Since == nil || state.Message == "" {
			return fmt.Errorf("it is shown as %+v", state)
		}
		for _, row := range list.Items {
			if row.Cluster == "far" && !row.Stale {
				return fmt.Errorf("its row isn't stale: %+v", row)
			}
		}
		return nil
	})
	hanging.Wait()
	// Now that it is known, nobody waits for it any more.
	begin := time.Now()
	got := w.ask(t, p.url, viewer, "GET", "/api/v1/clusters/far/namespaces/load/release-tasks/distant", nil)
	if got.status != http.StatusServiceUnavailable && got.status != http.StatusOK || time.Since(begin) > quick {
		t.Errorf("a task of the cluster that is known to hang: %d after %s: %s", got.status, time.Since(begin), got.body)
	}
	near.Status.Message = "Changed while the other cluster hangs."
	if err := w.controllers["home"].Status().Update(context.Background(), near); err != nil {
		t.Fatal(err)
	}
	w.shows(t, p, "home", near)

	thaw()
	far.Status.Message = "Changed after the cluster came back."
	eventually(t, "the cluster takes a change", func() error {
		latest := &v1alpha1.ReleaseTask{}
		if err := w.admins["far"].Get(context.Background(), client.ObjectKeyFromObject(far), latest); err != nil {
			return err
		}
		latest.Status.Message = far.Status.Message
		far = latest
		return w.controllers["far"].Status().Update(context.Background(), far)
	})
	w.shows(t, p, "far", far)
	w.agree(t, []*onlooker{looking})
	complaints(t, []*onlooker{looking})
	t.Logf("the slowest list while a cluster hung took %s", slowest)
}

// TestHubStartsWithoutCluster starts a hub while one of two clusters hangs.
func TestHubStartsWithoutCluster(t *testing.T) {
	w := theWorld(t)
	near, far := w.task(t, "home", load, "near", v1alpha1.PhaseHealthy), w.task(t, "far", load, "distant", v1alpha1.PhaseHealthy)
	thaw := freeze(t, w.far)
	p := w.start(t, "--load-timeout=5s").ready(t)
	w.shows(t, p, "home", near)
	eventually(t, "the cluster is shown as unreachable and not loaded", func() error {
		if state := stateOf(w.list(t, p, ""), "far"); state.Name != "far" || state.Reachable || state.Loaded {
			return fmt.Errorf("it is shown as %+v", state)
		}
		return nil
	})
	thaw()
	w.shows(t, p, "far", far)
}

// TestClusterRemoved disconnects a cluster while people look on, and connects it again.
func TestClusterRemoved(t *testing.T) {
	w := theWorld(t)
	p := w.start(t).ready(t)
	near, far := w.task(t, "home", load, "near", v1alpha1.PhaseHealthy), w.task(t, "far", load, "distant", v1alpha1.PhaseHealthy)
	w.shows(t, p, "home", near)
	w.shows(t, p, "far", far)
	looking := w.look(t, p.url, viewer, inLoad(), "")
	believes := func(want ...string) {
		t.Helper()
		eventually(t, fmt.Sprintf("somebody who looks on sees %v", want), func() error {
			looking.mutex.Lock()
			defer looking.mutex.Unlock()
			for _, name := range want {
				if _, found := looking.picture[name]; !found {
					return fmt.Errorf("not %s: %v", name, looking.picture)
				}
			}
			if len(looking.picture) != len(want) {
				return fmt.Errorf("more: %v", looking.picture)
			}
			return nil
		})
	}
	believes("home/load/near", "far/load/distant")
	// As a tool does that keeps the resources: the API itself refuses while workspaces give roles there.
	w.must(t, p.url, http.StatusConflict, platform, "DELETE", "/api/v1/clusters/far", nil)
	cluster := &v1alpha1.Cluster{}
	if err := w.admins["home"].Get(context.Background(), client.ObjectKey{Name: "far"}, cluster); err != nil {
		t.Fatal(err)
	}
	again := sync.OnceFunc(func() {
		w.create(t, "home", &v1alpha1.Cluster{ObjectMeta: metav1.ObjectMeta{Name: "far"}, Spec: cluster.Spec})
	})
	defer again()
	if err := w.admins["home"].Delete(context.Background(), cluster); err != nil {
		t.Fatal(err)
	}
	believes("home/load/near")
	again()
	w.shows(t, p, "far", far)
	believes("home/load/near", "far/load/distant")
	complaints(t, []*onlooker{looking})
}
