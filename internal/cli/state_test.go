package cli

import (
	"testing"
	"time"

	"github.com/workbench-dev/workbench/api/v1alpha1"
)

func TestReleaseSoughtStand(t *testing.T) {
	rest := makeTask("shop", v1alpha1.PhaseHealthy, history(record("v1", 1, v1alpha1.OutcomeTakenOver, 9*time.Hour)))
	runs := makeTask("shop", v1alpha1.PhaseWaiting, running(1, v1alpha1.WaitsForPerson))
	setV2 := releaseSought{before: &rest, fresh: true, images: image("v2")}
	goOn := releaseSought{before: &runs, leaves: 1}
	tests := map[string]struct {
		sought   releaseSought
		task     v1alpha1.ReleaseTask
		over     bool
		released bool
		standing bool
	}{
		"not begun yet":              {sought: setV2, task: rest},
		"first version of all":       {sought: releaseSought{before: &v1alpha1.ReleaseTask{}, fresh: true, images: image("v2")}, task: rest},
		"moves":                      {sought: setV2, task: makeTask("shop", v1alpha1.PhaseReleasing, running(1, v1alpha1.WaitsForTime))},
		"waits for a person":         {sought: setV2, task: makeTask("shop", v1alpha1.PhaseWaiting, running(1, v1alpha1.WaitsForPerson)), standing: true},
		"released":                   {sought: setV2, task: makeTask("shop", v1alpha1.PhaseHealthy, history(record("v2", 2, v1alpha1.OutcomeReleased, time.Hour))), over: true, released: true},
		"went back":                  {sought: setV2, task: makeTask("shop", v1alpha1.PhaseFailed, history(record("v2", 2, v1alpha1.OutcomeWentBack, time.Hour))), over: true},
		"another version's end":      {sought: setV2, task: makeTask("shop", v1alpha1.PhaseTerminated, history(record("v3", 2, v1alpha1.OutcomeTerminated, time.Hour)))},
		"back to what serves":        {sought: releaseSought{before: &runs, fresh: true, images: image("v1")}, task: makeTask("shop", v1alpha1.PhaseHealthy, history(record("v2", 2, v1alpha1.OutcomeSuperseded, time.Hour))), over: true, released: true},
		"still in the step left":     {sought: goOn, task: runs},
		"in the next step":           {sought: goOn, task: makeTask("shop", v1alpha1.PhaseWaiting, running(2, v1alpha1.WaitsForPerson)), standing: true},
		"continued and released":     {sought: goOn, task: makeTask("shop", v1alpha1.PhaseHealthy, history(record("v2", 2, v1alpha1.OutcomeReleased, time.Hour))), over: true, released: true},
		"another release runs now":   {sought: goOn, task: makeTask("shop", v1alpha1.PhaseReleasing, running(1, v1alpha1.WaitsForTime), func(task *v1alpha1.ReleaseTask) { task.Status.Release.StartedAt = past(time.Minute) })},
		"superseded":                 {sought: goOn, task: makeTask("shop", v1alpha1.PhaseReleasing, history(record("v2", 2, v1alpha1.OutcomeSuperseded, time.Hour))), over: true},
		"retry has not begun":        {sought: releaseSought{before: ptrTo(terminated()), fresh: true}, task: terminated()},
		"retry runs":                 {sought: releaseSought{before: ptrTo(terminated()), fresh: true}, task: makeTask("shop", v1alpha1.PhaseWaiting, running(1, v1alpha1.WaitsForPerson)), standing: true},
		"retry was terminated again": {sought: releaseSought{before: ptrTo(terminated()), fresh: true}, task: makeTask("shop", v1alpha1.PhaseTerminated, history(record("v2", 2, v1alpha1.OutcomeTerminated, time.Minute), terminated().Status.History[0])), over: true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got := test.sought.stand(&test.task)
			if got.over != test.over || got.released != test.released || got.standing != test.standing {
				t.Errorf("got %+v, want over %v, released %v, standing %v", got, test.over, test.released, test.standing)
			}
		})
	}
}

