package auth

import (
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestNames(t *testing.T) {
	for _, test := range []struct {
		name         string
		local, other bool
	}{
		{"maria", true, true},
		{"m", true, true},
		{"maria.lindt-2", true, true},
		{strings.Repeat("a", 63), true, true},
		{strings.Repeat("a", 64), false, true},
		{"", false, false},
		{"Maria", false, true},
		{"-maria", false, true},
		{"maria.", false, true},
		{"a..b", false, true},
		{"a.-b", false, true},
		{"maria@example.com", false, true},
		{"Мария", false, true},
		{"oidc:maria", false, true},
		{"system:masters", false, false},
		{"SYSTEM:masters", false, false},
		{" maria", false, false},
		{"maria\n", false, false},
		{"ma\x00ria", false, false},
		{"ma\u202eria", false, false}, // turns the direction of reading
		{"ma\u200bria", false, false}, // can't be seen
		{"\xff", false, false},
		{strings.Repeat("a", 190), false, true},
		{strings.Repeat("a", 191), false, false},
	} {
		if err := checkLocalName(test.name); (err == nil) != test.local {
			t.Errorf("local account %q: %v", test.name, err)
		}
		if err := checkName(test.name); (err == nil) != test.other {
			t.Errorf("name from elsewhere %q: %v", test.name, err)
		}
	}
}

func TestNamesInClusters(t *testing.T) {
	for _, test := range []struct {
		prefix, user, group string
	}{
		{"", "workbench:maria", "workbench:shop"},
		{"wb-eu:", "wb-eu:maria", "wb-eu:shop"},
	} {
		identity := Identity{Name: "maria", Groups: []string{"shop"}, Prefix: test.prefix}
		if got := identity.KubernetesUser(); got != test.user {
			t.Errorf("user %q, want %q", got, test.user)
		}
		if diff := cmp.Diff([]string{test.group}, identity.KubernetesGroups()); diff != "" {
			t.Error(diff)
		}
	}
}

func TestClientAddress(t *testing.T) {
	trusted, err := parseNetworks([]string{"10.0.0.0/8", "fd00::/8"})
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		why, remote string
		forwarded   []string
		want        string
	}{
		{"nobody in between", "203.0.113.7:1234", nil, "203.0.113.7"},
		{"a stranger says where they come from", "203.0.113.7:1234", []string{"198.51.100.1"}, "203.0.113.7"},
		{"a proxy says it", "10.1.2.3:1234", []string{"203.0.113.7"}, "203.0.113.7"},
		{"what was before the proxy is a stranger's word", "10.1.2.3:1234", []string{"198.51.100.1, 203.0.113.7"}, "203.0.113.7"},
		{"two proxies", "10.1.2.3:1234", []string{"198.51.100.1, 203.0.113.7, 10.9.9.9"}, "203.0.113.7"},
		{"two headers", "10.1.2.3:1234", []string{"198.51.100.1", "203.0.113.7"}, "203.0.113.7"},
		{"a proxy that says nothing", "10.1.2.3:1234", nil, "10.1.2.3"},
		{"a proxy that says what can't be read", "10.1.2.3:1234", []string{"unknown"}, "10.1.2.3"},
		{"with a port", "10.1.2.3:1234", []string{"203.0.113.7:5678"}, "203.0.113.7"},
		{"IPv6", "[fd00::1]:1234", []string{"2001:db8::7"}, "2001:db8::7"},
		{"IPv6 with a port", "[fd00::1]:1234", []string{"[2001:db8::7]:80"}, "2001:db8::7"},
		{"IPv4 in IPv6", "[::ffff:10.1.2.3]:1234", []string{"203.0.113.7"}, "203.0.113.7"},
		{"very many", "10.1.2.3:1234", []string{strings.Repeat("10.1.1.1, ", 1000) + "10.1.1.1"}, "10.1.1.1"},
		{"no address at all", "@", nil, "0.0.0.0"},
	} {
		r := &http.Request{RemoteAddr: test.remote, Header: http.Header{"X-Forwarded-For": test.forwarded}}
		if got := clientAddress(r, trusted); got.String() != test.want {
			t.Errorf("%s: %s, want %s", test.why, got, test.want)
		}
	}
}

func TestNeighboursInIPv6CountAsOne(t *testing.T) {
	a, b, c := netip.MustParseAddr("2001:db8::1"), netip.MustParseAddr("2001:db8::ffff:1"), netip.MustParseAddr("2001:db8:0:1::1")
	if addressSubject(a) != addressSubject(b) {
		t.Error("two addresses of one network of 64 bits count apart")
	}
	if addressSubject(a) == addressSubject(c) {
		t.Error("addresses of two networks count together")
	}
	if four := netip.MustParseAddr("203.0.113.7"); addressSubject(four) != addressSubject(netip.MustParseAddr("::ffff:203.0.113.7")) || addressSubject(four) == addressSubject(four.Next()) {
		t.Error("IPv4 addresses don't count by themselves")
	}
}

func FuzzClientAddress(f *testing.F) {
	f.Add("10.1.2.3:1234", "203.0.113.7, 10.1.1.1")
	f.Add("[fd00::1%eth0]:1", "[2001:db8::7%x]:80")
	trusted := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}
	f.Fuzz(func(t *testing.T, remote, forwarded string) {
		got := clientAddress(&http.Request{RemoteAddr: remote, Header: http.Header{"X-Forwarded-For": {forwarded}}}, trusted)
		if !got.IsValid() || got.Zone() != "" || got.Is4In6() {
			t.Errorf("%q, %q: %v", remote, forwarded, got)
		}
		addressSubject(got)
	})
}
