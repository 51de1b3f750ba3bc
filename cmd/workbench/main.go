// Command workbench is everything of Workbench in one binary: the command line for people and, as roles, what runs
// in clusters. Installed as kubectl-workbench it is a plug-in of kubectl.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/workbench-dev/workbench/internal/cli"
	"github.com/workbench-dev/workbench/internal/controller"
	"github.com/workbench-dev/workbench/internal/hub"
)

// version is set by the build, with -ldflags "-X main.version=v1.2.3".
var version = "dev"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// A second signal ends the program at once.
	context.AfterFunc(ctx, stop)
	code := cli.Run(ctx, cli.NewEnv(os.Args[0], version), cli.Arguments(os.Args), controller.NewCommand(), hub.NewCommand(version))
	os.Exit(int(code))
}
