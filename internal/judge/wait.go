package judge

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// mostScale is how many times the requests seen so far are looked ahead for an outcome.
const mostScale = 1e5

// wait is the result of a test that can't say yet. It looks ahead: if the shares stay as they are, at how many times
// the requests seen would there be an outcome?
func (in input) wait(n Numbers, what string, seen int64, decided func(scale float64) bool) Result {
	high := 1.0
	for high < mostScale && !decided(high) {
		high *= 2
	}
	if high >= mostScale {
		return Result{Outcome: NotEnoughData, Reason: Undecided, Numbers: n,
			Message: fmt.Sprintf("%s: so close to what is allowed that more requests would not soon decide.", what)}
	}
	low := high / 2
	for range 5 {
		if middle := (low + high) / 2; decided(middle) {
			high = middle
		} else {
			low = middle
		}
	}
	n.RequestsNeeded = max(1, int64(math.Ceil(high*float64(seen)))-n.CanaryRequests)
	return Result{Outcome: NotEnoughData, Reason: TooFewRequests, Numbers: n,
		Message: fmt.Sprintf("%s: the canary must answer about %s more to decide.", what, count(float64(n.RequestsNeeded), "request"))}
}

// times is what would be seen of so many times the requests.
func (r rate) times(scale float64) rate {
	return rate{int64(float64(r.requests) * scale), int64(math.Round(float64(r.bad) * scale))}.sound()
}

func (r rate) sound() rate {
	return rate{r.requests, min(r.bad, r.requests)}
}

// share of bad requests; 0 of none.
func (r rate) share() float64 {
	if r.requests == 0 {
		return 0
	}
	return float64(r.bad) / float64(r.requests)
}

// percent of a share, with as many digits as it takes to see it.
func percent(share float64) string {
	x := share * 100
	switch {
	case x == 0:
		return "0 %"
	case x < 0.001:
		return "below 0.001 %"
	case x < 0.1:
		return fmt.Sprintf("%.3f %%", x)
	case x < 10:
		return fmt.Sprintf("%.2f %%", x)
	}
	return fmt.Sprintf("%.1f %%", x)
}

// chance in words: "1 in 600".
func chance(p float64) string {
	if p >= 0.5 {
		return percent(p)
	}
	if p <= 1e-6 {
		return "1 in a million"
	}
	return "1 in " + grouped(int64(math.Round(1/p)))
}

// of is "3 of 1,200".
func of(r rate) string {
	return grouped(r.bad) + " of " + grouped(r.requests)
}

// count is "1 request" or "1,200 requests".
func count(n float64, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return grouped(int64(n)) + " " + thing + "s"
}

// seconds is "250 ms" or "1.5 s".
func seconds(s float64) string {
	if s < 1 {
		return strconv.FormatFloat(math.Round(s*1e6)/1e3, 'f', -1, 64) + " ms"
	}
	return strconv.FormatFloat(math.Round(s*100)/100, 'f', -1, 64) + " s"
}

// grouped writes n with a comma every three digits.
func grouped(n int64) string {
	digits := strconv.FormatInt(n, 10)
	var b strings.Builder
	for i, d := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(d)
	}
	return b.String()
}
