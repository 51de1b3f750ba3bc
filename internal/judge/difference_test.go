package judge

import (
	"strings"
	"testing"
)

func TestDifference(t *testing.T) {
	counters := func(n, e float64) Counters { return Counters{Requests: n, Errors: map[string]float64{"5xx": e}} }
	for _, tt := range []struct {
		why            string
		earlier, later map[string]Counters
		want           float64
		wantErrors     float64
		wantErr        string
	}{
		{"series add up", map[string]Counters{"a": counters(10, 1), "b": counters(5, 0)}, map[string]Counters{"a": counters(30, 2), "b": counters(6, 1)}, 21, 2, ""},
		{"a restarted series is left out once", map[string]Counters{"a": counters(10, 1), "b": counters(5, 0)}, map[string]Counters{"a": counters(3, 0), "b": counters(6, 0)}, 1, 0, ""},
		{"a reset that only the errors show", map[string]Counters{"a": counters(10, 5)}, map[string]Counters{"a": counters(12, 1)}, 0, 0, ""},
		{"a new series is left out once", map[string]Counters{"a": counters(10, 1)}, map[string]Counters{"a": counters(11, 1), "b": counters(900, 900)}, 1, 0, ""},
		{"a series that is gone adds nothing", map[string]Counters{"a": counters(10, 1), "b": counters(5, 0)}, map[string]Counters{"a": counters(11, 1)}, 1, 0, ""},
		{"errors without requests", map[string]Counters{"a": counters(10, 1)}, map[string]Counters{"a": counters(11, 3)}, 0, 0, "read both counters at the same time"},
	} {
		got, err := Difference(tt.earlier, tt.later)
		if (err != nil) != (tt.wantErr != "") || err != nil && !strings.Contains(err.Error(), tt.wantErr) {
			t.Errorf("%s: error %v, want %q", tt.why, err, tt.wantErr)
		}
		if got.Requests != tt.want || got.Errors["5xx"] != tt.wantErrors {
			t.Errorf("%s: %v requests, %v errors, want %v, %v", tt.why, got.Requests, got.Errors["5xx"], tt.want, tt.wantErrors)
		}
	}
}

func TestOnlyErrors(t *testing.T) {
	for _, tc := range []struct {
		why  string
		c    Counters
		want bool
	}{
		{"nothing answered", Counters{}, false},
		{"some good", Counters{Requests: 10, Errors: map[string]float64{"5xx": 9}}, false},
		{"none good, in two classes", Counters{Requests: 10, Errors: map[string]float64{"5xx": 4, "4xx": 6}}, true},
		{"a code that its class counts too", Counters{Requests: 10, Errors: map[string]float64{"5xx": 5, "503": 5}}, false},
		{"a code alone", Counters{Requests: 10, Errors: map[string]float64{"503": 10}}, true},
	} {
		t.Run(tc.why, func(t *testing.T) {
			if got := tc.c.onlyErrors(); got != tc.want {
				t.Errorf("onlyErrors is %v", got)
			}
		})
	}
}
