package main

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestVersionsDifferInWhatTheirAnswersAreLike(t *testing.T) {
	for _, c := range []struct {
		name    string
		cfg     config
		failed  int
		atLeast time.Duration
	}{
		{"good", config{version: "v2", pod: "p"}, 0, 0},
		{"one in five fails", config{version: "v3", pod: "p", failEvery: 5}, 2, 0},
		{"slow", config{version: "v4", pod: "p", slowness: 20 * time.Millisecond}, 0, 200 * time.Millisecond},
	} {
		t.Run(c.name, func(t *testing.T) {
			handler := newApp(c.cfg).handler()
			failed, begin := 0, time.Now()
			for range 10 {
				w := httptest.NewRecorder()
				handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/orders", nil))
				if got := w.Header().Get("X-Version"); got != c.cfg.version {
					t.Errorf("X-Version is %q, want %q", got, c.cfg.version)
				}
				var body reply
				if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil {
					t.Fatal(err)
				}
				want := reply{Version: c.cfg.version, Pod: "p", Message: "Your order is placed."}
				if w.Code != http.StatusOK {
					failed++
					want.Message = "The order was lost."
				}
				if diff := cmp.Diff(want, body); diff != "" {
					t.Errorf("answer (-want +got):\n%s", diff)
				}
			}
			if failed != c.failed {
				t.Errorf("%d of 10 failed, want %d", failed, c.failed)
			}
			if took := time.Since(begin); took < c.atLeast {
				t.Errorf("ten answers took %v, want at least %v", took, c.atLeast)
			}
		})
	}
}

// An instance that is told to stop must go on answering those who have not heard of it yet.
func TestStoppingInstanceIsNotReadyButServes(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	base := "http://" + listener.Addr().String()
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- serve(ctx, listener, config{version: "v1", drain: 300 * time.Millisecond}) }()

	expect(t, base+"/readyz", http.StatusOK)
	stop()
	expect(t, base+"/readyz", http.StatusServiceUnavailable)
	resp, err := http.Get(base + "/")
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("a stopping instance answers %v, %v; want 200", resp, err)
	}
	resp.Body.Close()
	if !resp.Close {
		t.Error("a stopping instance keeps the connection; want Connection: close")
	}
	select {
	case err := <-done:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("the instance did not end within 20 s")
	}
	if _, err := http.Get(base + "/"); err == nil {
		t.Error("the instance serves after it ended")
	}
}

func TestConfigureNamesEachWrongSetting(t *testing.T) {
	env := map[string]string{"READY_AFTER": "soon", "DRAIN": "-1s", "RUDE": "maybe"}
	_, err := configure(func(name string) string { return env[name] })
	if err == nil {
		t.Fatal("wrong settings are accepted")
	}
	for name := range env {
		if !strings.Contains(err.Error(), name) {
			t.Errorf("%q is not named in: %v", name, err)
		}
	}
	got, err := configure(func(string) string { return "" })
	if err != nil || got.readyAfter != time.Second || got.port != "8080" || got.rude {
		t.Errorf("defaults are %+v, %v", got, err)
	}
}

// expect waits until url answers with the status.
func expect(t *testing.T, url string, status int) {
	t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for {
		resp, err := http.Get(url)
		if err == nil {
			resp.Body.Close()
			if resp.StatusCode == status {
				return
			}
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s did not answer %d within 20 s: %v, %v", url, status, resp, err)
		}
	}
}
