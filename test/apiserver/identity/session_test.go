//go:build apiserver

package identity

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/workbench-dev/workbench/internal/hub/api"
	"github.com/workbench-dev/workbench/internal/hub/auth"
)

func TestFirstStartOfTwoReplicasMakesOneAdministrator(t *testing.T) {
	w := newWorld(t, nil)
	secret, err := w.secret(auth.FirstAdminSecret)
	if err != nil {
		t.Fatal(err)
	}
	first := string(secret.Data["password"])
	for i, r := range w.replicas {
		if got := w.browser().signIn(i, auth.FirstAdmin, first); got.status != http.StatusOK {
			t.Errorf("replica %d: %d %s", i, got.status, got.body)
		}
		if logs := r.logs.String(); strings.Contains(logs, first) {
			t.Errorf("the password is in the log of replica %d", i)
		}
	}

	here, elsewhere := w.browser(), w.browser()
	for _, b := range []*browser{here, elsewhere} {
		if got := b.signIn(0, auth.FirstAdmin, first); got.status != http.StatusOK {
			t.Fatal(got)
		}
	}
	here.must(http.StatusUnprocessableEntity, 1, http.MethodPut, "/api/v1/me/password", map[string]string{"current": "not the password", "new": password})
	here.must(http.StatusNoContent, 1, http.MethodPut, "/api/v1/me/password", map[string]string{"current": first, "new": password})
	here.becomes(auth.FirstAdmin)
	elsewhere.becomes(nobody)
	if _, err := w.secret(auth.FirstAdminSecret); !apierrors.IsNotFound(err) {
		t.Errorf("the Secret with the first password is still there: %v", err)
	}
	if got := w.browser().signIn(0, auth.FirstAdmin, first); got.status != http.StatusUnauthorized {
		t.Errorf("with the first password after its change: %d", got.status)
	}

	// A later start makes nothing.
	if err := w.replicas[0].auth.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := w.secret(auth.FirstAdminSecret); !apierrors.IsNotFound(err) {
		t.Errorf("a later start made a first password again: %v", err)
	}
}

func TestSessionHoldsOnEveryReplicaAndEndsOnEveryReplica(t *testing.T) {
	w := newWorld(t, nil)
	admin := w.administrator()

	for _, test := range []struct {
		why string
		end func(b *browser)
	}{
		{"signed out", func(b *browser) { b.must(http.StatusNoContent, 1, http.MethodPost, "/api/v1/auth/sign-out", nil) }},
		{"disabled", func(b *browser) {
			admin.must(http.StatusOK, 1, http.MethodPut, "/api/v1/accounts/maria", map[string]any{"disabled": true})
		}},
		{"password reset", func(b *browser) {
			admin.must(http.StatusOK, 1, http.MethodPut, "/api/v1/accounts/maria", map[string]any{"password": "another good password"})
		}},
		{"account deleted", func(b *browser) {
			admin.must(http.StatusNoContent, 1, http.MethodDelete, "/api/v1/accounts/maria", nil)
		}},
		{"account deleted and made again", func(b *browser) {
			admin.must(http.StatusNoContent, 1, http.MethodDelete, "/api/v1/accounts/maria", nil)
			admin.account("maria")
		}},
		{"keys deleted", func(b *browser) {
			keys := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: "workbench-session-keys"}}
			if err := w.cluster.Delete(context.Background(), keys); err != nil {
				w.Fatal(err)
			}
			w.eventually("new keys are made", func() bool { return w.person(1, "maria").who(0) == "maria" })
		}},
	} {
		w.run(test.why, func() {
			admin.ask(0, http.MethodDelete, "/api/v1/accounts/maria", nil)
			admin.account("maria")
			maria := w.person(0, "maria")
			for i := range w.replicas {
				if got := maria.who(i); got != "maria" {
					w.Fatalf("replica %d takes her for %q right after the sign-in", i, got)
				}
			}
			jar := maria.client.Jar
			at, _ := url.Parse(w.replicas[0].url)
			cookies := jar.Cookies(at)
			test.end(maria)
			jar.SetCookies(at, cookies) // somebody kept a copy of the cookie
			maria.becomes(nobody)
		})
	}
}

