package release

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	workbench "github.com/workbench-dev/workbench/api/v1alpha1"
)

func ask(typ workbench.ActionType) *workbench.ReleaseAction {
	return &workbench.ReleaseAction{ObjectMeta: metav1.ObjectMeta{Name: "a", Namespace: "shop"}, Spec: workbench.ReleaseActionSpec{Task: "checkout", Type: typ, RequestedBy: "ada"}}
}

func askImage(container, image string) *workbench.ReleaseAction {
	a := ask(workbench.ActionUpdateVersion)
	a.Spec.UpdateVersion = &workbench.UpdateVersionSpec{Containers: []workbench.ContainerImage{{Name: container, Image: image}}}
	return a
}

func askRollback(revision int64) *workbench.ReleaseAction {
	a := ask(workbench.ActionRollback)
	a.Spec.Rollback = &workbench.RollbackSpec{Revision: revision}
	return a
}

func expecting(a *workbench.ReleaseAction, revision int64, step int32) *workbench.ReleaseAction {
	a.Spec.Expect = &workbench.Expectation{Revision: &revision}
	if step > 0 {
		a.Spec.Expect.Step = &step
	}
	return a
}

// subjectOf is what the actions of a task with this Rollout are resolved against; its Deployment has revision n.
func subjectOf(task *workbench.ReleaseTask, m *rolloutMaker, n string) Subject {
	Observe(task, m.world(noon))
	return Subject{Task: task, Deployment: makeDeployment("registry/web:v" + n), Rollout: m.rollout, ReplicaSets: m.sets}
}

func waitingInStepOne() Subject {
	return subjectOf(running(), makeRollout().version(2, 1).newest(2).weight(20).at(1).paused(noon), "2")
}

func TestResolveTargets(t *testing.T) {
	begun := metav1.NewTime(noon)
	cases := map[string]struct {
		action  *workbench.ReleaseAction
		subject Subject
		want    *workbench.ActionTarget
	}{
		"Continue leaves the step that waits": {
			expecting(ask(workbench.ActionContinue), 2, 1), waitingInStepOne(),
			&workbench.ActionTarget{Hash: hashOf(2), Revision: 2, RolloutStep: ptr.To[int32](1), Step: ptr.To[int32](1), ReleaseStartedAt: &begun, PausedAt: &begun},
		},
		"Release is about the running version": {
			ask(workbench.ActionRelease), waitingInStepOne(),
			&workbench.ActionTarget{Hash: hashOf(2), Revision: 2, ReleaseStartedAt: &begun},
		},
		"Retry is about the moment it went back": {
			ask(workbench.ActionRetry), subjectOf(running(), makeRollout().version(2, 1).newest(2).aborted(noon), "2"),
			&workbench.ActionTarget{Hash: hashOf(2), Revision: 2, AbortedAt: &begun},
		},
		"Rollback finds the version by its revision": {
			askRollback(1), waitingInStepOne(),
			&workbench.ActionTarget{Hash: hashOf(1), Revision: 1, Template: TemplateHash(&makeDeployment("registry/web:v2").Spec.Template)},
		},
		"UpdateVersion remembers what it found": {
			askImage("web", "registry/web:v3"), waitingInStepOne(),
			&workbench.ActionTarget{Template: TemplateHash(&makeDeployment("registry/web:v2").Spec.Template)},
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			got, err := Resolve(c.action, c.subject)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestResolveRefuses(t *testing.T) {
	healthy := func() Subject { return subjectOf(makeTask(), makeRollout(), "1") }
	back := func() Subject {
		return subjectOf(running(), makeRollout().version(2, 1).newest(2).aborted(noon), "2")
	}
	cases := map[string]struct {
		action  *workbench.ReleaseAction
		subject Subject
		says    string
	}{
		"a task that is not there":           {ask(workbench.ActionContinue), Subject{}, "does not exist"},
		"a Deployment that is gone":          {ask(workbench.ActionContinue), func() Subject { s := healthy(); s.Deployment = nil; return s }(), "create it again"},
		"a task that is being deleted":       {ask(workbench.ActionRelease), func() Subject { s := healthy(); s.Task.DeletionTimestamp = ptr.To(metav1.NewTime(noon)); return s }(), "being deleted"},
		"Continue when nothing runs":         {ask(workbench.ActionContinue), healthy(), "no release runs"},
		"Continue after it went back":        {ask(workbench.ActionContinue), back(), "Retry"},
		"Continue while pods start":          {ask(workbench.ActionContinue), subjectOf(running(), makeRollout().version(2, 0).newest(2).weight(0).at(0), "2"), "does not wait"},
		"Continue meant for another step":    {expecting(ask(workbench.ActionContinue), 2, 2), waitingInStepOne(), "moved on"},
		"Continue meant for another version": {expecting(ask(workbench.ActionContinue), 7, 1), waitingInStepOne(), "moved on"},
		"Release when nothing runs":          {ask(workbench.ActionRelease), healthy(), "no release runs"},
		"Release twice":                      {ask(workbench.ActionRelease), subjectOf(running(), makeRollout().version(2, 1).newest(2).weight(20).at(0).annotate(workbench.PlanAnnotation, StepPlan{ReleasedBy: "b"}.String()), "2"), "already"},
		"Terminate when nothing runs":        {ask(workbench.ActionTerminate), healthy(), "no release runs"},
		"Retry while it runs":                {ask(workbench.ActionRetry), waitingInStepOne(), "the release runs"},
		"Retry when all is well":             {ask(workbench.ActionRetry), healthy(), "newest version serves"},
		"an unknown container":               {askImage("sidecar", "registry/x:1"), healthy(), "it has web"},
		"an image that is none":              {askImage("web", "not an image!"), healthy(), "container web"},
		"the image it has":                   {askImage("web", "registry/web:v1"), healthy(), "nothing changes"},
		"Rollback to an unknown revision":    {askRollback(9), healthy(), "not there any more"},
		"Rollback to the newest revision":    {askRollback(1), healthy(), "newest version already"},
		"Rollback to the one that went back": {askRollback(2), back(), "retry"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := Resolve(c.action, c.subject)
			var refusal Refusal
			if !errors.As(err, &refusal) {
				t.Fatalf("got %v, want a refusal", err)
			}
			if !strings.Contains(refusal.Error(), c.says) {
				t.Errorf("%q does not say %q", refusal, c.says)
			}
		})
	}
}

func TestResolveWaits(t *testing.T) {
	early := func() Subject {
		s := subjectOf(makeTask(), makeRollout(), "1")
		s.Task.Status.Conditions = nil
		return s
	}
	stale := func() Subject { s := waitingInStepOne(); s.Rollout.Status.ObservedGeneration = "1"; return s }
	cases := map[string]struct {
		action  *workbench.ReleaseAction
		subject Subject
	}{
		"a version that comes during the take-over":    {askImage("web", "registry/web:v2"), early()},
		"Argo Rollouts has not seen the newest change": {ask(workbench.ActionContinue), stale()},
		"the release is not on record yet":             {ask(workbench.ActionTerminate), func() Subject { s := waitingInStepOne(); s.Task.Status.Release = nil; return s }()},
		"the weight is about to be reached":            {ask(workbench.ActionContinue), subjectOf(running(), makeRollout().version(2, 1).newest(2).weight(20).at(0), "2")},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := Resolve(c.action, c.subject)
			if !errors.As(err, new(NotYet)) {
				t.Errorf("got %v, want that it waits", err)
			}
		})
	}
}
