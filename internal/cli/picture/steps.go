package picture

import (
	"fmt"
	"time"

	"github.com/workbench-dev/workbench/api/v1alpha1"
)

// weightWidth is how many columns 100 % of a step takes.
const weightWidth = 30

// steps draws each step with its weight and its wait; in the one where the release stands, the countdown.
func (p *pen) steps(task *v1alpha1.ReleaseTask, now time.Time) {
	canary := task.Spec.Strategy.Canary
	if canary == nil || len(canary.Steps) == 0 {
		return
	}
	p.line()
	for i, step := range canary.Steps {
		p.step(task.Status.Step, int32(i)+1, step, now)
	}
	p.lastStage(task.Status.Step, int32(len(canary.Steps))+1)
}

func (p *pen) step(at *v1alpha1.StepStatus, number int32, step v1alpha1.Step, now time.Time) {
	mark, color := markOf(at, number)
	note := waitWords(step)
	if at != nil && at.Number == number {
		note = presentWords(*at, now)
	} else if at != nil && number < at.Number {
		note = "done"
	}
	p.line(
		piece{text: mark, color: color},
		plain(fmt.Sprintf(" %2d  %3d %% ", number, step.Weight)),
		piece{text: bar(int(step.Weight), 100, p.barWidth(weightWidth)), color: color},
		plain("  "+note),
	)
}

// lastStage is what comes after the last step.
func (p *pen) lastStage(at *v1alpha1.StepStatus, number int32) {
	mark, color := markOf(at, number)
	note := "becomes the stable version"
	if at != nil && at.Number >= number {
		note = "the last pods are exchanged"
	}
	p.line(
		piece{text: mark, color: color},
		plain("     100 % "),
		piece{text: bar(100, 100, p.barWidth(weightWidth)), color: color},
		plain("  "+note),
	)
}

// markOf tells steps that are done, the present one and those to come apart, without relying on colour.
func markOf(at *v1alpha1.StepStatus, number int32) (string, color) {
	switch {
	case at == nil || number > at.Number:
		return "·", none
	case number == at.Number:
		return "▶", yellow
	default:
		return "✓", green
	}
}

// waitWords says what a step will wait for.
func waitWords(step v1alpha1.Step) string {
	if step.Wait == nil || step.Wait.Duration == 0 {
		return "then waits for a person"
	}
	return "then waits " + Short(step.Wait.Duration)
}

// presentWords says what the present step waits for, with a countdown where time runs.
func presentWords(at v1alpha1.StepStatus, now time.Time) string {
	since := ""
	if at.StartedAt != nil {
		since = " since " + Short(now.Sub(at.StartedAt.Time))
	}
	switch at.WaitsFor {
	case v1alpha1.WaitsForPods:
		return "waits for pods" + since
	case v1alpha1.WaitsForPerson:
		return "waits for a person" + since
	case v1alpha1.WaitsForAnalysis:
		return "waits for a verdict" + since
	case v1alpha1.WaitsForTime:
		if at.EndsAt == nil {
			return "waits" + since
		}
		left := at.EndsAt.Sub(now)
		if left <= 0 {
			return "goes on now"
		}
		if at.StartedAt == nil {
			return "goes on in " + Short(left)
		}
		whole := at.EndsAt.Sub(at.StartedAt.Time)
		return fmt.Sprintf("goes on in %s of %s %s", Short(left), Short(whole), bar(int(whole-left), int(whole), countdownWidth))
	default:
		return "moves"
	}
}

// Counts says whether the picture changes as time passes, and so has to be drawn again each second.
func Counts(task *v1alpha1.ReleaseTask) bool {
	return task.Status.Step != nil && (task.Status.Step.StartedAt != nil || task.Status.Step.EndsAt != nil)
}

// Short writes a duration in its two largest units, rounded down to seconds and never negative: 2d3h, 1h5m, 4m12s, 9s.
func Short(duration time.Duration) string {
	seconds := int64(max(duration, 0) / time.Second)
	units := []struct {
		name    string
		seconds int64
	}{{"d", 24 * 60 * 60}, {"h", 60 * 60}, {"m", 60}, {"s", 1}}
	for i, unit := range units {
		if seconds < unit.seconds {
			continue
		}
		text := fmt.Sprintf("%d%s", seconds/unit.seconds, unit.name)
		if i+1 < len(units) {
			if rest := seconds % unit.seconds / units[i+1].seconds; rest > 0 {
				text += fmt.Sprintf("%d%s", rest, units[i+1].name)
			}
		}
		return text
	}
	return "0s"
}
