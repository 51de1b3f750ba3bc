//go:build apiserver

package apiserver

import (
	"strings"
	"testing"
	"time"

	rollouts "github.com/argoproj/argo-rollouts/pkg/apis/rollouts/v1alpha1"
	appsv1 "k8s.io/api/apps/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/workbench-dev/workbench/api/v1alpha1"
	"github.com/workbench-dev/workbench/internal/controller/analysisrun"
)

// errorRate judges releases by their errors against stable's.
func errorRate(change ...func(*v1alpha1.Analysis)) func(*v1alpha1.ReleaseTask) {
	rules := &v1alpha1.Analysis{
		Interval: &metav1.Duration{Duration: 5 * time.Second},
		Metrics:  []v1alpha1.AnalysisMetric{{Name: "errors", Predefined: &v1alpha1.PredefinedMetric{Type: v1alpha1.MetricErrorRate}}},
	}
	for _, c := range change {
		c(rules)
	}
	return func(task *v1alpha1.ReleaseTask) { task.Spec.Analysis = rules }
}

func onNotEnough(policy v1alpha1.NotEnoughDataPolicy) func(*v1alpha1.Analysis) {
	return func(a *v1alpha1.Analysis) { a.OnNotEnoughData = policy }
}

func dryRun(a *v1alpha1.Analysis) { a.DryRun = true }

// timed is a step that ends by itself.
func timed(weight int32, wait time.Duration) v1alpha1.Step {
	return v1alpha1.Step{Weight: weight, Wait: &metav1.Duration{Duration: wait}}
}

// judged takes the workload over, with an analysis, and lets customers come.
func (w *world) judged(analysis func(*v1alpha1.ReleaseTask), steps ...v1alpha1.Step) {
	w.t.Helper()
	w.takeOver(byMesh, steps...)
	task := w.task()
	w.edit(app, task, func() { analysis(task) })
	w.requests.rate = 400
	for range 5 {
		w.runHealthy("another round", func() bool { return true })
	}
}

func (w *world) analysisState() v1alpha1.AnalysisState {
	w.t.Helper()
	if a := w.task().Status.Analysis; a != nil {
		return a.State
	}
	return ""
}

// holds says whether a step is over and the analysis holds it, in the state and with the words given.
func (w *world) holds(number int32, state v1alpha1.AnalysisState, words string) func() bool {
	return func() bool {
		status := w.task().Status
		return status.Step != nil && status.Step.Number == number && status.Step.WaitsFor == v1alpha1.WaitsForAnalysis &&
			status.Analysis != nil && status.Analysis.State == state && strings.Contains(status.Message, words)
	}
}

// stays fails when a state does not last for so many seconds.
func (w *world) stays(seconds int, what string, holds func() bool) {
	w.t.Helper()
	for range seconds {
		w.runHealthy("another round", func() bool { return true })
		if !holds() {
			w.t.Fatalf("%s no longer: the task says %s %q", what, w.task().Status.Phase, w.task().Status.Message)
		}
	}
}

// runOf is the newest analysis run.
func (w *world) runOf() *rollouts.AnalysisRun {
	w.t.Helper()
	var list rollouts.AnalysisRunList
	w.list(&list)
	var newest *rollouts.AnalysisRun
	for i := range list.Items {
		if newest == nil || newest.CreationTimestamp.Before(&list.Items[i].CreationTimestamp) || strings.HasPrefix(list.Items[i].Name, newest.Name+".") {
			newest = &list.Items[i]
		}
	}
	if newest == nil {
		w.t.Fatal("there is no analysis run")
	}
	return newest
}

