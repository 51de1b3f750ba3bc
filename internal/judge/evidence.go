package judge

import "math"

// ratios are the effects that the tests look for: how many times the odds of a bad request (an error, a slow answer)
// are those of a good version. The smallest one makes changes of less than about 5 % go unnoticed on purpose (a test
// for r gains only when the truth is above (r-1)/ln r, which is 1.05 for 1.1): with enough requests everything
// differs a little. The largest is there for a canary that fails whatever it is asked.
var ratios = [...]float64{1.1, 1.25, 1.5, 2, 3, 5, 10, 30, 100, 1000}

// logWeight is the logarithm of the weight of each ratio in the mixture.
var logWeight = -math.Log(float64(len(ratios)))

// Evidence is a test martingale against "the canary is no worse": a mixture over ratios, and over the look at which
// the canary became worse. A mixture of martingales, with weights fixed beforehand that add up to 1, is a martingale
// (the method of mixtures: Robbins, Ann. Math. Statist. 41, 1970; Howard et al., Ann. Statist. 49, 2021, section 3).
//
// The second mixture is what lets a version that turns bad after a good hour (a leak, a cache that runs full) be
// caught: a plain likelihood ratio would first have to win back all the evidence gathered in favour of the canary.
// Look j starts a martingale of its own with weight 1/(j(j+1)); these weights add up to 1, so nothing has to be known
// of how many looks there will be. Half of all the weight is on the first look. The price of a start at look j is
// log(j(j+1)): a hundred looks in, some nine natural logs.
type Evidence struct {
	// Looks that counted so far.
	Looks int `json:"looks,omitempty"`
	// Log is, per ratio, the logarithm of the martingales that began so far; empty before the first look.
	Log []float64 `json:"log,omitempty"`
	// Spread of the stable version's bad requests, of a comparison with it.
	Spread Spread `json:"spread,omitzero"`
}

// update takes in one look. logFactor says, per ratio, the logarithm of a factor whose mean is at most 1 while the
// canary is no worse.
func (e Evidence) update(logFactor func(ratio float64) float64) Evidence {
	look := float64(e.Looks + 1)
	next := Evidence{Looks: e.Looks + 1, Log: make([]float64, len(ratios)), Spread: e.Spread}
	begin := logWeight - math.Log(look*(look+1))
	for i, ratio := range ratios {
		sum := begin
		if len(e.Log) == len(ratios) {
			sum = logAdd(e.Log[i], begin)
		}
		// Rounded down, so that the state is short in JSON and what is lost is evidence, never validity.
		next.Log[i] = math.Floor((sum+logFactor(ratio))*1e6) / 1e6
	}
	return next
}

// logValue is the logarithm of the martingale now: the mixture of those that began, and 1 for those yet to begin.
func (e Evidence) logValue() float64 {
	sum := -math.Log(float64(e.Looks + 1))
	for _, l := range e.Log {
		sum = logAdd(sum, l)
	}
	return sum
}

// valid says whether e can be the result of updates, and not of a damaged state.
func (e Evidence) valid() bool {
	if !e.Spread.valid() || e.Looks < 0 || (e.Looks == 0) != (len(e.Log) == 0) || len(e.Log) != 0 && len(e.Log) != len(ratios) {
		return false
	}
	for _, l := range e.Log {
		if math.IsNaN(l) || math.IsInf(l, 0) {
			return false
		}
	}
	return true
}

// logAdd is log(exp(a)+exp(b)).
func logAdd(a, b float64) float64 {
	if a < b {
		a, b = b, a
	}
	if math.IsInf(a, -1) {
		return a
	}
	return a + math.Log1p(math.Exp(b-a))
}
