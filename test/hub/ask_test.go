//go:build apiserver

package hub

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
)

// answer of the hub.
type answer struct {
	status int
	header http.Header
	body   string
}

// into reads the body.
func (a answer) into(t *testing.T, value any) {
	t.Helper()
	if err := json.Unmarshal([]byte(a.body), value); err != nil {
		t.Fatalf("%v: %s", err, a.body)
	}
}

// everyRequest opens a connection of its own, so that no request meets one whose hub was killed.
var everyRequest = &http.Client{
	Transport:     &http.Transport{DisableKeepAlives: true},
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

// ask sends a request; headers are given as names and values.
func (w *world) ask(t *testing.T, url, who, method, path string, body any, headers ...string) answer {
	t.Helper()
	got, err := w.try(url, who, method, path, body, headers...)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// must is ask, and the answer has that status.
func (w *world) must(t *testing.T, url string, status int, who, method, path string, body any, headers ...string) answer {
	t.Helper()
	got := w.ask(t, url, who, method, path, body, headers...)
	if got.status != status {
		t.Fatalf("%s %s as %q: %d, want %d\n%s", method, path, who, got.status, status, got.body)
	}
	return got
}

// try is ask for what may get no answer.
func (w *world) try(url, who, method, path string, body any, headers ...string) (answer, error) {
	ctx, cancel := context.WithTimeout(context.Background(), deadline)
	defer cancel()
	request, err := w.request(ctx, url, who, method, path, body, headers...)
	if err != nil {
		return answer{}, err
	}
	response, err := everyRequest.Do(request)
	if err != nil {
		return answer{}, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	return answer{response.StatusCode, response.Header, string(text)}, err
}

func (w *world) request(ctx context.Context, url, who, method, path string, body any, headers ...string) (*http.Request, error) {
	var payload io.Reader
	switch body := body.(type) {
	case nil:
	case string:
		payload = strings.NewReader(body)
	case io.Reader:
		payload = body
	default:
		text, err := json.Marshal(body)
		if err != nil {
			return nil, err
		}
		payload = strings.NewReader(string(text))
	}
	request, err := http.NewRequestWithContext(ctx, method, url+path, payload)
	if err != nil {
		return nil, err
	}
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	if token := w.tokens[who]; token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	return request, nil
}
