package main

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/workbench-dev/workbench/test/bench/report"
)

// quantile of milliseconds.
func quantile(milliseconds []float64, q float64) time.Duration {
	var times []time.Duration
	for _, one := range milliseconds {
		times = append(times, time.Duration(one*float64(time.Millisecond)))
	}
	return report.Quantile(times, q)
}

// longest are the n longest frames.
func longest(frames []longFrame, n int) []longFrame {
	sorted := slices.SortedFunc(slices.Values(frames), func(a, b longFrame) int { return cmp.Compare(b.Duration, a.Duration) })
	return sorted[:min(n, len(sorted))]
}

func kilobytes(n int64) string { return fmt.Sprintf("%.1f kB", float64(n)/1e3) }

func thousands(n int) string {
	if n < 1000 {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%d,%03d", n/1000, n%1000)
}
