//go:build apiserver

package hub

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/workbench-dev/workbench/internal/apitest"
)

// programVariable names the workbench program to test instead of REPO/bin/workbench.
const programVariable = "WORKBENCH"

func findProgram() (string, error) {
	program := os.Getenv(programVariable)
	if program == "" {
		root, err := apitest.RepositoryRoot()
		if err != nil {
			return "", err
		}
		program = filepath.Join(root, "bin", "workbench")
	}
	if _, err := os.Stat(program); err != nil {
		return "", fmt.Errorf("this test runs the program workbench, which is missing (%w): build it with `make build`, or name one in %s", err, programVariable)
	}
	return program, nil
}

// process is a replica of the hub.
type process struct {
	world *world
	// address of the API, as host:port, and url of it; metrics is that of the internal port.
	address, url, metrics string

	cmd    *exec.Cmd
	log    *logBuffer
	exited chan struct{}
}

// logBuffer is what a process wrote. It is kept, so that secrets can be looked for in it.
type logBuffer struct {
	mutex sync.Mutex
	text  bytes.Buffer
}

func (b *logBuffer) add(line []byte) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	b.text.Write(line)
	b.text.WriteByte('\n')
}

func (b *logBuffer) String() string {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return b.text.String()
}

// start runs a replica and waits until it listens; ready waits for more. It is killed at the end of the test at the
// latest, and then no secret may be in its log.
func (w *world) start(t *testing.T, arguments ...string) *process {
	t.Helper()
	p, err := w.launch(arguments...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		p.kill()
		if t.Failed() {
			t.Logf("the hub at %s wrote last:\n%s", p.address, tail(p.log.String()))
		}
		for _, what := range w.found(p.log.String()) {
			t.Errorf("the log of the hub holds a secret: %s", what)
		}
	})
	return p
}

func (w *world) launch(arguments ...string) (*process, error) {
	program, err := findProgram()
	if err != nil {
		return nil, err
	}
	p := &process{world: w, log: &logBuffer{}, exited: make(chan struct{})}
	p.cmd = exec.Command(program, append([]string{"server", "--bind-address=127.0.0.1:0", "--metrics-bind-address=127.0.0.1:0",
		"--namespace=" + apitest.ChartNamespace, "--public-url=" + publicURL, "--log-level=debug", "--shutdown-delay=500ms",
		// The tests are few people at many places at once.
		"--rate-per-person=100000", "--rate-per-person-burst=100000", "--rate-per-address=100000", "--rate-per-address-burst=100000"}, arguments...)...)
	p.cmd.Env = append(os.Environ(), "KUBECONFIG="+w.kubeconfig, "NO_PROXY=*")
	// A test binary that is killed takes its hubs with it.
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	output, err := p.cmd.StderrPipe()
	if err != nil {
		return nil, err
	}
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	listens := make(chan [2]string, 1)
	go func() {
		defer close(p.exited)
		lines := bufio.NewScanner(output)
		lines.Buffer(nil, 4<<20)
		for lines.Scan() {
			p.log.add(lines.Bytes())
			var line struct{ Msg, Address, Metrics string }
			if json.Unmarshal(lines.Bytes(), &line) == nil && line.Msg == "the hub listens" {
				listens <- [2]string{line.Address, line.Metrics}
			}
		}
		_ = p.cmd.Wait()
	}()
	select {
	case addresses := <-listens:
		p.address, p.url, p.metrics = addresses[0], "http://"+addresses[0], "http://"+addresses[1]
		return p, nil
	case <-p.exited:
		return nil, fmt.Errorf("the hub ended before it listened: %s", tail(p.log.String()))
	}
}

// ready waits until the replica says that it is.
func (p *process) ready(t *testing.T) *process {
	t.Helper()
	eventually(t, "the hub is ready", func() error {
		select {
		case <-p.exited:
			return fmt.Errorf("it ended: %s", tail(p.log.String()))
		default:
		}
		response, err := http.Get(p.metrics + "/readyz")
		if err != nil {
			return err
		}
		response.Body.Close()
		if response.StatusCode != http.StatusOK {
			return fmt.Errorf("/readyz answers %d", response.StatusCode)
		}
		return nil
	})
	return p
}

// kill ends the process at once, as a crash does.
func (p *process) kill() {
	_ = p.cmd.Process.Signal(syscall.SIGKILL)
	<-p.exited
}

// tail is the end of a log, enough to see why something failed.
func tail(log string) string {
	lines := strings.Split(strings.TrimSpace(log), "\n")
	return strings.Join(lines[max(0, len(lines)-40):], "\n")
}
