package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/workbench-dev/workbench/internal/loadgen"
)

func TestPrintsCountsPerSecondAndASummary(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set(loadgen.VersionHeader, "v1")
	}))
	defer server.Close()
	var out, messages bytes.Buffer
	err := run(t.Context(), []string{"--url", server.URL, "--rps", "200", "--duration", "100ms"}, &out, &messages)
	if err != nil {
		t.Fatal(err)
	}
	var sent, v1 int64
	for scanner := bufio.NewScanner(&out); scanner.Scan(); {
		var l line
		if err := json.Unmarshal(scanner.Bytes(), &l); err != nil {
			t.Fatalf("%q is not JSON: %v", scanner.Text(), err)
		}
		sent += l.Sent
		v1 += l.Versions["v1"]
	}
	if sent != 20 || v1 != 20 {
		t.Errorf("the lines add up to %d sent and %d of v1, want 20 and 20", sent, v1)
	}
	if !strings.HasPrefix(messages.String(), "20 requests sent") {
		t.Errorf("summary is %q", messages.String())
	}
}

func TestWrongSettingsAreNamed(t *testing.T) {
	for _, c := range []struct{ name, flag, value, want string }{
		{"no URL", "--url", "", "no URL"},
		{"no rate", "--rps", "0", "above 0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := run(t.Context(), []string{"--url", "http://127.0.0.1:1", c.flag, c.value}, io.Discard, io.Discard)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error is %v, want one with %q", err, c.want)
			}
		})
	}
}

func TestResetCutsTheCountsIntoPhases(t *testing.T) {
	now := loadgen.Snapshot{Due: 10, Sent: 10, OK: 10, Versions: map[string]loadgen.Counts{"v1": {OK: 10, Status: map[int]int64{200: 10}}}}
	r := newReports(func() loadgen.Snapshot { return now })
	server := httptest.NewServer(r.handler())
	defer server.Close()

	now = loadgen.Snapshot{Due: 15, Sent: 15, OK: 14, Failed: 1, Versions: map[string]loadgen.Counts{"v1": {OK: 14, Failed: 1, Status: map[int]int64{200: 14, 503: 1}}}}
	ended := fetch(t, http.MethodPost, server.URL+"/reset?name=canary")
	if ended.Phase != "start" || ended.Present.Sent != 5 || ended.Present.Failed != 1 || ended.Total.Sent != 15 {
		t.Errorf("the ended phase is %+v, want start with 5 sent, 1 failed of 15", ended)
	}
	present := fetch(t, http.MethodGet, server.URL+"/report")
	if present.Phase != "canary" || present.Present.Sent != 0 || present.Total.Failed != 1 || !present.KeptUp {
		t.Errorf("the new phase is %+v, want canary with nothing sent yet", present)
	}

	resp, err := http.Get(server.URL + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`traffic_answers_total{version="v1",code="503"} 1`, "traffic_sent_total 15"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("%q is missing in:\n%s", want, text)
		}
	}
}

func fetch(t *testing.T, method, url string) report {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var r report
	if err := json.NewDecoder(resp.Body).Decode(&r); err != nil {
		t.Fatalf("%s %s answers %s: %v", method, url, resp.Status, err)
	}
	return r
}
