// Package progress tells a person what is going on: which part is being built or
// started, how long it took, and what is left. On a terminal the running step is
// redrawn in place; elsewhere every step is one plain line.
//
// It is for people; machine-readable results are the callers' business.
package progress

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/term"
)

// Reporter prints steps. Its methods may be called from several goroutines.
type Reporter struct {
	mu      sync.Mutex
	out     io.Writer
	live    bool
	title   string
	total   int
	done    int
	running []*Step
	drawn   bool
	ticker  *time.Ticker
	stop    chan struct{}
}

// New returns a reporter that writes to out, in place when out is a terminal.
func New(out *os.File) *Reporter {
	return &Reporter{out: out, live: term.IsTerminal(int(out.Fd())) && os.Getenv("CI") == ""}
}

// Discard returns a reporter that prints nothing.
func Discard() *Reporter { return &Reporter{out: io.Discard} }

// Begin starts a stage of total steps.
func (r *Reporter) Begin(title string, total int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.title, r.total, r.done = title, total, 0
	if r.live && r.ticker == nil {
		r.ticker = time.NewTicker(500 * time.Millisecond)
		r.stop = make(chan struct{})
		go r.redraw(r.ticker, r.stop)
	}
}

// Close ends the live line, if any.
func (r *Reporter) Close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.clear()
	if r.ticker != nil {
		r.ticker.Stop()
		close(r.stop)
		r.ticker = nil
	}
}

// Printf prints a line of its own.
func (r *Reporter) Printf(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.clear()
	fmt.Fprintf(r.out, format+"\n", args...)
	r.draw()
}

// Step is one running step.
type Step struct {
	reporter *Reporter
	name     string
	began    time.Time
}

// Start announces a step.
func (r *Reporter) Start(name string) *Step {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := &Step{reporter: r, name: name, began: time.Now()}
	r.running = append(r.running, s)
	if r.live {
		r.clear()
		r.draw()
	}
	return s
}

// Done ends the step with a note, which may be empty, and returns how long it
// took.
func (s *Step) Done(note string) time.Duration {
	took := time.Since(s.began)
	r := s.reporter
	r.mu.Lock()
	defer r.mu.Unlock()
	r.clear()
	r.remove(s)
	r.done++
	if note != "" {
		note = "  " + note
	}
	fmt.Fprintf(r.out, "  %-9s %2d/%d  %-28s %8s%s\n", r.title, r.done, r.total, s.name, round(took), note)
	r.draw()
	return took
}

// DoneAfter ends a step whose beginning was elsewhere.
func (s *Step) DoneAfter(took time.Duration) {
	s.began = time.Now().Add(-took)
	s.Done("")
}

// Failed ends the step without a line; the error that follows says what happened.
func (s *Step) Failed() {
	r := s.reporter
	r.mu.Lock()
	defer r.mu.Unlock()
	r.clear()
	r.remove(s)
}

func (r *Reporter) remove(s *Step) {
	for i, other := range r.running {
		if other == s {
			r.running = append(r.running[:i], r.running[i+1:]...)
			return
		}
	}
}

func (r *Reporter) redraw(ticker *time.Ticker, stop <-chan struct{}) {
	for {
		select {
		case <-stop:
			return
		case <-ticker.C:
			r.mu.Lock()
			r.clear()
			r.draw()
			r.mu.Unlock()
		}
	}
}

// draw writes the live line; the lock is held.
func (r *Reporter) draw() {
	if !r.live || len(r.running) == 0 {
		return
	}
	var names []string
	for _, s := range r.running {
		names = append(names, fmt.Sprintf("%s (%s)", s.name, round(time.Since(s.began))))
	}
	line := fmt.Sprintf("  %-9s %d left: %s", r.title, max(r.total-r.done, len(r.running)), strings.Join(names, ", "))
	if len(line) > 110 {
		line = line[:107] + "..."
	}
	fmt.Fprint(r.out, line)
	r.drawn = true
}

// clear wipes the live line; the lock is held.
func (r *Reporter) clear() {
	if r.drawn {
		fmt.Fprint(r.out, "\r\x1b[K")
		r.drawn = false
	}
}

func round(d time.Duration) time.Duration {
	if d < 10*time.Second {
		return d.Round(100 * time.Millisecond)
	}
	return d.Round(time.Second)
}
