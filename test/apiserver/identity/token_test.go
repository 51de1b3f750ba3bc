//go:build apiserver

package identity

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workbench-dev/workbench/internal/hub/api"
)

// makeToken makes a token at a replica and returns a program that uses it, and its id.
func (b *browser) makeToken(replica int, settings map[string]any) (*browser, string) {
	b.Helper()
	var made struct{ ID, Secret string }
	b.must(http.StatusCreated, replica, http.MethodPost, "/api/v1/me/tokens", settings).into(b, &made)
	program := b.browser()
	program.token = made.Secret
	return program, made.ID
}

func TestTokenHoldsOnEveryReplicaAndEndsOnEveryReplica(t *testing.T) {
	w := newWorld(t, nil)
	admin := w.administrator()

	for _, test := range []struct {
		why string
		end func(maria *browser, id string)
	}{
		{"revoked", func(maria *browser, id string) {
			maria.must(http.StatusNoContent, 1, http.MethodDelete, "/api/v1/me/tokens/"+id, nil)
		}},
		{"owner disabled", func(*browser, string) {
			admin.must(http.StatusOK, 1, http.MethodPut, "/api/v1/accounts/maria", map[string]any{"disabled": true})
		}},
		{"owner deleted and made again", func(*browser, string) {
			admin.must(http.StatusNoContent, 1, http.MethodDelete, "/api/v1/accounts/maria", nil)
			admin.account("maria")
		}},
		{"owner's record removed by hand, account made again", func(*browser, string) {
			secret, err := w.secret("workbench-account-maria")
			if err != nil {
				w.Fatal(err)
			}
			if err := w.cluster.Delete(context.Background(), secret); err != nil {
				w.Fatal(err)
			}
			admin.account("maria")
		}},
		{"expired", func(*browser, string) { w.clock.SetTime(w.clock.Now().Add(30 * 24 * time.Hour)) }},
	} {
		w.run(test.why, func() {
			admin = w.administrator() // time passes in between
			admin.ask(0, http.MethodDelete, "/api/v1/accounts/maria", nil)
			admin.account("maria", "payments")
			maria := w.person(0, "maria")
			program, id := maria.makeToken(0, map[string]any{"name": "ci", "days": 30})
			for i := range w.replicas {
				if got := program.who(i); got != "maria" {
					w.Fatalf("replica %d takes the new token for %q", i, got)
				}
			}
			test.end(maria, id)
			program.becomes(nobody)
		})
	}
}

func TestTokenActsAsItsOwnerIsNow(t *testing.T) {
	w := newWorld(t, nil)
	admin := w.administrator()
	admin.account("maria", "payments")
	program, _ := w.person(0, "maria").makeToken(0, map[string]any{"name": "ci"})
	admin.must(http.StatusOK, 1, http.MethodPut, "/api/v1/accounts/maria", map[string]any{"groups": []string{"shop"}, "admin": true})
	for i := range w.replicas {
		w.eventually("the token has the owner's new groups", func() bool {
			var me api.Me
			program.must(http.StatusOK, i, http.MethodGet, "/api/v1/me", nil).into(t, &me)
			return me.Admin && len(me.Groups) == 1 && me.Groups[0] == "shop" && me.Method == "Token"
		})
	}
}

