package main

import (
	"context"
	"fmt"
	"time"
)

// controllerFigures is what `workbench controller` needs for a fleet at rest.
type controllerFigures struct {
	reconciled   time.Duration // from the start until every task was reconciled
	memory, peak int64         // bytes, at rest after that
	idle         float64       // cores used at rest
	writes       float64       // requests that changed anything: none are due
	watched      time.Duration // for how long it was looked at while idle
}

const controllerMetrics = "http://127.0.0.1:19180/metrics"

func measureController(ctx context.Context, b *bench, tasks int, idle time.Duration) (figures controllerFigures, err error) {
	p, err := start(b.dir, "controller", []string{"KUBECONFIG=" + b.kubeconfig}, "bin/workbench", "controller",
		"--leader-elect=false", "--metrics-bind-address=127.0.0.1:19180", "--health-probe-bind-address=0")
	if err != nil {
		return figures, err
	}
	defer p.stop()
	const (
		rounds  = `controller_runtime_reconcile_total{controller="releasetask"`
		waiting = `workqueue_depth{controller="releasetask"`
		active  = `controller_runtime_active_workers{controller="releasetask"`
	)
	err = p.until(ctx, 10*time.Minute, "every task was reconciled", func() bool {
		m, err := scrape(controllerMetrics, rounds, waiting, active)
		return err == nil && m[rounds] >= float64(tasks) && m[waiting] == 0 && m[active] == 0
	})
	if err != nil {
		return figures, err
	}
	figures.reconciled = time.Since(p.started)
	b.say("all reconciled after %s; idle for %s", figures.reconciled.Round(time.Second), idle)
	// What the start left behind, such as garbage, is no part of being idle.
	if err := pause(ctx, 15*time.Second); err != nil {
		return figures, err
	}
	before := p.processor()
	if err := pause(ctx, idle); err != nil {
		return figures, err
	}
	figures.idle = (p.processor() - before).Seconds() / idle.Seconds()
	figures.watched = idle
	figures.memory, figures.peak = p.memory()
	var changing []string
	for _, method := range []string{"PATCH", "POST", "PUT", "DELETE"} {
		for _, code := range []string{"200", "201", "409", "422"} {
			changing = append(changing, fmt.Sprintf(`rest_client_requests_total{code=%q,host=%q,method=%q`, code, b.host, method))
		}
	}
	sums, err := scrape(controllerMetrics, changing...)
	for _, n := range sums {
		figures.writes += n
	}
	return figures, err
}

// pause waits unless the context ends before.
func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}