func TestSignOutEndsOneSessionOnly(t *testing.T) {
	w := newWorld(t, nil)
	w.administrator().account("maria")
	desk, phone := w.person(0, "maria"), w.person(1, "maria")
	desk.must(http.StatusNoContent, 0, http.MethodPost, "/api/v1/auth/sign-out", nil)
	desk.becomes(nobody)
	for range 50 { // it would take a moment to be seen
		if got := phone.who(1); got != "maria" {
			t.Fatalf("the session on the phone ended too: %s", got)
		}
	}
	// Who signs in again in the same browser leaves no session behind.
	at, _ := url.Parse(w.replicas[0].url)
	left := w.browser()
	left.client.Jar.SetCookies(at, phone.client.Jar.Cookies(at))
	if got := phone.signIn(0, "maria", password); got.status != http.StatusOK {
		t.Fatal(got)
	}
	left.becomes(nobody)
	phone.becomes("maria")
	// More sign-outs than are remembered one by one still leave none open.
	var all []*browser
	for range 40 {
		all = append(all, w.person(0, "maria"))
	}
	for _, b := range all {
		cookies := b.client.Jar.Cookies(at)
		b.must(http.StatusNoContent, 1, http.MethodPost, "/api/v1/auth/sign-out", nil)
		b.client.Jar.SetCookies(at, cookies)
	}
	for _, b := range all {
		b.becomes(nobody)
	}
}

func TestSessionEndsByTime(t *testing.T) {
	w := newWorld(t, nil)
	w.administrator().account("maria")

	idle := w.person(0, "maria")
	w.clock.SetTime(w.clock.Now().Add(3 * time.Hour))
	if got := idle.who(1); got != "maria" {
		t.Fatalf("after 3 of 4 idle hours: %s", got)
	}
	w.clock.SetTime(w.clock.Now().Add(3 * time.Hour))
	if got := idle.who(0); got != "maria" {
		t.Fatalf("the request after 3 hours didn't prolong the session: %s", got)
	}
	w.clock.SetTime(w.clock.Now().Add(4 * time.Hour))
	if got := idle.who(1); !strings.HasPrefix(got, nobody) {
		t.Errorf("after 4 idle hours: %s", got)
	}

	busy := w.person(0, "maria")
	for hours := range 24 {
		if got := busy.who(hours % 2); got != "maria" {
			t.Fatalf("after %d of 24 hours: %s", hours, got)
		}
		w.clock.SetTime(w.clock.Now().Add(time.Hour))
	}
	if got := busy.who(0); !strings.HasPrefix(got, nobody) {
		t.Errorf("after 24 hours: %s", got)
	}
}

func TestKeysAreChangedWithoutEndingSessions(t *testing.T) {
	w := newWorld(t, nil)
	w.administrator().account("maria")
	keys := func() int {
		t.Helper()
		// A start looks after the keys at once; else it takes about a minute.
		if err := w.replicas[0].auth.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		secret, err := w.secret("workbench-session-keys")
		if err != nil {
			t.Fatal(err)
		}
		return len(secret.Data)
	}
	step := func(d time.Duration) { w.clock.SetTime(w.clock.Now().Add(d)) }
	step(30*24*time.Hour - time.Hour)
	before := w.person(0, "maria")
	step(time.Hour + time.Second)
	if got := keys(); got != 2 {
		t.Fatalf("%d keys after 30 days, want the old one and a new one", got)
	}
	during := w.person(1, "maria")
	step(2 * time.Minute)
	after := w.person(0, "maria")
	for _, b := range []*browser{before, during, after} {
		b.becomes("maria")
	}
	step(3 * time.Hour)
	if got := keys(); got != 2 {
		t.Fatalf("%d keys while sessions with the old one last", got)
	}
	for _, b := range []*browser{before, during, after} {
		b.becomes("maria")
	}
	step(24 * time.Hour)
	if got := keys(); got != 1 {
		t.Errorf("%d keys when no session with the old one can be left", got)
	}
	w.person(1, "maria").becomes("maria")
}

func TestCookieThatIsNotTheHubsIsNotTaken(t *testing.T) {
	w := newWorld(t, nil)
	w.administrator().account("maria")
	maria := w.person(0, "maria")
	at, _ := url.Parse(w.replicas[0].url)
	cookie := maria.client.Jar.Cookies(at)[0]
	for i := 0; i < len(cookie.Value); i += 7 {
		changed := []byte(cookie.Value)
		changed[i] = map[bool]byte{true: 'A', false: 'B'}[changed[i] != 'A']
		for _, value := range []string{string(changed), cookie.Value[:i], cookie.Value + cookie.Value[:i+1]} {
			stranger := w.browser()
			if got := stranger.ask(0, http.MethodGet, "/api/v1/me", nil, "Cookie", cookie.Name+"="+value); !strings.Contains(got.body, nobody) {
				t.Fatalf("changed at %d: %s", i, got.body)
			}
		}
	}
	if got := maria.who(1); got != "maria" {
		t.Errorf("the cookie itself: %s", got)
	}
}

