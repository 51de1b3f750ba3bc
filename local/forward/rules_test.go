package forward

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseRule(t *testing.T) {
	for _, test := range []struct {
		in, why string
		want    Rule
		wantErr string
	}{
		{in: "8080=svc/shop/web:80", why: "the address defaults to the loopback", want: Rule{"127.0.0.1:8080", "svc/shop/web:80"}},
		{in: "127.0.0.2:8080=svc/shop/web:http", why: "a port by its name", want: Rule{"127.0.0.2:8080", "svc/shop/web:http"}},
		{in: "1=pod/shop/web-0:8080", why: "a pod", want: Rule{"127.0.0.1:1", "pod/shop/web-0:8080"}},
		{in: "80=198.18.4.7:80", why: "an address", want: Rule{"127.0.0.1:80", "198.18.4.7:80"}},
		{in: "8080", why: "nowhere to go", wantErr: "isn't a forward"},
		{in: "0.0.0.0:80=198.18.4.7:80", why: "the cluster must not be offered to others", wantErr: "127.0.0.0/8"},
		{in: "[::1]:80=198.18.4.7:80", why: "the forwarder listens on IPv4", wantErr: "127.0.0.0/8"},
		{in: "0=198.18.4.7:80", why: "a port must be known", wantErr: "between 1 and 65535"},
		{in: "80=svc/web:80", why: "the namespace is missing", wantErr: "isn't a target"},
		{in: "80=deploy/shop/web:80", why: "a kind without an address", wantErr: "isn't a target"},
		{in: "80=svc/shop/web", why: "the port is missing", wantErr: "isn't a target"},
		{in: "80=svc//web:80", why: "an empty namespace", wantErr: "isn't a target"},
	} {
		t.Run(test.in, func(t *testing.T) {
			got, err := ParseRule(test.in)
			if test.wantErr != "" {
				if err == nil || !strings.Contains(err.Error(), test.wantErr) {
					t.Fatalf("%s: got error %v, want one with %q", test.why, err, test.wantErr)
				}
				return
			}
			if err != nil {
				t.Fatalf("%s: %v", test.why, err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", test.why, diff)
			}
		})
	}
}

func TestRulesSurviveTheFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "forwards.json")
	rules, err := ReadRules(path)
	if err != nil || len(rules) != 0 {
		t.Fatalf("without a file there must be no rules and no error, got %v, %v", rules, err)
	}
	rules = Merge(rules, Rule{"127.0.0.1:1", "198.18.4.7:80"})
	rules = Merge(rules, Rule{"127.0.0.1:2", "198.18.4.7:80"})
	rules = Merge(rules, Rule{"127.0.0.1:1", "198.18.4.8:80"})
	if err := WriteRules(path, rules); err != nil {
		t.Fatal(err)
	}
	got, err := ReadRules(path)
	if err != nil {
		t.Fatal(err)
	}
	want := []Rule{{"127.0.0.1:1", "198.18.4.8:80"}, {"127.0.0.1:2", "198.18.4.7:80"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
