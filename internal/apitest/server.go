// Package apitest runs tests against a real Kubernetes API server: etcd and kube-apiserver, nothing else.
// There is no kubelet and no controller-manager: what those would write, a test writes itself.
//
// Each test binary starts one server for all its tests, on free ports of 127.0.0.1 and in a folder of its own,
// so that several binaries can run at once; Main stops it. A test that needs a second cluster starts Another. It is meant for what only an API server can tell
// (validation, defaulting, conflicts, access rules, admission policies) and for driving reconcilers step by
// step. Behaviour of pods and traffic belongs to the end-to-end tests on the local cluster.
package apitest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/controller-runtime/pkg/client/apiutil"
)

const (
	// BinaryVariable names the workbench-local program to use instead of REPO/bin/workbench-local.
	BinaryVariable = "WORKBENCH_LOCAL"
	// KubeconfigVariable names the kubeconfig of a server that already runs, started by hand with
	// `bin/workbench-local apiserver`; the tests use it and leave it running. It saves the start in a quick loop.
	KubeconfigVariable = "WORKBENCH_APISERVER"

	startTimeout = 3 * time.Minute
	stopTimeout  = 20 * time.Second
)

// Server is a running API server.
type Server struct {
	// Config is that of a cluster administrator, Kubeconfig the file that it was read from.
	Config     *rest.Config
	Kubeconfig string

	// mapper knows the resources that the server serves, and asks again for one that it doesn't know.
	mapper func() (meta.RESTMapper, error)

	// What was installed in it, once.
	crds struct {
		sync.Once
		err error
	}
	chart struct {
		sync.Once
		objects []*unstructured.Unstructured
		err     error
	}
	hub struct {
		sync.Once
		err error
	}

	stdin   io.Closer
	exited  chan struct{}
	process *os.Process
	dir     string
}

var shared struct {
	sync.Once
	server *Server
	err    error
}

// Main runs the tests of a package and stops its API server, if one was started. Call it from TestMain:
//
//	func TestMain(m *testing.M) { os.Exit(apitest.Main(m)) }
func Main(m *testing.M) int {
	code := m.Run()
	if shared.server != nil {
		if err := shared.server.Stop(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = max(code, 1)
		}
	}
	return code
}

// Start returns the API server of this test binary, and starts it at the first call. A test never skips for
// want of it: when the program that runs it is missing, the test fails and says how to build it.
func Start(t testing.TB) *Server {
	t.Helper()
	shared.Do(func() { shared.server, shared.err = start() })
	if shared.err != nil {
		t.Fatal(shared.err)
	}
	return shared.server
}

func start() (*Server, error) {
	if path := os.Getenv(KubeconfigVariable); path != "" {
		config, err := loadConfig(path)
		if err != nil {
			return nil, fmt.Errorf("%s=%s can't be used: %w", KubeconfigVariable, path, err)
		}
		return &Server{Config: config, Kubeconfig: path, mapper: mapperFor(config)}, nil
	}
	return Launch()
}

// Another starts a further API server, for this test alone: another cluster.
func Another(t testing.TB) *Server {
	t.Helper()
	server, err := Launch()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Stop(); err != nil {
			t.Error(err)
		}
	})
	return server
}

// Launch starts an API server for a program that is no test; the caller stops it.
func Launch() (*Server, error) {
	program, err := findProgram()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "workbench-apitest-")
	if err != nil {
		return nil, err
	}
	server, err := launch(program, dir)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	return server, nil
}

// launch runs the program and waits for the line "ready KUBECONFIG" on its standard output. The program stops
// when its standard input closes, so it doesn't outlive a test binary that was killed.
func launch(program, dir string) (*Server, error) {
	logPath := filepath.Join(dir, "start.log")
	logFile, err := os.Create(logPath)
	if err != nil {
		return nil, err
	}
	defer logFile.Close()

	cmd := exec.Command(program, "apiserver", "--dir", filepath.Join(dir, "cluster"))
	cmd.Stderr = logFile
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("%s can't be started: %w", program, err)
	}
	server := &Server{stdin: stdin, exited: make(chan struct{}), process: cmd.Process, dir: dir}
	ready := make(chan string, 1)
	go func() {
		lines := bufio.NewScanner(stdout)
		for lines.Scan() {
			if path, found := strings.CutPrefix(lines.Text(), "ready "); found {
				ready <- strings.TrimSpace(path)
			}
		}
		// Wait may be called only after everything was read from the pipe.
		_ = cmd.Wait()
		close(server.exited)
	}()

	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	select {
	case path := <-ready:
		if server.Config, err = loadConfig(path); err != nil {
			return nil, errors.Join(err, server.Stop())
		}
		server.Kubeconfig, server.mapper = path, mapperFor(server.Config)
		return server, nil
	case <-server.exited:
		return nil, fmt.Errorf("%s apiserver ended before it was ready (%s); its last words:\n%s", program, cmd.ProcessState, tail(logPath))
	case <-ctx.Done():
		words := tail(logPath)
		return nil, errors.Join(fmt.Errorf("%s apiserver wasn't ready after %s; its last words:\n%s", program, startTimeout, words), server.Stop())
	}
}

// Stop ends a server that this program started, and removes its folder.
func (s *Server) Stop() error {
	if s.process == nil {
		return nil
	}
	s.stdin.Close()
	select {
	case <-s.exited:
	case <-time.After(stopTimeout):
		_ = s.process.Signal(syscall.SIGKILL)
		<-s.exited
		return fmt.Errorf("the API server in %s didn't stop within %s after its standard input was closed and was killed; its etcd may still run: see the logs there", s.dir, stopTimeout)
	}
	return os.RemoveAll(s.dir)
}

func loadConfig(kubeconfig string) (*rest.Config, error) {
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return nil, err
	}
	// No limit of our own: the server is ours alone.
	config.QPS = -1
	return config, nil
}

func mapperFor(config *rest.Config) func() (meta.RESTMapper, error) {
	return sync.OnceValues(func() (meta.RESTMapper, error) {
		httpClient, err := rest.HTTPClientFor(config)
		if err != nil {
			return nil, err
		}
		return apiutil.NewDynamicRESTMapper(config, httpClient)
	})
}

// findProgram returns the workbench-local to run.
func findProgram() (string, error) {
	program := os.Getenv(BinaryVariable)
	if program == "" {
		root, err := RepositoryRoot()
		if err != nil {
			return "", err
		}
		program = filepath.Join(root, "bin", "workbench-local")
	}
	if _, err := os.Stat(program); err != nil {
		return "", fmt.Errorf("this test needs a real API server, and the program that runs it is missing (%w): build it with `make bin/workbench-local`, or name one in %s", err, BinaryVariable)
	}
	return program, nil
}

// tail returns the end of a log, enough to see why something failed.
func tail(path string) string {
	const limit = 4096
	text, err := os.ReadFile(path)
	if err != nil {
		return err.Error()
	}
	return string(text[max(0, len(text)-limit):])
}
