// Command hub measures what the hub and the controller need for many release tasks, beside the dashboard of Argo
// Rollouts with the same ones: 10,000 release tasks, at rest, in 200 namespaces of a real API server.
//
//	go run ./test/bench/hub            # from the project's folder, after make build; see -help
//
// It prints tables and keeps them in docs/benchmarks.md. It is a measurement, no test: it says what it saw, and fails
// only when it could not measure.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/workbench-dev/workbench/test/bench/fleet"
	"github.com/workbench-dev/workbench/test/bench/report"
)

type options struct {
	tasks, namespaces int
	idle              time.Duration
	parts             string
	out               string
	hub               hubOptions
	dashboard         dashboardOptions
}

func main() {
	o := options{}
	flag.IntVar(&o.tasks, "tasks", 10_000, "release tasks")
	flag.IntVar(&o.namespaces, "namespaces", 200, "namespaces that they are spread over")
	flag.StringVar(&o.parts, "parts", "controller,hub,dashboard", "what to measure")
	flag.DurationVar(&o.idle, "idle", time.Minute, "how long to look at the idle controller")
	flag.IntVar(&o.hub.people, "people", 50, "people who look at the list at once")
	flag.IntVar(&o.hub.looks, "looks", 40, "how often each of them looks")
	flag.IntVar(&o.hub.streams, "streams", 200, "open event streams")
	flag.IntVar(&o.hub.events, "events", 300, "changes of tasks whose way to the streams is timed")
	flag.IntVar(&o.dashboard.calls, "dashboard-calls", 5, "list calls to the dashboard of Argo Rollouts, one after the other")
	flag.IntVar(&o.dashboard.people, "dashboard-people", 10, "people who then call it at once")
	flag.StringVar(&o.out, "out", "docs/benchmarks.md", "file whose section gets the tables; empty: print them only")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "bench-hub:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, o options) (err error) {
	b, err := fleet.Launch(ctx, "bench-hub", o.namespaces)
	if err != nil {
		return err
	}
	defer func() {
		if closed := b.Close(err); err == nil {
			err = closed
		}
	}()
	b.Say("creating %d release tasks and what belongs to them", o.tasks)
	if err := b.Fleet.Grow(ctx, o.tasks); err != nil {
		return err
	}
	r := results{options: o}
	if wanted(o, "controller") {
		b.Say("starting the controller")
		figures, err := measureController(ctx, b, o.tasks, o.idle)
		if err != nil {
			return err
		}
		r.controller = &figures
	}
	if err := b.Fleet.Stir(ctx); err != nil {
		return err
	}
	if wanted(o, "hub") {
		b.Say("starting the hub")
		figures, err := measureHub(ctx, b, o.hub)
		if err != nil {
			return err
		}
		r.hub = &figures
	}
	if wanted(o, "dashboard") {
		b.Say("starting the dashboard of Argo Rollouts")
		figures, err := measureDashboard(ctx, b, o.dashboard)
		if err != nil {
			return err
		}
		r.dashboard = &figures
	}
	text := r.markdown()
	fmt.Println(text)
	if o.out == "" {
		return nil
	}
	return report.Keep(o.out, "make bench-hub", "Many release tasks: the hub, the controller, the dashboard of Argo Rollouts", text)
}

func wanted(o options, part string) bool { return slices.Contains(strings.Split(o.parts, ","), part) }
