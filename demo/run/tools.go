package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// tool runs a program of bin with its output on the screen.
func (d *demo) tool(ctx context.Context, name string, args ...string) error {
	cmd := d.command(ctx, name, args...)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	return explain(cmd.Run(), name, args, "")
}

// output runs a program of bin and returns what it printed.
func (d *demo) output(ctx context.Context, name string, args ...string) (string, error) {
	return d.outputOf(ctx, nil, name, args...)
}

func (d *demo) outputOf(ctx context.Context, input io.Reader, name string, args ...string) (string, error) {
	var out, messages bytes.Buffer
	cmd := d.command(ctx, name, args...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = input, &out, &messages
	err := cmd.Run()
	return out.String(), explain(err, name, args, messages.String()+out.String())
}

// shown runs `workbench`, with the command and its output on the screen as a person would have seen them.
func (d *demo) shown(ctx context.Context, args ...string) error {
	d.screen.prompt("bin/workbench " + quoted(args))
	out, err := d.output(ctx, "workbench", args...)
	if err != nil {
		return err
	}
	d.screen.printed(out)
	return nil
}

func (d *demo) kubectl(ctx context.Context, input io.Reader, args ...string) (string, error) {
	return d.outputOf(ctx, input, "workbench-local", append([]string{"kubectl", "--name", d.cluster, "--"}, args...)...)
}

func (d *demo) command(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, filepath.Join(d.root, "bin", name), args...)
	cmd.Dir = d.root
	cmd.Env = os.Environ()
	if d.status.Kubeconfig != "" {
		cmd.Env = append(cmd.Env, "KUBECONFIG="+d.status.Kubeconfig)
	}
	// An interrupt goes to the whole process group of a terminal; give the program time to end by itself.
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 20 * time.Second
	return cmd
}

// explain puts the failure of a program into a sentence with its last words.
func explain(err error, name string, args []string, words string) error {
	if err == nil {
		return nil
	}
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		return fmt.Errorf("bin/%s can't be run: %w", name, err)
	}
	words = strings.TrimSpace(words)
	const most = 2000
	if len(words) > most {
		words = "… " + words[len(words)-most:]
	}
	if words != "" {
		words = ":\n" + words
	}
	return fmt.Errorf("`bin/%s %s` ended with %s%s", name, quoted(args), exit, words)
}

// quoted is a command line as a person would type it.
func quoted(args []string) string {
	words := make([]string, len(args))
	for i, a := range args {
		if a == "" || strings.ContainsAny(a, " '\"$&|;<>()*?") {
			a = "'" + strings.ReplaceAll(a, "'", `'\''`) + "'"
		}
		words[i] = a
	}
	return strings.Join(words, " ")
}

// wait looks every half second until done says so; what says what is waited for.
func wait(ctx context.Context, limit time.Duration, what string, done func(context.Context) (bool, string, error)) error {
	ctx, cancel := context.WithTimeoutCause(ctx, limit, errLimit)
	defer cancel()
	tick := time.NewTicker(500 * time.Millisecond)
	defer tick.Stop()
	last := ""
	for {
		ok, state, err := done(ctx)
		switch {
		case ok:
			return nil
		case err != nil && ctx.Err() == nil:
			last = err.Error()
		case err == nil:
			last = state
		}
		select {
		case <-ctx.Done():
			if !errors.Is(context.Cause(ctx), errLimit) {
				return ctx.Err()
			}
			return fmt.Errorf("%s took longer than %s; last seen: %s", what, limit, last)
		case <-tick.C:
		}
	}
}

var errLimit = errors.New("limit reached")
