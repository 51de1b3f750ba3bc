package judge

import "math"

// Spread measures how much more the bad requests of the stable version vary from look to look than independent
// requests would. Where they come in bursts (a pod stalls for a second and twenty requests are slow), a burst is one
// event and not twenty, and counting it as twenty calls good versions bad. This is the dispersion of quasi-likelihood
// (Wedderburn, Biometrika 61, 1974), from the differences of neighbouring looks (von Neumann, Ann. Math. Statist. 12,
// 1941) so that a slow drift doesn't count as one.
type Spread struct {
	// Sum of the squared standardised differences of Looks neighbouring looks; of independent requests each has mean 1.
	Sum   float64 `json:"sum,omitempty"`
	Looks float64 `json:"looks,omitempty"`
	// LastRequests and LastBad are those of the look before.
	LastRequests int64 `json:"lastRequests,omitempty"`
	LastBad      int64 `json:"lastBad,omitempty"`
}

const (
	// independentLooks is how many looks' worth of independent requests are taken as seen beforehand: a few looks say
	// little about a spread.
	independentLooks = 3
	// largestDifference limits what one look says: an outage that begins is a jump, not a spread.
	largestDifference = 25
)

// burst is how many bad requests count as one event, at least 1.
func (s Spread) burst() float64 {
	return math.Max(1, (s.Sum+independentLooks)/(s.Looks+independentLooks))
}

// update takes in a look at the stable version.
func (s Spread) update(stable rate) Spread {
	n, m := float64(stable.requests), float64(s.LastRequests)
	bad := float64(stable.bad + s.LastBad)
	if n > 0 && m > 0 && bad > 0 && bad < n+m {
		share := bad / (n + m)
		difference := float64(stable.bad)/n - float64(s.LastBad)/m
		s.Sum += math.Min(largestDifference, difference*difference/(share*(1-share)*(1/n+1/m)))
		s.Sum = math.Round(s.Sum*1e6) / 1e6
		s.Looks++
	}
	s.LastRequests, s.LastBad = stable.requests, stable.bad
	return s
}

// valid says whether s can be the result of updates.
func (s Spread) valid() bool {
	return s.Sum >= 0 && s.Sum <= largestDifference*s.Looks && s.LastBad >= 0 && s.LastBad <= s.LastRequests
}

// mostOfOneLook is the largest factor that one look at latency counts for. One stall (of a node, of a pod that has just
// started) slows all requests that come in it, however many: a single look must not be enough to call a version slower, and
// with this one it takes two. A factor cut off at a constant has a smaller mean, so the test stays valid.
const mostOfOneLook = 20

// compare takes in one look at both versions; a burst has at least leastBurst bad requests, and the look counts for a factor
// of at most most. The logarithm of the factor is divided by the size of a burst, known from the looks before: what is left
// is the factor of so many fewer, independent events. Of independent requests the mean stays at most 1 whatever the divisor,
// since x^(1/burst) is concave (Jensen), so what a wrong guess costs there is evidence and not validity.
func (e Evidence) compare(s split, leastBurst, most float64) Evidence {
	burst := math.Max(leastBurst, e.Spread.burst())
	next := e.update(func(ratio float64) float64 { return math.Min(s.logFactor(ratio)/burst, math.Log(most)) })
	next.Spread = e.Spread.update(rate{s.stable, s.stableBad})
	return next
}
