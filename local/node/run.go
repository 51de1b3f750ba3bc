package node

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/workbench-dev/workbench/local/versions"
)

// Run is pid 1 of the node. It doesn't return unless the node can't be set up.
func Run(dir string) error {
	if os.Getpid() != 1 {
		return fmt.Errorf("this command runs inside a node and is started by `workbench-local up`")
	}
	c, err := ReadConfig(dir)
	if err != nil {
		return err
	}
	if err := unix.Sethostname([]byte(versions.NodeName)); err != nil {
		return fmt.Errorf("the node's host name can't be set: %w", err)
	}
	if err := c.setUpMounts(); err != nil {
		return err
	}
	if err := setUpNetwork(); err != nil {
		return err
	}
	s := newSupervisor(c)
	go s.reap()
	s.start()
	return serveControl(s)
}

// forkExec starts a process in a session of its own.
func forkExec(program string, argv, env []string, dir string, in, out *os.File) (int, error) {
	return syscall.ForkExec(program, argv, &syscall.ProcAttr{
		Dir:   dir,
		Env:   env,
		Files: []uintptr{in.Fd(), out.Fd(), out.Fd()},
		Sys:   &syscall.SysProcAttr{Setsid: true},
	})
}

func lookPath(program string) (string, error) {
	if strings.Contains(program, "/") {
		return program, nil
	}
	for _, dir := range []string{"/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"} {
		path := filepath.Join(dir, program)
		if info, err := os.Stat(path); err == nil && info.Mode()&0o111 != 0 {
			return path, nil
		}
	}
	return "", fmt.Errorf("the program %s isn't installed", program)
}
