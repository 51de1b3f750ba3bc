package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/workbench-dev/workbench/internal/loadgen"
	"github.com/workbench-dev/workbench/test/e2e/cluster"
)

// row is what was measured of one kind of release.
type row struct {
	way, version string
	// took are the times from the first answer of the bad version to the last one, of releases that were sent back.
	took []time.Duration
	// after are the times from the verdict, known to the second, to the last answer.
	after []time.Duration
	// kept is how many releases were not sent back while there was patience; good ones should all be.
	kept int
	// bad is how many answers of the bad version customers got, failed how many requests failed that it did not answer.
	bad, failed int64
	// late says that the machine was too busy to keep the rate.
	late string
}

// bench is one way being measured.
type bench struct {
	ctx  context.Context
	c    *cluster.Cluster
	o    options
	app  cluster.App
	load *loadgen.Recorder
}

// measure brings the application up in a namespace of its own, puts it under load and releases.
func measure(ctx context.Context, c *cluster.Cluster, o options, name string, make func(*bench) way) ([]row, error) {
	namespace := "verdict-" + name
	b := &bench{ctx: ctx, c: c, o: o, app: cluster.App{
		Namespace: namespace, Name: "web", Version: "v1", Instances: o.instances, Ready: time.Second, Host: namespace + ".local", Service: true,
	}}
	if err := b.begin(); err != nil {
		return nil, err
	}
	defer func() {
		if _, err := c.Kubectl(context.WithoutCancel(ctx), "", "delete", "namespace", namespace, "--wait=false"); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
	}()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var err error
	if b.load, err = loadgen.Start(ctx, loadgen.Config{URL: "http://" + c.Gateway + "/", Host: b.app.Host, RPS: o.rps}); err != nil {
		return nil, err
	}
	w := make(b)
	if err := w.prepare(); err != nil {
		return nil, err
	}
	runs, good := o.runs, o.good
	if name != "workbench" {
		runs, good = min(runs, 1), 0
	}
	var rows []row
	for _, version := range strings.Split(o.versions, ",") {
		r, err := b.badReleases(w, name, version, runs)
		rows = append(rows, r)
		if err != nil {
			return rows, err
		}
	}
	if good > 0 {
		r, err := b.goodReleases(w, name, good)
		rows = append(rows, r)
		if err != nil {
			return rows, err
		}
	}
	return rows, nil
}

func (b *bench) begin() error {
	if _, err := b.c.Kubectl(b.ctx, "", "create", "namespace", b.app.Namespace); err != nil {
		return err
	}
	if _, err := b.c.Kubectl(b.ctx, b.app.Manifests(), "apply", "-f", "-"); err != nil {
		return err
	}
	if err := b.kubectl("rollout", "status", "deployment/web", "--timeout=2m"); err != nil {
		return err
	}
	return b.until(time.Minute, "the gateway to lead to the application", func() (bool, error) {
		r, err := loadgen.Run(b.ctx, loadgen.Config{URL: "http://" + b.c.Gateway + "/", Host: b.app.Host, RPS: 50, Duration: time.Second})
		if err != nil {
			return false, err
		}
		count := r.Snapshot()
		return count.Failed == 0 && count.OK > 0, nil
	})
}

// settle is how long to count on after a release is over: requests under way end, and proxies have heard.
const settle = 3 * time.Second

// badReleases releases a bad version so many times and waits until it is sent back.
func (b *bench) badReleases(w way, name, version string, runs int) (row, error) {
	r := row{way: name, version: version}
	whole := b.load.Snapshot()
	for n := range runs {
		before := b.load.Snapshot()
		if err := w.release(version); err != nil {
			return r, err
		}
		seen := b.watch(before, version)
		err := b.until(b.o.patience, "the release to be sent back", w.sentBack)
		if b.ctx.Err() != nil {
			return r, b.ctx.Err()
		}
		kept := err != nil
		if kept {
			r.kept++
			if err := w.abort(); err != nil {
				return r, err
			}
		}
		if err := b.pass(settle); err != nil {
			return r, err
		}
		first, last := seen()
		if first.IsZero() {
			return r, fmt.Errorf("%s: no answer of %s was seen", name, version)
		}
		if !kept {
			r.took = append(r.took, last.Sub(first))
			if verdict := w.verdictAt(); !verdict.IsZero() {
				r.after = append(r.after, max(0, last.Sub(verdict)))
			}
		}
		counted := b.load.Snapshot().Since(before)
		r.bad += counted.Versions[version].Total()
		r.failed += counted.Failed - counted.Versions[version].Failed
		fmt.Fprintf(os.Stderr, "%s %s %d: %s, %d answers of it\n", name, version, n+1, duration(last.Sub(first)), counted.Versions[version].Total())
		if err := w.recover(); err != nil {
			return r, err
		}
	}
	r.late = lateness(b.load.Snapshot().Since(whole))
	return r, nil
}

