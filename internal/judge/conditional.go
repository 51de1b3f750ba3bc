package judge

import "math"

// split is one look at both versions: how many requests each answered, and how many of those were bad.
type split struct {
	canary, canaryBad, stable, stableBad int64
}

func (s split) bad() int64 { return s.canaryBad + s.stableBad }

// manyRequests is from how many requests in one look on the formula for a known share is used: there the sum over all
// ways to share out gets long and its logarithms lose digits.
const manyRequests = 10_000_000

// logFactor is the logarithm of ratio^k / E[ratio^K], where k is the canary's bad requests and K is what k would be by
// chance: given that the look held so many requests of the canary, so many of stable and so many bad ones, with
// routing at random and versions equally good every way to share the bad ones out is equally likely, and K is
// hypergeometric.
//
// This is the sequential multinomial test of Lindon and Malek (NeurIPS 2022, arXiv 2011.03567, sections 3 and 4: the
// version that an error falls on is a draw with the share of traffic, whatever the error rate does over time) with the
// share taken from the measured requests instead of known beforehand. For a known share q their factor is
// ratio^k / (1-q+q*ratio)^bad, which is this one with a binomial K, and the two agree for a single error or where
// errors are rare. Drawing without replacement is less spread in the convex order (Hoeffding, JASA 58, 1963, theorem
// 4), so their formula with the measured share would be valid too, and only weaker: with half of all requests bad it
// needs twice as many.
//
// The mean of the factor is 1 when the versions are equally good and at most 1 when the canary is better: K is then
// stochastically smaller and ratio > 1. So the test is one-sided, over the whole hypothesis, without knowing the rate.
func (s split) logFactor(ratio float64) float64 {
	if s.bad() == 0 || s.canary == 0 || s.stable == 0 {
		return 0
	}
	if s.canary+s.stable > manyRequests {
		share := float64(s.canary) / float64(s.canary+s.stable)
		return rate{s.bad(), s.canaryBad}.logFactorAbove(share, ratio)
	}
	return float64(s.canaryBad)*math.Log(ratio) - logHypergeometricMean(s.canary, s.stable, s.bad(), ratio)
}

// logHypergeometricMean is the logarithm of E[ratio^K] for K the number of the canary's among bad requests drawn
// without replacement from canary+stable.
func logHypergeometricMean(canary, stable, bad int64, ratio float64) float64 {
	low, high := max(0, bad-stable), min(canary, bad)
	if low == high {
		return float64(low) * math.Log(ratio)
	}
	// The terms C(canary,k) C(stable,bad-k) ratio^k rise to a single peak and fall; sum outwards from the peak.
	n, m, b := float64(canary), float64(stable), float64(bad)
	next := func(k float64) float64 { // term k+1 over term k
		return (n - k) * (b - k) / ((k + 1) * (m - b + k + 1)) * ratio
	}
	peak := tiltedMode(n, m, b, ratio, float64(low), float64(high))
	sum, term := 1.0, 1.0
	for k := peak; k < float64(high); k++ {
		term *= next(k)
		sum += term
		if term < 1e-14*sum {
			break
		}
	}
	term = 1
	for k := peak - 1; k >= float64(low); k-- {
		term /= next(k)
		sum += term
		if term < 1e-14*sum {
			break
		}
	}
	return logChoose(n, peak) + logChoose(m, b-peak) - logChoose(n+m, b) + peak*math.Log(ratio) + math.Log(sum)
}

// tiltedMode is the k at which C(n,k) C(m,b-k) ratio^k is largest: where the quotient of neighbours passes 1
// (Liao and Rosen, The American Statistician 55, 2001).
func tiltedMode(n, m, b, ratio, low, high float64) float64 {
	a := ratio - 1
	h := -((n+b+2)*ratio + m - b)
	c := (n + 1) * (b + 1) * ratio
	// The smaller root of a k^2 + h k + c, in the form that does not cancel.
	k := math.Floor(2 * c / (-h + math.Sqrt(math.Max(0, h*h-4*a*c))))
	return math.Min(math.Max(k, low), high)
}

// logChoose is log of n over k.
func logChoose(n, k float64) float64 {
	a, _ := math.Lgamma(n + 1)
	b, _ := math.Lgamma(k + 1)
	c, _ := math.Lgamma(n - k + 1)
	return a - b - c
}

// rate is one look at one version: requests, and how many of those were bad.
type rate struct {
	requests, bad int64
}

// logFactorAbove is the logarithm of ratio^bad / (1-limit+limit*ratio)^requests, whose mean is at most 1 while each
// request is bad with a chance of at most limit, given the past: Wald's likelihood ratio (Sequential Analysis, 1947)
// with the alternative written as a ratio of odds. In this form the chance may vary below the limit from request to
// request.
func (r rate) logFactorAbove(limit, ratio float64) float64 {
	return float64(r.bad)*math.Log(ratio) - float64(r.requests)*math.Log1p(limit*(ratio-1))
}
