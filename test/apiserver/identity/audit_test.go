//go:build apiserver

package identity

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workbench-dev/workbench/api/v1alpha1"
	"github.com/workbench-dev/workbench/internal/apitest"
	"github.com/workbench-dev/workbench/internal/hub/api"
	"github.com/workbench-dev/workbench/internal/hub/audit"
)

// read returns what a replica tells of the audit.
func (b *browser) read(replica int, filter url.Values) []api.AuditEntry {
	b.Helper()
	var page struct{ Items []api.AuditEntry }
	b.must(http.StatusOK, replica, http.MethodGet, "/api/v1/audit?"+filter.Encode(), nil).into(b, &page)
	return page.Items
}

// tells waits until both replicas tell an entry like this.
func (b *browser) tells(want string, filter url.Values) {
	b.Helper()
	for i := range b.replicas {
		b.eventually(fmt.Sprintf("replica tells %q", want), func() bool {
			return slices.ContainsFunc(b.read(i, filter), func(e api.AuditEntry) bool {
				return fmt.Sprintf("%s %s %s %s %s: %s", e.Who, e.Action, e.Target.Kind, e.Target.Name, e.Result, e.Message) == want
			})
		})
	}
}

func TestAuditTellsWhoDidWhatAndNoSecrets(t *testing.T) {
	w := newWorld(t, nil)
	admin := w.administrator()
	admin.account("maria", "shop")
	maria := w.person(1, "maria")
	w.browser().signIn(0, "maria", "the wrong one, which is secret too")
	w.browser().signIn(0, "no name but a mistyped secret", "x")
	program, id := maria.makeToken(0, map[string]any{"name": "ci"})
	program.must(http.StatusNoContent, 1, http.MethodDelete, "/api/v1/me/tokens/"+id, nil)
	admin.must(http.StatusOK, 0, http.MethodPut, "/api/v1/accounts/maria", map[string]any{"disabled": true, "password": "a new password of hers"})
	admin.must(http.StatusNoContent, 1, http.MethodDelete, "/api/v1/accounts/maria", nil)

	for _, want := range []string{
		"admin SignIn Session admin Succeeded: ",
		"admin Create Account maria Succeeded: groups: shop",
		"maria SignIn Session maria Succeeded: ",
		"maria SignIn Session maria Refused: Wrong password, or the account is disabled.",
		" SignIn Session  Refused: There is no such account.",
		"maria Delete Token " + id + ` Succeeded: "ci".`,
		"admin Update Account maria Succeeded: disabled; password reset; groups: ",
		"admin Delete Account maria Succeeded: ",
	} {
		admin.tells(want, nil)
	}
	for _, entry := range admin.read(0, url.Values{"who": {"maria"}, "action": {"Delete"}}) {
		if entry.Via != "Token" || entry.From != "127.0.0.1" {
			t.Errorf("done with a token from 127.0.0.1, told as %+v", entry)
		}
	}
	for _, entry := range admin.read(1, url.Values{"action": {"SignIn"}}) {
		if entry.Via != "Local" || entry.From != "127.0.0.1" {
			t.Errorf("a sign-in with a password from 127.0.0.1, told as %+v", entry)
		}
	}
	records := &v1alpha1.AuditRecordList{}
	if err := w.cluster.List(t.Context(), records, client.InNamespace(w.namespace)); err != nil {
		t.Fatal(err)
	}
	kept := fmt.Sprintf("%+v", records.Items)
	for i, r := range w.replicas {
		kept += r.logs.String()
		if !strings.Contains(r.logs.String(), `"msg":"audit"`) {
			t.Errorf("the log of replica %d holds no line of the audit", i)
		}
	}
	for _, secret := range []string{password, "the wrong one", "mistyped", "a new password of hers", program.token, "argon2id"} {
		if strings.Contains(kept, secret) {
			t.Errorf("audit or log hold %q", secret)
		}
	}
}

func TestAuditOfANamespaceIsForItsPeople(t *testing.T) {
	w := newWorld(t, nil)
	admin := w.administrator()
	admin.account("maria")
	maria := w.person(0, "maria") // the world gives everybody a role in namespaces named shop
	entry := func(namespace, task string) {
		source := audit.Source{Actor: "otto", Method: "Local", Address: "192.0.2.1", UserAgent: "a browser"}
		w.replicas[0].audit.Record(audit.NewContext(t.Context(), source), audit.Event{
			Action: "Create", Kind: "ReleaseTask", Name: task, Cluster: "test", Namespace: namespace, Result: audit.Succeeded,
		})
	}
	entry("shop", "checkout")
	entry("bank", "ledger")
	admin.tells("otto Create ReleaseTask ledger Succeeded: ", url.Values{"namespace": {"bank"}})
	maria.tells("otto Create ReleaseTask checkout Succeeded: ", nil)
	for i := range w.replicas {
		for _, filter := range []url.Values{nil, {"namespace": {"bank"}}, {"task": {"ledger"}}, {"who": {"admin"}}} {
			for _, e := range maria.read(i, filter) {
				if e.Target.Namespace == "bank" || e.Who == "admin" {
					t.Errorf("maria sees %+v", e)
				}
			}
		}
	}
	w.browser().must(http.StatusUnauthorized, 0, http.MethodGet, "/api/v1/audit", nil)
}

