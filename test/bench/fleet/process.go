package fleet

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Process is a program that is measured or that serves what is measured.
type Process struct {
	cmd     *exec.Cmd
	log     string
	exited  chan struct{}
	Started time.Time
}

// Start runs a program that finds the API server in KUBECONFIG. Its output goes to a file of the given name.
func (b *Bench) Start(name, program string, args ...string) (*Process, error) {
	p := &Process{cmd: exec.Command(program, args...), log: filepath.Join(b.Dir, name+".log"), exited: make(chan struct{}), Started: time.Now()}
	file, err := os.Create(p.log)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	p.cmd.Stdout, p.cmd.Stderr, p.cmd.Env = file, file, append(os.Environ(), "KUBECONFIG="+b.Kubeconfig)
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("%s can't be started: %w", program, err)
	}
	go func() {
		_ = p.cmd.Wait()
		close(p.exited)
	}()
	return p, nil
}

// Stop ends the process and waits for its end.
func (p *Process) Stop() {
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.exited:
	case <-time.After(30 * time.Second):
		_ = p.cmd.Process.Kill()
		<-p.exited
	}
}

// Until asks again and again until ready says so, the process ends or the time is over.
func (p *Process) Until(ctx context.Context, limit time.Duration, what string, ready func() bool) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	for !ready() {
		select {
		case <-p.exited:
			return fmt.Errorf("%s ended before %s; see %s", p.cmd.Path, what, p.log)
		case <-ctx.Done():
			return fmt.Errorf("%s: not within %s; see %s", what, limit, p.log)
		case <-time.After(50 * time.Millisecond):
		}
	}
	return nil
}

// Memory is what the kernel counts as resident, and the most it ever was, in bytes: VmRSS and VmHWM of proc(5).
func (p *Process) Memory() (now, peak int64) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		return 0, 0
	}
	for line := range strings.Lines(string(text)) {
		fields := strings.Fields(line)
		if len(fields) < 2 {
			continue
		}
		kib, _ := strconv.ParseInt(fields[1], 10, 64)
		switch fields[0] {
		case "VmRSS:":
			now = kib << 10
		case "VmHWM:":
			peak = kib << 10
		}
	}
	return now, peak
}

// Processor is the processor time used so far: utime and stime of proc(5), counted in hundredths of a second.
func (p *Process) Processor() time.Duration {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	// The name of the program, in brackets, may hold spaces; what follows it starts with the third field.
	fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
	var ticks int64
	for _, field := range fields[11:13] {
		n, _ := strconv.ParseInt(field, 10, 64)
		ticks += n
	}
	return time.Duration(ticks) * 10 * time.Millisecond
}
