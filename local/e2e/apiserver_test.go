//go:build e2e

package e2e

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// apiserver is a running `workbench-local apiserver`.
type apiserver struct {
	cmd        *exec.Cmd
	stdin      io.Closer
	dir        string
	kubeconfig string
	ended      chan error
}

func startAPIServer(t *testing.T, dir string) *apiserver {
	t.Helper()
	a := &apiserver{dir: dir, ended: make(chan error, 1)}
	a.cmd = exec.Command(program, "apiserver", "--dir", dir, "--source", "..")
	a.cmd.Stderr = os.Stderr
	stdin, err := a.cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	a.stdin = stdin
	stdout, err := a.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	if err := a.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		t.Fatalf("the API server ended without a word: %v", err)
	}
	var found bool
	if a.kubeconfig, found = strings.CutPrefix(strings.TrimSpace(line), "ready "); !found {
		t.Fatalf("the API server said %q", line)
	}
	t.Logf("ready after %s", time.Since(began).Round(10*time.Millisecond))
	go func() { a.ended <- a.cmd.Wait() }()
	return a
}

// mustEnd checks that everything is gone soon.
func (a *apiserver) mustEnd(t *testing.T) {
	t.Helper()
	select {
	case err := <-a.ended:
		if err != nil {
			t.Errorf("it ended with %v", err)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("it doesn't end")
	}
	if _, err := os.Stat(a.dir); err == nil {
		t.Errorf("%s is still there", a.dir)
	}
	if left := (cluster{t: t}).using(a.dir); len(left) > 0 {
		t.Errorf("still running: %v", left)
	}
}

// using lists the processes that name the folder on their command line.
func (c cluster) using(dir string) []string {
	c.t.Helper()
	var found []string
	processes, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, p := range processes {
		if line, _ := os.ReadFile(p); strings.Contains(string(line), dir) {
			found = append(found, strings.ReplaceAll(string(line), "\x00", " "))
		}
	}
	return found
}

func TestAPIServerAlone(t *testing.T) {
	kubectl, err := exec.Command(program, "kubectl", "--path", "--source", "..").Output()
	if err != nil {
		t.Fatal(err)
	}
	ask := func(a *apiserver, args ...string) string {
		t.Helper()
		output, err := exec.Command(strings.TrimSpace(string(kubectl)), append([]string{"--kubeconfig", a.kubeconfig}, args...)...).CombinedOutput()
		if err != nil {
			t.Fatalf("kubectl %v: %v\n%s", args, err, output)
		}
		return string(output)
	}
	one := startAPIServer(t, filepath.Join(t.TempDir(), "one"))
	two := startAPIServer(t, filepath.Join(t.TempDir(), "two"))
	ask(one, "create", "namespace", "only-here")
	if all := ask(two, "get", "namespaces"); strings.Contains(all, "only-here") {
		t.Error("two API servers share their data")
	}
	// Access rights are in force.
	denied, err := exec.Command(strings.TrimSpace(string(kubectl)), "--kubeconfig", one.kubeconfig, "get", "pods", "--as=nobody").CombinedOutput()
	if err == nil || !strings.Contains(string(denied), "forbidden") {
		t.Errorf("a user without rights was answered: %s", denied)
	}
	if err := one.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	one.mustEnd(t)
	two.stdin.Close()
	two.mustEnd(t)
}
