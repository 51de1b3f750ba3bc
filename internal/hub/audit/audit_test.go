package audit

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/workbench-dev/workbench/api/v1alpha1"
	"github.com/workbench-dev/workbench/internal/hub/api"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// filled is a Log with rows as if they had been read.
func filled(records []row, actions map[string][]row) *Log {
	l := New(Config{})
	fill := func(t *table, rows []row) {
		for i, r := range rows {
			t.rows[fmt.Sprint(i)] = r
		}
	}
	fill(l.records, records)
	for cluster, rows := range actions {
		l.actions[cluster] = newTable(nil)
		fill(l.actions[cluster], rows)
	}
	return l
}

// told is what of the rows a test looks at.
func told(rows []row) []string {
	all := []string{}
	for _, r := range rows {
		all = append(all, fmt.Sprintf("%s %s %s %s %s %s", r.who, r.action, r.target, r.result, r.address, r.message))
	}
	return all
}

func TestFind(t *testing.T) {
	at := func(minutes int) time.Time { return noon.Add(time.Duration(minutes) * time.Minute) }
	l := filled([]row{
		{name: "1", at: at(0), who: "maria", action: "SignIn", kind: "Session", result: Succeeded, address: "192.0.2.1"},
		{name: "2", at: at(1), who: "maria", action: "SignIn", kind: "Session", result: Refused, address: "192.0.2.66"},
		{name: "3", at: at(2), who: "otto", action: "SignIn", kind: "Session", result: Succeeded},
		{name: "4", at: at(3), who: "root", action: "Update", kind: "Workspace", target: "shop", result: Succeeded},
		{name: "5", at: at(4), who: "maria", action: "Continue", kind: "ReleaseTask", cluster: "eu", namespace: "shop", target: "checkout", releaseAction: "a", result: Pending, address: "192.0.2.1"},
		{name: "6", at: at(5), who: "maria", action: "Delete", kind: "ReleaseTask", cluster: "eu", namespace: "shop", target: "cart", result: Refused, message: "Not allowed."},
		{name: "7", at: at(6), who: "otto", action: "Release", kind: "ReleaseTask", cluster: "eu", namespace: "bank", target: "ledger", releaseAction: "gone", result: Pending},
		{name: "8", at: at(7), action: "SignIn", kind: "Session", result: Refused},
		// Somebody made an action by hand that has the name of another's.
		{name: "9", at: at(8), who: "maria", action: "Retry", kind: "ReleaseTask", cluster: "eu", namespace: "shop", target: "checkout", releaseAction: "forged", result: Pending, address: "192.0.2.1"},
	}, map[string][]row{
		"eu": {
			{name: "a", at: at(4), who: "maria", action: "Continue", kind: "ReleaseTask", cluster: "eu", namespace: "shop", target: "checkout", result: Succeeded, message: "Step 3 was left."},
			{name: "b", at: at(9), who: "kubernetes-admin", method: "Cluster", action: "Terminate", kind: "ReleaseTask", cluster: "eu", namespace: "shop", target: "checkout", result: Failed},
			{name: "forged", at: at(10), who: "eve", action: "Retry", kind: "ReleaseTask", cluster: "eu", namespace: "shop", target: "checkout", result: Refused},
		},
		"us": {{name: "a", at: at(11), who: "otto", action: "Continue", kind: "ReleaseTask", cluster: "us", namespace: "shop", target: "checkout", result: Pending}},
	})
	shopInEU := func(cluster, namespace string) bool { return cluster == "eu" && namespace == "shop" }
	all := Viewer{Name: "root", All: true}
	maria := Viewer{Name: "maria", Sees: shopInEU}
	for _, test := range []struct {
		why    string
		viewer Viewer
		filter api.ListAuditInput
		want   []string
	}{
		{"her namespaces, and what was done in her name", maria, api.ListAuditInput{}, []string{
			"eve Retry checkout Refused  ",
			"kubernetes-admin Terminate checkout Failed  ",
			"maria Retry checkout Pending 192.0.2.1 ",
			"maria Delete cart Refused  Not allowed.",
			"maria Continue checkout Succeeded 192.0.2.1 Step 3 was left.",
			"maria SignIn  Refused 192.0.2.66 ",
			"maria SignIn  Succeeded 192.0.2.1 ",
		}},
		{"nobody without a role sees anything of others", Viewer{Name: "stranger"}, api.ListAuditInput{}, []string{}},
		{"a name of nobody is no name", Viewer{}, api.ListAuditInput{}, []string{}},
		{"who looks after the platform sees also actions that are gone", all, api.ListAuditInput{Namespace: "bank"}, []string{"otto Release ledger Pending  "}},
		{"a filter opens nothing", maria, api.ListAuditInput{Namespace: "bank"}, []string{}},
		{"by cluster and task", all, api.ListAuditInput{Cluster: "us", Task: "checkout"}, []string{"otto Continue checkout Pending  "}},
		{"a task isn't a workspace of that name", all, api.ListAuditInput{Task: "shop"}, []string{}},
		{"by who and result", all, api.ListAuditInput{Who: "maria", Result: "Refused"}, []string{"maria Delete cart Refused  Not allowed.", "maria SignIn  Refused 192.0.2.66 "}},
		{"by the result that the cluster tells", all, api.ListAuditInput{Who: "maria", Action: "Continue", Result: "Pending"}, []string{}},
		{"by time", all, api.ListAuditInput{From: at(2), To: at(4)}, []string{"root Update shop Succeeded  ", "otto SignIn  Succeeded  "}},
	} {
		if diff := cmp.Diff(test.want, told(l.find(test.viewer, &test.filter))); diff != "" {
			t.Errorf("%s: %s", test.why, diff)
		}
	}
}

