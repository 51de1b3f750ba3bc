package auth

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestOptions(t *testing.T) {
	oidc := func(o *Options) {
		o.PublicURL, o.OIDC.Issuer, o.OIDC.ClientID = "https://hub.example", "https://login.example", "workbench"
	}
	for _, test := range []struct {
		why    string
		change func(o *Options)
		flag   string // that the error names; none when empty
	}{
		{"as they are", func(*Options) {}, ""},
		{"a demo", func(o *Options) { o.PublicURL = "http://localhost:8080" }, ""},
		{"OpenID Connect", oidc, ""},
		{"OpenID Connect alone", func(o *Options) { oidc(o); o.LocalAccounts = false }, ""},
		{"nobody could sign in", func(o *Options) { o.LocalAccounts = false }, "--oidc-issuer"},
		{"a path", func(o *Options) { o.PublicURL = "https://hub.example/x" }, "--public-url"},
		{"a slash", func(o *Options) { o.PublicURL = "https://hub.example/" }, "--public-url"},
		{"no scheme", func(o *Options) { o.PublicURL = "hub.example" }, "--public-url"},
		{"bare names in clusters", func(o *Options) { o.UserPrefix = "" }, "--user-prefix"},
		{"a prefix without colon", func(o *Options) { o.UserPrefix = "workbench" }, "--user-prefix"},
		{"a prefix of Kubernetes'", func(o *Options) { o.UserPrefix = "system:" }, "--user-prefix"},
		{"idle longer than at all", func(o *Options) { o.SessionIdle = 48 * time.Hour }, "--session-lifetime"},
		{"no network", func(o *Options) { o.TrustedProxies = []string{"10.0.0.1"} }, "--trusted-proxy"},
		{"no way back", func(o *Options) { oidc(o); o.PublicURL = "" }, "--public-url"},
		{"no client", func(o *Options) { oidc(o); o.OIDC.ClientID = "" }, "--oidc-client-id"},
		{"names that people choose, bare", func(o *Options) { oidc(o); o.OIDC.UsernameClaim, o.OIDC.UsernamePrefix = "preferred_username", "" }, "--oidc-username-prefix"},
		{"names that people choose", func(o *Options) { oidc(o); o.OIDC.UsernameClaim = "preferred_username" }, ""},
		{"groups of Kubernetes'", func(o *Options) { oidc(o); o.OIDC.GroupsPrefix = "system:" }, "--oidc-groups-prefix"},
		{"domains without addresses", func(o *Options) { oidc(o); o.OIDC.UsernameClaim, o.OIDC.AllowedDomains = "sub", []string{"x"} }, "--oidc-allowed-domain"},
	} {
		o := DefaultOptions()
		test.change(&o)
		err := o.Validate()
		if test.flag == "" && err != nil || test.flag != "" && (err == nil || !strings.Contains(err.Error(), test.flag)) {
			t.Errorf("%s: %v, want something about %q", test.why, err, test.flag)
		}
	}
}

