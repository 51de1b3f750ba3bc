// Command run is the demo: it starts a real Kubernetes on this machine, installs Workbench there as users do, and shows
// how version 2 of an application under steady traffic is released step by step, with every answer counted.
//
// It only calls what users have (workbench-local, helm, kubectl, workbench) and looks at what comes of it; nothing in
// here makes a release work. `make demo` and `make demo-down` run it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:])
	stop()
	os.Exit(code)
}

const usage = "usage: demo up|down [--cluster NAME]"

func run(ctx context.Context, args []string) int {
	flags := flag.NewFlagSet("demo", flag.ContinueOnError)
	cluster := flags.String("cluster", "demo", "name of the local cluster")
	flags.Usage = func() { fmt.Fprintln(os.Stderr, usage); flags.PrintDefaults() }
	if len(args) == 0 {
		flags.Usage()
		return 2
	}
	if err := flags.Parse(args[1:]); err != nil {
		return 2
	}
	root, err := findRoot()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	d := &demo{root: root, cluster: *cluster, screen: newScreen(os.Stdout)}
	switch args[0] {
	case "up":
		err = d.up(ctx)
	case "down":
		err = d.down(ctx)
	default:
		flags.Usage()
		return 2
	}
	if errors.Is(err, context.Canceled) && ctx.Err() != nil {
		d.screen.note("Interrupted. `make demo` goes on from here; `make demo-down` removes what there is.")
		return 130
	}
	if err != nil {
		d.screen.failure(err, d.whereToLook())
		return 1
	}
	return 0
}

// findRoot returns the repository that this program, in its folder bin, belongs to.
func findRoot() (string, error) {
	program, err := os.Executable()
	if err != nil {
		return "", err
	}
	root := filepath.Dir(filepath.Dir(program))
	if _, err := os.Stat(filepath.Join(root, "demo", "manifests")); err != nil {
		return "", fmt.Errorf("the demo belongs into the folder bin of the repository: run `make demo` there (%w)", err)
	}
	return root, nil
}
