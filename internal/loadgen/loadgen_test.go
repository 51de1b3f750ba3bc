package loadgen

import (
	"context"
	"encoding/json"
	"math"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestRunCountsEachAnswerByVersionAndStatus(t *testing.T) {
	var n atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Host != "checkout.example" {
			t.Errorf("Host is %q", r.Host)
		}
		switch i := n.Add(1); {
		case i%5 == 0:
			w.Header().Set(VersionHeader, "v3")
			http.Error(w, "broken  on\npurpose", http.StatusInternalServerError)
		case i%5 == 1:
			http.Error(w, "no healthy upstream", http.StatusServiceUnavailable)
		default:
			w.Header().Set(VersionHeader, "v1")
		}
	}))
	defer server.Close()

	r, err := Run(t.Context(), Config{URL: server.URL, Host: "checkout.example", RPS: 1000, Duration: 100 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	got := r.Snapshot()
	want := Snapshot{
		Due: 100, Sent: 100, OK: 60, Failed: 40,
		Versions: map[string]Counts{
			"v1":      {OK: 60, Status: map[int]int64{200: 60}},
			"v3":      {Failed: 20, Status: map[int]int64{500: 20}},
			NoVersion: {Failed: 20, Status: map[int]int64{503: 20}},
		},
		Reasons: map[string]int64{"500 broken on purpose": 20, "503 no healthy upstream": 20},
	}
	timing := cmpopts.IgnoreFields(Snapshot{}, "From", "To", "FirstFailure", "LastFailure", "Failures", "Latency", "Late", "MaxLag", "Retried")
	if diff := cmp.Diff(want, got, timing); diff != "" {
		t.Errorf("counts (-want +got):\n%s", diff)
	}
	if got.Latency.Count() != 100 {
		t.Errorf("%d latencies, want one for each of 100 requests", got.Latency.Count())
	}
	if len(got.Failures) != 40 || got.FirstFailure != got.Failures[0].At || got.LastFailure != got.Failures[39].At {
		t.Errorf("failures are not told one by one: %d of 40", len(got.Failures))
	}
}

func TestRunCountsRequestsWithoutAnswer(t *testing.T) {
	refusing, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	refused := "http://" + refusing.Addr().String()
	refusing.Close()
	release := make(chan struct{})
	silent := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
	defer silent.Close()
	defer close(release)
	cut := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set(VersionHeader, "v1")
		w.Header().Set("Content-Length", "100")
		_, _ = w.Write([]byte("half"))
	}))
	defer cut.Close()

	for _, c := range []struct {
		name, url, version, reason string
	}{
		{"connection refused", refused, NoVersion, "dial: connect: connection refused"},
		{"no answer in time", silent.URL, NoVersion, "no answer within 50ms"},
		{"answer cut off", cut.URL, "v1", "answer broke off: unexpected EOF"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, err := Run(t.Context(), Config{URL: c.url, RPS: 100, Duration: 50 * time.Millisecond, Timeout: 50 * time.Millisecond})
			if err != nil {
				t.Fatal(err)
			}
			got := r.Snapshot()
			if got.OK != 0 || got.Failed != got.Sent || got.Versions[c.version].Status[0] != got.Sent {
				t.Errorf("want each request counted as failed without status: %+v", got)
			}
			if got.Reasons[c.reason] != got.Sent {
				t.Errorf("reasons are %v, want %q", got.Reasons, c.reason)
			}
		})
	}
}

// A server that stops answering must not slow the sender down: that would hide the failure.
func TestLoadIsConstantWhateverTheServerDoes(t *testing.T) {
	release := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
	defer server.Close()
	ctx, cancel := context.WithCancel(t.Context())
	r, err := Start(ctx, Config{URL: server.URL, RPS: 200, MaxInFlight: 20})
	if err != nil {
		t.Fatal(err)
	}
	waitFor(t, "ten requests that are due but cannot be sent", func() bool { return r.Snapshot().Missed >= 10 })
	cancel()
	close(release)
	r.Wait()
	got := r.Snapshot()
	if got.Sent != 20 || got.Due != got.Sent+got.Missed || got.KeptUp() {
		t.Errorf("want 20 sent, the others missed and said so: %+v", got)
	}
	if p := got.Latency.Quantile(0.5); p < 10*time.Millisecond {
		t.Errorf("median latency %v does not contain the wait of the unanswered requests", p)
	}
}