func TestStreamIsCutOffWhenTheSessionEnds(t *testing.T) {
	w := newWorld(t, nil)
	admin := w.administrator()
	admin.account("maria")
	open := func(b *browser) chan error {
		request, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, w.replicas[0].url+"/stream", nil)
		if b.token != "" {
			request.Header.Set("Authorization", "Bearer "+b.token)
		}
		response, err := b.client.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() {
			defer response.Body.Close()
			_, err := io.Copy(io.Discard, response.Body)
			ended <- err
		}()
		return ended
	}
	await := func(why string, ended chan error) {
		t.Helper()
		select {
		case <-ended:
		case <-time.After(deadline):
			t.Errorf("the stream goes on after: %s", why)
		}
	}
	maria := w.person(1, "maria")
	var made struct{ ID, Secret string }
	maria.must(http.StatusCreated, 1, http.MethodPost, "/api/v1/me/tokens", map[string]any{"name": "ci"}).into(t, &made)
	program := w.browser()
	program.token = made.Secret
	bySession, byToken := open(maria), open(program)

	maria.must(http.StatusNoContent, 1, http.MethodDelete, "/api/v1/me/tokens/"+made.ID, nil)
	await("token revoked at the other replica", byToken)
	select {
	case <-bySession:
		t.Error("the session's stream ended with the token")
	default:
	}
	maria.must(http.StatusNoContent, 1, http.MethodPost, "/api/v1/auth/sign-out", nil)
	await("signed out at the other replica", bySession)
}

func TestLastAdministratorStays(t *testing.T) {
	w := newWorld(t, nil)
	admin := w.administrator()
	for _, change := range []map[string]any{{"admin": false}, {"admin": true, "disabled": true}} {
		admin.must(http.StatusConflict, 0, http.MethodPut, "/api/v1/accounts/admin", change)
	}
	admin.must(http.StatusConflict, 0, http.MethodDelete, "/api/v1/accounts/admin", nil)
	admin.must(http.StatusCreated, 0, http.MethodPost, "/api/v1/accounts", map[string]any{"name": "second", "admin": true})
	admin.must(http.StatusNoContent, 0, http.MethodDelete, "/api/v1/accounts/admin", nil)
}

func TestAccountsAreMadeWithCare(t *testing.T) {
	w := newWorld(t, nil)
	admin := w.administrator()
	for _, body := range []map[string]any{
		{"name": "Maria", "password": password},
		{"name": "maria@example.com", "password": password},
		{"name": "system:masters", "password": password},
		{"name": "a..b", "password": password},
		{"name": "maria", "password": "too short"},
		{"name": "maria-maria-maria", "password": "maria-maria-maria"},
		{"name": "maria", "password": password, "groups": []string{"system:masters"}},
		{"name": "maria", "password": password, "groups": []string{"a\nb"}},
	} {
		admin.must(http.StatusUnprocessableEntity, 0, http.MethodPost, "/api/v1/accounts", body)
	}
	var made struct{ Password string }
	admin.must(http.StatusCreated, 0, http.MethodPost, "/api/v1/accounts", map[string]any{"name": "maria", "displayName": "Maria L.", "groups": []string{"b", "a", "b"}}).into(t, &made)
	if len(made.Password) < 20 {
		t.Errorf("the random password %q is short", made.Password)
	}
	admin.must(http.StatusConflict, 1, http.MethodPost, "/api/v1/accounts", map[string]any{"name": "maria"})
	if got := w.browser().signIn(1, "maria", made.Password); got.status != http.StatusOK {
		t.Errorf("with the random password: %d %s", got.status, got.body)
	}
	var list struct{ Items []api.Account }
	got := admin.must(http.StatusOK, 1, http.MethodGet, "/api/v1/accounts", nil)
	if strings.Contains(got.body, "argon2") {
		t.Error("the list of accounts holds hashes")
	}
	got.into(t, &list)
	if len(list.Items) != 2 || list.Items[1].Name != "maria" || strings.Join(list.Items[1].Groups, " ") != "a b" {
		t.Errorf("accounts: %s", got.body)
	}
	secret, err := w.secret("workbench-account-maria")
	if err != nil {
		t.Fatal(err)
	}
	if hash := string(secret.Data["passwordHash"]); !strings.HasPrefix(hash, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Errorf("kept as %s", hash)
	}
	admin.must(http.StatusNotFound, 0, http.MethodPut, "/api/v1/accounts/nobody", map[string]any{})
}
