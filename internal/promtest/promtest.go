// Package promtest runs tests against a real Prometheus, the one that the local cluster is built with, which reads
// metrics that the test writes. Each test has a Prometheus of its own, on a free port of 127.0.0.1 and in a folder of its
// own. What belongs to a cluster is in the end-to-end tests.
package promtest

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/prometheus/common/model"

	"github.com/workbench-dev/workbench/internal/apitest"
	"github.com/workbench-dev/workbench/internal/prometheus"
)

const (
	// patience is how long a test waits for what takes Prometheus some scrapes.
	patience = 90 * time.Second
	// scrapeInterval is much shorter than anywhere else, so that tests are quick.
	scrapeInterval = 250 * time.Millisecond
)

// Target is a process that Prometheus scrapes. Its metrics are what the test last wrote, or what Grow gives.
type Target struct {
	// Labels that the scrape rules give its series, such as pod.
	Labels map[string]string
	// Grow gives the metrics at a scrape, counted from 1; for counters whose rates matter. May be nil.
	Grow func(scrape int) string

	scrapes atomic.Int64

	text   atomic.Value
	server *httptest.Server
}

// Write replaces the metrics, in the Prometheus text format.
func (t *Target) Write(text string) { t.text.Store(text) }

// Server is a running Prometheus.
type Server struct {
	// Address is its URL.
	Address string

	t       testing.TB
	client  *prometheus.Client
	process *exec.Cmd
	exited  chan struct{}
}

// program builds Prometheus if the cache hasn't got it yet, and says where it is.
var program = sync.OnceValues(func() (string, error) {
	local := os.Getenv(apitest.BinaryVariable)
	if local == "" {
		root, err := apitest.RepositoryRoot()
		if err != nil {
			return "", err
		}
		local = filepath.Join(root, "bin", "workbench-local")
	}
	var log bytes.Buffer
	command := exec.Command(local, "build", "--only", "prometheus")
	command.Stderr = &log
	out, err := command.Output()
	if err != nil {
		return "", fmt.Errorf("%s build --only prometheus: %w (make bin/workbench-local builds the program)\n%s", local, err, log.String())
	}
	for line := range strings.Lines(string(out)) {
		if fields := strings.Fields(line); len(fields) == 2 && fields[0] == "prometheus" {
			return fields[1], nil
		}
	}
	return "", fmt.Errorf("%s build --only prometheus doesn't say where the program is:\n%s", local, out)
})

// Start runs a Prometheus that scrapes the targets, until the test ends.
func Start(t testing.TB, targets ...*Target) *Server {
	t.Helper()
	path, err := program()
	if err != nil {
		t.Fatal(err)
	}
	var config strings.Builder
	fmt.Fprintf(&config, "global: {scrape_interval: %s, scrape_timeout: %s}\nscrape_configs:\n- job_name: test\n  static_configs:\n", scrapeInterval, scrapeInterval)
	if len(targets) == 0 {
		config.WriteString("  - targets: []\n")
	}
	for _, target := range targets {
		target.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/plain; version=0.0.4")
			text, _ := target.text.Load().(string)
			if target.Grow != nil {
				text = target.Grow(int(target.scrapes.Add(1)))
			}
			fmt.Fprint(w, text)
		}))
		t.Cleanup(target.server.Close)
		fmt.Fprintf(&config, "  - targets: [%q]\n    labels: {", strings.TrimPrefix(target.server.URL, "http://"))
		for name, value := range target.Labels {
			fmt.Fprintf(&config, "%s: %q, ", name, value)
		}
		config.WriteString("}\n")
	}
	dir := t.TempDir()
	configPath := filepath.Join(dir, "prometheus.yml")
	if err := os.WriteFile(configPath, []byte(config.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	address := freeAddress(t)
	s := &Server{Address: "http://" + address, t: t, exited: make(chan struct{})}
	s.process = exec.Command(path, "--config.file="+configPath, "--storage.tsdb.path="+filepath.Join(dir, "data"), "--web.listen-address="+address, "--log.level=warn")
	s.process.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	var log bytes.Buffer
	s.process.Stdout, s.process.Stderr = &log, &log
	if err := s.process.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { _ = s.process.Wait(); close(s.exited) }()
	t.Cleanup(s.Stop)
	s.client, err = prometheus.New(prometheus.Config{Address: s.Address})
	if err != nil {
		t.Fatal(err)
	}
	s.Eventually("Prometheus to answer", func() bool {
		select {
		case <-s.exited:
			t.Fatalf("Prometheus ended: %s", log.String())
		default:
		}
		_, err := s.client.Vector(t.Context(), "vector(1)", time.Now())
		return err == nil
	})
	return s
}

// Stop ends Prometheus.
func (s *Server) Stop() {
	_ = s.process.Process.Kill() // it may have ended
	<-s.exited
}

// Client asks it.
func (s *Server) Client() *prometheus.Client { return s.client }

// WaitFor waits until a query gives a value, such as one that the test just wrote.
func (s *Server) WaitFor(query string, want float64) {
	s.t.Helper()
	var seen model.Vector
	s.Eventually(fmt.Sprintf("%s to be %v", query, want), func() bool {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		vector, err := s.client.Vector(ctx, query, time.Now())
		seen = vector
		return err == nil && len(vector) == 1 && float64(vector[0].Value) == want
	}, func() string { return seen.String() })
}

// Eventually waits until a condition holds.
func (s *Server) Eventually(what string, holds func() bool, seen ...func() string) {
	s.t.Helper()
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-deadline.C:
			last := ""
			for _, f := range seen {
				last = f()
			}
			s.t.Fatalf("waited %s for %s; last seen: %s", patience, what, last)
		case <-tick.C:
		}
	}
}

// freeAddress is an address that nobody listens on at this moment.
func freeAddress(t testing.TB) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}