// goodReleases releases v2 and v1 in turn, one as good as the other, and counts those that are sent back.
func (b *bench) goodReleases(w way, name string, runs int) (row, error) {
	r := row{way: name, version: "good"}
	whole := b.load.Snapshot()
	version := "v2"
	for n := range runs {
		if err := w.release(version); err != nil {
			return r, err
		}
		back := false
		err := b.until(b.o.patience, "the release to end", func() (bool, error) {
			var err error
			if back, err = w.sentBack(); back || err != nil {
				return back, err
			}
			return w.released(version)
		})
		if err != nil {
			return r, err
		}
		fmt.Fprintf(os.Stderr, "%s good release %d of %d: sent back %t%s\n", name, n+1, runs, back, w.why())
		if back {
			r.took = append(r.took, 0)
			if err := w.recover(); err != nil {
				return r, err
			}
			continue
		}
		r.kept++
		version = map[string]string{"v1": "v2", "v2": "v1"}[version]
	}
	counted := b.load.Snapshot().Since(whole)
	r.failed, r.late = counted.Failed, lateness(counted)
	return r, nil
}

// watch notes, twenty times a second, when a version's first and newest answer came. Call what it returns to end it.
func (b *bench) watch(before loadgen.Snapshot, version string) func() (first, last time.Time) {
	var first, last time.Time
	ctx, cancel := context.WithCancel(b.ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(50 * time.Millisecond)
		defer tick.Stop()
		seen := int64(0)
		for {
			now := b.load.Snapshot()
			if n := now.Since(before).Versions[version].Total(); n > seen {
				if first.IsZero() {
					first = now.To
				}
				seen, last = n, now.To
			}
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
		}
	}()
	return func() (time.Time, time.Time) {
		cancel()
		<-ended
		return first, last
	}
}

func lateness(s loadgen.Snapshot) string {
	if s.KeptUp() {
		return ""
	}
	return fmt.Sprintf("%.1f %% late, at most %s", 100*float64(s.Late+s.Missed)/float64(max(s.Due, 1)), s.MaxLag.Round(time.Millisecond))
}

func (b *bench) kubectl(args ...string) error {
	_, err := b.c.Kubectl(b.ctx, "", append([]string{"-n", b.app.Namespace}, args...)...)
	return err
}

// until looks ten times a second.
func (b *bench) until(most time.Duration, what string, done func() (bool, error)) error {
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
			return fmt.Errorf("waiting for %s: %w", what, errors.Join(ctx.Err(), err))
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

func duration(d time.Duration) string { return fmt.Sprintf("%.1f s", d.Seconds()) }

// table tells what was measured.
func table(o options, rows []row) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%.0f requests/s, first step 10 %%; times from the bad version's first answer to its last.\n\n", o.rps)
	fmt.Fprintf(&b, "| way | version | releases | sent back | median | longest | after the verdict, longest | answers of the bad version | failed otherwise | load |\n|---|---|---|---|---|---|---|---|---|---|\n")
	for _, r := range rows {
		median, longest, after, bad := "–", "–", "–", fmt.Sprint(r.bad)
		if len(r.after) > 0 {
			after = duration(slices.Max(r.after))
		}
		if r.version == "good" {
			bad = "–"
		} else if len(r.took) > 0 {
			sorted := slices.Sorted(slices.Values(r.took))
			median, longest = duration(sorted[len(sorted)/2]), duration(sorted[len(sorted)-1])
		}
		fmt.Fprintf(&b, "| %s | %s | %d | %d | %s | %s | %s | %s | %d | %s |\n", r.way, r.version, len(r.took)+r.kept, len(r.took), median, longest, after, bad, r.failed, r.late)
	}
	return b.String()
}
