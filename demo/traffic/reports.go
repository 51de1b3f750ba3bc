package main

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/workbench-dev/workbench/internal/loadgen"
)

// line is what is printed for each second.
type line struct {
	Time     time.Time        `json:"time"`
	Sent     int64            `json:"sent"`
	OK       int64            `json:"ok"`
	Failed   int64            `json:"failed"`
	Missed   int64            `json:"missed,omitempty"`
	Late     int64            `json:"late,omitempty"`
	Versions map[string]int64 `json:"versions"`
	Reasons  map[string]int64 `json:"reasons,omitempty"`
	P99      float64          `json:"p99ms"`
}

func newLine(s loadgen.Snapshot) line {
	l := line{
		Time: s.To.UTC().Truncate(time.Millisecond), Sent: s.Sent, OK: s.OK, Failed: s.Failed, Missed: s.Missed, Late: s.Late,
		Versions: map[string]int64{}, Reasons: s.Reasons,
		P99: float64(s.Latency.Quantile(0.99).Microseconds()) / 1000,
	}
	for name, c := range s.Versions {
		l.Versions[name] = c.Total()
	}
	return l
}

// summary says in a sentence how a run went, and whether the generator could keep up.
func summary(s loadgen.Snapshot) string {
	text := fmt.Sprintf("%d requests sent in %s: %d answered well, %d failed; latency %v.",
		s.Sent, s.To.Sub(s.From).Round(time.Second), s.OK, s.Failed, s.Latency)
	if !s.KeptUp() {
		text += fmt.Sprintf(" This machine could not keep the rate: %d requests were not sent and %d were late, by up to %v.",
			s.Missed, s.Late, s.MaxLag.Round(time.Millisecond))
	}
	return text
}

// report is what /report and /reset answer with.
type report struct {
	// Phase is the name of the present phase, or of the one that ended.
	Phase string `json:"phase"`
	// Present is what was counted in that phase, Total since the start.
	Present loadgen.Snapshot `json:"present"`
	Total   loadgen.Snapshot `json:"total"`
	// KeptUp says whether the generator held its rate in that phase.
	KeptUp bool `json:"keptUp"`
}

// reports cuts the counts of one run into phases.
type reports struct {
	snapshot func() loadgen.Snapshot

	mu    sync.Mutex
	phase string
	since loadgen.Snapshot
}

func newReports(snapshot func() loadgen.Snapshot) *reports {
	return &reports{snapshot: snapshot, phase: "start", since: snapshot()}
}

func (r *reports) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("GET /report", func(w http.ResponseWriter, _ *http.Request) { answer(w, r.report()) })
	mux.HandleFunc("POST /reset", func(w http.ResponseWriter, req *http.Request) { answer(w, r.reset(req.FormValue("name"))) })
	mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; version=0.0.4")
		writeMetrics(w, r.snapshot())
	})
	return mux
}

func (r *reports) report() report {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.at(r.snapshot())
}

// reset ends the present phase and begins the next one.
func (r *reports) reset(name string) report {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.snapshot()
	ended := r.at(now)
	r.phase, r.since = name, now
	return ended
}

func (r *reports) at(now loadgen.Snapshot) report {
	present := now.Since(r.since)
	return report{Phase: r.phase, Present: present, Total: now, KeptUp: present.KeptUp()}
}

func answer(w http.ResponseWriter, r report) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(r) // the client is gone; nobody is left to tell
}

// writeMetrics writes totals in the Prometheus text format.
func writeMetrics(w io.Writer, s loadgen.Snapshot) {
	fmt.Fprint(w, "# HELP traffic_answers_total Answers by version and status code; code 0 stands for no answer.\n# TYPE traffic_answers_total counter\n")
	for _, version := range slices.Sorted(maps.Keys(s.Versions)) {
		status := s.Versions[version].Status
		for _, code := range slices.Sorted(maps.Keys(status)) {
			fmt.Fprintf(w, "traffic_answers_total{version=%q,code=\"%d\"} %d\n", version, code, status[code])
		}
	}
	for _, m := range []struct {
		name, help string
		value      int64
	}{
		{"traffic_sent_total", "Requests sent.", s.Sent},
		{"traffic_failed_total", "Requests with no answer or one above 399.", s.Failed},
		{"traffic_missed_total", "Requests that were due but could not be sent.", s.Missed},
		{"traffic_late_total", "Requests that were sent too late.", s.Late},
	} {
		fmt.Fprintf(w, "# HELP %s %s\n# TYPE %s counter\n%s %d\n", m.name, m.help, m.name, m.name, m.value)
	}
}
