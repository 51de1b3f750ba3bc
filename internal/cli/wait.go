package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/pflag"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workbench-dev/workbench/api/v1alpha1"
)

// waitMode is what a command waits for before it ends.
type waitMode string

const (
	// waitNone: nothing; what was asked is recorded, and that is all.
	waitNone waitMode = "none"
	// waitOutcome: until what was asked is done or refused (an action carried out, a workload taken over or handed back).
	waitOutcome waitMode = "outcome"
	// waitRelease: the outcome, and then until the release ends or waits for a person.
	waitRelease waitMode = "release"
	// waitEnd: the outcome, and then until the release ends, however long it waits for a person.
	waitEnd waitMode = "end"
)

// followsRelease says whether the release itself is waited for.
func (m waitMode) followsRelease() bool { return m == waitRelease || m == waitEnd }

// Set, String and Type make it a flag.
func (m *waitMode) Set(text string) error {
	switch mode := waitMode(text); mode {
	case waitNone, waitOutcome, waitRelease, waitEnd:
		*m = mode
	case "true":
		*m = waitOutcome
	case "false":
		*m = waitNone
	default:
		return fmt.Errorf("%q is not one of none, outcome, release, end", text)
	}
	return nil
}

func (m *waitMode) String() string { return string(*m) }

// Type is the word that the help shows for a value.
func (m *waitMode) Type() string { return "none|outcome|release|end" }

// waitFlags are --wait and --timeout.
type waitFlags struct {
	mode    waitMode
	timeout time.Duration
}

// add registers the flags; usage says what the outcome is for this command.
func (w *waitFlags) add(flags *pflag.FlagSet, usual waitMode, usage string) {
	w.mode = usual
	flags.Var(&w.mode, "wait", usage)
	flags.Lookup("wait").NoOptDefVal = string(waitOutcome)
	flags.DurationVar(&w.timeout, "timeout", 0, "how long to wait at most, such as 90s or 1h (default: 30s for an action, 5m for a take-over or hand-back, 1h for a release)")
}

func (w *waitFlags) check() error {
	if w.timeout < 0 {
		return usagef("--timeout %s is negative: give a duration such as 90s or 10m", w.timeout)
	}
	return nil
}

// limit ends ctx when the time to wait is over; usual is the limit when none was given.
func (w *waitFlags) limit(ctx context.Context, usual time.Duration) (context.Context, context.CancelFunc) {
	if w.timeout > 0 {
		usual = w.timeout
	}
	return context.WithTimeout(ctx, usual)
}

// How long commands wait when no --timeout says otherwise.
const (
	actionTimeout   = 30 * time.Second
	takeOverTimeout = 5 * time.Minute
	releaseTimeout  = time.Hour
)

// await follows an object until done says so. A lost connection is told once and then waited out.
func await[T client.Object](ctx context.Context, env Env, c *cluster, list client.ObjectList, name string, done func(object T, found bool) (bool, error)) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	lost := false
	for reading := range follow[T](ctx, c, env.Clock, list, client.ObjectKey{Namespace: c.namespace, Name: name}) {
		switch {
		case reading.fatal != nil:
			return reading.fatal
		case reading.lost != nil:
			if !lost {
				fmt.Fprintf(env.ErrOut, "Connection lost, trying again: %v\n", env.explain(reading.lost))
			}
			lost = true
		default:
			lost = false
			if over, err := done(reading.object, reading.found); over || err != nil {
				return err
			}
		}
	}
	return ctx.Err()
}

// awaitTask follows a task until done says so.
func awaitTask(ctx context.Context, env Env, c *cluster, name string, done func(task *v1alpha1.ReleaseTask, found bool) (bool, error)) error {
	return await(ctx, env, c, &v1alpha1.ReleaseTaskList{}, name, done)
}

// timedOut says whether a wait ended because its time was over, and not because the person stopped it.
func timedOut(err error) bool { return errors.Is(err, context.DeadlineExceeded) }

// awaitRelease follows a task until the release sought ends or, if --wait says so, waits for a person, and prints where it stands.
// terminated says that a release that ends without success is what the person wanted.
func (e Env) awaitRelease(ctx context.Context, c *cluster, flags waitFlags, name string, sought releaseSought, terminated bool) error {
	ctx, cancel := flags.limit(ctx, releaseTimeout)
	defer cancel()
	last := ""
	err := awaitTask(ctx, e, c, name, func(task *v1alpha1.ReleaseTask, found bool) (bool, error) {
		if !found {
			return false, exitf(ExitNotReleased, "the release task %s was deleted while its release ran", name)
		}
		now := sought.stand(task)
		last = now.message
		switch {
		case now.over && (now.released || terminated), now.standing && flags.mode == waitRelease:
			fmt.Fprintln(e.Out, now.message)
			return true, nil
		case now.over:
			return false, exitf(ExitNotReleased, "%s", now.message)
		}
		return false, nil
	})
	if timedOut(err) {
		return exitf(ExitTimeout, "timed out; the release goes on: %s Follow it with '%s release watch %s -n %s'.", last, e.Program, name, c.namespace)
	}
	return err
}