// TestBadVersionGoesBackByItself: it is told why, in the task, in its history and in Argo's own analysis run.
func TestBadVersionGoesBackByItself(t *testing.T) {
	prepare := func(w *world) {
		w.judged(errorRate(), timed(25, time.Minute), timed(50, time.Minute))
		w.requests.failing = map[string]float64{imageV2: 0.2}
		w.setImage(imageV2)
	}
	decisions.run(t, prepare, func(w *world, c *controller) {
		w.run(c, "the release went back", w.phase(v1alpha1.PhaseFailed))
		w.requireHistory("v2 WentBack", "v1 TakenOver")
		record := w.task().Status.History[0]
		if !strings.Contains(record.Reason, "20.0 %") || record.EndedBy != "" {
			w.t.Errorf("the history says %q, ended by %q, want the canary's 20 %% of errors and nobody", record.Reason, record.EndedBy)
		}
		if a := record.Analysis; a == nil || a.State != v1alpha1.AnalysisFailed || a.VerdictAt == nil || a.Check == nil || a.Check.CanaryBad == 0 || a.StartedAt == nil || a.EndedAt == nil {
			w.t.Errorf("the record of the analysis is %+v, want state, time, and the check with its numbers", a)
		}
		if task := w.task(); task.Status.Analysis != nil || !strings.Contains(task.Status.Message, "went back by itself") {
			w.t.Errorf("the task says %q, analysis %+v", task.Status.Message, task.Status.Analysis)
		}
		run := w.runOf()
		if run.Status.Phase != rollouts.AnalysisPhaseFailed || !strings.Contains(run.Status.Message, "20.0 %") {
			w.t.Errorf("Argo's analysis run is %s %q", run.Status.Phase, run.Status.Message)
		}
		w.runHealthy("nobody goes on with its evidence", func() bool { return w.runOf().Annotations[v1alpha1.EvidenceAnnotation] == "" })
	})
}

// TestGoodVersionPasses: no step is left before its time, and none without the verdict.
func TestGoodVersionPasses(t *testing.T) {
	prepare := func(w *world) {
		w.judged(errorRate(), timed(25, 15*time.Second), timed(50, 10*time.Second))
		w.requests.failing = map[string]float64{imageV2: 0.01, "registry.example.com/shop:v1": 0.01}
		w.setImage(imageV2)
	}
	strikes{}.run(t, prepare, func(w *world, c *controller) {
		w.run(c, "step 1 lasts", func() bool {
			step := w.task().Status.Step
			return step != nil && step.Number == 1 && step.WaitsFor == v1alpha1.WaitsForTime
		})
		begun := w.clock.Now()
		w.run(c, "step 2 begins", func() bool { step := w.task().Status.Step; return step != nil && step.Number == 2 })
		if took := w.clock.Since(begun); took < 14*time.Second {
			w.t.Errorf("step 1 lasted %s, its wait is 15s", took)
		}
		w.run(c, "v2 serves", w.serves(imageV2))
		w.requireHistory("v2 Released", "v1 TakenOver")
		if a := w.task().Status.History[0].Analysis; a == nil || a.State != v1alpha1.AnalysisPassed {
			w.t.Errorf("the record of the analysis is %+v, want Passed", a)
		}
	})
}

// TestKilledWhileJudging: a controller that dies after any write of a release that passes loses no look and leaves no step twice.
func TestKilledWhileJudging(t *testing.T) {
	prepare := func(w *world) {
		w.judged(errorRate(), timed(25, 10*time.Second), step(50))
		w.setImage(imageV2)
	}
	decisions.run(t, prepare, func(w *world, c *controller) {
		w.run(c, "step 2 waits for a person", w.waitsIn(2))
		a := w.task().Status.Analysis
		if a == nil || len(a.Checks) == 0 || a.Checks[0].CanaryRequests == 0 {
			w.t.Errorf("the evidence is %+v, want the canary's requests", a)
		}
	})
}

// TestNoTrafficHolds: a step does not end without data, and says what is missing; a person may go on.
func TestNoTrafficHolds(t *testing.T) {
	w := newWorld(t)
	w.judged(errorRate(), timed(25, 10*time.Second), step(50))
	w.requests.rate = 0
	w.setImage(imageV2)
	held := w.holds(1, v1alpha1.AnalysisNotEnoughData, "not answered a single request")
	w.runHealthy("the step holds", held)
	if canary := w.task().Status.Analysis.Canary; canary != "NoTraffic" {
		t.Errorf("the canary's state is %s, want NoTraffic", canary)
	}
	w.stays(30, "the step holds", held)
	continued := w.act(v1alpha1.ActionContinue)
	w.runHealthy("step 2 waits", w.waitsIn(2))
	w.runHealthy("the action has ended", w.ended(continued))
	w.requireAction(continued, v1alpha1.ActionSucceeded, "step 1 was left")
	w.requireServed()
}