func TestPersonOfClaims(t *testing.T) {
	for _, test := range []struct {
		why    string
		change func(o *OIDCOptions)
		claims string
		want   person
		denied bool
	}{
		{"a verified address", nil, `{"email":"Maria@Example.com","email_verified":true,"name":" Maria\u0007 Lindt ","groups":["b","a","a"]}`,
			person{Name: "maria@example.com", DisplayName: "Maria Lindt", Groups: []string{"a", "b"}}, false},
		{"not verified", nil, `{"email":"maria@example.com","email_verified":false}`, person{}, true},
		{"not told whether", nil, `{"email":"maria@example.com"}`, person{}, true},
		{"verified as a text", nil, `{"email":"maria@example.com","email_verified":"false"}`, person{}, true},
		{"not told, and trusted", func(o *OIDCOptions) { o.AssumeEmailVerified = true }, `{"email":"maria@example.com"}`, person{Name: "maria@example.com"}, false},
		{"denied, though trusted", func(o *OIDCOptions) { o.AssumeEmailVerified = true }, `{"email":"maria@example.com","email_verified":false}`, person{}, true},
		{"denied as a text, though trusted", func(o *OIDCOptions) { o.AssumeEmailVerified = true }, `{"email":"maria@example.com","email_verified":"false"}`, person{}, true},
		{"no address", nil, `{"email":"admin","email_verified":true}`, person{}, true},
		{"two domains", nil, `{"email":"maria@evil.example@example.com","email_verified":true}`, person{}, true},
		{"no claim", nil, `{"sub":"1"}`, person{}, true},
		{"a number", func(o *OIDCOptions) { o.UsernameClaim = "uid" }, `{"uid":7}`, person{}, true},
		{"control characters", func(o *OIDCOptions) { o.UsernameClaim = "sub" }, `{"sub":"a\nb"}`, person{}, true},
		{"a name that anybody may choose", func(o *OIDCOptions) { o.UsernameClaim = "preferred_username" }, `{"preferred_username":"admin"}`, person{Name: "oidc:admin"}, false},
		{"the domain", func(o *OIDCOptions) { o.AllowedDomains = []string{"Example.com"} }, `{"email":"maria@example.com","email_verified":true}`, person{Name: "maria@example.com"}, false},
		{"a domain that ends alike", func(o *OIDCOptions) { o.AllowedDomains = []string{"example.com"} }, `{"email":"maria@evilexample.com","email_verified":true}`, person{}, true},
		{"none of the groups", func(o *OIDCOptions) { o.AllowedGroups = []string{"a"} }, `{"email":"maria@example.com","email_verified":true,"groups":["b"]}`, person{}, true},
		{"groups inside of a claim", func(o *OIDCOptions) { o.GroupsClaim, o.GroupsPrefix = "realm_access.roles", "kc-" }, `{"email":"m@example.com","email_verified":true,"realm_access":{"roles":["shop",7,null]}}`,
			person{Name: "m@example.com", Groups: []string{"kc-shop"}}, false},
		{"a claim with dots in its name", func(o *OIDCOptions) { o.GroupsClaim = "https://example.com/groups" }, `{"email":"m@example.com","email_verified":true,"https://example.com/groups":"shop"}`,
			person{Name: "m@example.com", Groups: []string{"shop"}}, false},
		{"groups of Kubernetes'", nil, `{"email":"m@example.com","email_verified":true,"groups":["system:masters","shop"]}`, person{Name: "m@example.com", Groups: []string{"shop"}}, false},
		{"groups of Kubernetes', behind a prefix", func(o *OIDCOptions) { o.GroupsPrefix = "x:" }, `{"email":"m@example.com","email_verified":true,"groups":["system:masters","shop"]}`, person{Name: "m@example.com", Groups: []string{"x:shop"}}, false},
		{"an administrator", func(o *OIDCOptions) { o.AdminGroups, o.GroupsPrefix = []string{"platform"}, "x-" }, `{"email":"m@example.com","email_verified":true,"groups":["platform"]}`,
			person{Name: "m@example.com", Groups: []string{"x-platform"}, Admin: true}, false},
		{"a group with the prefix of its own", func(o *OIDCOptions) { o.AdminGroups, o.GroupsPrefix = []string{"platform"}, "x-" }, `{"email":"m@example.com","email_verified":true,"groups":["x-platform"]}`,
			person{Name: "m@example.com", Groups: []string{"x-x-platform"}}, false},
	} {
		o := DefaultOptions().OIDC
		if test.change != nil {
			test.change(&o)
		}
		var said claims
		if err := json.Unmarshal([]byte(test.claims), &said); err != nil {
			t.Fatal(err)
		}
		got, err := o.personOf(said)
		if errors.Is(err, errNotAllowed) != test.denied || (err != nil) != test.denied {
			t.Errorf("%s: %v", test.why, err)
			continue
		}
		got.method = ""
		if diff := cmp.Diff(test.want, got, cmp.AllowUnexported(person{}), cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s: %s", test.why, diff)
		}
	}
}

func TestLimitsStaySmallAndForget(t *testing.T) {
	now := time.Unix(1_000_000, 0)
	entries := map[string]int64{"past": now.UnixMilli(), "soonest": now.UnixMilli() + 1}
	for i := range maxEntries {
		entries[limitKey("account", string(rune('a'+i%26))+time.Duration(i).String())] = now.UnixMilli() + 1000
	}
	trim(entries, now)
	if _, found := entries["soonest"]; len(entries) != maxEntries || found {
		t.Errorf("%d entries, the one to be forgotten soonest is there: %v", len(entries), found)
	}
	trim(entries, now.Add(time.Second))
	if len(entries) != 0 {
		t.Errorf("%d entries whose time has passed", len(entries))
	}
}
