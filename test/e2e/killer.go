//go:build e2e

package e2e

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"

	"github.com/workbench-dev/workbench/test/e2e/cluster"
)

// killer runs `workbench controller` as a process of this machine, with the rights that the chart gives the
// controller, and stands between it and the API server: after every single write, before the controller learns what became
// of it, the process is ended with SIGKILL and another one started. So the controller dies at every boundary between two
// steps of whatever it does, each time knowing less than it did.
type killer struct {
	s      *scenario
	server *httptest.Server

	mu      sync.Mutex
	process *os.Process
	stopped bool
	// writes are those after which it was killed.
	writes []string
	log    bytes.Buffer
	ended  chan struct{}
}

// killedAfterEveryWrite starts the controller for the scenario's namespace. The chart's own controllers must not run.
func killedAfterEveryWrite(s *scenario) *killer {
	s.t.Helper()
	token := strings.TrimSpace(s.kubectl("", "create", "token", cluster.ControllerAccount, "-n", cluster.SystemNamespace, "--duration=2h"))
	k := &killer{s: s, ended: make(chan struct{})}
	k.server = httptest.NewServer(k.proxy(token))
	kubeconfig := filepath.Join(s.t.TempDir(), "kubeconfig")
	s.must(os.WriteFile(kubeconfig, fmt.Appendf(nil, `apiVersion: v1
kind: Config
clusters: [{name: c, cluster: {server: %q}}]
contexts: [{name: c, context: {cluster: c, user: u}}]
users: [{name: u, user: {}}]
current-context: c
`, k.server.URL), 0o600))
	go k.run(kubeconfig)
	s.t.Cleanup(k.stop)
	return k
}

func (k *killer) proxy(token string) http.Handler {
	target, err := url.Parse(world.Config.Host)
	k.s.must(err)
	pool := x509.NewCertPool()
	ca := world.Config.CAData
	if len(ca) == 0 {
		ca, err = os.ReadFile(world.Config.CAFile)
		k.s.must(err)
	}
	pool.AppendCertsFromPEM(ca)
	return &httputil.ReverseProxy{
		Transport:     &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}},
		FlushInterval: -1,
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(target)
			r.Out.Header.Set("Authorization", "Bearer "+token)
		},
		ModifyResponse: func(r *http.Response) error {
			if isWrite(r.Request) && r.StatusCode < 300 {
				k.kill(r.Request.Method + " " + r.Request.URL.Path)
			}
			return nil
		},
		// A client that was killed has gone away; there is nobody to tell.
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) },
	}
}

// isWrite leaves out what is no step of anything: events, leases, and questions that are asked by POST.
func isWrite(r *http.Request) bool {
	switch r.Method {
	case http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete:
	default:
		return false
	}
	for _, part := range []string{"/events", "/leases", "authorization.k8s.io", "authentication.k8s.io"} {
		if strings.Contains(r.URL.Path, part) {
			return false
		}
	}
	return true
}

// run starts the controller again and again.
func (k *killer) run(kubeconfig string) {
	defer close(k.ended)
	for {
		cmd := exec.Command(world.Program("workbench"), "controller", "--namespace", k.s.namespace,
			"--metrics-bind-address=0", "--health-probe-bind-address=0", "--prometheus-address=http://"+world.Prometheus)
		cmd.Env = append(os.Environ(), "KUBECONFIG="+kubeconfig)
		var words bytes.Buffer
		cmd.Stderr = &words
		k.mu.Lock()
		if k.stopped {
			k.mu.Unlock()
			return
		}
		err := cmd.Start()
		k.process = cmd.Process
		k.mu.Unlock()
		if err != nil {
			k.s.t.Errorf("the controller can't be started: %v", err)
			return
		}
		err = cmd.Wait()
		k.mu.Lock()
		k.process = nil
		if !strings.Contains(fmt.Sprint(err), "killed") {
			fmt.Fprintf(&k.log, "the controller ended by itself: %v\n%s\n", err, words.String())
		}
		k.mu.Unlock()
	}
}

func (k *killer) kill(after string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.process == nil {
		return // killed a moment ago, after another write
	}
	k.writes = append(k.writes, after)
	_ = k.process.Kill() // it may just have ended
	k.process = nil
}

func (k *killer) stop() {
	k.mu.Lock()
	k.stopped = true
	if k.process != nil {
		_ = k.process.Kill() // it may just have ended
	}
	k.mu.Unlock()
	<-k.ended
	k.server.Close()
	k.s.t.Logf("the controller was killed %d times, after each of:\n  %s\n%s", len(k.writes), strings.Join(k.writes, "\n  "), k.log.String())
}

// killPod ends the process of a pod's container on this machine with SIGKILL, as a crash would: found by the pod's
// cgroup.
func killPod(uid, program string) error {
	processes, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		return err
	}
	for _, dir := range processes {
		group, _ := os.ReadFile(filepath.Join(dir, "cgroup")) // it may end while we look
		line, _ := os.ReadFile(filepath.Join(dir, "cmdline"))
		if !strings.Contains(string(group), "pod"+uid) || !strings.Contains(string(line), program) {
			continue
		}
		var pid int
		if _, err := fmt.Sscanf(filepath.Base(dir), "%d", &pid); err != nil {
			return err
		}
		process, err := os.FindProcess(pid)
		if err != nil {
			return err
		}
		return process.Kill()
	}
	return fmt.Errorf("no process of pod %s runs %s here", uid, program)
}
