package picture

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/workbench-dev/workbench/api/v1alpha1"
)

var update = flag.Bool("update", false, "write the golden files instead of comparing with them")

var noon = time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)

func at(offset time.Duration) *metav1.Time { return &metav1.Time{Time: noon.Add(offset)} }

// makeTask is a task of three steps; changes make the state that a test is about.
func makeTask(phase v1alpha1.Phase, message string, changes ...func(*v1alpha1.ReleaseTask)) *v1alpha1.ReleaseTask {
	task := &v1alpha1.ReleaseTask{}
	task.Namespace, task.Name = "shop", "checkout"
	task.Spec.WorkloadRef.Name = "checkout"
	task.Spec.Strategy.Canary = &v1alpha1.CanaryStrategy{Steps: []v1alpha1.Step{
		{Weight: 1, Wait: &metav1.Duration{Duration: 90 * time.Second}},
		{Weight: 10, Wait: &metav1.Duration{Duration: 10 * time.Minute}},
		{Weight: 50},
	}}
	task.Status.Phase, task.Status.Message = phase, message
	task.Status.Stable = version("v1", 4, 4, 4, 100)
	for _, change := range changes {
		change(task)
	}
	return task
}

func version(tag string, revision int64, ready, wanted, weight int32) *v1alpha1.VersionStatus {
	return &v1alpha1.VersionStatus{
		Revision: revision, Display: tag, Instances: wanted, ReadyInstances: ready, Weight: weight,
		Containers: []v1alpha1.ContainerImage{{Name: "app", Image: "registry.example.com/checkout:" + tag}},
	}
}

// releasing puts the task into a step, with the canary at a weight.
func releasing(step v1alpha1.StepStatus, canaryReady, weight int32) func(*v1alpha1.ReleaseTask) {
	return func(task *v1alpha1.ReleaseTask) {
		step.Count = 3
		task.Status.Step = &step
		task.Status.Stable.Weight = 100 - weight
		task.Status.Canary = version("v2", 5, canaryReady, 4, weight)
	}
}

func condition(kind string, status metav1.ConditionStatus, message string) func(*v1alpha1.ReleaseTask) {
	return func(task *v1alpha1.ReleaseTask) {
		task.Status.Conditions = append(task.Status.Conditions, metav1.Condition{Type: kind, Status: status, Message: message})
	}
}

