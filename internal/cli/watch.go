package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workbench-dev/workbench/api/v1alpha1"
	"github.com/workbench-dev/workbench/internal/cli/picture"
)

// exitMode is when watch ends by itself.
type exitMode string

const (
	exitNever exitMode = "never"
	// exitEnded: when the release ended.
	exitEnded exitMode = "ended"
	// exitStanding: also when it waits for a person.
	exitStanding exitMode = "standing"
)

func (m *exitMode) Set(text string) error {
	switch mode := exitMode(text); mode {
	case exitNever, exitEnded, exitStanding:
		*m = mode
		return nil
	default:
		return fmt.Errorf("%q is not one of ended, standing, never", text)
	}
}

func (m *exitMode) String() string { return string(*m) }

// Type is the word that the help shows for a value.
func (m *exitMode) Type() string { return "ended|standing" }

type watchFlags struct {
	exit    exitMode
	timeout time.Duration
}

func newWatch(env Env) *cobra.Command {
	flags := &watchFlags{exit: exitNever}
	command := &cobra.Command{
		Use:   "watch NAME",
		Short: "Show a release as a live picture in the terminal",
		Long: `Show a release as a live picture: steps with weights and waits, countdown, pods and traffic of the stable and the
canary version. Where the output is no terminal, a line is printed for each change. A lost connection is waited out.

With --exit it ends when no release runs any more: with code 0 when the newest version is the stable one, 5 when it
went back, was terminated or failed. --exit=standing also ends, with code 0, when the release waits for a person.`,
		Example: `  workbench release watch shop -n shop
  # In a pipeline: wait for the end of the release for at most 2 hours
  workbench release watch shop -n shop --exit --timeout 2h`,
		Args:              exactly("NAME"),
		ValidArgsFunction: env.completeTasks,
		RunE: func(command *cobra.Command, arguments []string) error {
			return env.watch(command.Context(), *flags, arguments[0])
		},
	}
	command.Flags().Var(&flags.exit, "exit", "end when the release ended, or also when it stands and waits for a person")
	command.Flags().Lookup("exit").NoOptDefVal = string(exitEnded)
	command.Flags().DurationVar(&flags.timeout, "timeout", 0, "end with code 4 after this time, such as 90s or 2h (default: never)")
	return command
}

func (e Env) watch(ctx context.Context, flags watchFlags, name string) error {
	if flags.timeout < 0 {
		return usagef("--timeout %s is negative: give a duration such as 90s or 2h", flags.timeout)
	}
	c, err := e.connect()
	if err != nil {
		return err
	}
	if flags.timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, flags.timeout)
		defer cancel()
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	view := e.newView()
	defer view.close()
	readings := follow[*v1alpha1.ReleaseTask](ctx, c, e.Clock, &v1alpha1.ReleaseTaskList{}, client.ObjectKey{Namespace: c.namespace, Name: name})
	return e.show(ctx, c, flags, name, readings, view)
}

// show draws each reading, and each second while something counts, until the watch is over.
func (e Env) show(ctx context.Context, c *cluster, flags watchFlags, name string, readings <-chan reading[*v1alpha1.ReleaseTask], view view) error {
	ticker := e.Clock.NewTicker(time.Second)
	defer ticker.Stop()
	var last *v1alpha1.ReleaseTask
	ending := ending{exit: flags.exit}
	for {
		select {
		case reading, open := <-readings:
			switch {
			case !open:
				return e.watchEnded(ctx, flags)
			case reading.fatal != nil:
				return reading.fatal
			case reading.lost != nil:
				view.lost(e.explain(reading.lost))
			case !reading.found && last == nil:
				return c.taskNotFound(name)
			case !reading.found:
				view.gone(name)
				return gone(last, flags)
			default:
				last = reading.object
				view.task(last, e.Clock.Now())
			}
		case <-ticker.C():
			if last != nil && picture.Counts(last) {
				view.tick(last, e.Clock.Now())
			}
		}
		if over, err := ending.reached(ctx, c, last, e.Clock.Now()); over {
			return err
		}
	}
}

// watchEnded says why a watch ended that nothing else ended.
func (e Env) watchEnded(ctx context.Context, flags watchFlags) error {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return exitf(ExitTimeout, "timed out after %s; the release goes on", flags.timeout)
	}
	return ctx.Err()
}

// gone ends a watch of a task that was deleted.
func gone(last *v1alpha1.ReleaseTask, flags watchFlags) error {
	if flags.exit != exitNever && last.Status.Release != nil {
		return exitf(ExitNotReleased, "the release task was deleted while its release ran")
	}
	return nil
}

// view is what a watch is shown on.
type view interface {
	task(task *v1alpha1.ReleaseTask, now time.Time)
	// tick is called each second while a countdown runs.
	tick(task *v1alpha1.ReleaseTask, now time.Time)
	lost(err error)
	gone(name string)
	close()
}

func (e Env) newView() view {
	if _, _, terminal := e.Terminal(); terminal {
		return &liveView{env: e, screen: screen{out: e.Out}}
	}
	return &lineView{env: e, clock: e.Clock}
}

// liveView redraws the picture in place.
type liveView struct {
	env    Env
	screen screen
	last   *v1alpha1.ReleaseTask
}

func (v *liveView) task(task *v1alpha1.ReleaseTask, now time.Time) {
	v.last = task
	v.draw(task, now)
}

func (v *liveView) tick(task *v1alpha1.ReleaseTask, now time.Time) { v.draw(task, now) }

func (v *liveView) draw(task *v1alpha1.ReleaseTask, now time.Time, below ...string) {
	width, height, _ := v.env.Terminal()
	lines := picture.Draw(task, now, picture.Style{Width: width, Color: v.env.Color, Program: v.env.Program})
	_ = v.screen.draw(append(lines, below...), height)
}

func (v *liveView) lost(err error) {
	if v.last == nil {
		fmt.Fprintf(v.env.ErrOut, "Connection lost, trying again: %v\r\n", err)
		return
	}
	v.draw(v.last, v.env.Clock.Now(), "", "Connection lost, trying again; this is how it was last seen.")
}

func (v *liveView) gone(name string) {
	fmt.Fprintf(v.env.Out, "Release task %s is gone: its workload was handed back.\n", name)
}

func (v *liveView) close() { v.screen.close() }

// lineView prints a line for each change.
type lineView struct {
	env   Env
	clock clock.Clock
	last  string
}

func (v *lineView) task(task *v1alpha1.ReleaseTask, _ time.Time) { v.print(picture.Line(task)) }

func (v *lineView) tick(*v1alpha1.ReleaseTask, time.Time) {}

func (v *lineView) lost(err error) { v.print(fmt.Sprintf("connection lost, trying again: %v", err)) }

func (v *lineView) gone(name string) {
	v.print(fmt.Sprintf("release task %s is gone: its workload was handed back", name))
}

func (v *lineView) close() {}

func (v *lineView) print(line string) {
	if line == v.last {
		return
	}
	v.last = line
	fmt.Fprintf(v.env.Out, "%s %s\n", v.clock.Now().UTC().Format(time.RFC3339), line)
}
