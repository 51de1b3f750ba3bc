package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/workbench-dev/workbench/test/bench/fleet"
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

func measureController(ctx context.Context, b *fleet.Bench, tasks int, idle time.Duration) (figures controllerFigures, err error) {
	p, err := b.Start("controller", "bin/workbench", "controller",
		"--leader-elect=false", "--metrics-bind-address=127.0.0.1:19180", "--health-probe-bind-address=0")
	if err != nil {
		return figures, err
	}
	defer p.Stop()
	const (
		rounds  = `controller_runtime_reconcile_total{controller="releasetask"`
		waiting = `workqueue_depth{controller="releasetask"`
		active  = `controller_runtime_active_workers{controller="releasetask"`
	)
	err = p.Until(ctx, 10*time.Minute, "every task was reconciled", func() bool {
		m, err := scrape(controllerMetrics, rounds, waiting, active)
		return err == nil && m[rounds] >= float64(tasks) && m[waiting] == 0 && m[active] == 0
	})
	if err != nil {
		return figures, err
	}
	figures.reconciled = time.Since(p.Started)
	b.Say("all reconciled after %s; idle for %s", figures.reconciled.Round(time.Second), idle)
	// What the start left behind, such as garbage, is no part of being idle.
	if err := fleet.Pause(ctx, 15*time.Second); err != nil {
		return figures, err
	}
	before := p.Processor()
	if err := fleet.Pause(ctx, idle); err != nil {
		return figures, err
	}
	figures.idle = (p.Processor() - before).Seconds() / idle.Seconds()
	figures.watched = idle
	figures.memory, figures.peak = p.Memory()
	var changing []string
	for _, method := range []string{"PATCH", "POST", "PUT", "DELETE"} {
		for _, code := range []string{"200", "201", "409", "422"} {
			changing = append(changing, fmt.Sprintf(`rest_client_requests_total{code=%q,host=%q,method=%q`, code, b.Host, method))
		}
	}
	sums, err := scrape(controllerMetrics, changing...)
	for _, n := range sums {
		figures.writes += n
	}
	return figures, err
}

// scrape adds up the samples of each metric in the text format of Prometheus whose line starts with one of the prefixes.
func scrape(url string, prefixes ...string) (map[string]float64, error) {
	resp, err := (&http.Client{Timeout: 10 * time.Second}).Get(url)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	sums := map[string]float64{}
	lines := bufio.NewScanner(io.LimitReader(resp.Body, 16<<20))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		for _, prefix := range prefixes {
			if strings.HasPrefix(lines.Text(), prefix) {
				value, _ := strconv.ParseFloat(lines.Text()[strings.LastIndexByte(lines.Text(), ' ')+1:], 64)
				sums[prefix] += value
			}
		}
	}
	return sums, lines.Err()
}
