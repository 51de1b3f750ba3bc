//go:build apiserver

package cli

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workbench-dev/workbench/api/v1alpha1"
)

func TestActions(t *testing.T) {
	seen := func(revision int64, step int32) *v1alpha1.Expectation {
		expect := &v1alpha1.Expectation{Revision: &revision}
		if step > 0 {
			expect.Step = &step
		}
		return expect
	}
	tests := map[string]struct {
		line string
		want v1alpha1.ReleaseActionSpec
	}{
		"continue":  {"continue shop", v1alpha1.ReleaseActionSpec{Type: v1alpha1.ActionContinue, Expect: seen(2, 1)}},
		"promote":   {"promote shop", v1alpha1.ReleaseActionSpec{Type: v1alpha1.ActionRelease, Expect: seen(2, 0)}},
		"abort":     {"abort shop", v1alpha1.ReleaseActionSpec{Type: v1alpha1.ActionTerminate, Expect: seen(2, 0)}},
		"retry":     {"retry shop", v1alpha1.ReleaseActionSpec{Type: v1alpha1.ActionRetry, Expect: seen(2, 0)}},
		"rollback":  {"rollback shop --to 1", v1alpha1.ReleaseActionSpec{Type: v1alpha1.ActionRollback, Expect: seen(2, 0), Rollback: &v1alpha1.RollbackSpec{Revision: 1}}},
		"set-image": {"set-image shop app=shop:v3", v1alpha1.ReleaseActionSpec{Type: v1alpha1.ActionUpdateVersion, Expect: seen(2, 0), UpdateVersion: &v1alpha1.UpdateVersionSpec{Containers: image("v3")}}},
	}
	l := newLab(t)
	l.create()
	l.release(v1alpha1.PhaseWaiting)
	l.status(func(status *v1alpha1.ReleaseTaskStatus) {
		status.History = []v1alpha1.ReleaseRecord{record("v1", 1, v1alpha1.OutcomeTakenOver, 0)}
	})
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			ended := l.start(editor, "release "+test.line)
			action := l.answer(v1alpha1.ActionSucceeded, "Done with "+name+".")
			ended.ends(ExitOK, "Done with "+name+".")
			test.want.Task, test.want.RequestedBy = "shop", editor
			if diff := cmp.Diff(test.want, action.Spec); diff != "" {
				t.Error(diff)
			}
		})
	}
	listed := l.run(viewer, "release actions shop -o wide")
	l.requires(listed, ExitOK, "Rollback to 1", "UpdateVersion app=shop:v3", "Done with abort.")
	if lines := strings.Count(listed.out, "\n"); lines != len(tests)+1 {
		t.Errorf("%d lines, want %d actions and a header:\n%s", lines, len(tests), listed.out)
	}
}

func TestActionsThatAreNotCarriedOut(t *testing.T) {
	l := newLab(t)
	l.create()
	l.release(v1alpha1.PhaseWaiting)

	refused := l.start(editor, "release continue shop")
	l.answer(v1alpha1.ActionRefused, "the task has moved on")
	refused.ends(ExitRefused, "Error: refused: the task has moved on")

	failed := l.start(editor, "release continue shop")
	l.answer(v1alpha1.ActionFailed, "Argo Rollouts does not answer")
	failed.ends(ExitError, "Error: failed: Argo Rollouts does not answer")

	l.requires(l.run(viewer, "release abort shop"), ExitRefused, "user "+viewer+" may not create releaseactions in namespace "+l.namespace)
	l.requires(l.run(stranger, "release abort shop"), ExitRefused, "user "+stranger+" may not get releasetasks in namespace "+l.namespace)
	l.requires(l.run(editor, "release abort none"), ExitNotFound, `there is no release task "none"`)
	l.requires(l.run(editor, "release rollback shop --to 7"), ExitNotFound, "has no history yet")
	l.requires(l.run(editor, "release abort shop --wait=none"), ExitOK, "Terminate asked of release task shop (releaseaction shop-terminate-")
	l.requires(l.run(editor, "release abort shop --timeout 200ms"), ExitTimeout, "no controller has looked at shop-terminate-")
}

