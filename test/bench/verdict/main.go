// Command verdict measures on a real cluster how long a bad version gets requests before it is sent back: judged by Workbench,
// by the analysis template of Argo Rollouts' documentation, and by Flagger's default check, each under the same constant load
// with a first step of 10 %. It also releases good versions again and again and counts those that are sent back.
//
//	go run ./test/bench/verdict -runs 5 -good 20      # from the project's folder; see -help
//
// It is a measurement, no test: it says what it saw, and fails only when it could not measure. It can be run in parts.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/workbench-dev/workbench/test/e2e/cluster"
)

type options struct {
	cluster   string
	keep      bool
	rps       float64
	instances int
	ways      string
	versions  string
	runs      int
	good      int
	patience  time.Duration
}

func main() {
	o := options{}
	flag.StringVar(&o.cluster, "cluster", "bench", "name of the local cluster, made when it does not run")
	flag.BoolVar(&o.keep, "keep", false, "leave the cluster running")
	flag.Float64Var(&o.rps, "rps", 300, "requests per second")
	flag.IntVar(&o.instances, "instances", 2, "pods of the application")
	flag.StringVar(&o.ways, "ways", "workbench,flagger,argo", "which ways to measure")
	flag.StringVar(&o.versions, "versions", "v3,v4", "bad versions to release: v3 fails one request in five, v4 takes 400 ms")
	flag.IntVar(&o.runs, "runs", 5, "releases of each bad version; the other ways than Workbench get one, since they take minutes")
	flag.IntVar(&o.good, "good", 20, "releases of good versions, with Workbench")
	flag.DurationVar(&o.patience, "patience", 21*time.Minute, "how long to wait for a bad version to be sent back")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "bench-verdict:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, o options) error {
	root, err := filepath.Abs(".")
	if err != nil {
		return err
	}
	c, err := cluster.Up(ctx, root, o.cluster)
	if err != nil {
		return err
	}
	if !o.keep {
		defer func() {
			ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
			defer cancel()
			if err := c.Down(ctx); err != nil {
				fmt.Fprintln(os.Stderr, err)
			}
		}()
	}
	if err := c.InstallImages(ctx); err != nil {
		return err
	}
	if err := c.InstallWorkbench(ctx); err != nil {
		return err
	}
	var rows []row
	for _, name := range strings.Split(o.ways, ",") {
		way, ok := ways[name]
		if !ok {
			return fmt.Errorf("-ways %q: there are workbench, flagger and argo", name)
		}
		measured, err := measure(ctx, c, o, name, way)
		rows = append(rows, measured...)
		if err != nil {
			fmt.Println(table(o, rows))
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	fmt.Println(table(o, rows))
	return nil
}
