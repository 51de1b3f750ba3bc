package loadgen

import (
	"encoding/json"
	"fmt"
	"math"
	"math/bits"
	"time"
)

const (
	// subBits sets the precision of a Histogram: 2^subBits buckets for each doubling, so at most 3 % too high.
	subBits = 5
	// buckets reach from 1 µs to 2^36 µs, some 19 hours; longer ones count in the last.
	buckets = 32 << subBits
)

// Histogram counts durations in buckets whose width grows with the duration. The zero value is empty.
type Histogram struct {
	counts [buckets]int64
	total  int64
}

func bucketOf(d time.Duration) int {
	us := uint64(max(d, 0) / time.Microsecond)
	if us < 1<<subBits {
		return int(us)
	}
	exp := bits.Len64(us) - 1 - subBits
	return min(buckets-1, exp<<subBits+int(us>>exp))
}

// upperBound is the longest duration that counts in bucket i.
func upperBound(i int) time.Duration {
	if i < 2<<subBits {
		return time.Duration(i) * time.Microsecond
	}
	exp := i>>subBits - 1
	top := uint64(i&(1<<subBits-1)|1<<subBits) + 1
	return time.Duration(top<<exp-1) * time.Microsecond
}

func (h *Histogram) add(d time.Duration) {
	h.counts[bucketOf(d)]++
	h.total++
}

func (h Histogram) minus(earlier Histogram) Histogram {
	for i := range h.counts {
		h.counts[i] -= earlier.counts[i]
	}
	h.total -= earlier.total
	return h
}

// Count is how many durations were counted.
func (h Histogram) Count() int64 { return h.total }

// Quantile returns a duration that a share q (0 to 1) of those counted does not pass, at most 3 % too long;
// 0 when nothing was counted.
func (h Histogram) Quantile(q float64) time.Duration {
	if h.total == 0 {
		return 0
	}
	rank := max(1, int64(math.Ceil(q*float64(h.total))))
	var seen int64
	for i, n := range h.counts {
		if seen += n; seen >= rank {
			return upperBound(i)
		}
	}
	return upperBound(buckets - 1)
}

// String tells the usual quantiles.
func (h Histogram) String() string {
	return fmt.Sprintf("p50 %v p90 %v p99 %v max %v of %d", h.Quantile(0.5), h.Quantile(0.9), h.Quantile(0.99), h.Quantile(1), h.total)
}

// histogramJSON is what a Histogram looks like from outside: quantiles in milliseconds.
type histogramJSON struct {
	Count int64   `json:"count"`
	P50   float64 `json:"p50ms"`
	P90   float64 `json:"p90ms"`
	P99   float64 `json:"p99ms"`
	P999  float64 `json:"p999ms"`
	Max   float64 `json:"maxms"`
}

// MarshalJSON writes quantiles in milliseconds. There is no way back: a Histogram read from JSON is empty.
func (h Histogram) MarshalJSON() ([]byte, error) {
	ms := func(q float64) float64 { return float64(h.Quantile(q).Microseconds()) / 1000 }
	return json.Marshal(histogramJSON{h.total, ms(0.5), ms(0.9), ms(0.99), ms(0.999), ms(1)})
}

// UnmarshalJSON accepts what MarshalJSON wrote and leaves the Histogram empty, since quantiles do not add up again.
func (h *Histogram) UnmarshalJSON([]byte) error { return nil }