// TestEarlierCanaryCountsNothing: what the canary's subset counted in an earlier release is no traffic of this one.
func TestEarlierCanaryCountsNothing(t *testing.T) {
	w := newWorld(t)
	w.judged(errorRate(), timed(25, 10*time.Second))
	w.setImage(imageV2)
	w.runHealthy("v2 serves", w.serves(imageV2))
	w.requests.rate = 0
	w.setImage(imageV3)
	w.runHealthy("v3 holds for lack of requests", w.holds(1, v1alpha1.AnalysisNotEnoughData, "not answered a single request"))
}

// TestLackOfDataAsTheTaskSays at the end of a step.
func TestLackOfDataAsTheTaskSays(t *testing.T) {
	t.Run("continue", func(t *testing.T) {
		w := newWorld(t)
		w.judged(errorRate(onNotEnough(v1alpha1.OnNotEnoughDataContinue)), timed(25, 10*time.Second))
		w.requests.rate = 0
		w.setImage(imageV2)
		w.runHealthy("v2 serves", w.serves(imageV2))
	})
	t.Run("fail", func(t *testing.T) {
		w := newWorld(t)
		w.judged(errorRate(onNotEnough(v1alpha1.OnNotEnoughDataFail)), timed(25, 10*time.Second))
		w.requests.rate = 0
		w.setImage(imageV2)
		w.runHealthy("the release went back", w.phase(v1alpha1.PhaseFailed))
		if reason := w.task().Status.History[0].Reason; !strings.Contains(reason, "not enough data at the end of step 1") {
			t.Errorf("the history says %q", reason)
		}
	})
}

// TestEvidenceThatCannotBeReadHolds whatever the task says about lack of data, and the release goes on when it can be read again.
func TestEvidenceThatCannotBeReadHolds(t *testing.T) {
	for _, policy := range []v1alpha1.NotEnoughDataPolicy{v1alpha1.OnNotEnoughDataHold, v1alpha1.OnNotEnoughDataContinue, v1alpha1.OnNotEnoughDataFail} {
		t.Run(string(policy), func(t *testing.T) {
			w := newWorld(t)
			w.judged(errorRate(onNotEnough(policy)), timed(25, 10*time.Second), step(50))
			w.requests.problem = "Prometheus at prometheus.monitoring did not answer within 10s."
			w.setImage(imageV2)
			held := w.holds(1, v1alpha1.AnalysisError, "did not answer within 10s")
			w.runHealthy("the step holds", held)
			w.stays(30, "the step holds", held)
			w.requests.problem = ""
			w.runHealthy("step 2 waits", w.waitsIn(2))
			w.requireServed()
		})
	}
}

// TestOutageInTheMiddle: the look after an outage covers the gap, so a version that failed meanwhile goes back.
func TestOutageInTheMiddle(t *testing.T) {
	w := newWorld(t)
	w.judged(errorRate(), timed(25, time.Hour))
	w.setImage(imageV2)
	w.runHealthy("the analysis passes", func() bool { return w.analysisState() == v1alpha1.AnalysisPassed })
	w.requests.problem = "Prometheus is away."
	w.runHealthy("the outage is told", func() bool { return w.analysisState() == v1alpha1.AnalysisError })
	w.requests.failing = map[string]float64{imageV2: 0.5}
	w.stays(10, "the release runs", func() bool { return w.task().Status.Release != nil })
	w.requests.problem, w.requests.failing = "", nil
	w.runHealthy("the release went back", w.phase(v1alpha1.PhaseFailed))
}

// TestDryRun judges without acting, and the history says what would have been done.
func TestDryRun(t *testing.T) {
	w := newWorld(t)
	w.judged(errorRate(dryRun), timed(25, 20*time.Second))
	w.requests.failing = map[string]float64{imageV2: 0.5}
	w.setImage(imageV2)
	w.runHealthy("the verdict is shown", func() bool {
		return w.analysisState() == v1alpha1.AnalysisFailed && strings.Contains(w.task().Status.Message, "Dry run")
	})
	w.runHealthy("v2 serves", w.serves(imageV2))
	if a := w.task().Status.History[0].Analysis; a == nil || !a.DryRun || a.State != v1alpha1.AnalysisFailed {
		t.Errorf("the record of the analysis is %+v, want a dry run that failed", a)
	}
}

