package main

import (
	"fmt"
	"runtime"
	"strings"
	"time"

	"github.com/workbench-dev/workbench/test/bench/report"
)

// results is all that was measured.
type results struct {
	options options
	version string // of the browser
	sizes   []size
	frames  []glimpse
}

// size is what was measured with so many tasks; dashboard has nothing when its program holds no page.
type size struct {
	tasks, perNamespace      int
	console, dashboard       loads
	hubCalls, dashboardCalls []call
}

// markdown is the section of docs/benchmarks.md.
func (r results) markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "Measured on %s with `make bench-console`: Chromium %s without a window and without a graphics card, on %d CPUs for everything (API server, hub, browser). %s\n",
		time.Now().UTC().Format("2006-01-02 15:04 UTC"), r.version, runtime.NumCPU(), r.options.note)
	for _, s := range r.sizes {
		s.loaded(&b)
	}
	r.script(&b)
	r.framed(&b)
	r.called(&b)
	return b.String()
}

// loaded is how soon lists answer.
func (s size) loaded(b *strings.Builder) {
	fmt.Fprintf(b, "\n### The list with %s tasks, from the navigation on\n\n| | rows drawn, median | interactive, median | p90 | slowest | blocked, median | loads |\n|---|---:|---:|---:|---:|---:|---:|\n", thousands(s.tasks))
	row := func(name string, seen []arrival) {
		if len(seen) == 0 {
			return
		}
		pick := func(value func(arrival) float64, q float64) string {
			var values []float64
			for _, one := range seen {
				values = append(values, value(one))
			}
			return report.Seconds(quantile(values, q))
		}
		answered := func(a arrival) float64 { return a.Answered }
		fmt.Fprintf(b, "| %s | %s | **%s** | **%s** | %s | %s | %d |\n", name, pick(func(a arrival) float64 { return a.Rows }, 0.5),
			pick(answered, 0.5), pick(answered, 0.9), pick(answered, 1), pick(func(a arrival) float64 { return a.Blocked }, 0.5), len(seen))
	}
	row("empty cache (aim: 1.5 s)", s.console.Cold)
	row("filled cache (aim: 1.5 s)", s.console.Warm)
	row("empty cache, line with 40 ms and 10 Mbit/s", s.console.Slow)
	dashboard := fmt.Sprintf("dashboard of Argo Rollouts, one namespace with %d", s.perNamespace)
	row(dashboard+", empty cache", s.dashboard.Cold)
	row(dashboard+", filled cache", s.dashboard.Warm)
	row(dashboard+", empty cache, that line", s.dashboard.Slow)
	if len(s.console.Turned) > 0 {
		fmt.Fprintf(b, "\nFrom pressing \"next page\" until the next %d rows are drawn: median %s, p90 %s.\n", 50,
			report.Seconds(quantile(s.console.Turned, 0.5)), report.Seconds(quantile(s.console.Turned, 0.9)))
	}
}

// script is what a first load fetches.
func (r results) script(b *strings.Builder) {
	fmt.Fprintf(b, "\n### What a first load fetches, compressed as it comes over the wire\n\n| | scripts | files | unpacked | everything |\n|---|---:|---:|---:|---:|\n")
	row := func(name string, seen []arrival) {
		if len(seen) > 0 {
			a := seen[0]
			fmt.Fprintf(b, "| %s | **%s** | %d | %s | %s |\n", name, kilobytes(a.ScriptWire), a.Scripts, kilobytes(a.ScriptSize), kilobytes(a.Wire))
		}
	}
	last := r.sizes[len(r.sizes)-1]
	row("list of the console (aim: 350 kB)", last.console.Cold)
	row("dashboard of Argo Rollouts", last.dashboard.Cold)
}

// framed is how smooth the list is.
func (r results) framed(b *strings.Builder) {
	fmt.Fprintf(b, "\n### Time between frames with %s tasks, %d of them on the page\n\n| | median | p99 | longest (aim: 50 ms) | over 50 ms | frames | at work at a time: p99 | longest | rows changed |\n|---|---:|---:|---:|---:|---:|---:|---:|---:|\n",
		thousands(r.options.tasks), r.options.rows)
	for _, g := range r.frames {
		over := 0
		for _, one := range g.frames.Frames {
			if one > 50 {
				over++
			}
		}
		figure := func(of []float64, q float64) string { return report.Millis(quantile(of, q)) }
		fmt.Fprintf(b, "| %s | %s | %s | **%s** | %d | %d | %s | **%s** | %d |\n", g.name, figure(g.frames.Frames, 0.5), figure(g.frames.Frames, 0.99), figure(g.frames.Frames, 1),
			over, len(g.frames.Frames), figure(g.frames.Work, 0.99), figure(g.frames.Work, 1), g.frames.Changed)
	}
	for _, g := range r.frames {
		if len(g.frames.Long) == 0 {
			continue
		}
		fmt.Fprintf(b, "\nFrames in which the page itself was busy for more than 50 ms while %s: %d. The longest:\n\n", g.name, len(g.frames.Long))
		for _, one := range longest(g.frames.Long, 3) {
			fmt.Fprintf(b, "- %.0f ms, of which style, layout and drawing %.0f ms", one.Duration, one.Drawing)
			for _, script := range one.Scripts {
				fmt.Fprintf(b, "; %s %.0f ms", strings.TrimSpace(script.Name), script.Duration)
			}
			fmt.Fprintln(b)
		}
	}
}

// called is how soon the APIs answer a page.
func (r results) called(b *strings.Builder) {
	fmt.Fprintf(b, "\n### The list's call, by `fetch` in a page\n\n| | median | p90 | over the wire | unpacked | calls |\n|---|---:|---:|---:|---:|---:|\n")
	row := func(name string, calls []call) {
		if len(calls) == 0 {
			return
		}
		var took []float64
		for _, one := range calls {
			took = append(took, one.Took)
		}
		fmt.Fprintf(b, "| %s | %s | %s | %s | %s | %d |\n", name, report.Millis(quantile(took, 0.5)), report.Millis(quantile(took, 0.9)),
			kilobytes(calls[0].Wire), kilobytes(calls[0].Size), len(calls))
	}
	for _, s := range r.sizes {
		row(fmt.Sprintf("hub: first 50 of %s tasks, those that wait for somebody first", thousands(s.tasks)), s.hubCalls)
		row(fmt.Sprintf("dashboard of Argo Rollouts: one namespace with %d, of %s", s.perNamespace, thousands(s.tasks)), s.dashboardCalls)
	}
	if len(r.sizes[0].dashboard.Cold) == 0 {
		fmt.Fprintf(b, "\nThe dashboard's page was not loaded: the Go module that its program is built from comes without it. `-dashboard` takes a released kubectl plugin, which holds it.\n")
	}
}