func TestAuditTellsWhatWasAskedOfAClusterItself(t *testing.T) {
	w := newWorld(t, nil)
	server := apitest.Start(t)
	admin := w.administrator()
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "shop"}}
	if err := w.cluster.Create(t.Context(), namespace); client.IgnoreAlreadyExists(err) != nil {
		t.Fatal(err)
	}
	action := &v1alpha1.ReleaseAction{
		ObjectMeta: metav1.ObjectMeta{Namespace: "shop", GenerateName: "by-hand-"},
		Spec:       v1alpha1.ReleaseActionSpec{Task: "checkout", Type: v1alpha1.ActionContinue, RequestedBy: "admin"},
	}
	if err := w.cluster.Create(t.Context(), action); err != nil {
		t.Fatal(err)
	}
	admin.tells("admin Continue ReleaseTask checkout Pending: ", url.Values{"cluster": {"test"}, "namespace": {"shop"}})
	action.Status = v1alpha1.ReleaseActionStatus{State: v1alpha1.ActionRefused, Message: "There is nothing to continue."}
	if err := server.Controller(t).Status().Update(t.Context(), action); err != nil {
		t.Fatal(err)
	}
	admin.tells("admin Continue ReleaseTask checkout Refused: There is nothing to continue.", url.Values{"result": {"Refused"}})

	// Asked through the hub, it is told once, with where it came from.
	source := audit.Source{Actor: "maria", Method: "Local", Address: "192.0.2.1"}
	action = &v1alpha1.ReleaseAction{
		ObjectMeta: metav1.ObjectMeta{Namespace: "shop", GenerateName: "by-hub-"},
		Spec:       v1alpha1.ReleaseActionSpec{Task: "cart", Type: v1alpha1.ActionRetry, RequestedBy: "workbench:maria"},
	}
	if err := server.As(t, "workbench:maria", "system:masters").Create(t.Context(), action); err != nil {
		t.Fatal(err)
	}
	w.replicas[1].audit.Record(audit.NewContext(t.Context(), source), audit.Event{
		Action: "Retry", Kind: "ReleaseTask", Name: "cart", Cluster: "test", Namespace: "shop", ReleaseAction: action.Name, Result: audit.Pending,
	})
	for i := range w.replicas {
		w.eventually("the action is told once, with its address", func() bool {
			entries := admin.read(i, url.Values{"task": {"cart"}})
			return len(entries) == 1 && entries[0].From == "192.0.2.1" && entries[0].Who == "maria"
		})
	}
}

func TestAuditRecordsDontChange(t *testing.T) {
	w := newWorld(t, nil)
	w.administrator()
	records := &v1alpha1.AuditRecordList{}
	w.eventually("the sign-in is recorded", func() bool {
		if err := w.cluster.List(t.Context(), records, client.InNamespace(w.namespace)); err != nil {
			t.Fatal(err)
		}
		return len(records.Items) > 0
	})
	record := &records.Items[0]
	record.Spec.Who = "somebody else"
	if err := w.cluster.Update(t.Context(), record); !apierrors.IsInvalid(err) {
		t.Errorf("a record was changed: %v", err)
	}
	page := w.administrator().must(http.StatusUnprocessableEntity, 0, http.MethodGet, "/api/v1/audit?from="+url.QueryEscape(time.Now().Format(time.RFC3339))+"&to=2020-01-01T00:00:00Z", nil)
	if !strings.Contains(page.body, "query.from") {
		t.Errorf("the field isn't named: %s", page.body)
	}
}

func TestGuessingDoesntFillTheAudit(t *testing.T) {
	w := newWorld(t, nil)
	for i := range 300 {
		w.replicas[0].audit.Record(t.Context(), audit.Event{Action: "SignIn", Kind: "Session", Name: fmt.Sprint(i), Result: audit.Refused})
	}
	w.replicas[0].audit.Record(t.Context(), audit.Event{Action: "Delete", Kind: "Cluster", Name: "last", Result: audit.Succeeded})
	records := &v1alpha1.AuditRecordList{}
	w.eventually("what came after the guesses is recorded", func() bool {
		if err := w.cluster.List(t.Context(), records, client.InNamespace(w.namespace)); err != nil {
			t.Fatal(err)
		}
		return slices.ContainsFunc(records.Items, func(r v1alpha1.AuditRecord) bool { return r.Spec.Name == "last" })
	})
	if len(records.Items) > 120 {
		t.Errorf("%d records", len(records.Items))
	}
	if got := strings.Count(w.replicas[0].logs.String(), `"action":"SignIn"`); got != 300 {
		t.Errorf("%d of 300 guesses are in the log", got)
	}
}
