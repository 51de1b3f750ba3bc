// Package apiserver runs etcd and kube-apiserver alone on the host, for tests that
// need a real API server and no node: validation, conflicts, access rights.
//
// It needs no privileges and no namespaces. It isn't for clusters; those are in
// package cluster.
package apiserver

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"

	"github.com/workbench-dev/workbench/local/node"
)

// readyTimeout is how long both may take to serve, on a busy machine.
const readyTimeout = 60 * time.Second

// Options say where and with what it runs.
type Options struct {
	// Dir is made by Run and removed when it ends; it must be empty or missing.
	Dir string
	// Kubernetes is the path of the multi-call binary.
	Kubernetes string
}

// Run runs both until ctx or standard input ends, and prints "ready KUBECONFIG" on
// standard output when they serve.
func Run(ctx context.Context, o Options) error {
	dir, err := filepath.Abs(o.Dir)
	if err != nil {
		return err
	}
	if entries, err := os.ReadDir(dir); err == nil && len(entries) > 0 {
		return fmt.Errorf("the folder %s isn't empty, and it would be removed at the end: give one that doesn't exist", dir)
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	defer os.RemoveAll(dir)
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	go endWithStarter(ctx, cancel)
	ports, err := freePorts(3)
	if err != nil {
		return err
	}
	credentials, err := node.CreateCredentials(filepath.Join(dir, "credentials"), "127.0.0.1")
	if err != nil {
		return err
	}
	etcdURL := fmt.Sprintf("http://127.0.0.1:%d", ports[0])
	peerURL := fmt.Sprintf("http://127.0.0.1:%d", ports[1])
	apiURL := fmt.Sprintf("https://127.0.0.1:%d", ports[2])
	etcd := child{dir: dir, name: "etcd", argv: append([]string{"etcd"}, node.EtcdArgs(filepath.Join(dir, "etcd"), etcdURL, peerURL)...)}
	api := child{dir: dir, name: "kube-apiserver", argv: append([]string{o.Kubernetes, "kube-apiserver"}, append(node.APIServerArgs(credentials, etcdURL),
		"--authorization-mode=RBAC",
		"--bind-address=127.0.0.1",
		fmt.Sprintf("--secure-port=%d", ports[2]),
		"--cert-dir="+filepath.Join(dir, "apiserver"),
		// Nobody shares this API server, so the watch of its own leases and the
		// endpoints of the Service kubernetes would only cost time at the end.
		"--endpoint-reconciler-type=none",
	)...)}
	for _, c := range []*child{&etcd, &api} {
		if err := c.start(cancel); err != nil {
			return err
		}
		defer c.stop()
	}
	deadline := time.Now().Add(readyTimeout)
	for !node.APIReady(ctx, credentials, apiURL+"/readyz") {
		if ctx.Err() != nil {
			return cause(ctx)
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("the API server doesn't serve after %s: %s", readyTimeout, api.lastWords())
		}
		time.Sleep(30 * time.Millisecond)
	}
	kubeconfig, err := credentials.Kubeconfig("admin", "apiserver", apiURL)
	if err != nil {
		return err
	}
	path := filepath.Join(dir, "kubeconfig")
	if err := os.WriteFile(path, kubeconfig, 0o600); err != nil {
		return err
	}
	fmt.Println("ready", path)
	<-ctx.Done()
	return cause(ctx)
}

// endWithStarter cancels when whoever started this process is gone: its end of a
// pipe on standard input is closed, or the parent has ended.
func endWithStarter(ctx context.Context, cancel context.CancelCauseFunc) {
	if info, err := os.Stdin.Stat(); err == nil && info.Mode()&(fs.ModeNamedPipe|fs.ModeSocket) != 0 {
		go func() {
			_, _ = io.Copy(io.Discard, os.Stdin)
			cancel(nil)
		}()
	}
	parent := os.Getppid()
	for os.Getppid() == parent {
		select {
		case <-ctx.Done():
			return
		case <-time.After(200 * time.Millisecond):
		}
	}
	cancel(nil)
}

// cause returns why ctx ended, or nil when it was asked to.
func cause(ctx context.Context) error {
	if err := context.Cause(ctx); err != nil && !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

// child is a process that doesn't outlive this one.
type child struct {
	dir, name string
	argv      []string
	cmd       *exec.Cmd
	done      chan struct{}
}

// start runs the child and calls failed with an error if it ends by itself.
func (c *child) start(failed context.CancelCauseFunc) error {
	log, err := os.Create(c.logPath())
	if err != nil {
		return err
	}
	defer log.Close()
	c.cmd = exec.Command(c.argv[0], c.argv[1:]...)
	c.cmd.Dir = c.dir
	c.cmd.Stdout, c.cmd.Stderr = log, log
	// The kernel ends the child when the thread that started it ends, so that
	// thread must stay: its goroutine does, until the child has ended.
	c.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
	c.done = make(chan struct{})
	started := make(chan error)
	go func() {
		defer close(c.done)
		runtime.LockOSThread()
		err := c.cmd.Start()
		started <- err
		if err == nil {
			err = c.cmd.Wait()
			failed(fmt.Errorf("%s ended by itself (%v): %s", c.name, err, c.lastWords()))
		}
	}()
	if err := <-started; err != nil {
		return fmt.Errorf("%s can't be started: %w", c.name, err)
	}
	return nil
}

// stop kills the child: there is nothing to save.
func (c *child) stop() {
	_ = c.cmd.Process.Kill()
	<-c.done
}

func (c *child) logPath() string { return filepath.Join(c.dir, c.name+".log") }

// lastWords is the end of the child's log, since the log vanishes with the folder.
func (c *child) lastWords() string {
	data, _ := os.ReadFile(c.logPath())
	return strings.TrimSpace(string(data[max(0, len(data)-1500):]))
}

func freePorts(n int) ([]int, error) {
	var ports []int
	for range n {
		l, err := net.Listen("tcp4", "127.0.0.1:0")
		if err != nil {
			return nil, fmt.Errorf("no free port was found on 127.0.0.1: %w", err)
		}
		defer l.Close()
		ports = append(ports, l.Addr().(*net.TCPAddr).Port)
	}
	return ports, nil
}
