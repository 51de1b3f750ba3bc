package release

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/argoproj/argo-rollouts/pkg/apis/rollouts/v1alpha1"

	workbench "github.com/workbench-dev/workbench/api/v1alpha1"
	"github.com/workbench-dev/workbench/internal/judge"
)

// Gate is the end of a step that is judged.
type Gate struct {
	// Step is its number, counted from 1.
	Step int32
	// Wait is how long it lasts, EndsAt when that is over.
	Wait   time.Duration
	EndsAt time.Time
}

// AtGate is the gate at which a Rollout stands; nil when it stands in no step that the analysis ends. The pause in the
// Rollout is without end, the wait is the task's.
func AtGate(task *workbench.ReleaseTask, rollout *v1alpha1.Rollout) *Gate {
	pause, index := pauseCondition(rollout), rollout.Status.CurrentStepIndex
	if task.Spec.Analysis == nil || task.Spec.Analysis.DryRun || !Running(rollout) || pause == nil || index == nil {
		return nil
	}
	steps, list := task.Spec.Strategy.Canary.Steps, rollout.Spec.Strategy.Canary.Steps
	number := TaskStep(ReadPlan(rollout), len(steps), *index)
	if int(number) > len(steps) || number < FromStep(task) || int(*index) >= len(list) || list[*index].Pause == nil || list[*index].Pause.Duration != nil {
		return nil
	}
	wait := steps[number-1].Wait
	if wait == nil || wait.Duration <= 0 {
		return nil
	}
	return &Gate{Step: number, Wait: wait.Duration, EndsAt: pause.StartTime.Add(wait.Duration)}
}

// Over says whether the wait of a step is over and the evidence was looked at since: only then the last look decides.
func (g Gate) Over(analysis *workbench.AnalysisStatus, hash string) bool {
	return analysis != nil && analysis.Hash == hash && analysis.LastLookAt != nil && !analysis.LastLookAt.Time.Before(g.EndsAt)
}

// Leave says whether a step may be left, and why. Not enough data means what the task says. Evidence that cannot be read
// holds whatever the task says: going on would be a pass in silence.
func (g Gate) Leave(task *workbench.ReleaseTask, hash string) (leave bool, why string) {
	analysis := task.Status.Analysis
	if !g.Over(analysis, hash) {
		return false, ""
	}
	switch analysis.State {
	case workbench.AnalysisPassed:
		return true, fmt.Sprintf("step %d passed: %s", g.Step, analysis.Message)
	case workbench.AnalysisNotEnoughData:
		if task.Spec.Analysis.OnNotEnoughData == workbench.OnNotEnoughDataContinue && !starting(analysis) {
			return true, fmt.Sprintf("step %d is left without enough data, as the task says: %s", g.Step, analysis.Message)
		}
	}
	return false, ""
}

// FailsForLack says whether a release goes back because there is not enough data at the end of a step, and in which words.
// readableSince is since when every look could read the evidence; zero when the last one could not. Only data that could
// have been there counts as lacking: after an outage of Prometheus a step gets its whole wait again.
func FailsForLack(task *workbench.ReleaseTask, rollout *v1alpha1.Rollout, analysis *workbench.AnalysisStatus, readableSince time.Time) (message string, fails bool) {
	gate, hash := AtGate(task, rollout), rollout.Status.CurrentPodHash
	if gate == nil || task.Spec.Analysis.OnNotEnoughData != workbench.OnNotEnoughDataFail || analysis.State != workbench.AnalysisNotEnoughData ||
		!gate.Over(analysis, hash) || starting(analysis) {
		return "", false
	}
	if readableSince.IsZero() || analysis.LastLookAt.Sub(readableSince) < gate.Wait {
		return "", false
	}
	return fmt.Sprintf("There is not enough data at the end of step %d, and the task says that this fails: %s", gate.Step, analysis.Message), true
}

// Readable says whether a look could read all of its evidence.
func Readable(analysis *workbench.AnalysisStatus) bool {
	return analysis.State != workbench.AnalysisError && !slices.ContainsFunc(analysis.Checks, func(c workbench.AnalysisCheck) bool {
		return c.Reason == string(judge.MissingData) || c.Reason == string(judge.BadData)
	})
}

// starting says whether data is missing only because the first look was a moment ago, for example after Prometheus was
// away since the release began.
func starting(analysis *workbench.AnalysisStatus) bool {
	return slices.ContainsFunc(analysis.Checks, func(c workbench.AnalysisCheck) bool { return c.Reason == string(judge.Starting) })
}

// StepNumber is the number of the task's step in which a release stands, counted from 1.
func StepNumber(task *workbench.ReleaseTask, rollout *v1alpha1.Rollout) int32 {
	if rollout.Status.CurrentStepIndex == nil {
		return 1
	}
	return TaskStep(ReadPlan(rollout), len(task.Spec.Strategy.Canary.Steps), *rollout.Status.CurrentStepIndex)
}

// analysisSentence adds to the sentence about a running release how it is judged; empty when it is not, or not yet.
func analysisSentence(task *workbench.ReleaseTask) string {
	a := task.Status.Analysis
	if a == nil || a.Message == "" || task.Status.Canary == nil || a.Hash != task.Status.Canary.Hash {
		return ""
	}
	switch {
	case a.State == workbench.AnalysisNotStarted:
		return ""
	case a.State == workbench.AnalysisFailed && a.DryRun:
		return " Dry run, so nothing is done about it: " + a.Message
	case a.State == workbench.AnalysisError:
		return " The evidence cannot be read: " + a.Message
	}
	return " " + a.Message
}

// failedAnalysis is why a release went back when its analysis failed; empty when it did not.
func failedAnalysis(task *workbench.ReleaseTask, hash string) string {
	a := task.Status.Analysis
	if a == nil || a.State != workbench.AnalysisFailed || a.DryRun || a.Hash != hash {
		return ""
	}
	return strings.TrimSuffix(a.Message, ".")
}

// analysisRecord is what the history keeps of the analysis of a release; nil when it was not judged.
func analysisRecord(task *workbench.ReleaseTask, record *workbench.ReleaseRecord) *workbench.AnalysisRecord {
	a := task.Status.Analysis
	if a == nil || a.Hash != record.Hash || a.State == workbench.AnalysisNotStarted {
		return nil
	}
	kept := &workbench.AnalysisRecord{
		State: a.State, Message: a.Message, StableHash: a.StableHash, DryRun: a.DryRun,
		StartedAt: a.StartedAt.DeepCopy(), EndedAt: record.EndedAt.DeepCopy(), VerdictAt: a.VerdictAt.DeepCopy(),
	}
	wanted := map[workbench.AnalysisState]workbench.CheckResult{
		workbench.AnalysisFailed: workbench.CheckFail, workbench.AnalysisNotEnoughData: workbench.CheckNotEnoughData, workbench.AnalysisError: workbench.CheckError,
	}[a.State]
	i := slices.IndexFunc(a.Checks, func(c workbench.AnalysisCheck) bool { return c.Result == wanted })
	if i < 0 && a.State == workbench.AnalysisFailed {
		// It failed for lack of data at the end of a step, not for what a check found.
		i = slices.IndexFunc(a.Checks, func(c workbench.AnalysisCheck) bool { return c.Result == workbench.CheckNotEnoughData })
	}
	if i >= 0 {
		kept.Check = a.Checks[i].DeepCopy()
	}
	return kept
}
