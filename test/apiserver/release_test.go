//go:build apiserver

package apiserver

import (
	"fmt"
	"strings"
	"testing"

	rollouts "github.com/argoproj/argo-rollouts/pkg/apis/rollouts/v1alpha1"
	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/workbench-dev/workbench/api/v1alpha1"
	"github.com/workbench-dev/workbench/internal/apitest"
)

const (
	imageV2 = "registry.example.com/shop:v2"
	imageV3 = "registry.example.com/shop:v3"
)

// newReleasingWorld is a world whose workload is taken over, with the given steps.
func newReleasingWorld(t *testing.T, traffic v1alpha1.Traffic, steps ...v1alpha1.Step) *world {
	t.Helper()
	w := newWorld(t)
	w.takeOver(traffic, steps...)
	return w
}

func (w *world) takeOver(traffic v1alpha1.Traffic, steps ...v1alpha1.Step) {
	w.t.Helper()
	w.createTask(traffic, steps...)
	w.runHealthy("the workload is taken over", w.takenOver)
}

// act asks something of the task, and returns the name of the action.
func (w *world) act(kind v1alpha1.ActionType, fill ...func(*v1alpha1.ReleaseActionSpec)) string {
	w.t.Helper()
	action := &v1alpha1.ReleaseAction{
		ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, GenerateName: strings.ToLower(string(kind)) + "-"},
		Spec:       v1alpha1.ReleaseActionSpec{Task: app, Type: kind, RequestedBy: "ada"},
	}
	for _, f := range fill {
		f(&action.Spec)
	}
	if err := w.server.As(w.t, "ada", "system:masters").Create(w.t.Context(), action); err != nil {
		w.t.Fatal(err)
	}
	return action.Name
}

func image(name string) func(*v1alpha1.ReleaseActionSpec) {
	return func(spec *v1alpha1.ReleaseActionSpec) {
		spec.UpdateVersion = &v1alpha1.UpdateVersionSpec{Containers: []v1alpha1.ContainerImage{{Name: "app", Image: name}}}
	}
}

func toRevision(n int64) func(*v1alpha1.ReleaseActionSpec) {
	return func(spec *v1alpha1.ReleaseActionSpec) { spec.Rollback = &v1alpha1.RollbackSpec{Revision: n} }
}

// action reads one.
func (w *world) action(name string) *v1alpha1.ReleaseAction {
	w.t.Helper()
	action := &v1alpha1.ReleaseAction{}
	if !w.get(name, action) {
		w.t.Fatalf("action %s doesn't exist", name)
	}
	return action
}

// ended says whether all of these actions have.
func (w *world) ended(names ...string) func() bool {
	return func() bool {
		for _, name := range names {
			if !w.action(name).Status.State.IsFinal() {
				return false
			}
		}
		return true
	}
}

func (w *world) requireAction(name string, want v1alpha1.ActionState, words string) {
	w.t.Helper()
	status := w.action(name).Status
	if status.State != want || !strings.Contains(status.Message, words) {
		w.t.Errorf("action %s ended as %s %q, want %s with words %q", name, status.State, status.Message, want, words)
	}
	if status.FinishedAt == nil {
		w.t.Errorf("action %s has no time of its end", name)
	}
}

// waitsIn says whether the release stands in a step and waits for a person.
func (w *world) waitsIn(number int32) func() bool {
	return func() bool {
		status := w.task().Status
		return status.Phase == v1alpha1.PhaseWaiting && status.Step != nil && status.Step.Number == number
	}
}

// serves says whether the version of an image serves all requests, and no other.
func (w *world) serves(image string) func() bool {
	return func() bool {
		status := w.task().Status
		return status.Phase == v1alpha1.PhaseHealthy && status.Stable != nil && status.Release == nil &&
			len(status.Stable.Containers) > 0 && status.Stable.Containers[0].Image == image
	}
}

func (w *world) setImage(image string) {
	w.t.Helper()
	var deployment appsv1.Deployment
	w.edit(app, &deployment, func() { deployment.Spec.Template.Spec.Containers[0].Image = image })
}

// outcomes tells the history, newest first: "v2 Released ada".
func (w *world) outcomes() (texts []string) {
	w.t.Helper()
	for _, record := range w.task().Status.History {
		_, tag, _ := strings.Cut(record.Containers[0].Image, ":")
		texts = append(texts, strings.TrimSpace(fmt.Sprintf("%s %s %s", tag, record.Outcome, record.EndedBy)))
	}
	return texts
}

func (w *world) requireHistory(want ...string) {
	w.t.Helper()
	if diff := cmp.Diff(want, w.outcomes()); diff != "" {
		w.t.Errorf("history, newest first (-want +got):\n%s", diff)
	}
}

