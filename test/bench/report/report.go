// Package report is what benchmarks write their tables with: quantiles, units, and the section of a file that the last
// tables are kept in. It measures nothing.
package report

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"time"
)

// Quantile is the smallest of the times that a share q of them does not exceed; 0 when there are none.
func Quantile(times []time.Duration, q float64) time.Duration {
	if len(times) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(times))
	return sorted[min(int(q*float64(len(sorted))), len(sorted)-1)]
}

// Seconds writes a time of about a second or more.
func Seconds(d time.Duration) string {
	if d < time.Second {
		return fmt.Sprintf("%d ms", d.Milliseconds())
	}
	return fmt.Sprintf("%.1f s", d.Seconds())
}

// Millis writes a time of some milliseconds.
func Millis(d time.Duration) string { return fmt.Sprintf("%.1f ms", float64(d)/1e6) }

// Megabytes writes a number of bytes.
func Megabytes(n int64) string { return fmt.Sprintf("%.0f MB", float64(n)/1e6) }

// Keep replaces the section of a file that belongs to a command, between its marks, or adds it at the end under a title.
func Keep(path, command, title, text string) error {
	begin, end := "<!-- begin: "+command+" -->", "<!-- end: "+command+" -->"
	old, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	section := begin + "\n" + text + end
	before, rest, found := strings.Cut(string(old), begin)
	if !found {
		return os.WriteFile(path, []byte(string(old)+"\n## "+title+"\n\n"+section+"\n"), 0o644)
	}
	_, after, found := strings.Cut(rest, end)
	if !found {
		return fmt.Errorf("%s has %q but not %q: put it back, or remove both", path, begin, end)
	}
	return os.WriteFile(path, []byte(before+section+after), 0o644)
}
