package main

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"time"
)

// begin and end mark the part of the file that is written here.
const (
	beginMark = "<!-- begin: make bench-traffic -->"
	endMark   = "<!-- end: make bench-traffic -->"
)

// report is the section of docs/benchmarks.md, in Markdown.
func report(o options, sections []section) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Measured on %s with `make bench-traffic`: %d CPUs for everything (the cluster, the application and the load), %g requests/s through the gateway, %d instances, ready after %s.\n",
		time.Now().UTC().Format("2006-01-02 15:04 UTC"), runtime.NumCPU(), o.rps, o.instances, o.ready)
	for _, s := range sections {
		name := s.way
		if s.rude {
			name += ", with an application that leaves at once when told to stop"
		}
		fmt.Fprintf(&b, "\n### %s\n\n| transition | requests | failed | share | took |\n|---|---:|---:|---:|---:|\n", name)
		var sent, failed int64
		var notes []string
		for _, r := range s.rows {
			fmt.Fprintf(&b, "| %s | %d | %d | %s | %s |\n", r.transition, r.sent, r.failed, share(r.failed, r.sent), duration(r.took))
			sent, failed = sent+r.sent, failed+r.failed
			if r.note != "" {
				notes = append(notes, fmt.Sprintf("- %s: %s", r.transition, r.note))
			}
		}
		fmt.Fprintf(&b, "| **all** | **%d** | **%d** | **%s** | |\n", sent, failed, share(failed, sent))
		if len(notes) > 0 {
			fmt.Fprintf(&b, "\nWhat failed:\n\n%s\n", strings.Join(notes, "\n"))
		}
		fmt.Fprintf(&b, "\n99 %% of the answers came within %s of when their request was due. %s\n", s.p99.Round(time.Millisecond), schedule(s))
	}
	return b.String()
}

// schedule says whether the generator kept its rate, so that a machine too slow for it can be told.
func schedule(s section) string {
	if s.late == 0 && s.missed == 0 {
		return "The generator sent every request on time."
	}
	return fmt.Sprintf("The generator sent %d requests 50 ms or more after they were due (at most %s) and %d not at all.", s.late, s.maxLag.Round(time.Millisecond), s.missed)
}

func share(failed, sent int64) string {
	if failed == 0 {
		return "0"
	}
	return fmt.Sprintf("%.2f %%", 100*float64(failed)/float64(max(sent, 1)))
}

// keep puts the text between the marks of a file, which it makes when there is none.
func keep(file, text string) error {
	part := beginMark + "\n" + text + endMark
	old, err := os.ReadFile(file)
	if os.IsNotExist(err) {
		return os.WriteFile(file, []byte("# Benchmarks\n\n## Requests failed at each transition\n\n"+part+"\n"), 0o644)
	}
	if err != nil {
		return err
	}
	before, rest, found := strings.Cut(string(old), beginMark)
	_, after, closed := strings.Cut(rest, endMark)
	if !found || !closed {
		return os.WriteFile(file, []byte(string(old)+"\n## Requests failed at each transition\n\n"+part+"\n"), 0o644)
	}
	return os.WriteFile(file, []byte(before+part+after), 0o644)
}
