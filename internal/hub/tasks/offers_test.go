package tasks

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/workbench-dev/workbench/api/v1alpha1"
)

func TestOffers(t *testing.T) {
	v := func(revision int64) *v1alpha1.VersionStatus { return &v1alpha1.VersionStatus{Revision: revision} }
	taken := []metav1.Condition{{Type: v1alpha1.ConditionTakenOver, Status: metav1.ConditionTrue}}
	history := []v1alpha1.ReleaseRecord{{Revision: 2, Outcome: v1alpha1.OutcomeReleased}, {Revision: 1, Outcome: v1alpha1.OutcomeTakenOver}}
	running := func(waits v1alpha1.WaitsFor) v1alpha1.ReleaseTaskStatus {
		return v1alpha1.ReleaseTaskStatus{
			Conditions: taken, Stable: v(2), Canary: v(3), History: history, Release: &v1alpha1.ReleaseRecord{Revision: 3},
			Step: &v1alpha1.StepStatus{Number: 1, Count: 2, WaitsFor: waits},
		}
	}
	deleted := metav1.NewTime(time.Unix(1, 0))
	for _, c := range []struct {
		name    string
		status  v1alpha1.ReleaseTaskStatus
		deleted *metav1.Time
		role    v1alpha1.Role
		want    []string
	}{
		{name: "a Viewer may nothing", status: running(v1alpha1.WaitsForPerson), role: v1alpha1.RoleViewer},
		{name: "nobody may nothing", status: running(v1alpha1.WaitsForPerson)},
		{name: "a step waits for a person", status: running(v1alpha1.WaitsForPerson), role: v1alpha1.RoleEditor,
			want: []string{"Continue", "Release", "Terminate", "Rollback", "UpdateVersion", "UpdateRules", "Delete"}},
		{name: "a step waits for time", status: running(v1alpha1.WaitsForTime), role: v1alpha1.RoleAdmin,
			want: []string{"Continue", "Release", "Terminate", "Rollback", "UpdateVersion", "UpdateRules", "Delete"}},
		{name: "a step waits for pods", status: running(v1alpha1.WaitsForPods), role: v1alpha1.RoleEditor,
			want: []string{"Release", "Terminate", "Rollback", "UpdateVersion", "UpdateRules", "Delete"}},
		{name: "the release went back", role: v1alpha1.RoleEditor,
			status: v1alpha1.ReleaseTaskStatus{Conditions: taken, Stable: v(2), Canary: v(3), History: history},
			want:   []string{"Retry", "Rollback", "UpdateVersion", "UpdateRules", "Delete"}},
		{name: "all is well", role: v1alpha1.RoleEditor, status: v1alpha1.ReleaseTaskStatus{Conditions: taken, Stable: v(2), History: history},
			want: []string{"Rollback", "UpdateVersion", "UpdateRules", "Delete"}},
		{name: "the first version", role: v1alpha1.RoleEditor, status: v1alpha1.ReleaseTaskStatus{Conditions: taken, Stable: v(1), History: history[1:]},
			want: []string{"UpdateVersion", "UpdateRules", "Delete"}},
		{name: "not taken over", role: v1alpha1.RoleEditor, want: []string{"UpdateVersion", "UpdateRules", "Delete"}},
		{name: "being deleted", role: v1alpha1.RoleAdmin, status: running(v1alpha1.WaitsForPerson), deleted: &deleted},
	} {
		t.Run(c.name, func(t *testing.T) {
			task := &v1alpha1.ReleaseTask{ObjectMeta: metav1.ObjectMeta{DeletionTimestamp: c.deleted}, Status: c.status}
			var got []string
			for _, offer := range offers(task, c.role) {
				if offer.Allowed {
					got = append(got, offer.Type)
				}
				if offer.Allowed != (offer.Reason == "") {
					t.Errorf("%s: allowed %t, because %q", offer.Type, offer.Allowed, offer.Reason)
				}
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("allowed (-want +got):\n%s", diff)
			}
		})
	}
}