func TestSinceCountsOnlyWhatCameAfter(t *testing.T) {
	var failing atomic.Bool
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if failing.Load() {
			w.Header().Set(VersionHeader, "v3")
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		w.Header().Set(VersionHeader, "v1")
	}))
	defer server.Close()
	ctx, cancel := context.WithCancel(t.Context())
	r, err := Start(ctx, Config{URL: server.URL, RPS: 500})
	if err != nil {
		t.Fatal(err)
	}
	waitFor(t, "good answers", func() bool { return r.Snapshot().OK >= 10 })
	failing.Store(true)
	waitFor(t, "failures", func() bool { return r.Snapshot().Failed >= 5 })
	before := r.Snapshot()
	waitFor(t, "more failures", func() bool { return r.Snapshot().Failed >= before.Failed+10 })
	cancel()
	r.Wait()

	got := r.Snapshot().Since(before)
	if got.OK != 0 || got.Failed < 10 || len(got.Versions) != 1 || got.Versions["v3"].Failed != got.Failed {
		t.Errorf("want failures of v3 only: %+v", got.Versions)
	}
	if int64(len(got.Failures)) != got.Failed || got.FirstFailure != got.Failures[0].At || got.Latency.Count() != got.Failed {
		t.Errorf("failures of before are still in: %d kept, %d counted", len(got.Failures), got.Failed)
	}
}

func TestConfigIsChecked(t *testing.T) {
	for _, c := range []struct {
		name string
		cfg  Config
		want string
	}{
		{"no URL", Config{RPS: 1}, "no URL"},
		{"not http", Config{URL: "https://127.0.0.1", RPS: 1}, "only http"},
		{"no rate", Config{URL: "http://127.0.0.1"}, "must be above 0"},
		{"rate is not a number", Config{URL: "http://127.0.0.1", RPS: math.NaN()}, "must be above 0"},
		{"negative time", Config{URL: "http://127.0.0.1", RPS: 1, Timeout: -1}, "cannot be negative"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Start(t.Context(), c.cfg)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error is %v, want one with %q", err, c.want)
			}
		})
	}
}

func TestHistogramQuantiles(t *testing.T) {
	var h Histogram
	if got := h.Quantile(0.5); got != 0 {
		t.Errorf("median of nothing is %v", got)
	}
	for ms := 1; ms <= 1000; ms++ {
		h.add(time.Duration(ms) * time.Millisecond)
	}
	for _, c := range []struct {
		q    float64
		want time.Duration
	}{{0, time.Millisecond}, {0.5, 500 * time.Millisecond}, {0.99, 990 * time.Millisecond}, {1, time.Second}} {
		got := h.Quantile(c.q)
		if got < c.want || float64(got) > float64(c.want)*1.035 {
			t.Errorf("quantile %v is %v, want %v or up to 3 %% more", c.q, got, c.want)
		}
	}
	for _, d := range []time.Duration{0, time.Microsecond, 31 * time.Microsecond, 63 * time.Microsecond, 64 * time.Microsecond, 65 * time.Microsecond, time.Second, 24 * time.Hour, -time.Second} {
		if top := upperBound(bucketOf(d)); d <= 10*time.Hour && top < d.Truncate(time.Microsecond) {
			t.Errorf("%v falls into a bucket that ends at %v", d, top)
		}
	}
	if _, err := json.Marshal(h); err != nil {
		t.Error(err)
	}
}

func waitFor(t *testing.T, what string, met func() bool) {
	t.Helper()
	deadline := time.After(20 * time.Second)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !met() {
		select {
		case <-deadline:
			t.Fatalf("waited 20 s for %s", what)
		case <-tick.C:
		}
	}
}
