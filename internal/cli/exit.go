package cli

import (
	"context"
	"errors"
	"fmt"
)

// ExitCode is what a script learns from a command.
type ExitCode int

// The exit codes of every command; docs/cli.md and the help list them.
const (
	// ExitOK: it was done.
	ExitOK ExitCode = 0
	// ExitError: something else went wrong, such as no connection to the cluster.
	ExitError ExitCode = 1
	// ExitUsage: what was typed makes no sense; nothing was asked of the cluster, or the cluster found it invalid.
	ExitUsage ExitCode = 2
	// ExitRefused: the task is not in a state for it, it changed meanwhile, or the user may not; nothing was done.
	ExitRefused ExitCode = 3
	// ExitTimeout: --timeout ran out; what was asked may still happen.
	ExitTimeout ExitCode = 4
	// ExitNotReleased: the release ended without its version becoming the stable one.
	ExitNotReleased ExitCode = 5
	// ExitNotFound: the task, workload, revision or file does not exist.
	ExitNotFound ExitCode = 6
	// ExitCluster: the cluster lacks something that Workbench needs.
	ExitCluster ExitCode = 7
	// ExitInterrupted: stopped by Ctrl-C or a signal (128 + SIGINT, as shells have it).
	ExitInterrupted ExitCode = 130
)

const exitCodesHelp = `Exit codes: 0 done; 1 another error; 2 wrong usage or bad input; 3 refused (wrong state, changed meanwhile,
not allowed); 4 timed out; 5 the release went back, was terminated or failed; 6 not found; 7 the cluster lacks
something that Workbench needs; 130 interrupted.`

// exitError is an error with the exit code it ends the program with.
type exitError struct {
	code ExitCode
	err  error
}

func (e *exitError) Error() string { return e.err.Error() }
func (e *exitError) Unwrap() error { return e.err }

func exitf(code ExitCode, format string, arguments ...any) error {
	return &exitError{code: code, err: fmt.Errorf(format, arguments...)}
}

func usagef(format string, arguments ...any) error { return exitf(ExitUsage, format, arguments...) }

// CodeOf is the exit code for the error of a command.
func CodeOf(err error) ExitCode {
	var coded *exitError
	switch {
	case err == nil:
		return ExitOK
	case errors.As(err, &coded):
		return coded.code
	case errors.Is(err, context.DeadlineExceeded):
		return ExitTimeout
	case errors.Is(err, context.Canceled):
		return ExitInterrupted
	default:
		return ExitError
	}
}
