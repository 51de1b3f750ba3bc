// Command console measures the console in Chromium: how soon the list answers, and how long frames take while people
// scroll and releases go on, with few release tasks and with 10,000, beside the dashboard of Argo Rollouts.
//
//	go run ./test/bench/console        # from the project's folder, after make build; see -help
//
// It prints tables and keeps them in docs/benchmarks.md. It is a measurement, no test: it says what it saw, and fails
// only when it could not measure. What happens in the browser is in console/bench.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/workbench-dev/workbench/test/bench/fleet"
	"github.com/workbench-dev/workbench/test/bench/report"
)

type options struct {
	tasks, few, namespaces int
	loads, turns, calls    int
	rows                   int
	rate                   int
	look                   time.Duration
	browser, dashboard     string
	note, out              string
}

func main() {
	o := options{}
	flag.IntVar(&o.tasks, "tasks", 10_000, "release tasks")
	flag.IntVar(&o.few, "few", 8, "release tasks of the small list, as in the demo")
	flag.IntVar(&o.namespaces, "namespaces", 200, "namespaces that they are spread over")
	flag.IntVar(&o.loads, "loads", 30, "loads of each kind")
	flag.IntVar(&o.turns, "turns", 30, "pages of the list that are turned")
	flag.IntVar(&o.calls, "calls", 20, "list calls of each kind")
	flag.IntVar(&o.rows, "rows", 200, "rows of the page that is scrolled: the most that the console shows")
	flag.IntVar(&o.rate, "rate", 20, "tasks that change in a second while frames are timed")
	flag.DurationVar(&o.look, "look", 30*time.Second, "how long frames are timed, each way")
	flag.StringVar(&o.browser, "browser", "/usr/bin/chromium", "Chromium")
	flag.StringVar(&o.dashboard, "dashboard", "bin/argo-dashboard", "kubectl plugin of Argo Rollouts; released ones hold the dashboard's page, this one only what the page asks")
	flag.StringVar(&o.note, "note", "", "what a reader must know of the machine, after the first sentence")
	flag.StringVar(&o.out, "out", "docs/benchmarks.md", "file whose section gets the tables; empty: print them only")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "bench-console:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, o options) (err error) {
	b, err := fleet.Launch(ctx, "bench-console", o.namespaces)
	if err != nil {
		return err
	}
	defer func() {
		if closed := b.Close(err); err == nil {
			err = closed
		}
	}()
	r := results{options: o}
	if err := measure(ctx, b, o, &r); err != nil {
		return err
	}
	text := r.markdown()
	fmt.Println(text)
	if o.out == "" {
		return nil
	}
	return report.Keep(o.out, "make bench-console", "The console in the browser", text)
}

func measure(ctx context.Context, b *fleet.Bench, o options, r *results) error {
	person, err := begin(ctx, b)
	if err != nil {
		return err
	}
	w := &window{browser: o.browser, person: person}
	for _, tasks := range []int{o.few, o.tasks} {
		b.Say("creating the release tasks that %d lack", tasks)
		if err := b.Fleet.GrowListed(ctx, tasks); err != nil {
			return err
		}
		if err := b.Fleet.Stir(ctx); err != nil {
			return err
		}
		if err := measureSize(ctx, b, w, o, r); err != nil {
			return err
		}
	}
	return nil
}

// begin makes somebody who looks at the console.
func begin(ctx context.Context, b *fleet.Bench) (*fleet.Visitor, error) {
	hub, err := b.StartHub(ctx)
	if err != nil {
		return nil, err
	}
	defer hub.Stop()
	people, err := b.MakePeople(ctx, 1)
	if err != nil {
		return nil, err
	}
	return people[0], nil
}

// measureSize measures with the tasks that there are: loads and calls always, frames when there are pages of tasks.
func measureSize(ctx context.Context, b *fleet.Bench, w *window, o options, r *results) error {
	hub, err := b.StartHub(ctx)
	if err != nil {
		return err
	}
	defer hub.Stop()
	if err := b.UntilListed(ctx, hub, w.person); err != nil {
		return err
	}
	s := size{tasks: b.Fleet.Tasks}
	turns := o.turns
	if s.tasks <= o.rows {
		turns = 0
	}
	b.Say("%d tasks: loading the list", s.tasks)
	if s.console, err = w.loads(ctx, consoleList, o.loads, turns); err != nil {
		return err
	}
	b.Say("%d tasks: calling the hub", s.tasks)
	if s.hubCalls, err = w.calls(ctx, fleet.HubAddress, "/favicon.svg", "/api/v1/release-tasks?pageSize=50", o.calls); err != nil {
		return err
	}
	if err := measureDashboard(ctx, b, w, o, &s); err != nil {
		return err
	}
	if s.tasks > o.rows {
		if r.frames, err = measureFrames(ctx, b, w, o); err != nil {
			return err
		}
	}
	r.sizes = append(r.sizes, s)
	r.version = w.version
	return nil
}

// measureDashboard measures the dashboard of Argo Rollouts with the same tasks. It shows one namespace at a time.
func measureDashboard(ctx context.Context, b *fleet.Bench, w *window, o options, s *size) error {
	dashboard, err := b.StartDashboard(ctx, o.dashboard)
	if err != nil {
		return err
	}
	defer dashboard.Stop()
	b.Say("%d tasks: calling the dashboard of Argo Rollouts", s.tasks)
	namespace := b.Fleet.Namespace(0)
	s.perNamespace = (s.tasks + o.namespaces - 1) / o.namespaces
	if s.dashboardCalls, err = w.calls(ctx, fleet.DashboardAddress, "rollouts/", "/rollouts/api/v1/rollouts/"+namespace+"/info", o.calls); err != nil {
		return err
	}
	if !hasPage(ctx) {
		b.Say("%s holds no page: only its calls are measured", o.dashboard)
		return nil
	}
	b.Say("%d tasks: loading the dashboard of Argo Rollouts", s.tasks)
	list := dashboardList
	list.Stored = map[string]string{"namespace": namespace}
	s.dashboard, err = w.loads(ctx, list, o.loads, 0)
	return err
}
