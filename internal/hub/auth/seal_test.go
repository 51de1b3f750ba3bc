package auth

import (
	"bytes"
	"crypto/rand"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
)

func testKey() sealKey {
	var key sealKey
	rand.Read(key.id[:])
	rand.Read(key.secret[:])
	return key
}

// openText opens a text as the keyring does, with one key.
func (k sealKey) openText(purpose, sealed string) ([]byte, error) {
	id, raw, err := sealedBy(sealed)
	if err != nil {
		return nil, err
	}
	if id != k.id {
		return nil, errSealed
	}
	return k.open(purpose, raw)
}

func TestSealedTextOpensForItsPurposeAndKeyOnly(t *testing.T) {
	key, other := testKey(), testKey()
	sameID := other
	sameID.id = key.id
	sealed := key.seal("session", []byte("maria"))
	if again := key.seal("session", []byte("maria")); again == sealed {
		t.Error("two texts are equal: the nonce isn't random")
	}
	if strings.Contains(sealed, "maria") {
		t.Error("the text can be read")
	}
	if plain, err := key.openText("session", sealed); err != nil || string(plain) != "maria" {
		t.Errorf("opened as %q, %v", plain, err)
	}
	for why, open := range map[string]func() ([]byte, error){
		"another purpose":         func() ([]byte, error) { return key.openText("oidc", sealed) },
		"another key":             func() ([]byte, error) { return other.openText("session", sealed) },
		"another key of that id":  func() ([]byte, error) { return sameID.openText("session", sealed) },
		"cut off":                 func() ([]byte, error) { return key.openText("session", sealed[:len(sealed)-4]) },
		"nothing":                 func() ([]byte, error) { return key.openText("session", "") },
		"longer than a cookie is": func() ([]byte, error) { return key.openText("session", strings.Repeat("A", 5000)) },
	} {
		if plain, err := open(); !errors.Is(err, errSealed) || plain != nil {
			t.Errorf("%s: opened as %q, %v", why, plain, err)
		}
	}
	raw, _ := cookieEncoding.DecodeString(sealed)
	for i := range raw {
		changed := bytes.Clone(raw)
		changed[i] ^= 1
		if plain, err := key.openText("session", cookieEncoding.EncodeToString(changed)); err == nil {
			t.Fatalf("with byte %d changed: opened as %q", i, plain)
		}
	}
}

func TestKeysAreReadInTheOrderOfTheirMaking(t *testing.T) {
	old, oldValue := newKey(time.Unix(1000, 0))
	young, youngValue := newKey(time.Unix(20000, 0))
	keys, err := parseKeys(&corev1.Secret{Data: map[string][]byte{young: youngValue, old: oldValue}})
	if err != nil || len(keys) != 2 || keys[0].name != old || keys[1].name != young || keys[0].id == keys[1].id {
		t.Errorf("%v, %v", keys, err)
	}
	for why, data := range map[string]map[string][]byte{
		"none":        nil,
		"short key":   {old: oldValue[:31]},
		"no time":     {"x-00000000": oldValue},
		"long id":     {"1-0000000000": oldValue},
		"no id":       {"1": oldValue},
		"odd digits":  {"1-0000000": oldValue},
		"one is good": {old: oldValue, "password": []byte("x")},
	} {
		if keys, err := parseKeys(&corev1.Secret{Data: data}); err == nil {
			t.Errorf("%s: taken as %v", why, keys)
		}
	}
}

func FuzzOpenCookie(f *testing.F) {
	key := testKey()
	f.Add(key.seal("session", []byte("{}")))
	f.Add("")
	f.Add("AQAAAAA")
	f.Fuzz(func(t *testing.T, text string) {
		if plain, err := key.openText("session", text); err == nil && key.seal("session", plain) == "" {
			t.Error("opened what can't be sealed")
		}
	})
}

func FuzzParseToken(f *testing.F) {
	f.Add("wb_" + strings.Repeat("a", 52))
	f.Add("wb_")
	f.Fuzz(func(t *testing.T, text string) {
		hash, err := parseToken(text)
		if err != nil {
			return
		}
		if len(hash) != 64 || !strings.HasPrefix(text, "wb_") || len(text) != 55 || strings.ToLower(text) != text {
			t.Errorf("%q is taken as a token", text)
		}
	})
}

func FuzzLocalPath(f *testing.F) {
	for _, seed := range []string{"/", "/tasks?a=b#c", "//evil", `/\evil`, "/%2F/evil", "https://evil", "/a//b", "/?x=//evil"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, target string) {
		got := localPath(target)
		if !strings.HasPrefix(got, "/") || strings.HasPrefix(got, "//") || strings.Contains(got, `\`) || hasControl(got) {
			t.Errorf("%q becomes %q", target, got)
		}
		// What a browser makes of it (as http.Redirect does) stays here.
		base := httptest.NewRequest(http.MethodGet, "https://hub.example/api/v1/auth/oidc/callback", nil).URL
		if next, err := base.Parse(got); err != nil || next.Host != "hub.example" || next.Scheme != "https" {
			t.Errorf("%q leads to %v, %v", target, next, err)
		}
	})
}
