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
	f.screen.line("  %s", f.screen.style(dim, fmt.Sprintf(rowFormat, "", f.from, f.to, "share", "Envoy", "failed")))
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
		f.keep(f.present, now, gateway)
		f.present, f.began, f.gateway0 = next, now, gateway
		f.waitedAt = time.Now()
	}
	if f.present.number == 0 {
		f.screen.live("  " + sentence(status.Message))
	} else {
		f.screen.live("  " + f.row(f.present, now, gateway) + "  " + remaining(status.Step))
	}

	switch status.Phase {
	case v1alpha1.PhaseReleasing:
		f.seen = true
	case v1alpha1.PhaseWaiting:
		f.seen = true
		if time.Since(f.waitedAt) < pause {
			break
		}
		f.keep(f.present, now, gateway)
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
			f.keep(f.present, now, gateway)
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

// rowFormat has columns for the stage, the two versions, the share of the new one, what Envoy counted for the canary
// subset, and failures. With what is left of a wait it fits into 80 columns.
const rowFormat = "%-16s %7s %7s %8s %8s %7s"

// row is what was counted in a stage.
func (f *follower) row(at stage, now loadgen.Snapshot, gateway gatewayCount) string {
	counted := now.Since(f.began)
	before, after := counted.Versions[f.from].Total(), counted.Versions[f.to].Total()
	share := "–"
	if before+after > 0 {
		share = fmt.Sprintf("%.1f %%", 100*float64(after)/float64(before+after))
	}
	name := fmt.Sprintf("step %d    %3d %%", at.number, at.weight)
	canary := fmt.Sprint(gateway.since(f.gateway0).subsets[v1alpha1.SubsetCanary])
	if at.weight == 100 {
		name, canary = "released  100 %", "" // from here on both subsets hold the same version
	}
	return fmt.Sprintf(rowFormat, name, fmt.Sprint(before), fmt.Sprint(after), share, canary, fmt.Sprint(counted.Failed))
}

// keep prints the row of a stage that is over.
func (f *follower) keep(at stage, now loadgen.Snapshot, gateway gatewayCount) {
	if at.number == 0 {
		return
	}
	text := f.row(at, now, gateway)
	if now.Since(f.began).Failed > 0 {
		text = f.screen.style(red, text)
	}
	f.screen.line("  %s", text)
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
