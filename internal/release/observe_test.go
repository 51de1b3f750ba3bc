package release

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	workbench "github.com/workbench-dev/workbench/api/v1alpha1"
)

// running is a task whose release of revision 2 began at noon.
func running() *workbench.ReleaseTask {
	task := makeTask()
	task.Status.History = []workbench.ReleaseRecord{{Revision: 1, Hash: hashOf(1), Outcome: workbench.OutcomeTakenOver}}
	task.Status.Release = &workbench.ReleaseRecord{Revision: 2, Hash: hashOf(2), StartedAt: metav1.NewTime(noon), StartedBy: "ada"}
	return task
}

func carriedOut(typ workbench.ActionType, by string, hash string, state workbench.ActionState) workbench.ReleaseAction {
	started := metav1.NewTime(noon)
	return workbench.ReleaseAction{
		Spec:   workbench.ReleaseActionSpec{Type: typ, RequestedBy: by},
		Status: workbench.ReleaseActionStatus{State: state, StartedAt: &started, Target: &workbench.ActionTarget{Hash: hash, ReleaseStartedAt: &started}},
	}
}

func TestObserveRecordsHowAReleaseEnds(t *testing.T) {
	later := noon.Add(time.Minute)
	cases := map[string]struct {
		world   World
		outcome workbench.Outcome
		by      string
		reason  string
	}{
		"its version became stable": {
			world:   makeRollout().version(2, 4).stable(2).newest(2).world(later),
			outcome: workbench.OutcomeReleased, reason: "all steps",
		},
		"a person released it at once": {
			world:   makeRollout().version(2, 4).stable(2).newest(2).world(later, carriedOut(workbench.ActionRelease, "bob", hashOf(2), workbench.ActionSucceeded)),
			outcome: workbench.OutcomeReleased, by: "bob", reason: "by bob",
		},
		"a person terminated it": {
			world:   makeRollout().version(2, 1).newest(2).aborted(later).world(later, carriedOut(workbench.ActionTerminate, "bob", hashOf(2), workbench.ActionRunning)),
			outcome: workbench.OutcomeTerminated, by: "bob", reason: "by bob",
		},
		"an action on another version is not the reason": {
			world:   makeRollout().version(2, 1).newest(2).aborted(later).world(later, carriedOut(workbench.ActionTerminate, "bob", hashOf(7), workbench.ActionSucceeded)),
			outcome: workbench.OutcomeWentBack, reason: "without a reason",
		},
		"an action that failed is not the reason": {
			world:   makeRollout().version(2, 1).newest(2).aborted(later).world(later, carriedOut(workbench.ActionTerminate, "bob", hashOf(2), workbench.ActionFailed)),
			outcome: workbench.OutcomeWentBack, reason: "without a reason",
		},
		"another tool aborted it": {
			world: func() World {
				w := makeRollout().version(2, 1).newest(2).aborted(later).world(later)
				w.AbortedBy = "kubectl-argo-rollouts, outside Workbench"
				return w
			}(),
			outcome: workbench.OutcomeTerminated, by: "kubectl-argo-rollouts, outside Workbench", reason: "kubectl-argo-rollouts",
		},
		"its pods did not start": {
			world: func() World {
				w := makeRollout().version(2, 0).newest(2).aborted(later).world(later)
				w.PodTrouble = "ImagePullBackOff"
				return w
			}(),
			outcome: workbench.OutcomeWentBack, reason: "ImagePullBackOff",
		},
		"it makes room for a newer version": {
			world:   makeRollout().version(2, 1).newest(2).aborted(later).annotate(workbench.SupersededAnnotation, "x").world(later),
			outcome: workbench.OutcomeSuperseded, reason: "another version",
		},
		"a newer version is there already": {
			world:   makeRollout().version(2, 1).version(3, 1).newest(3).world(later),
			outcome: workbench.OutcomeSuperseded, reason: "another version",
		},
		"the workload was set back": {
			world:   makeRollout().version(2, 1).newest(1).world(later),
			outcome: workbench.OutcomeSuperseded, reason: "set back",
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			task := running()
			Observe(task, c.world)
			var ended *workbench.ReleaseRecord
			for i := range task.Status.History {
				if task.Status.History[i].Revision == 2 {
					ended = &task.Status.History[i]
				}
			}
			if ended == nil {
				t.Fatalf("revision 2 is not in the history: %+v", task.Status.History)
			}
			if ended.Outcome != c.outcome || ended.EndedBy != c.by || !strings.Contains(ended.Reason, c.reason) {
				t.Errorf("got %s by %q because %q, want %s by %q because …%s…", ended.Outcome, ended.EndedBy, ended.Reason, c.outcome, c.by, c.reason)
			}
			if ended.EndedAt == nil {
				t.Error("the end has no time")
			}
			again := len(task.Status.History)
			Observe(task, c.world)
			if len(task.Status.History) != again {
				t.Error("a second look writes the same end again")
			}
		})
	}
}

func TestObserveDoesNotBelieveAStaleStatus(t *testing.T) {
	task := running()
	w := makeRollout().version(2, 4).stable(2).newest(2).world(noon)
	w.Rollout.Status.ObservedGeneration = "2"
	Observe(task, w)
	if task.Status.Release == nil {
		t.Error("a release was ended by a status that is not about the newest spec")
	}
}

func TestObserveOpensARelease(t *testing.T) {
	task := makeTask()
	task.Status.History = []workbench.ReleaseRecord{{Revision: 1, Hash: hashOf(1), Outcome: workbench.OutcomeTakenOver}}
	events := Observe(task, makeRollout().version(2, 0).newest(2).weight(0).at(0).annotate(workbench.VersionByAnnotation, "ada").world(noon))
	if task.Status.Release == nil || task.Status.Release.StartedBy != "ada" || task.Status.Release.Revision != 2 {
		t.Fatalf("release on record: %+v", task.Status.Release)
	}
	if len(events) == 0 || events[0].Reason != "Releasing" {
		t.Errorf("events: %+v", events)
	}
}

