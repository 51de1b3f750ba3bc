package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"sync/atomic"
	"time"
)

// app answers requests as its version does.
type app struct {
	config
	started  atomic.Bool
	stopping atomic.Bool

	requests atomic.Int64
	failures atomic.Int64
}

func newApp(cfg config) *app {
	a := &app{config: cfg}
	a.started.Store(cfg.readyAfter == 0)
	return a
}

func (a *app) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/", a.answer)
	mux.HandleFunc("GET /healthz", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("GET /readyz", a.ready)
	mux.HandleFunc("GET /metrics", a.metrics)
	return mux
}

// reply is the body of an answer.
type reply struct {
	Version string `json:"version"`
	Pod     string `json:"pod"`
	Message string `json:"message"`
}

func (a *app) answer(w http.ResponseWriter, r *http.Request) {
	n := a.requests.Add(1)
	if a.slowness > 0 {
		select {
		case <-time.After(a.slowness):
		case <-r.Context().Done():
			return
		}
	}
	header := w.Header()
	header.Set("Content-Type", "application/json")
	header.Set("X-Version", a.version)
	header.Set("X-Pod", a.pod)
	if a.stopping.Load() {
		// Kept connections end one by one, each after an answer, rather than all at once at the end, when a proxy
		// may just be sending on one of them.
		header.Set("Connection", "close")
	}
	body := reply{Version: a.version, Pod: a.pod, Message: "Your order is placed."}
	if a.failEvery > 0 && n%a.failEvery == 0 {
		a.failures.Add(1)
		body.Message = "The order was lost."
		w.WriteHeader(http.StatusInternalServerError)
	}
	_ = json.NewEncoder(w).Encode(body) // the client is gone; nobody is left to tell
}

func (a *app) ready(w http.ResponseWriter, _ *http.Request) {
	switch {
	case a.stopping.Load():
		http.Error(w, "stopping", http.StatusServiceUnavailable)
	case !a.started.Load():
		http.Error(w, "starting", http.StatusServiceUnavailable)
	}
}

// metrics are in the Prometheus text format, written by hand to keep the binary small.
func (a *app) metrics(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; version=0.0.4")
	fmt.Fprintf(w, "# HELP app_requests_total Requests answered, without probes.\n# TYPE app_requests_total counter\n")
	failed := a.failures.Load()
	fmt.Fprintf(w, "app_requests_total{version=%q,code=\"200\"} %d\n", a.version, a.requests.Load()-failed)
	fmt.Fprintf(w, "app_requests_total{version=%q,code=\"500\"} %d\n", a.version, failed)
}