// TestReleaseStepByStep: each Continue leaves one step, and after the last one the version is stable.
func TestReleaseStepByStep(t *testing.T) {
	for name, tc := range map[string]struct {
		traffic v1alpha1.Traffic
		faults  strikes
	}{
		"with mesh":    {byMesh, decisions},
		"without mesh": {byInstances, none},
	} {
		t.Run(name, func(t *testing.T) {
			tc.faults.run(t,
				func(w *world) {
					w.takeOver(tc.traffic, step(25), step(50))
					w.setImage(imageV2)
				},
				func(w *world, c *controller) {
					w.run(c, "step 1 waits", w.waitsIn(1))
					first := w.act(v1alpha1.ActionContinue)
					w.run(w.next(c), "step 2 waits", w.waitsIn(2))
					w.run(w.next(c), "the first action has ended", w.ended(first))
					second := w.act(v1alpha1.ActionContinue)
					w.run(w.next(c), "v2 serves", w.serves(imageV2))
					w.run(w.next(c), "the second action has ended", w.ended(second))
					w.requireAction(first, v1alpha1.ActionSucceeded, "step 1 was left")
					w.requireAction(second, v1alpha1.ActionSucceeded, "step 2 was left")
					w.requireHistory("v2 Released", "v1 TakenOver")
				})
		})
	}
}

// next is the controller that goes on: the same one, or another after it was killed.
func (w *world) next(c *controller) *controller {
	if c.Killed() {
		return w.controller(apitest.NoFault, 0)
	}
	return c
}

// TestTwoActionsAtOnce: of two that mean the same thing, one step is left, not two.
func TestTwoActionsAtOnce(t *testing.T) {
	w := newReleasingWorld(t, byMesh, step(25), step(50), step(75))
	w.setImage(imageV2)
	w.runHealthy("step 1 waits", w.waitsIn(1))
	first, second := w.act(v1alpha1.ActionContinue), w.act(v1alpha1.ActionContinue)
	w.runHealthy("both actions have ended", w.ended(first, second))
	w.runHealthy("step 2 waits", w.waitsIn(2))
	for range 10 {
		w.runHealthy("another round", func() bool { return true })
	}
	if !w.waitsIn(2)() {
		t.Errorf("the release went on to %+v, though only step 1 was to be left", w.task().Status.Step)
	}
	w.requireServed()
}

// TestActionsOfTwoReplicas: two controllers that both believe to lead carry an action out once.
func TestActionsOfTwoReplicas(t *testing.T) {
	w := newReleasingWorld(t, byMesh, step(25), step(50), step(75))
	w.setImage(imageV2)
	w.runHealthy("step 1 waits", w.waitsIn(1))
	w.act(v1alpha1.ActionContinue)
	one, two := w.controller(apitest.NoFault, 0), w.controller(apitest.NoFault, 0)
	for range 12 {
		w.together(one, two)
		w.tick()
	}
	if !w.waitsIn(2)() {
		t.Errorf("the release stands in %+v, though only step 1 was to be left", w.task().Status.Step)
	}
	w.requireServed()
}

// together lets two controllers work at the same time.
func (w *world) together(controllers ...*controller) {
	w.t.Helper()
	done := make(chan struct{})
	for _, c := range controllers {
		go func() {
			defer func() { done <- struct{}{} }()
			w.reconcile(c, true)
		}()
	}
	for range controllers {
		<-done
	}
}

