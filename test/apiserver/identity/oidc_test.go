//go:build apiserver

package identity

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/workbench-dev/workbench/internal/apitest"
	"github.com/workbench-dev/workbench/internal/hub/api"
	"github.com/workbench-dev/workbench/internal/hub/auth"
)

// providerUsers are the people that the provider knows; each has their name as password.
var providerUsers = map[string]any{
	"Users": map[string]any{
		"1": user("1", "maria", "Maria.Lindt@example.com", true),
		"2": user("2", "otto", "otto@elsewhere.example", true),
		"3": user("3", "eve", "eve@example.com", false),
		"4": user("4", "root", "root@example.com", true),
	},
	"Groups": map[string]any{
		"1": []string{"payments", "shop", "system:masters", "a\nb"},
		"2": []string{"shop"},
		"3": []string{"shop"},
		"4": []string{"shop", "platform"},
	},
}

func user(id, name, email string, verified bool) map[string]any {
	return map[string]any{"ID": id, "Username": name, "Password": name, "FirstName": strings.ToUpper(name[:1]) + name[1:], "LastName": "Lindt", "Email": email, "EmailVerified": verified}
}

// programs is the folder of what this test binary builds.
var programs string

// providerProgram builds the provider, once.
var providerProgram = sync.OnceValues(func() (string, error) {
	root, err := apitest.RepositoryRoot()
	if err != nil {
		return "", err
	}
	program := filepath.Join(programs, "oidc")
	build := exec.Command("go", "build", "-o", program, ".")
	build.Dir = filepath.Join(root, "tools", "oidc")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("the provider can't be built: %w\n%s", err, out)
	}
	return program, nil
})

// startProvider starts a real provider that sends people back to the hub at that address, and returns its own address.
func startProvider(t testing.TB, publicURL string, arguments ...string) string {
	t.Helper()
	program, err := providerProgram()
	if err != nil {
		t.Fatal(err)
	}
	users := filepath.Join(t.TempDir(), "users.json")
	text, err := json.Marshal(providerUsers)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(users, text, 0o600); err != nil {
		t.Fatal(err)
	}
	provider := exec.Command(program, append(arguments, "--redirect", publicURL+"/api/v1/auth/oidc/callback", "--users", users)...)
	provider.Stderr = os.Stderr
	stdin, err := provider.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := provider.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := provider.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(stdout)
	t.Cleanup(func() {
		stdin.Close()
		_, _ = io.Copy(io.Discard, stdout)
		if err := provider.Wait(); err != nil {
			t.Error(err)
		}
	})
	for lines.Scan() {
		if address, found := strings.CutPrefix(lines.Text(), "ready "); found {
			return address
		}
	}
	t.Fatal("the provider ended before it was ready")
	return ""
}