// TestRetryBeginsWithFreshEvidence, also while the pods of the version that failed have not ended yet.
func TestRetryBeginsWithFreshEvidence(t *testing.T) {
	prepare := func(w *world) {
		w.judged(errorRate(), timed(25, 15*time.Second), step(50))
		w.requests.failing = map[string]float64{imageV2: 0.5}
		w.setImage(imageV2)
		w.runHealthy("the release went back", w.phase(v1alpha1.PhaseFailed))
		w.requests.failing = nil
		w.act(v1alpha1.ActionRetry)
	}
	decisions.run(t, prepare, func(w *world, c *controller) {
		w.run(c, "the release runs again", func() bool { return w.task().Status.Release != nil && w.task().Status.Analysis != nil })
		w.run(w.next(c), "step 2 waits", w.waitsIn(2))
		if bad := w.task().Status.Analysis.Checks[0].CanaryBad; bad != 0 {
			w.t.Errorf("%d errors of the attempt before are held against this one", bad)
		}
		w.requireHistory("v2 WentBack", "v1 TakenOver")
	})
}

// TestRulesOfAnalysisChange in the middle of a release.
func TestRulesOfAnalysisChange(t *testing.T) {
	change := func(w *world, change func(*v1alpha1.ReleaseTask)) {
		task := w.task()
		w.edit(app, task, func() { change(task) })
	}
	t.Run("other steps go on with the evidence", func(t *testing.T) {
		w := newWorld(t)
		w.judged(errorRate(), timed(25, time.Hour))
		w.setImage(imageV2)
		w.runHealthy("the analysis passes", func() bool { return w.analysisState() == v1alpha1.AnalysisPassed })
		seen := w.task().Status.Analysis.Checks[0].CanaryRequests
		change(w, func(task *v1alpha1.ReleaseTask) {
			task.Spec.Strategy.Canary.Steps = []v1alpha1.Step{timed(25, 5*time.Second), step(60)}
		})
		w.runHealthy("step 2 waits", w.waitsIn(2))
		if now := w.task().Status.Analysis.Checks[0].CanaryRequests; now <= seen {
			t.Errorf("the canary had answered %d requests, and now %d: the evidence was lost", seen, now)
		}
		w.requireServed()
	})
	t.Run("taken away", func(t *testing.T) {
		w := newWorld(t)
		w.judged(errorRate(), timed(25, 20*time.Second))
		w.requests.rate = 0
		w.setImage(imageV2)
		w.runHealthy("the step holds", w.holds(1, v1alpha1.AnalysisNotEnoughData, ""))
		change(w, func(task *v1alpha1.ReleaseTask) { task.Spec.Analysis = nil })
		w.runHealthy("v2 serves", w.serves(imageV2))
		w.runHealthy("the template is gone", func() bool { return !w.get("workbench-"+app, &rollouts.AnalysisTemplate{}) })
		w.requireServed()
	})
	t.Run("added", func(t *testing.T) {
		w := newWorld(t)
		w.takeOver(byMesh, timed(25, time.Hour), step(50))
		w.requests.rate = 400
		w.requests.failing = map[string]float64{imageV2: 0.5}
		w.setImage(imageV2)
		w.runHealthy("step 1 lasts", func() bool {
			step := w.task().Status.Step
			return step != nil && step.WaitsFor == v1alpha1.WaitsForTime
		})
		change(w, errorRate())
		w.runHealthy("the release went back", w.phase(v1alpha1.PhaseFailed))
		w.requireServed()
	})
	t.Run("no longer a dry run", func(t *testing.T) {
		w := newWorld(t)
		w.judged(errorRate(dryRun), step(25))
		w.requests.failing = map[string]float64{imageV2: 0.5}
		w.setImage(imageV2)
		w.runHealthy("the verdict is shown", func() bool { return w.analysisState() == v1alpha1.AnalysisFailed })
		change(w, func(task *v1alpha1.ReleaseTask) { task.Spec.Analysis.DryRun = false })
		w.runHealthy("the release went back", w.phase(v1alpha1.PhaseFailed))
	})
}