// TestActionsThatDoNotFit: each gets a sentence, and nothing is done.
func TestActionsThatDoNotFit(t *testing.T) {
	w := newReleasingWorld(t, byMesh, step(25), step(50))
	for _, tc := range []struct {
		name  string
		kind  v1alpha1.ActionType
		fill  []func(*v1alpha1.ReleaseActionSpec)
		words string
	}{
		{"continue", v1alpha1.ActionContinue, nil, "there is nothing to continue"},
		{"release", v1alpha1.ActionRelease, nil, "there is nothing to release"},
		{"terminate", v1alpha1.ActionTerminate, nil, "there is nothing to terminate"},
		{"retry", v1alpha1.ActionRetry, nil, "there is nothing to retry"},
		{"rollback to the version that serves", v1alpha1.ActionRollback, []func(*v1alpha1.ReleaseActionSpec){toRevision(1)}, "revision 1 is the newest version already"},
		{"rollback to nowhere", v1alpha1.ActionRollback, []func(*v1alpha1.ReleaseActionSpec){toRevision(99)}, "revision 99 is not there any more"},
		{"the image that runs", v1alpha1.ActionUpdateVersion, []func(*v1alpha1.ReleaseActionSpec){image("registry.example.com/shop:v1")}, "nothing changes"},
		{"an image that is none", v1alpha1.ActionUpdateVersion, []func(*v1alpha1.ReleaseActionSpec){image("shop v2")}, "container app"},
		{"a container that isn't there", v1alpha1.ActionUpdateVersion, []func(*v1alpha1.ReleaseActionSpec){func(spec *v1alpha1.ReleaseActionSpec) {
			spec.UpdateVersion = &v1alpha1.UpdateVersionSpec{Containers: []v1alpha1.ContainerImage{{Name: "sidecar", Image: imageV2}}}
		}}, "has no container sidecar: it has app"},
		{"another task", v1alpha1.ActionContinue, []func(*v1alpha1.ReleaseActionSpec){func(spec *v1alpha1.ReleaseActionSpec) { spec.Task = "cart" }}, "release task cart does not exist"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			before := w.versionsOf()
			name := w.act(tc.kind, tc.fill...)
			w.runHealthy("the action has ended", w.ended(name))
			w.requireAction(name, v1alpha1.ActionRefused, tc.words)
			w.runHealthy("another round", func() bool { return true })
			if diff := cmp.Diff(before, w.versionsOf()); diff != "" {
				t.Errorf("the action changed something:\n%s", diff)
			}
		})
	}
	w.requireServed()
}

// versionsOf are the specs that an action may change.
func (w *world) versionsOf() map[string]any {
	w.t.Helper()
	var deployment appsv1.Deployment
	var rollout rollouts.Rollout
	w.get(app, &deployment)
	w.get(app, &rollout)
	return map[string]any{"Deployment": deployment.Spec, "Rollout": rollout.Spec, "task": w.task().Spec}
}

// TestExpectation: what was meant for another step or revision isn't done to this one.
func TestExpectation(t *testing.T) {
	w := newReleasingWorld(t, byMesh, step(25), step(50))
	w.setImage(imageV2)
	w.runHealthy("step 1 waits", w.waitsIn(1))
	expecting := func(revision int64, step int32) func(*v1alpha1.ReleaseActionSpec) {
		return func(spec *v1alpha1.ReleaseActionSpec) {
			spec.Expect = &v1alpha1.Expectation{Revision: &revision, Step: &step}
		}
	}
	oldStep := w.act(v1alpha1.ActionContinue, expecting(2, 2))
	oldRevision := w.act(v1alpha1.ActionTerminate, expecting(1, 1))
	w.runHealthy("both have ended", w.ended(oldStep, oldRevision))
	w.requireAction(oldStep, v1alpha1.ActionRefused, "it was meant for step 2, the release stands in step 1")
	w.requireAction(oldRevision, v1alpha1.ActionRefused, "it was meant for revision 1, the newest one is 2")
	fits := w.act(v1alpha1.ActionContinue, expecting(2, 1))
	w.runHealthy("the one that fits has ended", w.ended(fits))
	w.requireAction(fits, v1alpha1.ActionSucceeded, "step 1 was left")
	w.requireServed()
}

func TestReleaseAtOnce(t *testing.T) {
	prepare := func(w *world) {
		w.takeOver(byMesh, step(25), step(50))
		w.setImage(imageV2)
		w.runHealthy("step 1 waits", w.waitsIn(1))
		w.act(v1alpha1.ActionRelease)
	}
	decisions.run(t, prepare, func(w *world, c *controller) {
		w.run(c, "v2 serves", w.serves(imageV2))
		w.run(w.next(c), "the action has ended", w.allEnded)
		w.requireHistory("v2 Released ada", "v1 TakenOver")
	})
}

func TestTerminateAndRetry(t *testing.T) {
	prepare := func(w *world) {
		w.takeOver(byMesh, step(25), step(50))
		w.setImage(imageV2)
		w.runHealthy("step 1 waits", w.waitsIn(1))
		w.act(v1alpha1.ActionTerminate)
	}
	decisions.run(t, prepare, func(w *world, c *controller) {
		w.run(c, "the release is terminated", w.phase(v1alpha1.PhaseTerminated))
		w.run(w.next(c), "the action has ended", w.allEnded)
		w.requireHistory("v2 Terminated ada", "v1 TakenOver")
		w.act(v1alpha1.ActionRetry)
		w.run(w.next(c), "step 1 waits again", w.waitsIn(1))
		w.run(w.next(c), "the actions have ended", w.allEnded)
		w.requireHistory("v2 Terminated ada", "v1 TakenOver")
	})
}

