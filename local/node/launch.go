package node

import (
	"fmt"
	"os"
	"os/exec"
	"syscall"
)

// Process names a process beyond doubt: a pid may be used again, a pid with its
// start time isn't.
type Process struct {
	PID int `json:"pid"`
	// Start is the process's start, in clock ticks since the machine's boot (field 22
	// of /proc/PID/stat, see proc(5)).
	Start uint64 `json:"start"`
}

// Identify returns the running process with that pid.
func Identify(pid int) (Process, error) {
	start, err := startTime(pid)
	return Process{PID: pid, Start: start}, err
}

// Alive tells whether the process still runs; a zombie doesn't.
func (p Process) Alive() bool {
	if p.PID <= 0 {
		return false
	}
	start, err := startTime(p.PID)
	return err == nil && start == p.Start
}

// Launch starts the node's pid 1 in namespaces of its own and returns it. It goes
// on when the caller ends. Its cgroup is joined before it runs anything.
func Launch(c Config) (Process, error) {
	if err := c.Prepare(); err != nil {
		return Process{}, err
	}
	join, err := MakeCgroup(c.Cgroup, "node")
	if err != nil {
		return Process{}, err
	}
	return startDaemon(daemon{
		argv:  []string{c.Program, "node-init", "--dir", c.Dir},
		log:   c.path("logs", "node.log"),
		join:  join,
		flags: syscall.CLONE_NEWNS | syscall.CLONE_NEWPID | syscall.CLONE_NEWNET | syscall.CLONE_NEWUTS | syscall.CLONE_NEWIPC,
	})
}

// LaunchBeside starts a helper of the cluster on the host, in the cluster's cgroup
// so that it is found when its pid was lost.
func LaunchBeside(cgroup, log string, argv ...string) (Process, error) {
	join, err := MakeCgroup(cgroup, "host")
	if err != nil {
		return Process{}, err
	}
	return startDaemon(daemon{argv: argv, log: log, join: join})
}

type daemon struct {
	argv  []string
	log   string
	join  func(pid int) error
	flags uintptr
}

// startDaemon starts a process that waits, on its standard input, for the word to
// go on, so that it is in its cgroup before it makes children.
func startDaemon(d daemon) (Process, error) {
	log, err := logFile(d.log)
	if err != nil {
		return Process{}, err
	}
	defer log.Close()
	gate, open, err := os.Pipe()
	if err != nil {
		return Process{}, err
	}
	defer gate.Close()
	defer open.Close()
	cmd := exec.Command(d.argv[0], d.argv[1:]...)
	cmd.Env = environment()
	cmd.Dir = "/"
	cmd.Stdin, cmd.Stdout, cmd.Stderr = gate, log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Cloneflags: d.flags}
	if err := cmd.Start(); err != nil {
		return Process{}, fmt.Errorf("%s can't be started: %w", d.argv[1], err)
	}
	p, err := Identify(cmd.Process.Pid)
	if err == nil {
		err = d.join(p.PID)
	}
	if err != nil {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		return Process{}, err
	}
	go cmd.Wait() // so that it is no zombie if it ends while this program runs
	_, err = open.Write([]byte{1})
	return p, err
}

// AwaitGate is called by a started daemon: it returns when the starter has put it
// into its cgroup.
func AwaitGate() error {
	raiseFileLimit()
	if n, err := os.Stdin.Read(make([]byte, 1)); n != 1 {
		return fmt.Errorf("this command is started by `workbench-local up`, not by hand (%v)", err)
	}
	null, err := os.Open(os.DevNull)
	if err != nil {
		return err
	}
	defer null.Close()
	return syscall.Dup3(int(null.Fd()), 0, 0)
}

// raiseFileLimit lets this process and its children open as many files as the
// machine allows. Go does so for itself only and gives children the old, often low,
// limit, unless it is set by hand.
func raiseFileLimit() {
	var limit syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit) == nil {
		limit.Cur = limit.Max
		_ = syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit) // as it was is good enough to go on
	}
}
