package judge

import (
	"math"
	"math/rand/v2"
	"testing"
)

// The factor must have mean exactly 1 under the hypergeometric law: summed over every outcome.
func TestConditionalFactorHasMeanOne(t *testing.T) {
	for _, tt := range []struct{ canary, stable, bad int64 }{
		{1, 1, 1}, {10, 90, 1}, {10, 90, 10}, {50, 50, 60}, {30, 3000, 700}, {400, 40, 100}, {5, 5, 10}, {2000, 20000, 9000},
	} {
		for _, ratio := range ratios {
			mean := 0.0
			for k := max(0, tt.bad-tt.stable); k <= min(tt.canary, tt.bad); k++ {
				p := math.Exp(logChoose(float64(tt.canary), float64(k)) + logChoose(float64(tt.stable), float64(tt.bad-k)) -
					logChoose(float64(tt.canary+tt.stable), float64(tt.bad)))
				s := split{tt.canary, k, tt.stable, tt.bad - k}
				if s.canary+s.stable == s.bad() {
					p = 1
				}
				mean += p * math.Exp(s.logFactor(ratio))
			}
			if math.Abs(mean-1) > 1e-6 {
				t.Errorf("%+v ratio %v: mean %v, want 1", tt, ratio, mean)
			}
		}
	}
}

// With a measured share the formula for a known share must be valid too, and never stronger in the mean.
func TestKnownShareFormulaIsConservative(t *testing.T) {
	canary, stable, bad := 20.0, 60.0, 40.0
	share := canary / (canary + stable)
	for _, ratio := range ratios {
		exact := logHypergeometricMean(int64(canary), int64(stable), int64(bad), ratio)
		known := bad * math.Log(1-share+share*ratio)
		if exact > known+1e-9 {
			t.Errorf("ratio %v: E[ratio^K] without replacement %v is above %v with replacement", ratio, exact, known)
		}
	}
}

// One error must give the factor of Lindon and Malek for the measured share.
func TestSingleErrorIsLindonMalek(t *testing.T) {
	s := split{canary: 10, canaryBad: 1, stable: 90}
	for _, ratio := range ratios {
		want := math.Log(ratio / (0.9 + 0.1*ratio))
		if got := s.logFactor(ratio); math.Abs(got-want) > 1e-12 {
			t.Errorf("ratio %v: log factor %v, want %v", ratio, got, want)
		}
	}
}

func TestEvidence(t *testing.T) {
	var e Evidence
	if got := e.logValue(); got != 0 {
		t.Fatalf("evidence before the first look is %v, want log 1 = 0", got)
	}
	for range 50 {
		e = e.update(func(float64) float64 { return 0 })
	}
	if got := e.logValue(); math.Abs(got) > 1e-3 || got > 1e-12 {
		t.Errorf("50 looks that say nothing leave %v, want 0 from below", got)
	}
	good := e
	for range 1000 {
		good = good.update(func(r float64) float64 { return -math.Log(r) })
	}
	late := good
	for range 10 {
		late = late.update(func(r float64) float64 { return math.Log(math.Min(r, 10)) })
	}
	if got := late.logValue(); got < 5 {
		t.Errorf("ten strong looks after a thousand good ones leave %v: a late regression is missed", got)
	}
	if !late.valid() || (Evidence{Looks: 1}).valid() || (Evidence{Looks: 1, Log: []float64{math.NaN()}}).valid() {
		t.Error("valid tells sound evidence from damaged evidence wrongly")
	}
}

func TestBounds(t *testing.T) {
	for _, tt := range []struct {
		why       string
		rate      rate
		low, high [2]float64
	}{
		{"nothing seen rules out nothing", rate{0, 0}, [2]float64{0, 0}, [2]float64{1, 1}},
		{"a thousand without an error", rate{1000, 0}, [2]float64{0, 0}, [2]float64{0.003, 0.007}},
		{"all errors", rate{100, 100}, [2]float64{0.93, 0.97}, [2]float64{1, 1}},
		{"half of many", rate{10000, 5000}, [2]float64{0.46, 0.49}, [2]float64{0.51, 0.54}},
	} {
		low, high := lowerBound(tt.rate, 0.05), upperBound(tt.rate, 0.05)
		if low < tt.low[0]-1e-9 || low > tt.low[1]+1e-9 || high < tt.high[0]-1e-9 || high > tt.high[1]+1e-9 {
			t.Errorf("%s: [%v, %v], want within %v and %v", tt.why, low, high, tt.low, tt.high)
		}
	}
}

// The size of a burst must be learned from stable alone, and stay near 1 where requests are independent.
func TestSpread(t *testing.T) {
	for _, tt := range []struct {
		why       string
		burst     int
		low, high float64
	}{
		{"independent errors", 1, 1, 1.4},
		{"errors that come five at a time", 5, 3.5, 6.5},
	} {
		random := rand.New(rand.NewPCG(5, 5))
		var s Spread
		for range 200 {
			s = s.update(rate{1350, int64(tt.burst * binomial(random, 1350, 0.01/float64(tt.burst)))})
		}
		if got := s.burst(); got < tt.low || got > tt.high || !s.valid() {
			t.Errorf("%s: a burst has %v, want %v to %v", tt.why, got, tt.low, tt.high)
		}
	}
}
