package auth

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc/oidctest"
	"k8s.io/utils/clock"
)

// forger is a provider that answers with whatever a test wants, which no real one does.
type forger struct {
	*httptest.Server
	key    *ecdsa.PrivateKey
	answer func() (status int, body map[string]any)
	// info is what its UserInfo endpoint tells.
	info map[string]any
}

func newForger(t *testing.T) *forger {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	f := &forger{key: key}
	discovery := &oidctest.Server{PublicKeys: []oidctest.PublicKey{{PublicKey: key.Public(), KeyID: "1", Algorithm: "ES256"}}, Algorithms: []string{"ES256"}}
	mux := http.NewServeMux()
	write := func(w http.ResponseWriter, status int, body any) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		if err := json.NewEncoder(w).Encode(body); err != nil {
			t.Error(err)
		}
	}
	mux.HandleFunc("GET /.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		write(w, http.StatusOK, map[string]any{
			"issuer": f.URL, "authorization_endpoint": f.URL + "/auth", "token_endpoint": f.URL + "/token",
			"jwks_uri": f.URL + "/keys", "userinfo_endpoint": f.URL + "/userinfo", "id_token_signing_alg_values_supported": []string{"ES256"},
		})
	})
	mux.HandleFunc("POST /token", func(w http.ResponseWriter, _ *http.Request) {
		status, body := f.answer()
		write(w, status, body)
	})
	mux.HandleFunc("GET /userinfo", func(w http.ResponseWriter, _ *http.Request) { write(w, http.StatusOK, f.info) })
	mux.Handle("/keys", discovery)
	f.Server = httptest.NewServer(mux)
	t.Cleanup(f.Close)
	discovery.SetIssuer(f.URL)
	return f
}

// claims are those of a good ID token, with changes; null takes one away.
func (f *forger) claims(changes string) string {
	all := map[string]any{
		"iss": f.URL, "aud": "workbench", "sub": "1", "exp": time.Now().Add(time.Hour).Unix(), "iat": time.Now().Unix(), "nonce": "the nonce",
		"email": "maria@example.com", "email_verified": true, "name": "Maria", "groups": []string{"shop"},
	}
	var changed map[string]any
	if err := json.Unmarshal([]byte(changes), &changed); err != nil {
		panic(err)
	}
	for name, value := range changed {
		if all[name] = value; value == nil {
			delete(all, name)
		}
	}
	text, err := json.Marshal(all)
	if err != nil {
		panic(err)
	}
	return string(text)
}

func (f *forger) redeem(t *testing.T, answer func() (int, map[string]any)) (claims, error) {
	t.Helper()
	f.answer = answer
	o := DefaultOptions()
	o.PublicURL, o.OIDC.Issuer, o.OIDC.ClientID = "https://hub.example", f.URL, "workbench"
	p, err := newProvider(o, clock.RealClock{})
	if err != nil {
		t.Fatal(err)
	}
	return p.redeem(t.Context(), attempt{State: "S", Nonce: "the nonce", Verifier: "the verifier"}, "a code")
}

func TestForgedIDTokensAreRefused(t *testing.T) {
	f := newForger(t)
	stranger, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	sign := func(changes string) string { return oidctest.SignIDToken(f.key, "1", "ES256", f.claims(changes)) }
	unsigned := func(header string) string {
		encode := base64.RawURLEncoding.EncodeToString
		return encode([]byte(header)) + "." + encode([]byte(f.claims("{}"))) + "."
	}
	good := func(idToken string) func() (int, map[string]any) {
		return func() (int, map[string]any) {
			return http.StatusOK, map[string]any{"access_token": "x", "token_type": "Bearer", "id_token": idToken}
		}
	}
	if said, err := f.redeem(t, good(sign(`{}`))); err != nil || said.text("email") != "maria@example.com" {
		t.Fatalf("a good token: %v, %v", said, err)
	}
	for why, idToken := range map[string]string{
		"of another attempt":       sign(`{"nonce":"another"}`),
		"of no attempt":            sign(`{"nonce":null}`),
		"for another client":       sign(`{"aud":"another"}`),
		"for nobody":               sign(`{"aud":null}`),
		"of another provider":      sign(`{"iss":"https://login.example"}`),
		"expired":                  sign(`{"exp":1000000000}`),
		"without an end":           sign(`{"exp":null}`),
		"for an access token":      sign(`{"at_hash":"AAAAAAAAAAAAAAAAAAAAAA"}`),
		"by another key":           oidctest.SignIDToken(stranger, "1", "ES256", f.claims(`{}`)),
		"not signed":               unsigned(`{"alg":"none"}`),
		"signed by what is public": unsigned(`{"alg":"HS256","kid":"1"}`),
		"no token":                 "x",
		"nothing":                  "",
	} {
		if said, err := f.redeem(t, good(idToken)); !errors.Is(err, errProvider) || said != nil {
			t.Errorf("%s: %v, %v", why, said, err)
		}
	}
}

func TestAnswersOfABrokenProvider(t *testing.T) {
	f := newForger(t)
	for why, answer := range map[string]func() (int, map[string]any){
		"refused": func() (int, map[string]any) {
			return http.StatusBadRequest, map[string]any{"error": "invalid_grant", "error_description": "the secret is hunter2"}
		},
		"broken": func() (int, map[string]any) { return http.StatusInternalServerError, nil },
		"very long": func() (int, map[string]any) {
			return http.StatusOK, map[string]any{"id_token": strings.Repeat("x", 2<<20)}
		},
	} {
		_, err := f.redeem(t, answer)
		if !errors.Is(err, errProvider) || strings.Contains(err.Error(), "hunter2") || len(err.Error()) > 1000 {
			t.Errorf("%s: %.1000v", why, err)
		}
	}
}

func TestUserInfoAddsWhatTheIDTokenLacks(t *testing.T) {
	f := newForger(t)
	answer := func(changes string) func() (int, map[string]any) {
		return func() (int, map[string]any) {
			return http.StatusOK, map[string]any{"access_token": "x", "token_type": "Bearer", "id_token": oidctest.SignIDToken(f.key, "1", "ES256", f.claims(changes))}
		}
	}
	f.info = map[string]any{"sub": "1", "groups": []string{"bank"}, "email": "otto@example.com"}
	said, err := f.redeem(t, answer(`{"groups":null}`))
	if err != nil || fmt.Sprint(said.texts("groups")) != "[bank]" || said.text("email") != "maria@example.com" {
		t.Errorf("groups added, address kept: %v, %v", said, err)
	}
	f.info["email_verified"] = true
	if said, err := f.redeem(t, answer(`{"groups":null,"email_verified":null}`)); err != nil || said.at("email_verified") != nil {
		t.Errorf("another address is verified: %v, %v", said, err)
	}
	f.info["email"] = "maria@example.com"
	if said, err := f.redeem(t, answer(`{"groups":null,"email_verified":null}`)); err != nil || said.at("email_verified") != true {
		t.Errorf("this address is verified: %v, %v", said, err)
	}
	f.info["sub"] = "2"
	if said, err := f.redeem(t, answer(`{"groups":null}`)); !errors.Is(err, errProvider) {
		t.Errorf("UserInfo about somebody else: %v, %v", said, err)
	}
	if said, err := f.redeem(t, answer(`{}`)); err != nil || fmt.Sprint(said.texts("groups")) != "[shop]" {
		t.Errorf("UserInfo isn't needed: %v, %v", said, err)
	}
}
