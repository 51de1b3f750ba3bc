package report

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestQuantile(t *testing.T) {
	var hundred []time.Duration
	for i := range 100 {
		hundred = append(hundred, time.Duration(99-i)) // 0 to 99, not in order
	}
	for _, c := range []struct {
		times []time.Duration
		q     float64
		want  time.Duration
	}{
		{nil, 0.5, 0},
		{[]time.Duration{7}, 0, 7},
		{[]time.Duration{7}, 1, 7},
		{[]time.Duration{3, 1, 2}, 0.5, 2},
		{hundred, 0.5, 50},
		{hundred, 0.99, 99},
		{hundred, 1, 99},
	} {
		if got := Quantile(c.times, c.q); got != c.want {
			t.Errorf("Quantile(%v, %v) is %d, want %d", c.times, c.q, got, c.want)
		}
	}
}

func TestKeep(t *testing.T) {
	const begin, end = "<!-- begin: make bench-x -->", "<!-- end: make bench-x -->"
	for _, c := range []struct{ name, before, after string }{
		{"replaced", "a\n" + begin + "\nold\n" + end + "\nb\n", "a\n" + begin + "\nnew\n" + end + "\nb\n"},
		{"added", "a\n", "a\n\n## Title\n\n" + begin + "\nnew\n" + end + "\n"},
		{"a mark is missing", "a\n" + begin + "\nold\n", ""},
	} {
		path := filepath.Join(t.TempDir(), "page.md")
		if err := os.WriteFile(path, []byte(c.before), 0o600); err != nil {
			t.Fatal(err)
		}
		err := Keep(path, "make bench-x", "Title", "new\n")
		if c.after == "" {
			if err == nil {
				t.Errorf("%s: no error", c.name)
			}
			continue
		}
		got, readErr := os.ReadFile(path)
		if err != nil || readErr != nil {
			t.Fatal(c.name, err, readErr)
		}
		if diff := cmp.Diff(c.after, string(got)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}
