//go:build e2e

package e2e

import (
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestLifecycle follows two clusters from nothing to nothing. The steps build on
// each other, so the first failure ends it.
func TestLifecycle(t *testing.T) {
	a, b := cluster{t, "lc-a"}, cluster{t, "lc-b"}
	for _, c := range []cluster{a, b} {
		c.run("down")
		t.Cleanup(func() { c.run("down") })
		if left := c.traces(""); len(left) > 0 {
			t.Fatalf("before the test there is something of %s already: %v", c.name, left)
		}
	}
	step := func(name string, f func(t *testing.T)) {
		t.Helper()
		if !t.Run(name, f) {
			t.FailNow()
		}
	}
	step("up on a clean machine", func(t *testing.T) {
		began := time.Now()
		a.run("up")
		t.Logf("up took %s", time.Since(began).Round(100*time.Millisecond))
		a.mustBeWhole(t)
		// Something that must survive all repairs.
		a.kubectl("create", "configmap", "keepsake", "--from-literal=a=b")
	})
	step("up again changes nothing", func(t *testing.T) {
		before, _ := a.status()
		began := time.Now()
		a.run("up")
		if took := time.Since(began); took > 3*time.Second {
			t.Errorf("verifying took %s, expected at most 3s", took)
		}
		after, _ := a.status()
		for _, p := range before.Parts {
			if p.PID != after.pid(p.Name) {
				t.Errorf("%s had pid %d and has %d after a second up", p.Name, p.PID, after.pid(p.Name))
			}
		}
	})
	for _, part := range []string{"etcd", "registry", "containerd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kube-proxy", "kubelet"} {
		step("killed "+part+" comes back by itself", func(t *testing.T) {
			s, _ := a.status()
			old := s.pid(part)
			a.kill(old)
			a.eventually(time.Minute, "the return of "+part, func() bool {
				s, ok := a.status()
				return ok && s.pid(part) != 0 && s.pid(part) != old
			})
			a.mustBeWhole(t)
		})
	}
	step("a stopped part stays stopped until up", func(t *testing.T) {
		a.run("part", "stop", "kube-scheduler")
		if s, ok := a.status(); ok || s.pid("kube-scheduler") != 0 {
			t.Error("the status doesn't tell that kube-scheduler is stopped")
		}
		a.run("up")
		a.mustBeWhole(t)
	})
	step("the gateway serves while the API server is stopped", func(t *testing.T) {
		a.run("part", "stop", "kube-apiserver")
		for range 20 {
			if !a.answers() {
				t.Fatal("the gateway doesn't answer")
			}
		}
		a.run("part", "start", "kube-apiserver")
		a.mustBeWhole(t)
	})
	step("up repairs a killed forwarder", func(t *testing.T) {
		s, _ := a.status()
		a.kill(s.pid("forwarder"))
		a.eventually(5*time.Second, "the end of the forwarder", func() bool { _, ok := a.status(); return !ok })
		a.run("up")
		a.mustBeWhole(t)
	})
	step("up repairs a killed pid 1 and keeps the data", func(t *testing.T) {
		s, _ := a.status()
		a.kill(s.NodePID)
		a.eventually(5*time.Second, "the end of the node", func() bool { s, ok := a.status(); return !ok && !s.Running })
		a.run("up")
		a.mustBeWhole(t)
		if got := a.kubectl("get", "configmap", "keepsake", "-o", "jsonpath={.data.a}"); got != "b" {
			t.Errorf("after the repair the ConfigMap holds %q, expected b", got)
		}
	})
	step("up repairs when all processes are gone and the state is lost", func(t *testing.T) {
		s, _ := a.status()
		// The forwarder's pid is lost with the state; its cgroup leads to it.
		a.kill(s.NodePID)
		if err := os.Remove(a.dir() + "/state.json"); err != nil {
			t.Fatal(err)
		}
		a.run("up")
		a.mustBeWhole(t)
		if got := a.kubectl("get", "configmap", "keepsake", "-o", "jsonpath={.data.a}"); got != "b" {
			t.Errorf("after the repair the ConfigMap holds %q, expected b", got)
		}
	})
	step("a second cluster runs beside the first", func(t *testing.T) {
		b.run("up")
		b.mustBeWhole(t)
		a.mustBeWhole(t)
		sa, _ := a.status()
		sb, _ := b.status()
		if sa.Gateway == sb.Gateway || sa.Kubeconfig == sb.Kubeconfig || sa.Prometheus == sb.Prometheus {
			t.Errorf("two clusters share an address: %v and %v", sa, sb)
		}
		if all := b.kubectl("get", "configmaps"); strings.Contains(all, "keepsake") {
			t.Error("the second cluster shows the first one's data")
		}
	})
	step("down removes one cluster and leaves the other", func(t *testing.T) {
		netns := b.networkNamespace()
		b.run("down")
		if left := b.traces(netns); len(left) > 0 {
			t.Errorf("down left behind:\n%s", strings.Join(left, "\n"))
		}
		a.mustBeWhole(t)
	})
	step("down leaves nothing and can be repeated", func(t *testing.T) {
		netns := a.networkNamespace()
		a.run("down")
		if left := a.traces(netns); len(left) > 0 {
			t.Errorf("down left behind:\n%s", strings.Join(left, "\n"))
		}
		a.run("down")
		if s, ok := a.status(); ok || s.Running {
			t.Error("after down the status says that the cluster runs")
		}
	})
}

// TestCutOff starts a cluster where an earlier `up` was killed half-way, at
// several moments.
func TestCutOff(t *testing.T) {
	c := cluster{t, "lc-cut"}
	c.run("down")
	t.Cleanup(func() { c.run("down") })
	for _, after := range []time.Duration{300 * time.Millisecond, 2 * time.Second, 6 * time.Second} {
		up := c.command("up")
		up.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
		if err := up.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(after) // the moment of the cut is what is tested
		_ = up.Process.Kill()
		_ = up.Wait()
	}
	c.run("up")
	c.mustBeWhole(t)
	netns := c.networkNamespace()
	c.run("down")
	if left := c.traces(netns); len(left) > 0 {
		t.Errorf("down left behind:\n%s", strings.Join(left, "\n"))
	}
}

// mustBeWhole checks that every part is up, by the program's word and by the
// gateway's and the API server's.
func (c cluster) mustBeWhole(t *testing.T) {
	t.Helper()
	c.eventually(90*time.Second, "a status without faults", func() bool { _, ok := c.status(); return ok })
	c.eventually(30*time.Second, "an answer of the gateway", c.answers)
	c.eventually(30*time.Second, "a ready node by kubectl's word", func() bool {
		return strings.Contains(c.kubectl("get", "nodes", "--no-headers"), " Ready ")
	})
}
