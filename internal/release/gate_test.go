package release

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	workbench "github.com/workbench-dev/workbench/api/v1alpha1"
)

// judgedTask waits a minute in both of its steps.
func judgedTask(change ...func(*workbench.Analysis)) *workbench.ReleaseTask {
	task := makeTask()
	task.Spec.Strategy.Canary.Steps = canarySteps(20, time.Minute, 60, time.Minute)
	task.Spec.Analysis = &workbench.Analysis{}
	for _, c := range change {
		c(task.Spec.Analysis)
	}
	return task
}

func dryRun(a *workbench.Analysis)      { a.DryRun = true }
func fromStepTwo(a *workbench.Analysis) { a.FromStep = 2 }

func policy(p workbench.NotEnoughDataPolicy) func(*workbench.Analysis) {
	return func(a *workbench.Analysis) { a.OnNotEnoughData = p }
}

// inStep is a Rollout that waits in a step of a task since noon.
func inStep(task *workbench.ReleaseTask, number int32) *rolloutMaker {
	m := makeRollout().version(2, 1).newest(2).at(2*number - 1).paused(noon)
	m.rollout.Spec.Strategy.Canary.Steps = RolloutSteps(EngineSteps(task), StepPlan{})
	return m
}

func TestEngineSteps(t *testing.T) {
	for name, c := range map[string]struct {
		task *workbench.ReleaseTask
		want []workbench.Step
	}{
		"not judged: as they are":    {makeTask(), canarySteps(20, person, 60, time.Minute)},
		"judged: without end":        {judgedTask(), canarySteps(20, person, 60, person)},
		"judged from step 2 on":      {judgedTask(fromStepTwo), canarySteps(20, time.Minute, 60, person)},
		"a dry run: as they are":     {judgedTask(dryRun), canarySteps(20, time.Minute, 60, time.Minute)},
		"a dry run of a later begin": {judgedTask(dryRun, fromStepTwo), canarySteps(20, time.Minute, 60, time.Minute)},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, EngineSteps(c.task)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestAtGate(t *testing.T) {
	task := judgedTask()
	gate := &Gate{Step: 1, Wait: time.Minute, EndsAt: noon.Add(time.Minute)}
	aPerson := judgedTask()
	aPerson.Spec.Strategy.Canary.Steps = canarySteps(20, person, 60, time.Minute)
	for name, c := range map[string]struct {
		task    *workbench.ReleaseTask
		rollout *rolloutMaker
		want    *Gate
	}{
		"step 1":                         {task, inStep(task, 1), gate},
		"step 2":                         {task, inStep(task, 2), &Gate{Step: 2, Wait: time.Minute, EndsAt: noon.Add(time.Minute)}},
		"a step that waits for a person": {aPerson, inStep(aPerson, 1), nil},
		"not judged":                     {makeTask(), inStep(makeTask(), 2), nil},
		"a step before the first judged": {judgedTask(fromStepTwo), inStep(judgedTask(fromStepTwo), 1), nil},
		"a dry run":                      {judgedTask(dryRun), inStep(judgedTask(dryRun), 1), nil},
		"went back":                      {task, inStep(task, 1).aborted(noon), nil},
		"released":                       {task, inStep(task, 1).stable(2), nil},
		"the Rollout waits by itself still, as before the analysis was turned on": {task, inStep(judgedTask(dryRun), 1), nil},
		"settling with all requests": {task, inStep(task, 3), nil},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, AtGate(c.task, c.rollout.rollout)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func analysed(state workbench.AnalysisState, lookedAt time.Time, reasons ...string) *workbench.AnalysisStatus {
	at := metav1.NewTime(lookedAt)
	a := &workbench.AnalysisStatus{Hash: hashOf(2), State: state, Message: "what was seen.", LastLookAt: &at}
	for _, r := range reasons {
		a.Checks = append(a.Checks, workbench.AnalysisCheck{Reason: r})
	}
	return a
}

// What may end a step: only a look after its wait, and a reason to go on.
func TestLeave(t *testing.T) {
	over := noon.Add(time.Minute)
	other := analysed(workbench.AnalysisPassed, over)
	other.Hash = hashOf(1)
	for name, c := range map[string]struct {
		policy   workbench.NotEnoughDataPolicy
		analysis *workbench.AnalysisStatus
		want     string
	}{
		"passed":                                {"", analysed(workbench.AnalysisPassed, over), "step 1 passed"},
		"passed before the wait was over":       {"", analysed(workbench.AnalysisPassed, over.Add(-time.Second)), ""},
		"another version passed":                {"", other, ""},
		"never looked at":                       {"", nil, ""},
		"failed":                                {"", analysed(workbench.AnalysisFailed, over), ""},
		"not enough data":                       {"", analysed(workbench.AnalysisNotEnoughData, over), ""},
		"not enough data, and hold":             {workbench.OnNotEnoughDataHold, analysed(workbench.AnalysisNotEnoughData, over), ""},
		"not enough data, and go on":            {workbench.OnNotEnoughDataContinue, analysed(workbench.AnalysisNotEnoughData, over), "without enough data, as the task says"},
		"the first look, and go on":             {workbench.OnNotEnoughDataContinue, analysed(workbench.AnalysisNotEnoughData, over, "Starting"), ""},
		"not enough data, and fail":             {workbench.OnNotEnoughDataFail, analysed(workbench.AnalysisNotEnoughData, over), ""},
		"cannot be read":                        {"", analysed(workbench.AnalysisError, over), ""},
		"cannot be read, though it might go on": {workbench.OnNotEnoughDataContinue, analysed(workbench.AnalysisError, over), ""},
	} {
		t.Run(name, func(t *testing.T) {
			task := judgedTask(policy(c.policy))
			task.Status.Analysis = c.analysis
			leave, why := AtGate(task, inStep(task, 1).rollout).Leave(task, hashOf(2))
			if leave != (c.want != "") || !strings.Contains(why, c.want) {
				t.Errorf("Leave = %t, %q; want %q", leave, why, c.want)
			}
		})
	}
}

// Lack of data sends a release back only where the task says so and the data could have been there.
func TestFailsForLack(t *testing.T) {
	over := noon.Add(time.Minute)
	for name, c := range map[string]struct {
		policy   workbench.NotEnoughDataPolicy
		analysis *workbench.AnalysisStatus
		readable time.Time
		want     bool
	}{
		"at the end of the step":     {workbench.OnNotEnoughDataFail, analysed(workbench.AnalysisNotEnoughData, over), noon, true},
		"before it":                  {workbench.OnNotEnoughDataFail, analysed(workbench.AnalysisNotEnoughData, over.Add(-time.Second)), noon, false},
		"the task says to hold":      {workbench.OnNotEnoughDataHold, analysed(workbench.AnalysisNotEnoughData, over), noon, false},
		"it passed":                  {workbench.OnNotEnoughDataFail, analysed(workbench.AnalysisPassed, over), noon, false},
		"it cannot be read":          {workbench.OnNotEnoughDataFail, analysed(workbench.AnalysisError, over), time.Time{}, false},
		"the first look":             {workbench.OnNotEnoughDataFail, analysed(workbench.AnalysisNotEnoughData, over, "Starting"), over, false},
		"soon after an outage":       {workbench.OnNotEnoughDataFail, analysed(workbench.AnalysisNotEnoughData, over), over.Add(-30 * time.Second), false},
		"a whole wait after one":     {workbench.OnNotEnoughDataFail, analysed(workbench.AnalysisNotEnoughData, over.Add(time.Minute)), over, true},
		"nothing was read this time": {workbench.OnNotEnoughDataFail, analysed(workbench.AnalysisNotEnoughData, over, "MissingData"), time.Time{}, false},
	} {
		t.Run(name, func(t *testing.T) {
			task := judgedTask(policy(c.policy))
			message, got := FailsForLack(task, inStep(task, 1).rollout, c.analysis, c.readable)
			if got != c.want || got && !strings.Contains(message, "end of step 1") {
				t.Errorf("FailsForLack = %t, %q; want %t", got, message, c.want)
			}
		})
	}
}

// A release that failed its analysis says so in its history, unless a person had sent it back.
func TestHistoryOfAFailedAnalysis(t *testing.T) {
	failed := analysed(workbench.AnalysisFailed, noon)
	failed.StartedAt, failed.VerdictAt, failed.StableHash = failed.LastLookAt, failed.LastLookAt, hashOf(1)
	failed.Checks = []workbench.AnalysisCheck{{Metric: "latency", Result: workbench.CheckPass}, {Metric: "errors", Result: workbench.CheckFail, CanaryBad: 7}}
	passed := analysed(workbench.AnalysisPassed, noon)
	lacking := failed.DeepCopy()
	lacking.Checks[1].Result = workbench.CheckNotEnoughData
	dry := failed.DeepCopy()
	dry.DryRun = true
	for name, c := range map[string]struct {
		analysis *workbench.AnalysisStatus
		outcome  workbench.Outcome
		reason   string
		check    string
	}{
		"failed":          {failed, workbench.OutcomeWentBack, "what was seen", "errors"},
		"lacked data":     {lacking, workbench.OutcomeWentBack, "what was seen", "errors"},
		"passed":          {passed, workbench.OutcomeWentBack, "without a reason", ""},
		"failed, dry run": {dry, workbench.OutcomeWentBack, "without a reason", "errors"},
	} {
		t.Run(name, func(t *testing.T) {
			task := judgedTask()
			task.Status.Release = &workbench.ReleaseRecord{Revision: 2, Hash: hashOf(2), StartedAt: metav1.NewTime(noon)}
			task.Status.Analysis = c.analysis
			Observe(task, inStep(task, 1).aborted(noon.Add(time.Second)).world(noon.Add(2*time.Second)))
			if task.Status.Analysis != nil || len(task.Status.History) != 1 {
				t.Fatalf("after its end there are %d records and the analysis %+v", len(task.Status.History), task.Status.Analysis)
			}
			got := task.Status.History[0]
			if got.Outcome != c.outcome || !strings.Contains(got.Reason, c.reason) || got.Analysis == nil || got.Analysis.State != c.analysis.State || got.Analysis.DryRun != c.analysis.DryRun {
				t.Errorf("the record is %+v with %+v", got, got.Analysis)
			}
			if check := got.Analysis.Check; (check == nil) != (c.check == "") || check != nil && check.Metric != c.check {
				t.Errorf("the check that decided is %+v, want %q", check, c.check)
			}
		})
	}
}

// Argo Rollouts fails a run for one failed measurement, and for nothing else; it measures nothing itself.
func TestAnalysisTemplate(t *testing.T) {
	if AnalysisTemplate(makeTask()) != nil {
		t.Error("a task that is not judged has a template")
	}
	metric := AnalysisTemplate(judgedTask()).Spec.Metrics[0]
	if metric.FailureLimit.IntValue() != 0 || metric.InconclusiveLimit.IntValue() < 1e9 || metric.ConsecutiveErrorLimit.IntValue() < 1e9 {
		t.Errorf("limits %v, %v, %v", metric.FailureLimit, metric.InconclusiveLimit, metric.ConsecutiveErrorLimit)
	}
	for _, text := range []interface{ Duration() (time.Duration, error) }{metric.InitialDelay, metric.Interval} {
		if d, err := text.Duration(); err != nil || d < 365*24*time.Hour {
			t.Errorf("Argo Rollouts would measure after %s, %v", d, err)
		}
	}
}
