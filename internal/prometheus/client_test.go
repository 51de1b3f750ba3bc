package prometheus

import (
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

const oneSample = `{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1609746000,"1"]}]}}`

func TestAddresses(t *testing.T) {
	for _, tc := range []struct{ why, address, refused string }{
		{"with a port", "http://prometheus.monitoring.svc:9090", ""},
		{"with a path", "https://metrics.example.com/prometheus/", ""},
		{"none", "", "not set"},
		{"no scheme", "prometheus:9090", "no URL"},
		{"another scheme", "ftp://prometheus", "no URL"},
		{"a user inside", "http://me:secret@prometheus", "holds a user"},
		{"a query inside", "http://prometheus?x=1", "holds a query"},
	} {
		t.Run(tc.why, func(t *testing.T) {
			_, err := New(Config{Address: tc.address})
			if (err == nil) != (tc.refused == "") || err != nil && !strings.Contains(err.Error(), tc.refused) {
				t.Errorf("got %v, want %q", err, tc.refused)
			}
			if err != nil && strings.Contains(err.Error(), "secret") {
				t.Errorf("the error shows the password: %v", err)
			}
		})
	}
}

// answers of servers that are not as Prometheus should be.
func TestOtherAnswers(t *testing.T) {
	over := make(chan struct{})
	quick := Config{Timeout: 300 * time.Millisecond, MaxBytes: 2000}
	for _, tc := range []struct {
		why     string
		answer  http.HandlerFunc
		kind    ErrorKind
		says    string
		patient bool
	}{
		{why: "no answer in time", answer: func(http.ResponseWriter, *http.Request) { <-over }, kind: TooSlow, says: "did not answer within 300ms"},
		{why: "wrong credentials", answer: status(401, "no"), kind: Refused, says: "refused the credentials", patient: true},
		{why: "forbidden", answer: status(403, "no"), kind: Refused, says: "refused the credentials", patient: true},
		{why: "another program", answer: status(404, "<html>"), kind: BadAnswer, says: "is not Prometheus", patient: true},
		{why: "a page", answer: status(200, "<html>hello</html>"), kind: BadAnswer, says: "is not Prometheus", patient: true},
		{why: "leads elsewhere", answer: func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://127.0.0.1:1/", http.StatusFound)
		}, kind: BadAnswer, says: "is not Prometheus", patient: true},
		{why: "broken", answer: status(500, "oops"), kind: BadAnswer, says: "problem of its own", patient: true},
		{why: "its own timeout", answer: status(503, `{"status":"error","errorType":"timeout","error":"query timed out in expression evaluation"}`), kind: TooSlow, says: "gave the query up", patient: true},
		{why: "too many samples", answer: status(422, `{"status":"error","errorType":"execution","error":"query processing would load too many samples into memory"}`), kind: TooMuch, says: "more samples than Prometheus allows", patient: true},
		{why: "a part of the data", answer: status(200, strings.TrimSuffix(oneSample, "}")+`,"warnings":["store 3 is down"]}`), kind: Partial, says: "store 3 is down", patient: true},
		{why: "without end", answer: status(200, `{"status":"success","data":"`+strings.Repeat("x", 5000)+`"}`), kind: TooMuch, says: "too large", patient: true},
	} {
		t.Run(tc.why, func(t *testing.T) {
			server := httptest.NewServer(tc.answer)
			defer server.Close()
			if !tc.patient {
				defer close(over)
			}
			config := quick
			config.Address = server.URL
			if tc.patient {
				config.Timeout = 30 * time.Second
			}
			client, err := New(config)
			if err != nil {
				t.Fatal(err)
			}
			_, err = client.Vector(t.Context(), "up", time.Now())
			var wrong *Error
			if !errors.As(err, &wrong) || wrong.Kind != tc.kind || !strings.Contains(wrong.Message, tc.says) {
				t.Errorf("got %v; want %s with %q", err, tc.kind, tc.says)
			}
		})
	}
}

func status(code int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(code)
		fmt.Fprint(w, body)
	}
}

func TestCredentials(t *testing.T) {
	var seen http.Header
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen = r.Header
		fmt.Fprint(w, oneSample)
	}))
	defer server.Close()
	ca := pemOf(server.Certificate().Raw)
	ask := func(config Config) error {
		config.Address = server.URL
		client, err := New(config)
		if err != nil {
			t.Fatal(err)
		}
		_, err = client.Vector(t.Context(), "up", time.Now())
		return err
	}
	if err := ask(Config{CA: ca, BearerToken: "token-1"}); err != nil || seen.Get("Authorization") != "Bearer token-1" {
		t.Errorf("a token: %v, %q", err, seen.Get("Authorization"))
	}
	if err := ask(Config{CA: ca, Username: "ada", Password: "pass-1"}); err != nil || !strings.HasPrefix(seen.Get("Authorization"), "Basic ") {
		t.Errorf("a password: %v, %q", err, seen.Get("Authorization"))
	}
	if err := ask(Config{InsecureSkipVerify: true}); err != nil || seen.Get("Authorization") != "" {
		t.Errorf("nobody: %v, %q", err, seen.Get("Authorization"))
	}
	err := ask(Config{BearerToken: "token-1"})
	var wrong *Error
	if !errors.As(err, &wrong) || wrong.Kind != Refused || !strings.Contains(wrong.Message, "not trusted") {
		t.Errorf("a certificate that nobody vouches for: %v", err)
	}
	if _, err := New(Config{Address: server.URL, CA: []byte("no certificate")}); err == nil {
		t.Error("a CA without a certificate is accepted")
	}
	if _, err := New(Config{Address: server.URL, BearerToken: "x", Username: "y"}); err == nil {
		t.Error("a token and a user are accepted together")
	}
}

func TestSecretsAreNotPrinted(t *testing.T) {
	config := Config{Address: "http://p", BearerToken: "token-1", Password: "pass-1"}
	text, err := json.Marshal(config)
	for _, printed := range []string{fmt.Sprint(config), fmt.Sprintf("%+v", config), fmt.Sprintf("%#v", config), config.Password.String(), string(text)} {
		if err != nil || strings.Contains(printed, "token-1") || strings.Contains(printed, "pass-1") {
			t.Errorf("a secret is shown (%v): %s", err, printed)
		}
	}
}

func TestGetOnly(t *testing.T) {
	var method, query string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		method, query = r.Method, r.URL.Query().Get("query")
		fmt.Fprint(w, oneSample)
	}))
	defer server.Close()
	client, err := New(Config{Address: server.URL + "/api/v1/namespaces/monitoring/services/http:prometheus:9090/proxy", GetOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.Vector(t.Context(), `up{a="b c"}`, time.Now()); err != nil || method != http.MethodGet || query != `up{a="b c"}` {
		t.Errorf("%v, %s %q", err, method, query)
	}
}

func pemOf(raw []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: raw})
}