// withProvider sets OpenID Connect up at both replicas, which both are reached at the address of the first.
func withProvider(t *testing.T, change func(o *auth.OIDCOptions)) func(string, *auth.Options) {
	secret := filepath.Join(t.TempDir(), "client-secret")
	if err := os.WriteFile(secret, []byte("test-client-secret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	issuer := ""
	return func(publicURL string, o *auth.Options) {
		if issuer == "" {
			issuer = startProvider(t, publicURL)
		}
		o.PublicURL = publicURL
		o.OIDC.Issuer, o.OIDC.ClientID, o.OIDC.ClientSecretFile = issuer, "workbench", secret
		o.OIDC.Scopes = append(o.OIDC.Scopes, "groups")
		o.OIDC.AdminGroups = []string{"platform"}
		if change != nil {
			change(&o.OIDC)
		}
	}
}

var requestID = regexp.MustCompile(`name="id" value="([^"]+)"`)

// atProvider begins a sign-in at a replica, signs in at the provider and returns the address that the browser is sent
// back to.
func (b *browser) atProvider(replica int, name, returnTo string) *url.URL {
	b.Helper()
	start := b.must(http.StatusFound, replica, http.MethodGet, "/api/v1/auth/oidc/start?returnTo="+url.QueryEscape(returnTo), nil)
	login := b.must(http.StatusFound, replica, http.MethodGet, start.header.Get("Location"), nil)
	page, err := url.Parse(start.header.Get("Location"))
	if err != nil {
		b.Fatal(err)
	}
	form := page.ResolveReference(mustParse(b, login.header.Get("Location")))
	id := requestID.FindStringSubmatch(b.must(http.StatusOK, replica, http.MethodGet, form.String(), nil).body)
	if id == nil {
		b.Fatal("the provider's page has no form")
	}
	target := page.ResolveReference(&url.URL{Path: "/login/username"}).String()
	response, err := b.client.PostForm(target, url.Values{"id": {id[1]}, "username": {name}, "password": {name}})
	if err != nil {
		b.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != http.StatusFound {
		b.Fatalf("the provider answered %d", response.StatusCode)
	}
	back := b.must(http.StatusFound, replica, http.MethodGet, page.ResolveReference(mustParse(b, response.Header.Get("Location"))).String(), nil)
	return mustParse(b, back.header.Get("Location"))
}

func mustParse(t testing.TB, address string) *url.URL {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// comesBack sends the browser to a replica with what the provider gave it, and returns where that sends it.
func (b *browser) comesBack(replica int, back *url.URL) string {
	b.Helper()
	return b.must(http.StatusFound, replica, http.MethodGet, back.RequestURI(), nil).header.Get("Location")
}

func TestSignInAtTheProvider(t *testing.T) {
	w := newWorld(t, withProvider(t, nil))
	var methods struct{ OIDC []api.OIDCMethod }
	b := w.browser()
	b.must(http.StatusOK, 0, http.MethodGet, "/api/v1/auth/methods", nil).into(t, &methods)
	if len(methods.OIDC) != 1 || methods.OIDC[0].StartURL != "/api/v1/auth/oidc/start" {
		t.Fatalf("%+v", methods)
	}

	// Another replica takes the person when they come back.
	back := b.atProvider(0, "maria", "/tasks?phase=Paused")
	if got := b.comesBack(1, back); got != "/tasks?phase=Paused" {
		t.Fatalf("sent to %s", got)
	}
	for i := range w.replicas {
		var me api.Me
		b.must(http.StatusOK, i, http.MethodGet, "/api/v1/me", nil).into(t, &me)
		if me.Name != "maria.lindt@example.com" || strings.Join(me.Groups, " ") != "payments shop" || me.Admin || me.Method != "OIDC" {
			t.Errorf("replica %d: %+v", i, me)
		}
	}
	program, _ := b.makeToken(0, map[string]any{"name": "ci"})
	if got := program.who(1); got != "maria.lindt@example.com" {
		t.Errorf("her token is %s's", got)
	}
	b.must(http.StatusForbidden, 0, http.MethodPut, "/api/v1/me/password", map[string]string{"current": "maria", "new": password})

	// The same answer of the provider a second time.
	if got := w.browser().comesBack(1, back); got != "/sign-in?error=expired" {
		t.Errorf("somebody else with the same address is sent to %s", got)
	}
	if got := b.comesBack(0, back); got != "/sign-in?error=expired" {
		t.Errorf("the same address again: sent to %s", got)
	}

	b.must(http.StatusNoContent, 1, http.MethodPost, "/api/v1/auth/sign-out", nil)
	b.becomes(nobody)

	root := w.browser()
	root.comesBack(0, root.atProvider(1, "root", "/"))
	var me api.Me
	root.must(http.StatusOK, 1, http.MethodGet, "/api/v1/me", nil).into(t, &me)
	if !me.Admin {
		t.Errorf("who is in the group for it isn't platform administrator: %+v", me)
	}
}

func TestWhoTheProviderKnowsButMayNot(t *testing.T) {
	w := newWorld(t, withProvider(t, func(o *auth.OIDCOptions) {
		o.AllowedDomains, o.AllowedGroups = []string{"example.com"}, []string{"payments", "shop"}
	}))
	for name, want := range map[string]string{
		"maria": "/tasks",
		"otto":  "/sign-in?error=not-allowed&returnTo=%2Ftasks", // another domain
		"eve":   "/sign-in?error=not-allowed&returnTo=%2Ftasks", // address not verified
	} {
		b := w.browser()
		if got := b.comesBack(0, b.atProvider(0, name, "/tasks")); got != want {
			t.Errorf("%s is sent to %s, want %s", name, got, want)
		}
		if who := b.who(1); (want == "/tasks") == strings.HasPrefix(who, nobody) {
			t.Errorf("%s is signed in as %s", name, who)
		}
	}
}

func TestNamesFromTheProviderNeverMeetLocalAccounts(t *testing.T) {
	w := newWorld(t, withProvider(t, func(o *auth.OIDCOptions) { o.UsernameClaim, o.GroupsPrefix = "preferred_username", "sso-" }))
	w.administrator().account("maria")
	b := w.browser()
	b.comesBack(0, b.atProvider(0, "maria", "/"))
	var me api.Me
	b.must(http.StatusOK, 1, http.MethodGet, "/api/v1/me", nil).into(t, &me)
	if me.Name != "oidc:maria" || strings.Join(me.Groups, " ") != "sso-payments sso-shop" {
		t.Errorf("%+v", me)
	}
}

func TestAttemptAtTheProviderIsBoundToItsBrowser(t *testing.T) {
	w := newWorld(t, withProvider(t, nil))
	victim, attacker := w.browser(), w.browser()

	// The attacker's own sign-in, given to the victim's browser.
	back := attacker.atProvider(0, "otto", "/")
	if got := victim.comesBack(0, back); got != "/sign-in?error=expired" {
		t.Errorf("the victim is sent to %s", got)
	}
	if who := victim.who(0); !strings.HasPrefix(who, nobody) {
		t.Errorf("the victim is signed in as %s", who)
	}
	// A code of another attempt of the same browser: its PKCE verifier doesn't fit.
	first, second := victim.atProvider(0, "maria", "/"), victim.atProvider(1, "maria", "/")
	mixed := *first
	query := first.Query()
	query.Set("code", second.Query().Get("code"))
	mixed.RawQuery = query.Encode()
	if got := victim.comesBack(0, &mixed); got != "/sign-in?error=provider" {
		t.Errorf("with another attempt's code: sent to %s", got)
	}
	// A state that only begins like that of the attempt.
	similar := *second
	query = second.Query()
	state := query.Get("state")
	query.Set("state", state[:len(state)-1]+map[bool]string{true: "B", false: "A"}[strings.HasSuffix(state, "A")])
	similar.RawQuery = query.Encode()
	if got := victim.comesBack(0, &similar); got != "/sign-in?error=expired" {
		t.Errorf("with a similar state: sent to %s", got)
	}
	// Two tabs don't disturb each other.
	third, fourth := victim.atProvider(0, "maria", "/a"), victim.atProvider(0, "maria", "/b")
	if a, b := victim.comesBack(1, third), victim.comesBack(1, fourth); a != "/a" || b != "/b" {
		t.Errorf("two tabs are sent to %s and %s", a, b)
	}
	// Too late.
	late := attacker.atProvider(0, "otto", "/")
	w.clock.SetTime(w.clock.Now().Add(11 * time.Minute))
	if got := attacker.comesBack(0, late); got != "/sign-in?error=expired" {
		t.Errorf("after 11 minutes: sent to %s", got)
	}
	// Broken off, and made up.
	denied := w.browser()
	start := mustParse(t, denied.must(http.StatusFound, 0, http.MethodGet, "/api/v1/auth/oidc/start?returnTo=/a", nil).header.Get("Location"))
	if start.Query().Get("code_challenge_method") != "S256" || start.Query().Get("nonce") == "" {
		t.Errorf("sent to the provider without PKCE or nonce: %s", start)
	}
	if got := denied.comesBack(0, &url.URL{Path: "/api/v1/auth/oidc/callback", RawQuery: "error=access_denied&state=" + start.Query().Get("state")}); got != "/sign-in?error=denied&returnTo=%2Fa" {
		t.Errorf("broken off: sent to %s", got)
	}
	for _, state := range []string{"", "x", strings.Repeat("A", 26), strings.Repeat("../", 8) + "AA"} {
		if got := denied.comesBack(0, &url.URL{Path: "/api/v1/auth/oidc/callback", RawQuery: url.Values{"code": {"x"}, "state": {state}}.Encode()}); got != "/sign-in?error=expired" {
			t.Errorf("state %q: sent to %s", state, got)
		}
	}
}

func TestReturnsToTheConsoleOnly(t *testing.T) {
	w := newWorld(t, withProvider(t, nil))
	for _, target := range []string{"https://evil.example", "//evil.example", `/\evil.example`, `\\evil.example`, "/%2F/evil.example", "javascript:alert(1)", "/\t/evil.example", "/api/v1/me"} {
		b := w.browser()
		if got := b.comesBack(0, b.atProvider(0, "maria", target)); got != "/" {
			t.Errorf("asked for %q, sent to %s", target, got)
		}
	}
}

func TestProviderMayComeLater(t *testing.T) {
	var provider atomic.Pointer[url.URL]
	front := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		target := provider.Load()
		if target == nil {
			http.Error(rw, "not yet", http.StatusBadGateway)
			return
		}
		proxy := &httputil.ReverseProxy{Rewrite: func(p *httputil.ProxyRequest) { p.SetURL(target); p.Out.Host = p.In.Host }}
		proxy.ServeHTTP(rw, r)
	}))
	t.Cleanup(front.Close)
	secret := filepath.Join(t.TempDir(), "client-secret")
	if err := os.WriteFile(secret, []byte("test-client-secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	w := newWorld(t, func(publicURL string, o *auth.Options) {
		o.PublicURL, o.OIDC.Issuer, o.OIDC.ClientID, o.OIDC.ClientSecretFile = publicURL, front.URL, "workbench", secret
	})
	b := w.browser()
	if got := b.must(http.StatusFound, 0, http.MethodGet, "/api/v1/auth/oidc/start?returnTo=/a", nil).header.Get("Location"); got != "/sign-in?error=provider&returnTo=%2Fa" {
		t.Errorf("without the provider: sent to %s", got)
	}
	if got := w.administrator().who(0); got != auth.FirstAdmin {
		t.Errorf("local accounts don't work without the provider: %s", got)
	}
	provider.Store(mustParse(t, startProvider(t, w.replicas[0].url, "--issuer", front.URL)))
	w.clock.SetTime(w.clock.Now().Add(6 * time.Second))
	b.comesBack(0, b.atProvider(0, "maria", "/"))
	if got := b.who(1); got != "maria.lindt@example.com" {
		t.Errorf("with the provider: %s", got)
	}
}
