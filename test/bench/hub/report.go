package main

import (
	"fmt"
	"runtime"
	"strings"
	"time"

	"github.com/workbench-dev/workbench/test/bench/report"
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
		fmt.Fprintf(&b, "| from its start until all are reconciled | %s | 60 s |\n", report.Seconds(c.reconciled))
		fmt.Fprintf(&b, "| memory at rest (most ever) | %s (%s) | 500 MB |\n", report.Megabytes(c.memory), report.Megabytes(c.peak))
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
			fmt.Fprintf(b, "| %s | %s | %s | %s | %d |\n", q.name, report.Millis(report.Quantile(times, 0.5)), report.Millis(report.Quantile(times, 0.99)), report.Millis(report.Quantile(times, 1)), len(times))
		}
		fmt.Fprintf(b, "| **all** (aim: p99 50 ms) | **%s** | **%s** | **%s** | **%d** |\n", report.Millis(report.Quantile(all, 0.5)), report.Millis(report.Quantile(all, 0.99)), report.Millis(report.Quantile(all, 1)), len(all))
		fmt.Fprintf(b, "| a change until one of %d streams has it (aim: p99 500 ms) | %s | %s | %s | %d |\n", o.streams, report.Millis(report.Quantile(h.delays, 0.5)), report.Millis(report.Quantile(h.delays, 0.99)), report.Millis(report.Quantile(h.delays, 1)), len(h.delays))
		fmt.Fprintf(b, "\n%d looks failed, %d changes were missed by a stream. The first page is %.1f kB over the wire. From the start until the full list: %s (aim: 10 s). Memory with all streams open: %s, most ever %s (aim: 300 MB).\n",
			h.failed, h.missing, float64(h.bytes)/1e3, report.Seconds(h.coldStart), report.Megabytes(h.memory), report.Megabytes(h.peak))
	}
	if d := r.dashboard; d != nil {
		fmt.Fprintf(b, "\n### The dashboard of Argo Rollouts, list of all namespaces\n\n| | median | slowest | calls |\n|---|---:|---:|---:|\n")
		fmt.Fprintf(b, "| one person | %s | %s | %d |\n", report.Seconds(report.Quantile(d.one, 0.5)), report.Seconds(report.Quantile(d.one, 1)), len(d.one))
		if len(d.many) > 0 {
			fmt.Fprintf(b, "| %d people at once | %s | %s | %d |\n", r.options.dashboard.people, report.Seconds(report.Quantile(d.many, 0.5)), report.Seconds(report.Quantile(d.many, 1)), len(d.many))
		} else {
			fmt.Fprintf(b, "| %d people at once | none was answered | – | %d |\n", r.options.dashboard.people, d.late)
		}
		fmt.Fprintf(b, "\nIts answer has %s, its memory reached %s; %d calls had no answer within %s. It has neither pages nor filters: this is what each look costs.\n",
			report.Megabytes(d.bytes), report.Megabytes(d.peak), d.late, dashboardPatience)
	}
}
