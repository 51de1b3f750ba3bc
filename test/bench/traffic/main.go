// Command traffic measures how many requests fail, and how long it takes, when a workload is taken over, released and
// handed back under a constant load through a real gateway: the naive way, with plain Argo Rollouts, and with Workbench.
//
//	go run ./test/bench/traffic            # from the project's folder; see -help
//
// It prints a table and keeps it in docs/benchmarks.md. It is a measurement, no test: it says what it saw, and fails
// only when it could not measure.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
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
	ready     time.Duration
	ways      string
	rude      bool
	tail      time.Duration
	out       string
}

func main() {
	o := options{}
	flag.StringVar(&o.cluster, "cluster", "bench", "name of the local cluster, made when it does not run")
	flag.BoolVar(&o.keep, "keep", false, "leave the cluster running")
	flag.Float64Var(&o.rps, "rps", 300, "requests per second")
	flag.IntVar(&o.instances, "instances", 4, "pods of the application")
	flag.DurationVar(&o.ready, "ready", 4*time.Second, "how long a pod takes to be ready")
	flag.StringVar(&o.ways, "ways", "naive,argo,workbench", "which ways to measure")
	flag.BoolVar(&o.rude, "rude", true, "measure Workbench also with an application that leaves at once when it is told to stop")
	flag.DurationVar(&o.tail, "tail", 4*time.Second, "how long to go on counting after a transition is done (longer where pods go later)")
	flag.StringVar(&o.out, "out", "docs/benchmarks.md", "file whose section gets the table; empty: print it only")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "bench-traffic:", err)
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
	if err := prepare(ctx, c); err != nil {
		return err
	}
	var sections []section
	for _, way := range ways {
		if !slices.Contains(strings.Split(o.ways, ","), way.short) {
			continue
		}
		s, err := measure(ctx, c, o, way, false)
		if err != nil {
			return fmt.Errorf("%s: %w", way.name, err)
		}
		sections = append(sections, s)
	}
	if o.rude {
		s, err := measure(ctx, c, o, ways[len(ways)-1], true)
		if err != nil {
			return fmt.Errorf("rude application: %w", err)
		}
		sections = append(sections, s)
	}
	text := report(o, sections)
	fmt.Println(text)
	if o.out == "" {
		return nil
	}
	return keep(o.out, text)
}

// prepare installs Workbench and lets the gateway write down the requests that it answers with an error.
func prepare(ctx context.Context, c *cluster.Cluster) error {
	if err := c.InstallImages(ctx); err != nil {
		return err
	}
	if err := c.InstallWorkbench(ctx); err != nil {
		return err
	}
	_, err := c.Kubectl(ctx, `apiVersion: telemetry.istio.io/v1
kind: Telemetry
metadata: {name: errors, namespace: istio-system}
spec:
  accessLogging:
    - providers: [{name: envoy}]
      filter: {expression: "response.code >= 400"}
`, "apply", "-f", "-")
	return err
}