func TestTokenIsKeptAsAHashAndCantMakeMore(t *testing.T) {
	w := newWorld(t, nil)
	w.administrator().account("maria")
	maria := w.person(0, "maria")
	program, id := maria.makeToken(0, map[string]any{"name": "ci"})

	secrets := &corev1.SecretList{}
	if err := w.cluster.List(t.Context(), secrets, client.InNamespace(w.namespace)); err != nil {
		t.Fatal(err)
	}
	for _, secret := range secrets.Items {
		if text, _ := json.Marshal(secret.Data); strings.Contains(string(text), program.token) {
			t.Errorf("the token is in Secret %s", secret.Name)
		}
		for key, value := range secret.Data {
			if strings.Contains(string(value), program.token) {
				t.Errorf("the token is in Secret %s, key %s", secret.Name, key)
			}
		}
	}
	for i, r := range w.replicas {
		if strings.Contains(r.logs.String(), program.token) {
			t.Errorf("the token is in the log of replica %d", i)
		}
	}
	program.must(http.StatusForbidden, 0, http.MethodPost, "/api/v1/me/tokens", map[string]any{"name": "more"})
	program.must(http.StatusForbidden, 0, http.MethodPut, "/api/v1/me/password", map[string]any{"current": password, "new": "another good password"})

	// The use is noted, once.
	w.eventually("the use of the token is told", func() bool {
		var list struct{ Items []api.Token }
		maria.must(http.StatusOK, 1, http.MethodGet, "/api/v1/me/tokens", nil).into(t, &list)
		return len(list.Items) == 1 && list.Items[0].ID == id && list.Items[0].LastUsedAt != nil
	})
	// Nobody but the owner can revoke it, or learn that it exists.
	w.administrator().must(http.StatusNotFound, 0, http.MethodDelete, "/api/v1/me/tokens/"+id, nil)
	maria.must(http.StatusNotFound, 0, http.MethodDelete, "/api/v1/me/tokens/0000000000000000", nil)
}

func TestReadOnlyTokenChangesNothing(t *testing.T) {
	w := newWorld(t, nil)
	admin := w.administrator()
	program, _ := admin.makeToken(0, map[string]any{"name": "reader", "readOnly": true})
	program.must(http.StatusOK, 1, http.MethodGet, "/api/v1/accounts", nil)
	for method, path := range map[string]string{http.MethodPost: "/api/v1/accounts", http.MethodPut: "/api/v1/accounts/admin", http.MethodDelete: "/api/v1/accounts/admin"} {
		program.must(http.StatusForbidden, 1, method, path, map[string]any{"name": "maria"})
	}
}

func TestTokensAreLimited(t *testing.T) {
	w := newWorld(t, nil)
	w.administrator().account("maria")
	maria := w.person(0, "maria")
	var last string
	for i := range 50 {
		_, last = maria.makeToken(i%2, map[string]any{"name": fmt.Sprint("number ", i)})
	}
	w.eventually("replica 0 knows all tokens", func() bool {
		var list struct{ Items []api.Token }
		maria.must(http.StatusOK, 0, http.MethodGet, "/api/v1/me/tokens", nil).into(t, &list)
		return len(list.Items) == 50
	})
	maria.must(http.StatusConflict, 0, http.MethodPost, "/api/v1/me/tokens", map[string]any{"name": "one more"})
	maria.must(http.StatusNoContent, 0, http.MethodDelete, "/api/v1/me/tokens/"+last, nil)
	maria.makeToken(0, map[string]any{"name": "in its place"})
	maria.must(http.StatusUnprocessableEntity, 0, http.MethodPost, "/api/v1/me/tokens", map[string]any{"name": "too long", "days": 366})
	maria.must(http.StatusUnprocessableEntity, 0, http.MethodPost, "/api/v1/me/tokens", map[string]any{"name": "\u200b\u0007"})
}

func TestWhatIsNoTokenIsNotTaken(t *testing.T) {
	w := newWorld(t, nil)
	admin := w.administrator()
	program, _ := admin.makeToken(0, map[string]any{"name": "ci"})
	for _, header := range []string{
		"Bearer", "Bearer wb_", "Basic " + program.token, program.token, "Bearer " + strings.ToUpper(program.token),
		"Bearer " + program.token + "a", "Bearer " + program.token[:len(program.token)-1], "Bearer wb_" + strings.Repeat("a", 52),
		"Bearer " + program.token + "=", "Bearer wb_" + strings.Repeat("a", 100_000),
	} {
		// A session beside it doesn't help: who sends a token means it.
		got := admin.ask(0, http.MethodGet, "/api/v1/me", nil, "Authorization", header)
		if got.status == http.StatusOK && !strings.Contains(got.body, nobody) {
			t.Errorf("%.40s: %s", header, got.body)
		}
	}
}
