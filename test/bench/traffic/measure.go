package main

import (
	"context"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/workbench-dev/workbench/internal/loadgen"
	"github.com/workbench-dev/workbench/test/e2e/cluster"
)

// row is one transition as it was measured.
type row struct {
	transition string
	sent       int64
	failed     int64
	// took is the time from the first write to the state that was wanted; negative when it never came about.
	took time.Duration
	note string
}

// section is one way with its rows.
type section struct {
	way  string
	rude bool
	rows []row
	// late and missed are requests that the generator itself sent too late or not at all.
	late, missed int64
	maxLag       time.Duration
	p99          time.Duration
}

// bench is one way being measured.
type bench struct {
	ctx     context.Context
	c       *cluster.Cluster
	o       options
	app     cluster.App
	load    *loadgen.Recorder
	section section
	// ends is that of the way.
	ends bool
}

// measure brings the application up in a namespace of its own, puts it under load and walks through all transitions.
func measure(ctx context.Context, c *cluster.Cluster, o options, way way, rude bool) (section, error) {
	namespace := "bench-" + way.short
	if rude {
		namespace += "-rude"
	}
	b := &bench{ctx: ctx, c: c, o: o, ends: way.ends, section: section{way: way.name, rude: rude}}
	b.app = cluster.App{Namespace: namespace, Name: "web", Version: "v1", Instances: o.instances, Ready: o.ready, Rude: rude, Host: namespace + ".local", Service: true}
	if err := b.begin(); err != nil {
		return b.section, err
	}
	ctx, cancel := context.WithCancel(ctx)
	var err error
	b.load, err = loadgen.Start(ctx, loadgen.Config{URL: "http://" + c.Gateway + "/", Host: b.app.Host, RPS: o.rps})
	if err != nil {
		cancel()
		return b.section, err
	}
	err = b.transition("nothing (baseline)", patience, 5*time.Second, func() error { return nil }, always)
	if err == nil {
		err = walk(b, way.engine(b))
	}
	cancel()
	b.load.Wait()
	total := b.load.Snapshot()
	b.section.late, b.section.missed, b.section.maxLag, b.section.p99 = total.Late, total.Missed, total.MaxLag, total.Latency.Quantile(0.99)
	if _, gone := c.Kubectl(context.WithoutCancel(ctx), "", "delete", "namespace", namespace, "--wait=false"); gone != nil {
		fmt.Fprintln(os.Stderr, gone)
	}
	return b.section, err
}

func (b *bench) begin() error {
	_, err := b.c.Kubectl(b.ctx, "", "create", "namespace", b.app.Namespace)
	if err != nil {
		return err
	}
	if _, err := b.c.Kubectl(b.ctx, b.app.Manifests(), "apply", "-f", "-"); err != nil {
		return err
	}
	if _, err := b.c.Kubectl(b.ctx, "", "-n", b.app.Namespace, "rollout", "status", "deployment/web", "--timeout=2m"); err != nil {
		return err
	}
	return b.until(time.Minute, func() (bool, error) {
		r, err := loadgen.Run(b.ctx, loadgen.Config{URL: "http://" + b.c.Gateway + "/", Host: b.app.Host, RPS: 50, Duration: time.Second})
		if err != nil {
			return false, err
		}
		count := r.Snapshot()
		return count.Failed == 0 && count.OK > 0, nil
	})
}

func always() (bool, error) { return true, nil }

// transition does something, waits until what is wanted has come about, goes on counting for a while and records.
func (b *bench) transition(name string, most, tail time.Duration, do func() error, done func() (bool, error)) error {
	before := b.load.Snapshot()
	began := time.Now()
	if err := do(); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	r := row{transition: name, took: -1}
	if err := b.until(most, done); err == nil {
		r.took = time.Since(began)
	} else if b.ctx.Err() != nil {
		return b.ctx.Err()
	}
	if err := b.pass(tail); err != nil {
		return err
	}
	d := b.load.Snapshot().Since(before)
	r.sent, r.failed = d.OK+d.Failed, d.Failed
	r.note = b.explain(d, began)
	b.section.rows = append(b.section.rows, r)
	fmt.Fprintf(os.Stderr, "%s %-36s %6d sent %6d failed  %s  %s\n", b.section.way, name, r.sent, r.failed, duration(r.took), r.note)
	return nil
}

// until looks ten times a second.
func (b *bench) until(most time.Duration, done func() (bool, error)) error {
	ctx, cancel := context.WithTimeout(b.ctx, most)
	defer cancel()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		ok, err := done()
		if ok && err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			if err != nil {
				return err
			}
			return ctx.Err()
		case <-tick.C:
		}
	}
}

// pass lets time go by: what is measured is what happens meanwhile.
func (b *bench) pass(d time.Duration) error {
	select {
	case <-b.ctx.Done():
		return b.ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// explain says what failed: kinds with counts, when after the first write, and Envoy's response flags.
func (b *bench) explain(d loadgen.Snapshot, began time.Time) string {
	if d.Failed == 0 {
		return ""
	}
	var words []string
	for _, reason := range slices.Sorted(maps.Keys(d.Reasons)) {
		words = append(words, fmt.Sprintf("%d × %s", d.Reasons[reason], reason))
	}
	last := d.LastFailure.Sub(began).Seconds()
	if d.FirstFailure.IsZero() { // the generator remembers the moments of the first thousand failures of a run
		words = append(words, fmt.Sprintf("until %.1f s after the first write", last))
	} else {
		words = append(words, fmt.Sprintf("%.1f s to %.1f s after the first write", d.FirstFailure.Sub(began).Seconds(), last))
	}
	if flags := b.flags(began); flags != "" {
		words = append(words, "Envoy: "+flags)
	}
	return strings.Join(words, "; ")
}

// flags counts the response flags with details that the gateway wrote down since a moment.
func (b *bench) flags(since time.Time) string {
	out, err := b.c.Kubectl(b.ctx, "", "-n", "istio-system", "logs", "-l", "istio=ingressgateway", "--tail=-1", "--since-time="+since.UTC().Format(time.RFC3339))
	if err != nil {
		return ""
	}
	counts := map[string]int{}
	for line := range strings.SplitSeq(out, "\n") {
		// [time] "GET / HTTP/1.1" 503 UC upstream_reset_before_response_started{connection_termination} …
		_, rest, found := strings.Cut(line, `HTTP/1.1" `)
		if f := strings.Fields(rest); found && len(f) > 2 && strings.Contains(line, b.app.Host) {
			counts[f[0]+" "+f[1]+" "+f[2]]++
		}
	}
	var words []string
	for _, k := range slices.Sorted(maps.Keys(counts)) {
		words = append(words, fmt.Sprintf("%d × %s", counts[k], k))
	}
	return strings.Join(words, ", ")
}

func duration(d time.Duration) string {
	if d < 0 {
		return "never"
	}
	return fmt.Sprintf("%.1f s", d.Seconds())
}
