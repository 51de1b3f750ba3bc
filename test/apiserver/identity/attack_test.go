//go:build apiserver

package identity

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	corev1 "k8s.io/api/core/v1"

	"github.com/workbench-dev/workbench/internal/hub/auth"
)

func TestGuessingAtBothReplicasIsLimited(t *testing.T) {
	w := newWorld(t, nil)
	admin := w.administrator()
	admin.account("maria")
	admin.account("otto")
	guesser := w.browser()
	refused := 0
	for i := range 14 {
		switch got := guesser.signIn(i%2, "maria", fmt.Sprintf("wrong password %d", i)); got.status {
		case http.StatusUnauthorized:
			refused++
		case http.StatusTooManyRequests:
			if seconds, err := strconv.Atoi(got.header.Get("Retry-After")); err != nil || seconds < 1 || seconds > 180 {
				t.Errorf("Retry-After: %q", got.header.Get("Retry-After"))
			}
		default:
			t.Fatalf("%d %s", got.status, got.body)
		}
	}
	// Each replica may be behind the other by one watch event.
	if refused < 10 || refused > 12 {
		t.Errorf("%d guesses were looked at, want 10 or hardly more", refused)
	}
	for i := range w.replicas {
		w.eventually("the account can't be guessed at any replica", func() bool {
			return w.browser().signIn(i, "maria", password).status == http.StatusTooManyRequests
		})
		if got := w.browser().signIn(i, "otto", password); got.status != http.StatusOK {
			t.Errorf("another account at replica %d: %d %s", i, got.status, got.body)
		}
	}
	w.clock.SetTime(w.clock.Now().Add(4 * time.Minute))
	if got := w.browser().signIn(1, "maria", password); got.status != http.StatusOK {
		t.Errorf("some minutes later: %d %s", got.status, got.body)
	}
	// The sign-in made the failures forgotten: ten more are let through.
	for i := range 9 {
		if got := guesser.signIn(1, "maria", "wrong"); got.status != http.StatusUnauthorized {
			t.Fatalf("failure %d after a sign-in: %d", i, got.status)
		}
	}
}

func TestGuessingManyAccountsFromOneAddressIsLimited(t *testing.T) {
	w := newWorld(t, nil)
	w.administrator().account("maria")
	var looked int
	for i := range 70 {
		if got := w.browser().signIn(i%2, fmt.Sprintf("account-%d", i), "wrong password"); got.status == http.StatusUnauthorized {
			looked++
		}
	}
	if looked < 50 || looked > 54 {
		t.Errorf("%d guesses were looked at, want 50 or hardly more", looked)
	}
	w.eventually("the address is held off", func() bool {
		return w.browser().signIn(0, "maria", password).status == http.StatusTooManyRequests
	})
	if got := w.browser().ask(0, http.MethodPost, "/api/v1/auth/sign-in", map[string]string{"name": "maria", "password": password}, "X-Forwarded-For", "203.0.113.7"); got.status != http.StatusTooManyRequests {
		t.Errorf("a made-up X-Forwarded-For got around it: %d", got.status)
	}
	// What is remembered stays small, and tells no names.
	secrets := &corev1.SecretList{}
	if err := w.cluster.List(t.Context(), secrets, client.InNamespace(w.namespace), client.MatchingLabels{"workbench.dev/identity": "limits"}); err != nil {
		t.Fatal(err)
	}
	if len(secrets.Items) > 8 {
		t.Errorf("%d Secrets", len(secrets.Items))
	}
	for _, secret := range secrets.Items {
		if strings.Contains(string(secret.Data["limits.json"]), "account-") {
			t.Errorf("names in Secret %s", secret.Name)
		}
	}
}

func TestTrustedProxyTellsTheAddress(t *testing.T) {
	w := newWorld(t, func(_ string, o *auth.Options) { o.TrustedProxies = []string{"127.0.0.0/8"} })
	w.administrator().account("maria")
	attempt := func(i int, address, name, password string) int {
		return w.browser().ask(i%2, http.MethodPost, "/api/v1/auth/sign-in", map[string]string{"name": name, "password": password}, "X-Forwarded-For", "198.51.100.1, "+address).status
	}
	for i := range 60 {
		attempt(i, "203.0.113.7", fmt.Sprintf("account-%d", i), "wrong password")
	}
	w.eventually("the address is held off", func() bool { return attempt(0, "203.0.113.7", "maria", password) == http.StatusTooManyRequests })
	if got := attempt(1, "203.0.113.8", "maria", password); got != http.StatusOK {
		t.Errorf("another address: %d", got)
	}
}