func TestActionWaitsForTheRelease(t *testing.T) {
	l := newLab(t)
	l.create()
	l.release(v1alpha1.PhaseWaiting)

	promoted := l.start(editor, "release promote shop --wait=release")
	l.answer(v1alpha1.ActionSucceeded, "On its way.")
	l.end(v1alpha1.PhaseHealthy, v1alpha1.OutcomeReleased)
	promoted.ends(ExitOK, "On its way.", "Release of revision 2 (app=shop:v2) ended: released, so it was.")

	l.release(v1alpha1.PhaseWaiting)
	continued := l.start(editor, "release continue shop --wait=end")
	l.answer(v1alpha1.ActionSucceeded, "On its way.")
	l.end(v1alpha1.PhaseFailed, v1alpha1.OutcomeWentBack)
	continued.ends(ExitNotReleased, "ended: went back, so it was.")

	l.release(v1alpha1.PhaseWaiting)
	aborted := l.start(editor, "release abort shop --wait=release")
	l.answer(v1alpha1.ActionSucceeded, "On its way.")
	l.end(v1alpha1.PhaseTerminated, v1alpha1.OutcomeTerminated)
	aborted.ends(ExitOK, "ended: terminated, so it was.")
}

func TestUpdate(t *testing.T) {
	l := newLab(t)
	l.create()
	l.requires(l.run(editor, "release update shop --step 5:1m --step 20 --instances 4 --max-surge 50%"), ExitOK, "Rules of release task shop changed: 5 % for 1m, 20 % until a person continues, then all. The next release goes by them.")
	spec := l.task().Spec
	if len(spec.Strategy.Canary.Steps) != 2 || *spec.Instances != 4 || spec.Strategy.Canary.MaxSurge.String() != "50%" {
		t.Errorf("the rules are %+v", spec)
	}
	l.requires(l.run(editor, "release update shop --instances 4"), ExitOK, "has these rules already")
	l.requires(l.run(viewer, "release update shop --instances 5"), ExitRefused, "may not update releasetasks")
	l.release(v1alpha1.PhaseReleasing)
	l.requires(l.run(editor, "release update shop --instances 5"), ExitOK, "The release that runs goes on by them.")
}

// finalizers sets those of the task with the rights of the controller, which may patch it.
func (l *lab) finalizers(names ...string) {
	l.t.Helper()
	before := l.task()
	task := before.DeepCopy()
	task.Finalizers = names
	l.must(l.controller.Patch(l.t.Context(), task, client.MergeFrom(before)))
}

func TestDelete(t *testing.T) {
	l := newLab(t)
	l.create()
	l.finalizers(v1alpha1.TaskFinalizer)
	l.release(v1alpha1.PhaseWaiting)
	l.status(func(status *v1alpha1.ReleaseTaskStatus) {
		status.TakeOver = &v1alpha1.TakeOverStatus{StartedAt: past(0), WorkloadUID: "u", Instances: 2}
	})
	const handsBack = "Deployment shop starts its own pods with the stable version, revision 1 (app=shop:v1)"
	l.requires(l.run(editor, "release delete shop --dry-run"), ExitOK, "The release of revision 2 (app=shop:v2) ends", handsBack)
	if l.task().DeletionTimestamp != nil {
		t.Fatal("a dry run deleted the task")
	}
	l.requires(l.run(viewer, "release delete shop"), ExitRefused, "may not delete releasetasks")
	l.requires(l.run(editor, "release delete shop"), ExitOK, handsBack, "is being deleted; 'workbench release watch shop")

	watched := l.start(editor, "release watch shop")
	watched.says("waiting, step 1/2")
	again := l.start(editor, "release delete shop --wait")
	again.says("is being deleted already")
	l.finalizers()
	again.ends(ExitOK, "Release task shop is deleted.")
	watched.ends(ExitOK, "release task shop is gone: its workload was handed back")
	l.requires(l.run(editor, "release delete shop"), ExitNotFound)
}
