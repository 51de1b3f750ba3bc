package cli

import (
	"bytes"
	"testing"
	"time"

	"github.com/workbench-dev/workbench/api/v1alpha1"
	"github.com/workbench-dev/workbench/internal/clusterinfo"
)

func TestTables(t *testing.T) {
	tasks := []v1alpha1.ReleaseTask{
		makeTask("basket", v1alpha1.PhaseHealthy),
		makeTask("checkout", v1alpha1.PhaseWaiting, running(1, v1alpha1.WaitsForPerson)),
		makeTask("new", "", func(task *v1alpha1.ReleaseTask) { task.Status = v1alpha1.ReleaseTaskStatus{} }),
		makeTask("payment", v1alpha1.PhaseBlocked, func(task *v1alpha1.ReleaseTask) {
			task.Status.Stable, task.Status.Message = nil, "Nothing was touched:\n\x1b[2Jit is paused."
		}),
		terminated(),
	}
	records := []v1alpha1.ReleaseRecord{
		record("v3", 3, "", 3*time.Minute),
		record("v2", 2, v1alpha1.OutcomeWentBack, 5*time.Hour),
		record("v1", 1, v1alpha1.OutcomeTakenOver, 50*time.Hour),
	}
	actions := []v1alpha1.ReleaseAction{
		makeAction("shop-rollback-x", time.Minute, v1alpha1.ActionPending, v1alpha1.ReleaseActionSpec{Type: v1alpha1.ActionRollback, Rollback: &v1alpha1.RollbackSpec{Revision: 1}}),
		makeAction("shop-updateversion-x", time.Hour, v1alpha1.ActionSucceeded, v1alpha1.ReleaseActionSpec{Type: v1alpha1.ActionUpdateVersion, UpdateVersion: &v1alpha1.UpdateVersionSpec{Containers: image("v2")}}),
	}
	type table = func() ([]string, [][]string)
	for name, make := range map[string]table{
		"list":         func() ([]string, [][]string) { return taskRows(tasks, noon, false, false) },
		"list-all":     func() ([]string, [][]string) { return taskRows(tasks, noon, true, true) },
		"history":      func() ([]string, [][]string) { return historyRows(records, noon, false) },
		"history-wide": func() ([]string, [][]string) { return historyRows(records, noon, true) },
		"actions":      func() ([]string, [][]string) { return actionRows(actions, noon, false) },
		"actions-wide": func() ([]string, [][]string) { return actionRows(actions, noon, true) },
	} {
		t.Run(name, func(t *testing.T) {
			header, rows := make()
			var out bytes.Buffer
			if err := writeTable(&out, header, rows); err != nil {
				t.Fatal(err)
			}
			golden(t, name, out.String())
		})
	}
}

func makeAction(name string, age time.Duration, state v1alpha1.ActionState, spec v1alpha1.ReleaseActionSpec) v1alpha1.ReleaseAction {
	action := v1alpha1.ReleaseAction{Spec: spec}
	action.Name, action.CreationTimestamp = name, past(age)
	action.Spec.RequestedBy = "ana@example.com"
	action.Status.State = state
	return action
}

func TestCheckReport(t *testing.T) {
	report := clusterinfo.Report{
		User: "ana", Namespace: "shop",
		Components: []clusterinfo.Component{
			{Name: clusterinfo.Kubernetes, State: clusterinfo.Ready, Version: "v1.36.3", NeededFor: clusterinfo.NeedAlways, Message: "The API server answers."},
			{Name: clusterinfo.Workbench, State: clusterinfo.Missing, NeededFor: clusterinfo.NeedAlways, Message: "Not served.", Mend: "Install the chart."},
			{Name: clusterinfo.Istio, State: clusterinfo.Missing, NeededFor: clusterinfo.NeedWeights, Message: "Not served.", Mend: "Install Istio."},
		},
		Permissions: []clusterinfo.Permission{
			{To: clusterinfo.ToSee, Allowed: true},
			{To: "steer releases", Lacks: []string{"create releaseactions.workbench.dev"}, Mend: "Ask for a role."},
		},
	}
	env, io := testEnv()
	if err := env.printReport(report); err != nil {
		t.Fatal(err)
	}
	golden(t, "check", io.out.String())
	if err := verdict(report, nil); CodeOf(err) != ExitCluster || err.Error() != "the cluster lacks Workbench (Missing)" {
		t.Errorf("verdict: %v", err)
	}
	report.Components[1].State = clusterinfo.Installed
	if err := verdict(report, nil); err != nil {
		t.Errorf("Istio was not required: %v", err)
	}
	if err := verdict(report, []clusterinfo.Name{clusterinfo.Istio}); CodeOf(err) != ExitCluster {
		t.Errorf("Istio was required: %v", err)
	}
	report.Permissions[0].Allowed = false
	if err := verdict(report, nil); CodeOf(err) != ExitRefused {
		t.Errorf("the user may not see tasks: %v", err)
	}
}

func TestDeletionInWords(t *testing.T) {
	runs := makeTask("shop", v1alpha1.PhaseWaiting, running(1, v1alpha1.WaitsForPerson), func(task *v1alpha1.ReleaseTask) {
		task.Status.TakeOver = &v1alpha1.TakeOverStatus{}
	})
	untouched := makeTask("shop", v1alpha1.PhaseBlocked)
	deleting := makeTask("shop", v1alpha1.PhaseHandingBack, func(task *v1alpha1.ReleaseTask) { task.DeletionTimestamp = ptrTo(past(time.Minute)) })
	text := ""
	for _, task := range []v1alpha1.ReleaseTask{runs, untouched, deleting} {
		for _, sentence := range deletionInWords(&task) {
			text += sentence + "\n"
		}
		text += "\n"
	}
	golden(t, "delete", text)
}
