package main

import (
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"
)

// begin and end mark the part of the file that is written here.
const (
	beginMark = "<!-- begin: make bench-hub -->"
	endMark   = "<!-- end: make bench-hub -->"
)

// results is all that was measured; what was not is nil.
type results struct {
	options    options
	controller *controllerFigures
	hub        *hubFigures
	dashboard  *dashboardFigures
}

// markdown is the section of docs/benchmarks.md.
func (r results) markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "Measured on %s with `make bench-hub`: %d CPUs for everything (API server, what is measured, and who asks), %d release tasks in %d namespaces.\n",
		time.Now().UTC().Format("2006-01-02 15:04 UTC"), runtime.NumCPU(), r.options.tasks, r.options.namespaces)
	if c := r.controller; c != nil {
		fmt.Fprintf(&b, "\n### The controller with %d tasks at rest\n\n| | measured | aim |\n|---|---:|---:|\n", r.options.tasks)
		fmt.Fprintf(&b, "| from its start until all are reconciled | %s | 60 s |\n", seconds(c.reconciled))
		fmt.Fprintf(&b, "| memory at rest (most ever) | %s (%s) | 500 MB |\n", megabytes(c.memory), megabytes(c.peak))
		fmt.Fprintf(&b, "| processor when idle, over %s | %.2f %% of a core | 1 %% |\n", c.watched, 100*c.idle)
		fmt.Fprintf(&b, "| requests that change anything | %.0f | 0 |\n", c.writes)
	}
	r.people(&b)
	return b.String()
}

// people compares the hub with the dashboard of Argo Rollouts.
func (r results) people(b *strings.Builder) {
	if h := r.hub; h != nil {
		o := r.options.hub
		fmt.Fprintf(b, "\n### The hub, %d people at once, each asking about once a second\n\n| | median | p99 | slowest | asked |\n|---|---:|---:|---:|---:|\n", o.people)
		var all []time.Duration
		for _, q := range questions {
			times := h.looks[q.name]
			all = append(all, times...)
			fmt.Fprintf(b, "| %s | %s | %s | %s | %d |\n", q.name, millis(quantile(times, 0.5)), millis(quantile(times, 0.99)), millis(quantile(times, 1)), len(times))
		}
		fmt.Fprintf(b, "| **all** (aim: p99 50 ms) | **%s** | **%s** | **%s** | **%d** |\n", millis(quantile(all, 0.5)), millis(quantile(all, 0.99)), millis(quantile(all, 1)), len(all))
		fmt.Fprintf(b, "| a change until one of %d streams has it (aim: p99 500 ms) | %s | %s | %s | %d |\n", o.streams, millis(quantile(h.delays, 0.5)), millis(quantile(h.delays, 0.99)), millis(quantile(h.delays, 1)), len(h.delays))
		fmt.Fprintf(b, "\n%d looks failed, %d changes were missed by a stream. The first page is %.1f kB over the wire. From the start until the full list: %s (aim: 10 s). Memory with all streams open: %s, most ever %s (aim: 300 MB).\n",
			h.failed, h.missing, float64(h.bytes)/1e3, seconds(h.coldStart), megabytes(h.memory), megabytes(h.peak))
	}
	if d := r.dashboard; d != nil {
		fmt.Fprintf(b, "\n### The dashboard of Argo Rollouts, list of all namespaces\n\n| | median | slowest | calls |\n|---|---:|---:|---:|\n")
		fmt.Fprintf(b, "| one person | %s | %s | %d |\n", seconds(quantile(d.one, 0.5)), seconds(quantile(d.one, 1)), len(d.one))
		fmt.Fprintf(b, "| %d people at once | %s | %s | %d |\n", r.options.dashboard.people, seconds(quantile(d.many, 0.5)), seconds(quantile(d.many, 1)), len(d.many))
		fmt.Fprintf(b, "\nIts answer has %s, its memory reached %s; %d calls had no answer within %s. It has neither pages nor filters: this is what each look costs.\n",
			megabytes(d.bytes), megabytes(d.peak), d.late, dashboardPatience)
	}
}

// quantile is the smallest of the times that a share q of them does not exceed; 0 when there are none.
func quantile(times []time.Duration, q float64) time.Duration {
	if len(times) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(times))
	return sorted[min(int(q*float64(len(sorted))), len(sorted)-1)]
}

func seconds(d time.Duration) string {
	if d < time.Second {
		return fmt.Sprintf("%d ms", d.Milliseconds())
	}
	return fmt.Sprintf("%.1f s", d.Seconds())
}

func millis(d time.Duration) string { return fmt.Sprintf("%.1f ms", float64(d)/1e6) }

func megabytes(n int64) string { return fmt.Sprintf("%.0f MB", float64(n)/1e6) }

// keep replaces the section between the marks of a file, or adds it at the end.
func keep(path, text string) error {
	old, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	section := beginMark + "\n" + text + endMark
	before, rest, found := strings.Cut(string(old), beginMark)
	if !found {
		return os.WriteFile(path, []byte(string(old)+"\n## Many release tasks: the hub, the controller, the dashboard of Argo Rollouts\n\n"+section+"\n"), 0o644)
	}
	_, after, found := strings.Cut(rest, endMark)
	if !found {
		return fmt.Errorf("%s has %q but not %q: put it back, or remove both", path, beginMark, endMark)
	}
	return os.WriteFile(path, []byte(before+section+after), 0o644)
}
