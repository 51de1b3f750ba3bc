package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/workbench-dev/workbench/api/v1alpha1"
)

// bad is the version that fails one request in five.
const bad = "v3"

// goesBack turns the analysis on, releases the bad version and waits until it has gone back by itself.
func (d *demo) goesBack(ctx context.Context) error {
	s := d.screen
	s.heading("Version 3 fails one request in five, and goes back by itself")
	if err := d.shown(ctx, "release", "update", checkout, "-n", shop, "--analysis", "default"); err != nil {
		return err
	}
	before, err := d.count(ctx)
	if err != nil {
		return err
	}
	if err := d.startRelease(ctx, bad); err != nil {
		return err
	}
	var first time.Time
	running := false
	var failed error
	err = wait(ctx, releaseLimit, "version 3 going back", func(ctx context.Context) (bool, string, error) {
		task, err := d.task(ctx)
		if err != nil {
			return false, "", err
		}
		now, err := d.count(ctx)
		if err != nil {
			return false, "", err
		}
		if first.IsZero() && now.Since(before).Versions[bad].Total() > 0 {
			first = time.Now()
		}
		s.live("  " + sentence(task.Status.Message))
		running = running || task.Status.Release != nil
		switch phase := task.Status.Phase; {
		case !running:
		case phase == v1alpha1.PhaseHealthy, phase == v1alpha1.PhaseTerminated:
			failed = fmt.Errorf("version 3 did not go back by itself: %s", task.Status.Message)
			return true, "", nil
		case phase == v1alpha1.PhaseFailed:
			return task.Status.Canary != nil && task.Status.Canary.Weight == 0, task.Status.Message, nil
		}
		return false, task.Status.Message, nil
	})
	if err := errors.Join(err, failed); err != nil {
		return err
	}
	took := time.Since(first)
	task, err := d.task(ctx)
	if err != nil {
		return err
	}
	now, err := d.count(ctx)
	if err != nil {
		return err
	}
	counted := now.Since(before)
	of := counted.Versions[bad]
	s.line("  %s", sentence(task.Status.Message))
	s.line("")
	s.line("  Customers got %d answers of version 3 within %.0f seconds, %s of them errors; %s of the other %d failed.",
		of.Total(), took.Seconds(), s.style(red, fmt.Sprint(of.Failed)), s.style(colorOf(counted.Failed-of.Failed), fmt.Sprint(counted.Failed-of.Failed)), counted.OK+counted.Failed-of.Total())
	return nil
}
