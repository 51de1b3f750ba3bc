package tasks

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/workbench-dev/workbench/api/v1alpha1"
	"github.com/workbench-dev/workbench/internal/hub/api"
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
				if offer.Allowed != (offer.Reason == "") || offer.Allowed != (offer.Code == "") {
					t.Errorf("%s: allowed %t, because %s: %q", offer.Type, offer.Allowed, offer.Code, offer.Reason)
				}
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("allowed (-want +got):\n%s", diff)
			}
		})
	}
}

// Programs and the console, which says it in the language of the person, know why by a word.
func TestWhyNot(t *testing.T) {
	v := &v1alpha1.VersionStatus{Revision: 2}
	taken := []metav1.Condition{{Type: v1alpha1.ConditionTakenOver, Status: metav1.ConditionTrue}}
	in := func(number int32, waits v1alpha1.WaitsFor) v1alpha1.ReleaseTaskStatus {
		return v1alpha1.ReleaseTaskStatus{
			Conditions: taken, Stable: v, Canary: v, Release: &v1alpha1.ReleaseRecord{},
			Step: &v1alpha1.StepStatus{Number: number, Count: 2, WaitsFor: waits},
		}
	}
	codes := map[string]bool{}
	for _, c := range []struct {
		what   string
		status v1alpha1.ReleaseTaskStatus
		role   v1alpha1.Role
		want   string
	}{
		{"Delete", in(1, v1alpha1.WaitsForPerson), v1alpha1.RoleViewer, whyViewer},
		{"Delete", v1alpha1.ReleaseTaskStatus{HandBack: &v1alpha1.HandBackStatus{}}, v1alpha1.RoleAdmin, whyDeleting},
		{"Continue", v1alpha1.ReleaseTaskStatus{}, v1alpha1.RoleEditor, whyNotTakenOver},
		{"Terminate", v1alpha1.ReleaseTaskStatus{Conditions: taken, Stable: v, Canary: v}, v1alpha1.RoleEditor, whyWentBack},
		{"Release", v1alpha1.ReleaseTaskStatus{Conditions: taken, Stable: v}, v1alpha1.RoleEditor, whyNoRelease},
		{"Continue", in(1, v1alpha1.WaitsForNothing), v1alpha1.RoleEditor, whyMoving},
		{"Continue", in(3, v1alpha1.WaitsForPods), v1alpha1.RoleEditor, whyLastPods},
		{"Continue", in(1, v1alpha1.WaitsForPods), v1alpha1.RoleEditor, whyWaitsForPods},
		{"Retry", in(1, v1alpha1.WaitsForPerson), v1alpha1.RoleEditor, whyRuns},
		{"Retry", v1alpha1.ReleaseTaskStatus{Conditions: taken, Stable: v}, v1alpha1.RoleEditor, whyNewestServes},
		{"Rollback", v1alpha1.ReleaseTaskStatus{Conditions: taken, Stable: v}, v1alpha1.RoleEditor, whyNoHistory},
	} {
		codes[c.want] = true
		if got, _ := offer(&v1alpha1.ReleaseTask{Status: c.status}, c.role, c.what); got != c.want {
			t.Errorf("%s: %q, want %q", c.what, got, c.want)
		}
	}
	// The document of the API names each of them, and no other.
	field, _ := reflect.TypeFor[api.ActionOffer]().FieldByName("Code")
	for _, code := range strings.Split(field.Tag.Get("enum"), ",") {
		if !codes[code] {
			t.Errorf("the API names %s, which no offer gives", code)
		}
		delete(codes, code)
	}
	if len(codes) > 0 {
		t.Errorf("the API doesn't name %v", codes)
	}
}