func TestManyGuessesAtOnceAreLimited(t *testing.T) {
	w := newWorld(t, nil)
	w.administrator().account("maria")
	var running sync.WaitGroup
	var mu sync.Mutex
	looked := 0
	for i := range 60 {
		b := w.browser()
		running.Go(func() {
			if got := b.signIn(i%2, "maria", "wrong password"); got.status == http.StatusUnauthorized {
				mu.Lock()
				defer mu.Unlock()
				looked++
			}
		})
	}
	running.Wait()
	// Of each replica two may be under way when the limit is reached, and watch events come late under load.
	if looked < 10 || looked > 20 {
		t.Errorf("%d of 60 guesses sent at once were looked at", looked)
	}
}

func TestAnswersDontTellWhichAccountsThereAre(t *testing.T) {
	w := newWorld(t, nil)
	admin := w.administrator()
	admin.account("maria")
	admin.account("gone")
	admin.must(http.StatusOK, 0, http.MethodPut, "/api/v1/accounts/gone", map[string]any{"disabled": true})
	var first string
	for _, attempt := range [][2]string{{"maria", "wrong password"}, {"nobody", password}, {"gone", password}, {"No Name!", password}, {"../../etc", password}} {
		got := w.browser().signIn(0, attempt[0], attempt[1])
		if got.status != http.StatusUnauthorized {
			t.Errorf("%s: %d %s", attempt[0], got.status, got.body)
		}
		if len(got.header.Values("Set-Cookie")) > 0 {
			t.Errorf("%s: a cookie", attempt[0])
		}
		if first == "" {
			first = got.body
		}
		if got.body != first {
			t.Errorf("%s: %s instead of %s", attempt[0], got.body, first)
		}
	}
}

func TestOtherSitesCantUseTheBrowser(t *testing.T) {
	w := newWorld(t, nil)
	admin := w.administrator()
	for _, test := range []struct {
		why     string
		headers []string
		status  int
	}{
		{"another site, by the browser's word", []string{"Sec-Fetch-Site", "cross-site"}, http.StatusForbidden},
		{"another host of the same site", []string{"Sec-Fetch-Site", "same-site"}, http.StatusForbidden},
		{"another origin, from an old browser", []string{"Origin", "https://evil.example"}, http.StatusForbidden},
		{"no origin that can be told", []string{"Origin", "null"}, http.StatusForbidden},
		{"the console", []string{"Sec-Fetch-Site", "same-origin", "Origin", w.replicas[0].url}, http.StatusOK},
		{"a program", nil, http.StatusOK},
	} {
		w.run(test.why, func() {
			admin.must(test.status, 0, http.MethodPut, "/api/v1/accounts/admin", map[string]any{"admin": true}, test.headers...)
		})
	}
	// A form of another site, sent as text.
	got := admin.ask(0, http.MethodPost, "/api/v1/auth/sign-out", nil, "Sec-Fetch-Site", "cross-site", "Content-Type", "text/plain")
	if got.status != http.StatusForbidden || admin.who(0) != auth.FirstAdmin {
		t.Errorf("another site signed the administrator out: %d", got.status)
	}
}

func TestAnswersMakeBrowsersCareful(t *testing.T) {
	w := newWorld(t, nil)
	b := w.browser()
	page, second := b.must(http.StatusOK, 0, http.MethodGet, "/", nil), b.must(http.StatusOK, 0, http.MethodGet, "/", nil)
	policy := page.header.Get("Content-Security-Policy")
	_, rest, _ := strings.Cut(page.body, `nonce="`)
	nonce, _, _ := strings.Cut(rest, `"`)
	if len(nonce) < 20 || !strings.Contains(policy, "style-src 'self' 'nonce-"+nonce+"'") {
		t.Errorf("the page has the nonce %q, the policy is %s", nonce, policy)
	}
	if second.body == page.body {
		t.Error("two pages have the same nonce")
	}
	for _, want := range []string{"default-src 'none'", "script-src 'self';", "frame-ancestors 'none'", "base-uri 'none'", "object-src 'none'"} {
		if !strings.Contains(policy, want) {
			t.Errorf("the policy lacks %s: %s", want, policy)
		}
	}
	answer := b.must(http.StatusOK, 0, http.MethodGet, "/api/v1/auth/methods", nil)
	for name, want := range map[string]string{"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"} {
		if got := answer.header.Get(name); got != want {
			t.Errorf("%s: %q", name, got)
		}
	}
	cookie := w.administrator().signIn(0, "admin", "wrong").header.Get("Set-Cookie")
	if cookie != "" {
		t.Errorf("a failed sign-in set %s", cookie)
	}
}