func TestObserveClosesTheBooksOnWhatItMissed(t *testing.T) {
	task := makeTask()
	task.Status.History = []workbench.ReleaseRecord{{Revision: 1, Hash: hashOf(1), Outcome: workbench.OutcomeTakenOver}}
	Observe(task, makeRollout().version(2, 4).stable(2).newest(2).world(noon))
	if len(task.Status.History) != 2 || task.Status.History[0].Hash != hashOf(2) || task.Status.History[0].Outcome != workbench.OutcomeReleased {
		t.Errorf("history: %+v", task.Status.History)
	}
}

func TestHistoryIsBounded(t *testing.T) {
	task := running()
	task.Spec.HistoryLimit = 2
	task.Status.History = append(task.Status.History, workbench.ReleaseRecord{Revision: 0}, workbench.ReleaseRecord{Revision: 0})
	Observe(task, makeRollout().version(2, 4).stable(2).newest(2).world(noon))
	if len(task.Status.History) != 2 || task.Status.History[0].Revision != 2 {
		t.Errorf("history: %+v", task.Status.History)
	}
}

func TestStep(t *testing.T) {
	end := metav1.NewTime(noon.Add(time.Minute))
	start := metav1.NewTime(noon)
	cases := map[string]struct {
		rollout *rolloutMaker
		want    *workbench.StepStatus
	}{
		"no release": {makeRollout(), nil},
		"pods of the canary start": {
			makeRollout().version(2, 0).newest(2).weight(0).at(0),
			&workbench.StepStatus{Number: 1, Count: 2, Weight: 20, WaitsFor: workbench.WaitsForPods, Display: "1/2"},
		},
		"a person has to continue": {
			makeRollout().version(2, 1).newest(2).weight(20).at(1).paused(noon),
			&workbench.StepStatus{Number: 1, Count: 2, Weight: 20, WaitsFor: workbench.WaitsForPerson, StartedAt: &start, Display: "1/2"},
		},
		"the wait runs": {
			makeRollout().version(2, 3).newest(2).weight(60).at(3).paused(noon),
			&workbench.StepStatus{Number: 2, Count: 2, Weight: 60, WaitsFor: workbench.WaitsForTime, StartedAt: &start, EndsAt: &end, Display: "2/2"},
		},
		"the last pods are exchanged": {
			makeRollout().version(2, 4).newest(2).weight(100).at(4),
			&workbench.StepStatus{Number: 3, Count: 2, Weight: 100, WaitsFor: workbench.WaitsForNothing, Display: "2/2"},
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			task := makeTask()
			Observe(task, c.rollout.world(noon))
			if diff := cmp.Diff(c.want, task.Status.Step); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestWeights(t *testing.T) {
	cases := map[string]struct {
		rollout        *rolloutMaker
		stable, canary int32
	}{
		"as the mesh has them":                       {makeRollout().version(2, 1).newest(2).weight(20).at(1), 80, 20},
		"by the pods that are ready, without a mesh": {makeRollout().version(2, 1).newest(2).at(1), 80, 20},
		"no pod is ready":                            {makeRollout().version(2, 0).newest(2).at(0), 100, 0},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			task := makeTask()
			Observe(task, c.rollout.world(noon))
			if task.Status.Stable.Weight != c.stable || task.Status.Canary.Weight != c.canary {
				t.Errorf("got %d/%d, want %d/%d", task.Status.Stable.Weight, task.Status.Canary.Weight, c.stable, c.canary)
			}
		})
	}
}

func TestDescribe(t *testing.T) {
	cases := map[string]struct {
		rollout *rolloutMaker
		trouble string
		phase   workbench.Phase
		says    []string
	}{
		"healthy":             {makeRollout(), "", workbench.PhaseHealthy, []string{"v1 serves all requests"}},
		"waits for a person":  {makeRollout().version(2, 1).newest(2).weight(20).at(1).paused(noon), "", workbench.PhaseWaiting, []string{"20 % of requests go to v2", "waits for a person", "next step is 60 %"}},
		"pods do not start":   {makeRollout().version(2, 0).newest(2).weight(0).at(0), "ImagePullBackOff", workbench.PhaseReleasing, []string{"do not start: ImagePullBackOff", "v1 serves"}},
		"went back by itself": {makeRollout().version(2, 1).newest(2).weight(0).aborted(noon), "", workbench.PhaseFailed, []string{"went back by itself", "v1 serves all requests"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			task := running()
			w := c.rollout.world(noon)
			w.PodTrouble = c.trouble
			Observe(task, w)
			Describe(task, c.trouble)
			if task.Status.Phase != c.phase {
				t.Errorf("phase is %s, want %s (%s)", task.Status.Phase, c.phase, task.Status.Message)
			}
			for _, s := range c.says {
				if !strings.Contains(task.Status.Message, s) {
					t.Errorf("%q does not say %q", task.Status.Message, s)
				}
			}
		})
	}
}

func TestDescribeTellsADrift(t *testing.T) {
	task := makeTask()
	task.Status.Conditions = append(task.Status.Conditions, metav1.Condition{Type: workbench.ConditionDrifted, Status: metav1.ConditionTrue, Message: "Deployment web was deleted."})
	Observe(task, makeRollout().world(noon))
	Describe(task, "")
	if !strings.HasSuffix(task.Status.Message, "Deployment web was deleted.") {
		t.Errorf("%q does not tell the drift", task.Status.Message)
	}
}
