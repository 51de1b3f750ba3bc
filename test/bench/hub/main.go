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
	"net/url"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/workbench-dev/workbench/internal/apitest"
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

// bench is where a measurement runs.
type bench struct {
	dir        string
	kubeconfig string
	host       string // of the API server, as in metrics of its clients
	fleet      *fleet
	began      time.Time
}

// say tells how far the measurement is.
func (b *bench) say(format string, args ...any) {
	fmt.Fprintf(os.Stderr, "%6s  %s\n", time.Since(b.began).Round(time.Second), fmt.Sprintf(format, args...))
}

func run(ctx context.Context, o options) (err error) {
	b := &bench{began: time.Now()}
	if b.dir, err = os.MkdirTemp("", "workbench-bench-hub-"); err != nil {
		return err
	}
	server, err := apitest.Launch()
	if err != nil {
		return err
	}
	defer func() {
		if stopped := server.Stop(); err == nil {
			err = stopped
		}
	}()
	if err := server.InstallDefinitions(ctx); err != nil {
		return err
	}
	address, err := url.Parse(server.Config.Host)
	if err != nil {
		return err
	}
	b.kubeconfig, b.host = server.Kubeconfig, address.Host
	if b.fleet, err = newFleet(server.Config, o.tasks, o.namespaces); err != nil {
		return err
	}
	b.say("creating %d release tasks and what belongs to them", o.tasks)
	if err := b.fleet.settle(ctx); err != nil {
		return err
	}
	r := results{options: o}
	if wanted(o, "controller") {
		b.say("starting the controller")
		figures, err := measureController(ctx, b, o.tasks, o.idle)
		if err != nil {
			return err
		}
		r.controller = &figures
	}
	if err := b.fleet.stir(ctx); err != nil {
		return err
	}
	if wanted(o, "hub") {
		b.say("starting the hub")
		figures, err := measureHub(ctx, b, o.hub)
		if err != nil {
			return err
		}
		r.hub = &figures
	}
	if wanted(o, "dashboard") {
		b.say("starting the dashboard of Argo Rollouts")
		figures, err := measureDashboard(ctx, b, o.dashboard)
		if err != nil {
			return err
		}
		r.dashboard = &figures
	}
	text := r.markdown()
	fmt.Println(text)
	if err := os.RemoveAll(b.dir); err != nil || o.out == "" {
		return err
	}
	return keep(o.out, text)
}

func wanted(o options, part string) bool { return slices.Contains(strings.Split(o.parts, ","), part) }
