//go:build e2e

package e2e

import (
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// program is the workbench-local under test.
var program string

func TestMain(m *testing.M) {
	program = os.Getenv("WORKBENCH_LOCAL")
	code := func() int {
		if program == "" {
			dir, err := os.MkdirTemp("", "workbench-local-e2e-")
			if err != nil {
				panic(err)
			}
			defer os.RemoveAll(dir)
			program = filepath.Join(dir, "workbench-local")
			build := exec.Command("go", "build", "-trimpath", "-o", program, "../cmd/workbench-local")
			build.Env = append(os.Environ(), "CGO_ENABLED=0")
			if output, err := build.CombinedOutput(); err != nil {
				panic(string(output))
			}
		}
		return m.Run()
	}()
	os.Exit(code)
}

// cluster is one cluster under test.
type cluster struct {
	t    *testing.T
	name string
}

// status is what the tests read of `status -o json`.
type status struct {
	Running    bool
	Kubeconfig string
	Gateway    string
	Prometheus string
	NodePID    int
	Parts      []struct {
		Name, State, Log string
		PID              int
		OK               bool
	}
}

func (c cluster) command(args ...string) *exec.Cmd {
	cmd := exec.Command(program, append(args, "--name", c.name, "--source", "..")...)
	return cmd
}

// run runs a command that must succeed and returns its standard output.
func (c cluster) run(args ...string) string {
	c.t.Helper()
	var out, errs bytes.Buffer
	cmd := c.command(args...)
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		c.t.Fatalf("workbench-local %v on %s: %v\n%s%s", args, c.name, err, out.String(), errs.String())
	}
	return out.String()
}

func (c cluster) kubectl(args ...string) string {
	c.t.Helper()
	cmd := exec.Command(program, append([]string{"kubectl", "--name", c.name, "--source", "..", "--"}, args...)...)
	output, err := cmd.CombinedOutput()
	if err != nil {
		c.t.Fatalf("kubectl %v on %s: %v\n%s", args, c.name, err, output)
	}
	return string(output)
}

// status reads the status; ok is false when the program says that something is
// down.
func (c cluster) status() (s status, ok bool) {
	c.t.Helper()
	output, err := c.command("status", "-o", "json").Output()
	if jsonErr := json.Unmarshal(output, &s); jsonErr != nil {
		c.t.Fatalf("the status of %s isn't readable: %v\n%s", c.name, jsonErr, output)
	}
	return s, err == nil
}

// pid returns the host's pid of a part, 0 when it doesn't run.
func (s status) pid(part string) int {
	for _, p := range s.Parts {
		if strings.HasPrefix(p.Name, part) && p.OK {
			return p.PID
		}
	}
	return 0
}

// eventually waits for a condition.
func (c cluster) eventually(timeout time.Duration, what string, done func() bool) {
	c.t.Helper()
	deadline := time.Now().Add(timeout)
	for !done() {
		if time.Now().After(deadline) {
			c.t.Fatalf("%s: %s didn't happen within %s", c.name, what, timeout)
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// answers tells whether the gateway answers with 200.
func (c cluster) answers() bool {
	s, _ := c.status()
	req, err := http.NewRequest(http.MethodGet, "http://"+s.Gateway+"/", nil)
	if err != nil {
		return false
	}
	req.Host = "ready.local"
	resp, err := (&http.Client{Timeout: 2 * time.Second}).Do(req)
	if err != nil {
		return false
	}
	resp.Body.Close()
	return resp.StatusCode == http.StatusOK
}

func (c cluster) kill(pid int) {
	c.t.Helper()
	if pid <= 1 {
		c.t.Fatalf("%s: there is no process to kill", c.name)
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		c.t.Fatalf("%s: killing %d: %v", c.name, pid, err)
	}
}

// dir is the cluster's folder.
func (c cluster) dir() string {
	c.t.Helper()
	cache, err := os.UserCacheDir()
	if err != nil {
		c.t.Fatal(err)
	}
	base := filepath.Join(cache, "workbench-local")
	if own := os.Getenv("WORKBENCH_LOCAL_CACHE"); own != "" {
		base = own
	}
	return filepath.Join(base, "clusters", c.name)
}

// traces lists everything on this machine that belongs to the cluster: processes,
// mounts, cgroups, files, and users of its network namespace (netns as
// networkNamespace returned it).
func (c cluster) traces(netns string) []string {
	c.t.Helper()
	var found []string
	for _, path := range []string{c.dir(), c.dir() + ".lock"} {
		if _, err := os.Stat(path); err == nil {
			found = append(found, "file "+path)
		}
	}
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		c.t.Fatal(err)
	}
	for line := range strings.Lines(string(mounts)) {
		if strings.Contains(line, c.dir()) || strings.Contains(line, "workbench-local-"+c.name) {
			found = append(found, "mount "+strings.TrimSpace(line))
		}
	}
	cgroups, _ := filepath.Glob("/sys/fs/cgroup/*/workbench-local-" + c.name + "*")
	unified, _ := filepath.Glob("/sys/fs/cgroup/workbench-local-" + c.name + "*")
	for _, dir := range append(cgroups, unified...) {
		found = append(found, "cgroup "+dir)
	}
	processes, _ := filepath.Glob("/proc/[0-9]*")
	for _, p := range processes {
		pid, _ := strconv.Atoi(filepath.Base(p))
		if pid == os.Getpid() {
			continue
		}
		line, _ := os.ReadFile(filepath.Join(p, "cmdline"))
		if bytes.Contains(line, []byte(c.dir()+"\x00")) || bytes.Contains(line, []byte(c.dir()+"/")) {
			found = append(found, "process "+string(bytes.ReplaceAll(line, []byte{0}, []byte{' '})))
		}
		tasks, _ := filepath.Glob(filepath.Join(p, "task/*/ns/net"))
		for _, task := range tasks {
			if link, err := os.Readlink(task); err == nil && netns != "" && link == netns {
				found = append(found, "thread in the network namespace: "+task)
			}
		}
	}
	return found
}

// networkNamespace identifies the running node's network namespace.
func (c cluster) networkNamespace() string {
	c.t.Helper()
	s, _ := c.status()
	link, err := os.Readlink(filepath.Join("/proc", strconv.Itoa(s.NodePID), "ns/net"))
	if err != nil {
		c.t.Fatal(err)
	}
	return link
}