func terminated() v1alpha1.ReleaseTask {
	return makeTask("shop", v1alpha1.PhaseTerminated, history(record("v2", 2, v1alpha1.OutcomeTerminated, 2*time.Hour)), func(task *v1alpha1.ReleaseTask) { task.Status.Canary = version("v2", 2) })
}

func ptrTo[T any](value T) *T { return &value }

func TestExpectation(t *testing.T) {
	runs := makeTask("shop", v1alpha1.PhaseWaiting, running(1, v1alpha1.WaitsForPerson))
	back, rest := terminated(), makeTask("shop", v1alpha1.PhaseHealthy)
	tests := map[string]struct {
		task           v1alpha1.ReleaseTask
		action         v1alpha1.ActionType
		revision, step int64
	}{
		"continue is for a step":        {runs, v1alpha1.ActionContinue, 2, 1},
		"promote is for a version":      {runs, v1alpha1.ActionRelease, 2, 0},
		"abort is for a version":        {runs, v1alpha1.ActionTerminate, 2, 0},
		"a new version supersedes one":  {runs, v1alpha1.ActionUpdateVersion, 2, 0},
		"retry is for what went back":   {back, v1alpha1.ActionRetry, 2, 0},
		"a new version at rest is free": {rest, v1alpha1.ActionUpdateVersion, 0, 0},
		"continue at rest":              {rest, v1alpha1.ActionContinue, 0, 0},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var revision, step int64
			if seen := expectation(&test.task, test.action); seen != nil {
				if seen.Revision != nil {
					revision = *seen.Revision
				}
				if seen.Step != nil {
					step = int64(*seen.Step)
				}
			}
			if revision != test.revision || step != test.step {
				t.Errorf("revision %d, step %d; want %d, %d", revision, step, test.revision, test.step)
			}
		})
	}
}

func TestHasBegun(t *testing.T) {
	asked := func(kind v1alpha1.ActionType, state v1alpha1.ActionState, began time.Duration, tag string) v1alpha1.ReleaseAction {
		action := v1alpha1.ReleaseAction{}
		action.CreationTimestamp = past(began)
		action.Spec.Type, action.Status.State = kind, state
		if tag != "" {
			action.Spec.UpdateVersion = &v1alpha1.UpdateVersionSpec{Containers: image(tag)}
		}
		return action
	}
	rest := makeTask("shop", v1alpha1.PhaseHealthy, history(record("v1", 1, v1alpha1.OutcomeTakenOver, 9*time.Hour)))
	tests := map[string]struct {
		action v1alpha1.ReleaseAction
		task   v1alpha1.ReleaseTask
		want   bool
	}{
		"asked, not carried out":     {asked(v1alpha1.ActionUpdateVersion, v1alpha1.ActionRunning, time.Second, "v2"), rest, false},
		"carried out, not seen":      {asked(v1alpha1.ActionUpdateVersion, v1alpha1.ActionSucceeded, time.Second, "v2"), rest, false},
		"the version is seen":        {asked(v1alpha1.ActionUpdateVersion, v1alpha1.ActionSucceeded, time.Second, "v2"), terminated(), true},
		"a later release ended":      {asked(v1alpha1.ActionUpdateVersion, v1alpha1.ActionSucceeded, 3*time.Hour, "v5"), terminated(), true},
		"a retry that has not begun": {asked(v1alpha1.ActionRetry, v1alpha1.ActionSucceeded, time.Second, ""), terminated(), false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if got := hasBegun(test.action, &test.task); got != test.want {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}

func TestEndSentence(t *testing.T) {
	for _, test := range []struct {
		outcome v1alpha1.Outcome
		reason  string
		want    string
	}{
		{v1alpha1.OutcomeReleased, "all steps were done", "Release of revision 2 (app=shop:v2) ended: released, all steps were done."},
		{v1alpha1.OutcomeTerminated, "terminated by ana", "Release of revision 2 (app=shop:v2) ended: terminated by ana."},
		{v1alpha1.OutcomeWentBack, "", "Release of revision 2 (app=shop:v2) ended: went back."},
	} {
		ended := record("v2", 2, test.outcome, time.Hour)
		ended.Reason = test.reason
		if got := endSentence(ended); got != test.want {
			t.Errorf("got %q, want %q", got, test.want)
		}
	}
}