func TestRowOfAction(t *testing.T) {
	action := &v1alpha1.ReleaseAction{
		ObjectMeta: metav1.ObjectMeta{Name: "x", Namespace: "shop", CreationTimestamp: metav1.NewTime(noon)},
		Spec:       v1alpha1.ReleaseActionSpec{Task: "checkout", Type: v1alpha1.ActionRetry, RequestedBy: "workbench:maria"},
		Status:     v1alpha1.ReleaseActionStatus{State: v1alpha1.ActionRefused, Message: strings.Repeat("x", 1000)},
	}
	got := rowOfAction("eu", "workbench:", action)
	want := row{name: "x", at: noon, who: "maria", action: "Retry", kind: "ReleaseTask", cluster: "eu", namespace: "shop", target: "checkout", result: Refused, message: strings.Repeat("x", maxMessage)}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(row{})); diff != "" {
		t.Error(diff)
	}
	action.Spec.RequestedBy, action.Status = "workbenchmaria", v1alpha1.ReleaseActionStatus{}
	if got := rowOfAction("eu", "workbench:", action); got.who != "workbenchmaria" || got.method != "Cluster" || got.result != Pending {
		t.Errorf("asked of the cluster itself: %+v", got)
	}
}

func TestSuperfluous(t *testing.T) {
	var rows []row
	for i := range 10 {
		rows = append(rows, row{name: fmt.Sprint(i), at: noon.Add(time.Duration(i) * time.Hour)})
	}
	for _, test := range []struct {
		why    string
		keep   int
		before time.Time
		most   int
		want   []string
	}{
		{"none", 10, noon, 100, nil},
		{"too many", 7, noon, 100, []string{"0", "1", "2"}},
		{"too old", 10, noon.Add(2 * time.Hour), 100, []string{"0", "1"}},
		{"both", 9, noon.Add(2 * time.Hour), 100, []string{"0", "1"}},
		{"no more at once", 1, noon, 3, []string{"0", "1", "2"}},
		{"all", 0, noon, 100, []string{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"}},
	} {
		if diff := cmp.Diff(test.want, superfluous(rows, test.keep, test.before, test.most)); diff != "" {
			t.Errorf("%s: %s", test.why, diff)
		}
	}
}

func TestCleanText(t *testing.T) {
	for in, want := range map[string]string{
		"Mozilla/5.0 (X11)":     "Mozilla/5.0 (X11)",
		"a\nfake log line":      "afake log line",
		"\x1b[31mred\x1b[0m":    "[31mred[0m",
		"right\u202eto left":    "rightto left",
		"\xff\xfebytes":         "bytes",
		"Пользователь с именем": "Пользователь",
	} {
		if got := clean(in, 20); !strings.HasPrefix(got, strings.TrimSpace(want)) || len([]rune(got)) > 20 {
			t.Errorf("%q becomes %q, want %q", in, got, want)
		}
	}
}