// TestFromStep: what happens before the first judged step is not held against the release.
func TestFromStep(t *testing.T) {
	w := newWorld(t)
	w.judged(errorRate(func(a *v1alpha1.Analysis) { a.FromStep = 2 }), timed(25, 20*time.Second), step(50))
	w.requests.failing = map[string]float64{imageV2: 0.5}
	w.setImage(imageV2)
	w.runHealthy("step 1 lasts", func() bool {
		step := w.task().Status.Step
		return step != nil && step.Number == 1 && step.WaitsFor == v1alpha1.WaitsForTime && w.analysisState() == v1alpha1.AnalysisNotStarted
	})
	w.stays(5, "step 1 is not judged", func() bool { return w.task().Status.Release != nil })
	w.requests.failing = nil
	w.runHealthy("the analysis passes in step 2", func() bool { return w.waitsIn(2)() && w.analysisState() == v1alpha1.AnalysisPassed })
}

// TestTemplateOfSomebodyElse is not touched, and the task says what to do.
func TestTemplateOfSomebodyElse(t *testing.T) {
	w := newReleasingWorld(t, byMesh, step(25))
	other := &rollouts.AnalysisTemplate{ObjectMeta: metav1.ObjectMeta{Name: "workbench-" + app}}
	other.Spec.Metrics = []rollouts.Metric{{Name: "theirs", Provider: rollouts.MetricProvider{Web: &rollouts.WebMetric{URL: "http://example.com"}}}}
	w.create(other)
	task := w.task()
	w.edit(app, task, func() { errorRate()(task) })
	w.runHealthy("the task says so", func() bool { return strings.Contains(w.task().Status.Message, "was not made by Workbench") })
	w.get(other.Name, other)
	if other.Spec.Metrics[0].Name != "theirs" {
		t.Error("the template of somebody else was changed")
	}
}

// TestEvidenceSurvives: a controller that starts anew goes on with what the one before knew.
func TestEvidenceSurvives(t *testing.T) {
	w := newWorld(t)
	w.judged(errorRate(), step(25))
	w.setImage(imageV2)
	w.runHealthy("the analysis passes", func() bool { return w.analysisState() == v1alpha1.AnalysisPassed })
	seen := w.task().Status.Analysis.Checks[0].CanaryRequests
	w.stays(6, "the release runs", w.waitsIn(1))
	status := analysisrun.StatusOf(w.runOf(), w.task().Status.Release)
	if status == nil || status.Checks[0].CanaryRequests <= seen {
		t.Errorf("after %d requests of the canary, a controller that starts anew knows of %+v", seen, status)
	}
	if size := len(w.runOf().Annotations[v1alpha1.EvidenceAnnotation]); size == 0 || size > 4<<10 {
		t.Errorf("the evidence of one metric takes %d bytes, want a few hundred", size)
	}
}

// TestPodsThatNeverStart: Argo Rollouts begins no analysis, and the release stands before its first step.
func TestPodsThatNeverStart(t *testing.T) {
	w := newWorld(t)
	w.judged(errorRate(onNotEnough(v1alpha1.OnNotEnoughDataContinue)), timed(25, 10*time.Second))
	w.podsTake = time.Hour
	w.setImage(imageV2)
	waits := func() bool {
		status := w.task().Status
		return status.Step != nil && status.Step.Number == 1 && status.Step.WaitsFor == v1alpha1.WaitsForPods && strings.Contains(status.Message, "to be ready")
	}
	w.runHealthy("it waits for pods", waits)
	w.stays(30, "it waits for pods", waits)
	var d appsv1.Deployment
	w.edit(app, &d, func() { d.Spec.Template.Spec.Containers[0].Image = "registry.example.com/shop:v1" })
	w.runHealthy("v1 serves", w.serves("registry.example.com/shop:v1"))
}
