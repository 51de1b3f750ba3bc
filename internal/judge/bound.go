package judge

import "math"

// upperBound is the largest rate that bad among requests do not rule out: of a confidence sequence, so that with a
// chance of at least 1-beta it lies above the mean rate so far at every look at once. lowerBound is its mirror image.
//
// The rates p that it keeps are those for which the mixture of ratio^-bad / (1-p+p/ratio)^requests stays below 1/beta:
// a sub-Bernoulli mixture supermartingale (Howard, Ramdas, McAuliffe and Sekhon, Ann. Statist. 49, 2021, section 3;
// Howard and Ramdas, Bernoulli 28, 2022, arXiv 1906.09712, theorem 1, for F(x) at a fixed x). The rate may drift: the
// logarithm of 1-p+p/ratio is concave in p, so the product over requests is at most what the mean rate gives.
//
// With the bounds of a histogram's buckets as x, and beta divided by their number, this is a time-uniform confidence
// band for the distribution function. It needs no uniformity over all x, as theorem 2 of the same paper gives, and is
// much narrower in the tails, where a release shows its faults.
func upperBound(r rate, beta float64) float64 {
	if r.requests <= 0 {
		return 1
	}
	limit := -math.Log(beta)
	n, bad := float64(r.requests), float64(r.bad)
	// A single ratio of the mixture gives a larger bound, in closed form. From the best of these Newton's method comes
	// down to the root without passing it, because the logarithm of the mixture is convex in the rate.
	p := 1.0
	for _, ratio := range ratios {
		p = math.Min(p, -math.Expm1(-(limit-logWeight+bad*math.Log(ratio))/n)/(1-1/ratio))
	}
	for range 50 {
		value, slope := logMixtureBelow(n, bad, p)
		if value <= limit {
			break
		}
		step := (value - limit) / slope
		p -= step
		if step < 1e-9 {
			break
		}
	}
	return math.Max(p, bad/n)
}

// lowerBound is the smallest rate not ruled out; see upperBound.
func lowerBound(r rate, beta float64) float64 {
	return 1 - upperBound(rate{r.requests, r.requests - r.bad}, beta)
}

// logMixtureBelow is the logarithm of the mixture against the rate p being too large, and its slope in p.
func logMixtureBelow(n, bad, p float64) (value, slope float64) {
	var logs, slopes [len(ratios)]float64
	top := math.Inf(-1)
	for i, ratio := range ratios {
		gap := 1 - 1/ratio
		logs[i] = logWeight - bad*math.Log(ratio) - n*math.Log1p(-p*gap)
		slopes[i] = n * gap / (1 - p*gap)
		top = math.Max(top, logs[i])
	}
	sum := 0.0
	for i := range logs {
		weight := math.Exp(logs[i] - top)
		sum += weight
		slope += weight * slopes[i]
	}
	return top + math.Log(sum), slope / sum
}
