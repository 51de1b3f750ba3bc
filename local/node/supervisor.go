package node

import (
	"fmt"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// State of a part.
type State string

// States.
const (
	Waiting  State = "waiting"  // for another part
	Starting State = "starting" // runs, doesn't serve yet
	Running  State = "running"
	Stopped  State = "stopped" // on request
	Down     State = "down"    // died; will be started again
)

// PartStatus is what pid 1 tells about a part.
type PartStatus struct {
	Name     string    `json:"name"`
	State    State     `json:"state"`
	PID      int       `json:"pid,omitempty"` // within the node's pid namespace
	Since    time.Time `json:"since"`
	Restarts int       `json:"restarts"`
	LastExit string    `json:"lastExit,omitempty"`
}

// Backoff between restarts of a part that keeps dying.
const (
	minBackoff = 100 * time.Millisecond
	maxBackoff = 3 * time.Second
	// steadyAfter is how long a part must have run for its backoff to start over.
	steadyAfter = 10 * time.Second
	// stopGrace is how long a part may take to end on SIGTERM.
	stopGrace = 5 * time.Second
)

// supervisor keeps parts running and reaps every child: as pid 1 it also inherits
// the orphans of all others.
type supervisor struct {
	config Config

	// mu is held while a child is started and recorded, so that the reaper can't
	// meet a child that it doesn't know yet.
	mu    sync.Mutex
	tasks []*task
	byPID map[int]*task
}

// task is a part with its current fate.
type task struct {
	part
	status  PartStatus
	wanted  bool
	exited  chan struct{} // closed when the current process has ended
	changed chan struct{} // signals that wanted has changed
	backoff time.Duration
}

func newSupervisor(c Config) *supervisor {
	s := &supervisor{config: c, byPID: map[int]*task{}}
	for _, p := range c.parts() {
		s.tasks = append(s.tasks, &task{
			part:    p,
			wanted:  true,
			changed: make(chan struct{}, 1),
			backoff: minBackoff,
			status:  PartStatus{Name: p.name, State: Waiting, Since: time.Now()},
		})
	}
	return s
}

// start begins to run all parts.
func (s *supervisor) start() {
	for _, t := range s.tasks {
		go s.keep(t)
	}
}

// keep runs one part for ever.
func (s *supervisor) keep(t *task) {
	for _, name := range t.after {
		waitFor(5*time.Minute, func() bool { return s.state(name) == Running })
	}
	for {
		if !s.wants(t) {
			<-t.changed
			continue
		}
		began := time.Now()
		exited, err := s.launch(t)
		if err != nil {
			s.set(t, Down, err.Error())
		} else {
			s.watch(t, exited)
		}
		if time.Since(began) > steadyAfter {
			t.backoff = minBackoff
		}
		if s.wants(t) {
			select {
			case <-time.After(t.backoff):
			case <-t.changed:
			}
			t.backoff = min(2*t.backoff, maxBackoff)
		}
	}
}

// watch follows a started process until it has ended.
func (s *supervisor) watch(t *task, exited <-chan struct{}) {
	for t.ready != nil && !t.ready() {
		select {
		case <-exited:
			return
		case <-time.After(30 * time.Millisecond):
		}
	}
	s.mu.Lock()
	if t.status.State == Starting {
		t.status.State = Running
	}
	s.mu.Unlock()
	<-exited
}

// launch starts the part's process, with its output appended to its log.
func (s *supervisor) launch(t *task) (<-chan struct{}, error) {
	program, err := lookPath(t.argv[0])
	if err != nil {
		return nil, err
	}
	log, err := logFile(s.config.path("logs", t.name+".log"))
	if err != nil {
		return nil, err
	}
	defer log.Close()
	null, err := os.Open(os.DevNull)
	if err != nil {
		return nil, err
	}
	defer null.Close()
	s.mu.Lock()
	defer s.mu.Unlock()
	// Not through os/exec: its Wait and the reaper would compete for the child.
	pid, err := forkExec(program, t.argv, environment(t.env...), s.config.Dir, null, log)
	if err != nil {
		return nil, fmt.Errorf("%s can't be started: %w", t.name, err)
	}
	t.exited = make(chan struct{})
	t.status.PID, t.status.State, t.status.Since = pid, Starting, time.Now()
	s.byPID[pid] = t
	return t.exited, nil
}

// reap collects ended children for ever.
func (s *supervisor) reap() {
	for {
		var status unix.WaitStatus
		pid, err := unix.Wait4(-1, &status, 0, nil)
		if err == unix.ECHILD {
			time.Sleep(50 * time.Millisecond)
			continue
		}
		if err != nil {
			continue
		}
		s.ended(pid, status)
	}
}

func (s *supervisor) ended(pid int, status unix.WaitStatus) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.byPID[pid]
	if t == nil {
		return // an orphan
	}
	delete(s.byPID, pid)
	t.status.PID, t.status.Since = 0, time.Now()
	t.status.LastExit = describe(status)
	t.status.State = Stopped
	if t.wanted {
		t.status.State = Down
		t.status.Restarts++
	}
	close(t.exited)
}

func describe(status unix.WaitStatus) string {
	if status.Signaled() {
		return "killed by " + unix.SignalName(status.Signal())
	}
	return fmt.Sprintf("exit status %d", status.ExitStatus())
}

// setWanted starts or stops a part and, when stopping, waits until it has ended.
func (s *supervisor) setWanted(name string, wanted bool) error {
	t := s.find(name)
	if t == nil {
		return fmt.Errorf("the node has no part named %q", name)
	}
	s.mu.Lock()
	t.wanted = wanted
	pid, exited := t.status.PID, t.exited
	if !wanted && pid == 0 {
		t.status.State = Stopped
	}
	s.mu.Unlock()
	select {
	case t.changed <- struct{}{}:
	default:
	}
	if wanted || pid == 0 {
		return nil
	}
	_ = unix.Kill(pid, unix.SIGTERM)
	select {
	case <-exited:
		return nil
	case <-time.After(stopGrace):
	}
	_ = unix.Kill(pid, unix.SIGKILL)
	<-exited
	return nil
}

func (s *supervisor) find(name string) *task {
	for _, t := range s.tasks {
		if t.name == name {
			return t
		}
	}
	return nil
}

func (s *supervisor) wants(t *task) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return t.wanted
}

func (s *supervisor) state(name string) State {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.find(name).status.State
}

func (s *supervisor) set(t *task, state State, exit string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t.status.State, t.status.LastExit, t.status.Since = state, exit, time.Now()
}

func (s *supervisor) statuses() []PartStatus {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []PartStatus
	for _, t := range s.tasks {
		all = append(all, t.status)
	}
	return all
}
