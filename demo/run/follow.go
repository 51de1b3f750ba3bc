package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/workbench-dev/workbench/api/v1alpha1"
	"github.com/workbench-dev/workbench/internal/loadgen"
)

// releaseLimit is how long a release may take before the demo gives up.
const releaseLimit = 5 * time.Minute

// stage is a time in which the share of the new version stays the same.
type stage struct {
	number int32 // of the step; 0: between two steps
	weight int32
}

// follow shows a release until it is over, with the answers counted in each of its steps, and lets maria continue
// where it waits for a person.
func (d *demo) follow(ctx context.Context, from, to string) error {
	f := &follower{demo: d, from: from, to: to}
	f.header()
	if err := wait(ctx, releaseLimit, "the release", f.look); err != nil {
		return err
	}
	return f.failed
}

// follower holds what is known of the present stage.
type follower struct {
	*demo
	from, to string
	present  stage
	began    loadgen.Snapshot
	gateway0 gatewayCount
	waitedAt time.Time
	released time.Time
	seen     bool // a release was under way
	failed   error
}

func (f *follower) header() {
	f.screen.line("  %s", f.screen.style(dim, fmt.Sprintf("%-22s %10s %10s %8s %16s %8s", "", f.from, f.to, "share", "gateway: canary", "failed")))
}

// look is called again and again until it says that the release is over.
func (f *follower) look(ctx context.Context) (bool, string, error) {
	task, err := f.task(ctx)
	if err != nil {
		return false, "", err
	}
	status := task.Status
	now, gateway, err := f.countBoth(ctx)
	if err != nil {
		return false, "", err
	}

	next := f.stageOf(task)
	if next != f.present {
		f.row(f.screen.line, f.present, now, gateway, "")
		f.present, f.began, f.gateway0 = next, now, gateway
		f.waitedAt = time.Now()
	}
	f.row(f.screen.live, f.present, now, gateway, remaining(status.Step))
	if f.present.number == 0 {
		f.screen.live("  %s", f.screen.style(dim, sentence(status.Message)))
	}

	switch status.Phase {
	case v1alpha1.PhaseReleasing:
		f.seen = true
	case v1alpha1.PhaseWaiting:
		f.seen = true
		if time.Since(f.waitedAt) < pause {
			break
		}
		f.row(f.screen.line, f.present, now, gateway, "")
		f.present = stage{}
		f.screen.line("")
		f.screen.line("  The release waits for a person. Maria, who may edit the shop, continues:")
		if err := f.shown(ctx, "release", "continue", checkout, "-n", shop, "--as", maria); err != nil {
			f.failed = err
			return true, "", nil
		}
		f.screen.line("")
	case v1alpha1.PhaseFailed, v1alpha1.PhaseTerminated:
		if f.seen {
			f.failed = errors.New("the release went back: " + status.Message)
			return true, "", nil
		}
	case v1alpha1.PhaseHealthy:
		if !f.seen {
			break
		}
		if f.released.IsZero() {
			f.released = time.Now()
		}
		if time.Since(f.released) >= pause {
			f.row(f.screen.line, f.present, now, gateway, "")
			return true, "", nil
		}
	}
	return false, status.Message, nil
}

// stageOf says in which stage a release stands: one for each step whose weight is reached, and one for the end.
func (f *follower) stageOf(task *v1alpha1.ReleaseTask) stage {
	status := task.Status
	steps := int32(len(task.Spec.Strategy.Canary.Steps))
	if f.seen && status.Phase == v1alpha1.PhaseHealthy {
		return stage{number: steps + 1, weight: 100}
	}
	if s := status.Step; s != nil && s.Number <= steps && (s.WaitsFor == v1alpha1.WaitsForTime || s.WaitsFor == v1alpha1.WaitsForPerson) {
		return stage{number: s.Number, weight: s.Weight}
	}
	return stage{}
}

// row shows what was counted in a stage.
func (f *follower) row(show func(format string, args ...any), at stage, now loadgen.Snapshot, gateway gatewayCount, note string) {
	if at.number == 0 {
		return
	}
	counted := now.Since(f.began)
	before, after := counted.Versions[f.from].Total(), counted.Versions[f.to].Total()
	share := "–"
	if before+after > 0 {
		share = fmt.Sprintf("%.1f %%", 100*float64(after)/float64(before+after))
	}
	name := fmt.Sprintf("step %d, weight %d %%", at.number, at.weight)
	canary := fmt.Sprint(gateway.since(f.gateway0).subsets[v1alpha1.SubsetCanary])
	if at.weight == 100 {
		name, canary = "released, 100 %", "" // from here on both subsets hold the same version
	}
	show("  %-22s %10d %10d %8s %16s %8s  %s", name, before, after, share, canary,
		f.screen.style(colorOf(counted.Failed), fmt.Sprintf("%8d", counted.Failed)), f.screen.style(dim, note))
}

// remaining says what a step waits for.
func remaining(step *v1alpha1.StepStatus) string {
	switch {
	case step == nil:
		return ""
	case step.WaitsFor == v1alpha1.WaitsForPerson:
		return "waits for a person"
	case step.EndsAt != nil:
		return fmt.Sprintf("%d s left", max(0, int(time.Until(step.EndsAt.Time).Seconds())))
	}
	return ""
}
