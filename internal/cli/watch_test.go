package cli

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	clocktesting "k8s.io/utils/clock/testing"

	"github.com/workbench-dev/workbench/api/v1alpha1"
)

// lockstep lets a test send readings one at a time: the next one is taken only when the last one was shown.
func lockstep(readings ...reading[*v1alpha1.ReleaseTask]) <-chan reading[*v1alpha1.ReleaseTask] {
	channel := make(chan reading[*v1alpha1.ReleaseTask])
	go func() {
		defer close(channel)
		for _, reading := range readings {
			channel <- reading
		}
	}()
	return channel
}

func seen(task v1alpha1.ReleaseTask) reading[*v1alpha1.ReleaseTask] {
	return reading[*v1alpha1.ReleaseTask]{object: &task, found: true}
}

func TestWatchPrintsALineForEachChange(t *testing.T) {
	env, io := testEnv()
	rest, runs := makeTask("shop", v1alpha1.PhaseHealthy), makeTask("shop", v1alpha1.PhaseReleasing, running(1, v1alpha1.WaitsForTime))
	lost := reading[*v1alpha1.ReleaseTask]{lost: errors.New("refused")}
	err := env.show(t.Context(), &cluster{namespace: "shop"}, watchFlags{exit: exitNever}, "shop",
		lockstep(seen(rest), seen(rest), seen(runs), lost, lost, seen(runs), reading[*v1alpha1.ReleaseTask]{}), env.newView())
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "watch-lines", io.out.String())
}

func TestWatchOfATaskThatIsNotThere(t *testing.T) {
	env, _ := testEnv()
	err := env.show(t.Context(), &cluster{namespace: "shop", program: "workbench"}, watchFlags{exit: exitNever}, "shop", lockstep(reading[*v1alpha1.ReleaseTask]{}), env.newView())
	if CodeOf(err) != ExitNotFound || !strings.Contains(err.Error(), `there is no release task "shop" in namespace shop`) {
		t.Errorf("got %v", err)
	}
}

func TestWatchRedrawsInPlace(t *testing.T) {
	env, io := testEnv()
	env.Terminal = func() (int, int, bool) { return 100, 40, true }
	runs := makeTask("shop", v1alpha1.PhaseReleasing, running(1, v1alpha1.WaitsForTime), func(task *v1alpha1.ReleaseTask) {
		task.Status.Step.StartedAt, task.Status.Step.EndsAt = ptrTo(past(time.Minute)), ptrTo(past(-4*time.Minute))
	})
	view := env.newView()
	err := env.show(t.Context(), &cluster{namespace: "shop"}, watchFlags{exit: exitNever}, "shop", lockstep(seen(runs), seen(runs), reading[*v1alpha1.ReleaseTask]{}), view)
	if err != nil {
		t.Fatal(err)
	}
	view.close()
	golden(t, "watch-live", strings.ReplaceAll(strings.ReplaceAll(io.out.String(), "\x1b", "\\e"), "\r", ""))
}

func TestWatchCountsDown(t *testing.T) {
	env, io := testEnv()
	env.Terminal = func() (int, int, bool) { return 100, 40, true }
	clock := clocktesting.NewFakeClock(noon)
	env.Clock = clock
	runs := makeTask("shop", v1alpha1.PhaseReleasing, running(1, v1alpha1.WaitsForTime), func(task *v1alpha1.ReleaseTask) {
		task.Status.Step.StartedAt, task.Status.Step.EndsAt = ptrTo(past(0)), ptrTo(past(-10*time.Second))
	})
	readings := make(chan reading[*v1alpha1.ReleaseTask])
	over := make(chan error, 1)
	go func() {
		over <- env.show(t.Context(), &cluster{namespace: "shop"}, watchFlags{exit: exitNever}, "shop", readings, env.newView())
	}()
	readings <- seen(runs)
	clock.Step(3 * time.Second)
	// The loop has a tick and a reading to choose from now; either draws the new time.
	readings <- seen(runs)
	readings <- reading[*v1alpha1.ReleaseTask]{}
	if err := <-over; err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(io.out.String(), "goes on in 7s of 10s") {
		t.Errorf("no countdown in %q", io.out)
	}
}

func TestWatchEndsWithTheRelease(t *testing.T) {
	tests := map[string]struct {
		exit exitMode
		task v1alpha1.ReleaseTask
		over bool
		code ExitCode
	}{
		"runs":                     {exitEnded, makeTask("shop", v1alpha1.PhaseReleasing, running(1, v1alpha1.WaitsForTime)), false, ExitOK},
		"waits":                    {exitEnded, makeTask("shop", v1alpha1.PhaseWaiting, running(1, v1alpha1.WaitsForPerson)), false, ExitOK},
		"waits, and that is asked": {exitStanding, makeTask("shop", v1alpha1.PhaseWaiting, running(1, v1alpha1.WaitsForPerson)), true, ExitOK},
		"blocked":                  {exitEnded, makeTask("shop", v1alpha1.PhaseBlocked), false, ExitOK},
		"taking over":              {exitStanding, makeTask("shop", v1alpha1.PhaseTakingOver), false, ExitOK},
		"spec not seen yet":        {exitStanding, makeTask("shop", v1alpha1.PhaseWaiting, func(task *v1alpha1.ReleaseTask) { task.Generation = 2 }), false, ExitOK},
		"not asked to end":         {exitNever, makeTask("shop", v1alpha1.PhaseHealthy), false, ExitOK},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			ending := ending{exit: test.exit}
			over, err := ending.reached(t.Context(), nil, &test.task, noon)
			if over != test.over || CodeOf(err) != test.code {
				t.Errorf("over %v with %v, want %v with code %d", over, err, test.over, test.code)
			}
		})
	}
}

func TestScreen(t *testing.T) {
	var out bytes.Buffer
	screen := screen{out: &out}
	lines := make([]string, 30)
	for i := range lines {
		lines[i] = fmt.Sprint(i)
	}
	if err := screen.draw(lines, 10); err != nil {
		t.Fatal(err)
	}
	if got := strings.Count(out.String(), "\n"); got != 9 {
		t.Errorf("%d lines on a terminal of 10 rows, want 9: the terminal would scroll", got)
	}
	out.Reset()
	if err := screen.draw([]string{"one"}, 10); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff("\x1b[?2026h\x1b[?25l\x1b[9A\rone\x1b[K\r\n\x1b[J\x1b[?2026l", out.String()); diff != "" {
		t.Error(diff)
	}
}
