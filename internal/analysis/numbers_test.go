package analysis

import "testing"

func TestNumbersForPeople(t *testing.T) {
	for _, c := range []struct{ why, got, want string }{
		{"nobody needs thousandths in the middle", percent(80.392), "80.4%"},
		{"nor here", percent(50), "50%"},
		{"a few in a hundred", percent(5.2345), "5.23%"},
		{"just beyond a limit of 1 %", percent(1.04), "1.04%"},
		{"small", percent(0.3142), "0.31%"},
		{"close to 100", percent(99.97), "99.97%"},
		{"between two usual limits", percent(99.9462), "99.946%"},
		{"closer", percent(99.995), "99.995%"},
		{"one in ten million is not none", percent(99.99999), "99.99999%"},
		{"nor is it nothing", percent(0.00001), "0.00001%"},
		{"nothing", percent(0), "0%"},
		{"all", percent(100), "100%"},
		{"a value of no share", percent(123.456), "123.5%"},
		{"a part of none", share(0.5, 0), ""},
		{"a part of some", share(1-0.19608, 51), "80.4%"},

		{"milliseconds", latency(0.024962), "25ms"},
		{"short ones", latency(0.00123), "1.23ms"},
		{"seconds", latency(1.23816), "1.24s"},
		{"a second", latency(0.9996), "1s"},
		{"no time", latency(0), ""},

		{"digits before the point stay", number(12431.4, 3), "12431"},
		{"small numbers keep what counts", number(0.0031415, 3), "0.00314"},
		{"below zero", number(-12.345, 3), "-12.3"},
		{"a query", withUnit(3.14159, "jobs"), "3.142 jobs"},
		{"a query of a share", withUnit(99.123, "%"), "99.12%"},
		{"a query without a unit", withUnit(12, ""), "12"},
	} {
		if c.got != c.want {
			t.Errorf("%s: %q, want %q", c.why, c.got, c.want)
		}
	}
}