func TestDraw(t *testing.T) {
	tests := map[string]struct {
		task  *v1alpha1.ReleaseTask
		style Style
	}{
		"healthy": {task: makeTask(v1alpha1.PhaseHealthy, "v1 serves all requests.")},
		"pending": {task: makeTask("", "", func(task *v1alpha1.ReleaseTask) { task.Status.Stable = nil })},
		"waits-for-pods": {task: makeTask(v1alpha1.PhaseReleasing, "v2 starts; v1 serves all requests.",
			releasing(v1alpha1.StepStatus{Number: 1, Weight: 1, WaitsFor: v1alpha1.WaitsForPods, StartedAt: at(-7 * time.Second)}, 1, 0))},
		"countdown": {task: makeTask(v1alpha1.PhaseReleasing, "v2 gets 10 % of requests; 50 % follows by itself.",
			releasing(v1alpha1.StepStatus{Number: 2, Weight: 10, WaitsFor: v1alpha1.WaitsForTime, StartedAt: at(-4 * time.Minute), EndsAt: at(6 * time.Minute)}, 4, 10))},
		"countdown-over": {task: makeTask(v1alpha1.PhaseReleasing, "v2 gets 10 % of requests; 50 % follows by itself.",
			releasing(v1alpha1.StepStatus{Number: 2, Weight: 10, WaitsFor: v1alpha1.WaitsForTime, StartedAt: at(-10 * time.Minute), EndsAt: at(0)}, 4, 10))},
		"waits-for-person": {task: makeTask(v1alpha1.PhaseWaiting, "v2 gets 50 % of requests and waits for a person to continue.",
			releasing(v1alpha1.StepStatus{Number: 3, Weight: 50, WaitsFor: v1alpha1.WaitsForPerson, StartedAt: at(-26 * time.Hour)}, 4, 50))},
		"judged": {task: makeTask(v1alpha1.PhaseReleasing, "v2 gets 10 % of requests; the step is over, and there is no verdict yet.",
			releasing(v1alpha1.StepStatus{Number: 2, Weight: 10, WaitsFor: v1alpha1.WaitsForAnalysis, StartedAt: at(-40 * time.Second)}, 4, 10), judged(false))},
		"judged-in-a-dry-run": {style: Style{Width: 76}, task: makeTask(v1alpha1.PhaseReleasing, "v2 gets 10 % of requests.",
			releasing(v1alpha1.StepStatus{Number: 2, Weight: 10, WaitsFor: v1alpha1.WaitsForTime, StartedAt: at(-4 * time.Minute), EndsAt: at(6 * time.Minute)}, 4, 10), judged(true))},
		"last-exchange": {task: makeTask(v1alpha1.PhaseReleasing, "v2 gets all requests; the last pods of v1 go.",
			releasing(v1alpha1.StepStatus{Number: 4, Weight: 100, WaitsFor: v1alpha1.WaitsForNothing}, 4, 100))},
		"terminated": {task: makeTask(v1alpha1.PhaseTerminated, "ana@example.com sent v2 back; v1 serves all requests.",
			func(task *v1alpha1.ReleaseTask) { task.Status.Canary = version("v2", 5, 0, 0, 0) })},
		"blocked": {task: makeTask(v1alpha1.PhaseBlocked, "Something stands in the way of the take-over.",
			func(task *v1alpha1.ReleaseTask) { task.Status.Stable = nil },
			condition(v1alpha1.ConditionPreflightPassed, metav1.ConditionFalse, "Deployment checkout is paused: resume it with kubectl rollout resume deployment checkout -n shop"))},
		"drifted": {task: makeTask(v1alpha1.PhaseHealthy, "v1 serves all requests.",
			condition(v1alpha1.ConditionDrifted, metav1.ConditionTrue, "Deployment checkout was scaled up by kubectl; it is being scaled down again."))},
		"handing-back": {task: makeTask(v1alpha1.PhaseHandingBack, "The Deployment's own pods start.",
			func(task *v1alpha1.ReleaseTask) {
				task.Status.HandBack = &v1alpha1.HandBackStatus{Step: v1alpha1.HandBackStarting}
			})},
		"many-pods": {task: makeTask(v1alpha1.PhaseHealthy, "v1 serves all requests.",
			func(task *v1alpha1.ReleaseTask) { task.Status.Stable = version("v1", 4, 150, 200, 100) })},
		"narrow-and-colored": {
			task: makeTask(v1alpha1.PhaseReleasing, "v2 gets 10 % of requests; 50 % follows by itself.",
				releasing(v1alpha1.StepStatus{Number: 2, Weight: 10, WaitsFor: v1alpha1.WaitsForTime, StartedAt: at(-4 * time.Minute), EndsAt: at(6 * time.Minute)}, 4, 10)),
			style: Style{Width: 80, Color: true},
		},
		"hostile-text": {task: makeTask(v1alpha1.PhaseHealthy, "v1 \x1b[31mserves\nall \u009b2J requests.")},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			test.style.Program = "workbench"
			got := strings.Join(Draw(test.task, noon, test.style), "\n") + "\n"
			golden(t, name, strings.ReplaceAll(got, "\x1b", "\\e"))
		})
	}
}

// golden compares with the file of that name; `go test -update` writes it.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name+".txt")
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("differs from %s (-want +got):\n%s", path, diff)
	}
}

