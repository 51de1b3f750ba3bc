// Workbench-local runs a real one-node Kubernetes with Istio, Argo Rollouts and
// Prometheus on this machine, for the demo and the end-to-end tests.
//
// This package holds the command line only; the work is done by the packages of
// the module.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := newCommand().ExecuteContext(ctx)
	if err == nil {
		return
	}
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		os.Exit(exit.ExitCode())
	}
	var quiet quietError
	if !errors.As(err, &quiet) {
		fmt.Fprintln(os.Stderr, "Error:", err)
	}
	os.Exit(1)
}

// quietError makes the exit status 1 without a message: what there is to say has
// been printed.
type quietError struct{ error }

// options are the flags that all commands share.
type options struct {
	name   string
	source string
}

func newCommand() *cobra.Command {
	o := &options{}
	root := &cobra.Command{
		Use:   "workbench-local",
		Short: "A real one-node Kubernetes with Istio, Argo Rollouts and Prometheus on this machine",
		Long: `Workbench-local builds Kubernetes, Istio, Argo Rollouts and Prometheus from their
Go modules and runs them on this machine, as one node in namespaces of its own.
Nothing of it can reach or be reached from outside; chosen ports are brought to
127.0.0.1.`,
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.PersistentFlags().StringVar(&o.name, "name", "local", "name of the cluster; several can run side by side")
	root.PersistentFlags().StringVar(&o.source, "source", "", "folder of this program's module (default: local/ beside the program's folder)")
	root.AddCommand(
		upCommand(o), downCommand(o), statusCommand(o),
		kubeconfigCommand(o), kubectlCommand(o),
		loadImageCommand(o), imageCommand(),
		forwardCommand(o), partCommand(o),
		buildCommand(o), apiserverCommand(o),
		nodeInitCommand(), nodeRegistryCommand(), nodeForwarderCommand(),
	)
	return root
}