func TestUpdateVersion(t *testing.T) {
	prepare := func(w *world) {
		w.takeOver(byMesh, step(50))
		w.act(v1alpha1.ActionUpdateVersion, image(imageV2))
	}
	decisions.run(t, prepare, func(w *world, c *controller) {
		w.run(c, "step 1 waits", w.waitsIn(1))
		w.run(w.next(c), "the update has ended", w.allEnded)
		if by := w.task().Status.Release.StartedBy; by != "ada" {
			w.t.Errorf("the release was brought by %q, want ada", by)
		}
	})
}

func TestRollback(t *testing.T) {
	prepare := func(w *world) {
		w.takeOver(byMesh, step(50))
		w.setImage(imageV2)
		w.runHealthy("step 1 waits", w.waitsIn(1))
		w.act(v1alpha1.ActionContinue)
		w.runHealthy("v2 serves", w.serves(imageV2))
		w.act(v1alpha1.ActionRollback, toRevision(1))
	}
	decisions.run(t, prepare, func(w *world, c *controller) {
		w.run(c, "the rollback waits in step 1", w.waitsIn(1))
		w.run(w.next(c), "the actions have ended", w.allEnded)
		w.act(v1alpha1.ActionContinue)
		w.run(w.next(c), "v1 serves", w.serves("registry.example.com/shop:v1"))
		w.run(w.next(c), "the actions have ended", w.allEnded)
		w.requireHistory("v1 Released", "v2 Released", "v1 TakenOver")
	})
}

// allEnded says whether every action of the namespace has, and with success.
func (w *world) allEnded() bool {
	w.t.Helper()
	var actions v1alpha1.ReleaseActionList
	w.list(&actions)
	for _, action := range actions.Items {
		switch action.Status.State {
		case v1alpha1.ActionSucceeded:
		case v1alpha1.ActionRefused, v1alpha1.ActionFailed:
			w.t.Fatalf("action %s ended as %s: %s", action.Spec.Type, action.Status.State, action.Status.Message)
		default:
			return false
		}
	}
	return true
}

// TestContinueWhileTheRulesChange: the steps are replaced between the moment at which a Continue was put on record
// and the one at which it is carried out. It leaves at most the step it was meant for, never a later one.
func TestContinueWhileTheRulesChange(t *testing.T) {
	w := newReleasingWorld(t, byMesh, step(10), step(20), step(30), step(40))
	w.setImage(imageV2)
	for number := range int32(2) {
		w.runHealthy("a step waits", w.waitsIn(number+1))
		w.act(v1alpha1.ActionContinue)
	}
	w.runHealthy("step 3 waits", w.waitsIn(3))
	continued := w.act(v1alpha1.ActionContinue)
	// The first write of this controller is the record of what the action means.
	w.reconcile(w.controller(apitest.KilledAfter, 1), true)
	if state := w.action(continued).Status.State; state != v1alpha1.ActionRunning {
		t.Fatalf("the action is %q, want it on record as %s", state, v1alpha1.ActionRunning)
	}
	task := w.task()
	w.edit(app, task, func() {
		task.Spec.Strategy.Canary.Steps = []v1alpha1.Step{step(30), step(60), step(80), step(90)}
	})
	w.runHealthy("the action has ended", w.ended(continued))
	for range 12 {
		w.runHealthy("another round", func() bool { return true })
	}
	if step := w.task().Status.Step; step == nil || step.Weight > 60 {
		t.Errorf("the release stands in %+v: one Continue at 30 %% of the new steps can lead to 60 %% at most", step)
	}
	w.requireServed()
}

// TestVersionSetBackWhileItMakesRoom sets a newer version and, before it could begin, the one under way again.
func TestVersionSetBackWhileItMakesRoom(t *testing.T) {
	w := newReleasingWorld(t, byMesh, step(10), step(50))
	w.setImage(imageV2)
	w.runHealthy("step 1 of version 2 waits", w.waitsIn(1))
	w.setImage(imageV3)
	w.runHealthy("version 2 gives its requests back", func() bool {
		rollout := &rollouts.Rollout{}
		return w.get(app, rollout) && rollout.Status.Abort
	})
	w.setImage(imageV2)
	w.runHealthy("step 1 of version 2 waits again", func() bool {
		canary := w.task().Status.Canary
		return w.waitsIn(1)() && canary != nil && canary.Containers[0].Image == imageV2
	})
	rollout := &rollouts.Rollout{}
	if w.get(app, rollout); rollout.Annotations[v1alpha1.SupersededAnnotation] != "" {
		t.Error("the release still counts as superseded")
	}
	w.requireServed()
}
