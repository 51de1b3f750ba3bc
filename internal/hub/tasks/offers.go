package tasks

import (
	"fmt"

	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/workbench-dev/workbench/api/v1alpha1"
	"github.com/workbench-dev/workbench/internal/hub/api"
)

// What can be asked besides the actions that the cluster records.
const (
	offerUpdateRules = "UpdateRules"
	offerDelete      = "Delete"
)

var offered = []string{
	string(v1alpha1.ActionContinue), string(v1alpha1.ActionRelease), string(v1alpha1.ActionTerminate), string(v1alpha1.ActionRetry),
	string(v1alpha1.ActionRollback), string(v1alpha1.ActionUpdateVersion), offerUpdateRules, offerDelete,
}

// Why something can't be asked now, in one word: the values of api.ActionOffer.Code.
const (
	whyViewer       = "Viewer"
	whyDeleting     = "Deleting"
	whyNotTakenOver = "NotTakenOver"
	whyWentBack     = "WentBack"
	whyNoRelease    = "NoRelease"
	whyMoving       = "Moving"
	whyLastPods     = "LastPods"
	whyWaitsForPods = "WaitsForPods"
	whyRuns         = "Runs"
	whyNewestServes = "NewestServes"
	whyNoHistory    = "NoHistory"
)

// offers says what somebody with a role may ask of a task as its status shows it. It is a help for people: the
// controller decides by what it finds when it carries an action out.
func offers(task *v1alpha1.ReleaseTask, role v1alpha1.Role) []api.ActionOffer {
	all := make([]api.ActionOffer, 0, len(offered))
	for _, what := range offered {
		code, reason := offer(task, role, what)
		all = append(all, api.ActionOffer{Type: what, Allowed: code == "", Code: code, Reason: reason})
	}
	return all
}

// offer says why not, in a word and in a sentence; both are empty when it is allowed.
func offer(task *v1alpha1.ReleaseTask, role v1alpha1.Role, what string) (code, reason string) {
	if role == "" || !role.AtLeast(v1alpha1.RoleEditor) {
		return whyViewer, "You see this task as Viewer: an Editor or Admin of the workspace may do this."
	}
	if task.DeletionTimestamp != nil || task.Status.HandBack != nil {
		return whyDeleting, "The task is being deleted: its workload goes back to its Deployment."
	}
	status := &task.Status
	taken := meta.IsStatusConditionTrue(status.Conditions, v1alpha1.ConditionTakenOver)
	runs := status.Release != nil
	switch what {
	case offerUpdateRules, offerDelete, string(v1alpha1.ActionUpdateVersion):
		return "", "" // before the take-over, a new version waits for it
	case string(v1alpha1.ActionRollback):
		return offerRollback(task)
	}
	switch {
	case !taken:
		return whyNotTakenOver, "The workload is not taken over yet, so no release runs."
	case what == string(v1alpha1.ActionRetry):
		return offerRetry(task)
	case !runs && status.Canary != nil:
		return whyWentBack, "The release went back already: retry it, or set another version."
	case !runs:
		return whyNoRelease, "No release runs: set another version to start one."
	case what == string(v1alpha1.ActionContinue):
		return offerContinue(status.Step)
	}
	return "", ""
}

func offerContinue(step *v1alpha1.StepStatus) (code, reason string) {
	switch {
	case step == nil || step.WaitsFor == v1alpha1.WaitsForNothing:
		return whyMoving, "The release is moving: wait until it has reached its next step."
	case step.Number > step.Count:
		return whyLastPods, "All steps are done: the last pods are being exchanged."
	case step.WaitsFor == v1alpha1.WaitsForPods:
		return whyWaitsForPods, fmt.Sprintf("Step %d waits for pods to be ready: its weight is not reached yet.", step.Number)
	}
	return "", ""
}

func offerRetry(task *v1alpha1.ReleaseTask) (code, reason string) {
	switch {
	case task.Status.Release != nil:
		return whyRuns, "There is nothing to retry: the release runs."
	case task.Status.Canary == nil:
		return whyNewestServes, "There is nothing to retry: the newest version serves."
	}
	return "", ""
}

func offerRollback(task *v1alpha1.ReleaseTask) (code, reason string) {
	newest := newestRevision(task)
	for _, record := range task.Status.History {
		if record.Revision != newest {
			return "", ""
		}
	}
	return whyNoHistory, "There is no earlier version in the history of this task."
}