func TestDrawKeepsWithinTheWidth(t *testing.T) {
	task := makeTask(v1alpha1.PhaseWaiting, "v2 gets 50 % of requests and waits for a person to continue.",
		releasing(v1alpha1.StepStatus{Number: 3, Weight: 50, WaitsFor: v1alpha1.WaitsForPerson, StartedAt: at(-time.Hour)}, 4, 50),
		condition(v1alpha1.ConditionDrifted, metav1.ConditionTrue, strings.Repeat("many words ", 30)))
	for width := 1; width <= 120; width++ {
		for _, line := range Draw(task, noon, Style{Width: width}) {
			if columns := len([]rune(line)); columns > width {
				t.Fatalf("width %d: a line of %d columns: %q", width, columns, line)
			}
		}
	}
}

func TestLine(t *testing.T) {
	tests := map[string]struct {
		task *v1alpha1.ReleaseTask
		want string
	}{
		"pending": {task: &v1alpha1.ReleaseTask{}, want: "pending"},
		"healthy": {task: makeTask(v1alpha1.PhaseHealthy, "v1 serves."), want: "healthy, stable v1 (r4) 100% 4/4 ready: v1 serves."},
		"releasing": {
			task: makeTask(v1alpha1.PhaseTakingOver, "Moving.", releasing(v1alpha1.StepStatus{Number: 2}, 1, 10)),
			want: "taking over, step 2/3, stable v1 (r4) 90% 4/4 ready, canary v2 (r5) 10% 1/4 ready: Moving.",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, Line(test.task)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestShort(t *testing.T) {
	for duration, want := range map[time.Duration]string{
		-time.Second: "0s", 0: "0s", 999 * time.Millisecond: "0s", 9 * time.Second: "9s", time.Minute: "1m",
		252 * time.Second: "4m12s", time.Hour: "1h", 65 * time.Minute: "1h5m", time.Hour + time.Second: "1h",
		51 * time.Hour: "2d3h", 720 * time.Hour: "30d",
	} {
		if got := Short(duration); got != want {
			t.Errorf("Short(%s) = %q, want %q", duration, got, want)
		}
	}
}

func TestBar(t *testing.T) {
	tests := []struct {
		part, whole int
		want        string
	}{
		{0, 100, "░░░░"}, {1, 100, "█░░░"}, {50, 100, "██░░"}, {100, 100, "████"}, {300, 100, "████"}, {-5, 100, "░░░░"}, {1, 0, "█░░░"},
	}
	for _, test := range tests {
		if got := bar(test.part, test.whole, 4); got != test.want {
			t.Errorf("bar(%d, %d) = %s, want %s", test.part, test.whole, got, test.want)
		}
	}
}

// judged is a release with checks in all results; one that failed, in a dry run.
func judged(dryRun bool) func(*v1alpha1.ReleaseTask) {
	return func(task *v1alpha1.ReleaseTask) {
		status := &v1alpha1.AnalysisStatus{State: v1alpha1.AnalysisNotEnoughData, LastLookAt: at(-3 * time.Second), DryRun: dryRun}
		status.Checks = []v1alpha1.AnalysisCheck{
			{Metric: "success-rate", Kind: v1alpha1.CheckStable, Result: v1alpha1.CheckNotEnoughData, Reason: "TooFewRequests", Canary: "99.4%", Stable: "99.5%", CanaryRequests: 320, RequestsNeeded: 410, SecondsNeeded: 95},
			{Metric: "latency", Kind: v1alpha1.CheckLimit, Limit: "500ms", Result: v1alpha1.CheckPass, Canary: "212ms", CanaryRequests: 320},
			{Metric: "queue", Kind: v1alpha1.CheckLimit, Limit: "5", Result: v1alpha1.CheckError, Evidence: "The query returns nothing: no series fits it."},
			{Metric: "restarts", Kind: v1alpha1.CheckLimit, Limit: "0", Result: v1alpha1.CheckNotEnoughData, Reason: "PodsNotStarted"},
		}
		if dryRun {
			status.State = v1alpha1.AnalysisFailed
			status.Checks[0].Result, status.Checks[0].Evidence = v1alpha1.CheckFail, "20 % of the canary's requests failed (64 of 320), 0.5 % of the stable version's (14 of 2,880). A version as good as the stable one ever shows so much with a chance of at most 1 in a million."
		}
		task.Status.Analysis = status
	}
}
