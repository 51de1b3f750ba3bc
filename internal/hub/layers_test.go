package hub

import (
	"bytes"
	"compress/gzip"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/workbench-dev/workbench/internal/hub/api"
	"github.com/workbench-dev/workbench/internal/hub/audit"
	"github.com/workbench-dev/workbench/internal/hub/auth"
	"github.com/workbench-dev/workbench/internal/hub/workspaces"
)

// answer of a handler.
func answer(handler http.Handler, method, path string) (int, http.Header, string) {
	recorder := httptest.NewRecorder()
	handler.ServeHTTP(recorder, httptest.NewRequest(method, path, nil))
	return recorder.Code, recorder.Header(), recorder.Body.String()
}

// TestOnlyDeclared: whatever is asked without signing in, no operation but a public one is entered.
func TestOnlyDeclared(t *testing.T) {
	mux, described := newAPI("test", workspaces.NewDirectory(), api.Handlers{})
	for path, item := range described.OpenAPI().Paths {
		for method, operation := range map[string]bool{"GET": item.Get != nil, "POST": item.Post != nil, "PUT": item.Put != nil, "DELETE": item.Delete != nil} {
			if !operation {
				continue
			}
			status, _, body := answer(mux, method, strings.NewReplacer("{", "", "}", "").Replace(path))
			public := strings.HasPrefix(path, "/api/v1/auth/")
			if (status == http.StatusUnauthorized) == public {
				t.Errorf("%s %s without signing in: %d %s", method, path, status, body)
			}
		}
	}
}

func TestNoOperation(t *testing.T) {
	mux, _ := newAPI("test", workspaces.NewDirectory(), api.Handlers{})
	for _, c := range []struct {
		method, path string
		want         int
		allow        string
	}{
		{"GET", "/api/v1/nothing", http.StatusNotFound, ""},
		{"PATCH", "/api/v1/clusters", http.StatusMethodNotAllowed, "GET, HEAD, POST"},
		{"TRACE", "/api/v1/me", http.StatusMethodNotAllowed, "GET, HEAD"},
	} {
		status, header, _ := answer(mux, c.method, c.path)
		if status != c.want || header.Get("Allow") != c.allow || header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s %s: %d, Allow %q as %s", c.method, c.path, status, header.Get("Allow"), header.Get("Content-Type"))
		}
	}
}

// The log of requests names the client and not the proxy in between.
func TestLoggedAddress(t *testing.T) {
	var log bytes.Buffer
	known := func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			next.ServeHTTP(w, r.WithContext(audit.NewContext(r.Context(), audit.Source{Address: "203.0.113.9"})))
		})
	}
	answer(observe(slog.New(slog.NewTextHandler(&log, nil)), newMetrics(), known(remember(http.NotFoundHandler()))), "GET", "/api/v1/me")
	if !strings.Contains(log.String(), "from=203.0.113.9") {
		t.Errorf("the log says %s", log.String())
	}
}

func TestPanic(t *testing.T) {
	m := newMetrics()
	handler := observe(slog.New(slog.DiscardHandler), m, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("secret") }))
	status, _, body := answer(handler, "GET", "/api/v1/me")
	if status != http.StatusInternalServerError || strings.Contains(body, "secret") {
		t.Errorf("%d %s", status, body)
	}
	_, _, text := answer(m.handler(), "GET", "/metrics")
	if !strings.Contains(text, `workbench_hub_requests_total{operation="none",status="500"} 1`) {
		t.Errorf("not counted:\n%s", text)
	}
}

func TestRates(t *testing.T) {
	limited := newLimiter(Rates{PerPerson: 0.001, PersonBurst: 3, PerAddress: 0.001, AddressBurst: 2}).handler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) }))
	ask := func(who, address, path string) int {
		request := httptest.NewRequest("GET", path, nil)
		request.RemoteAddr = address
		if who != "" {
			request = request.WithContext(auth.NewContext(request.Context(), auth.Identity{Name: who}))
		}
		recorder := httptest.NewRecorder()
		limited.ServeHTTP(recorder, request)
		if recorder.Code == http.StatusTooManyRequests && recorder.Header().Get("Retry-After") == "" {
			t.Error("it isn't told when to try again")
		}
		return recorder.Code
	}
	for i, c := range []struct {
		who, address, path string
		want               int
	}{
		{"", "192.0.2.1:1", "/api/v1/me", 200}, {"", "192.0.2.1:2", "/api/v1/me", 200}, {"", "192.0.2.1:3", "/api/v1/me", 429},
		{"", "192.0.2.2:1", "/api/v1/me", 200}, {"", "192.0.2.1:4", "/assets/a.js", 200},
		{"maria", "192.0.2.1:5", "/api/v1/me", 200}, {"maria", "192.0.2.9:1", "/api/v1/me", 200}, {"maria", "192.0.2.8:1", "/api/v1/me", 200},
		{"maria", "192.0.2.7:1", "/api/v1/me", 429}, {"eve", "192.0.2.7:1", "/api/v1/me", 200},
	} {
		if got := ask(c.who, c.address, c.path); got != c.want {
			t.Errorf("request %d: %d, want %d", i+1, got, c.want)
		}
	}
}

func TestSite(t *testing.T) {
	console := newSite(fstest.MapFS{
		"index.html":     {Data: []byte(`<meta nonce="__CSP_NONCE__">`)},
		"assets/a-1.js":  {Data: []byte("let a")},
		"favicon.svg":    {Data: []byte("<svg/>")},
		".gitkeep":       {Data: []byte("hidden")},
		"assets/.hidden": {Data: []byte("hidden")},
	})
	handler := auth.Headers(true)(console)
	for _, c := range []struct {
		method, path string
		status       int
		holds, cache string
	}{
		{"GET", "/", 200, "<meta", "no-store"},
		{"GET", "/index.html", 200, "<meta", "no-store"},
		{"GET", "/clusters/eu/tasks", 200, "<meta", "no-store"},
		{"GET", "/assets/a-1.js", 200, "let a", "public, max-age=31536000, immutable"},
		{"GET", "/favicon.svg", 200, "<svg/>", ""},
		{"GET", "/assets/old.js", 404, "load the page again", ""},
		{"GET", "/assets/.hidden", 404, "load the page again", ""},
		{"GET", "/.gitkeep", 200, "<meta", "no-store"},
		{"GET", "/../../etc/passwd", 200, "<meta", "no-store"},
		{"POST", "/", 405, "only be read", ""},
	} {
		status, header, body := answer(handler, c.method, c.path)
		if status != c.status || !strings.Contains(body, c.holds) || header.Get("Cache-Control") != c.cache {
			t.Errorf("%s %s: %d, %q, cached as %q", c.method, c.path, status, body, header.Get("Cache-Control"))
		}
		if strings.Contains(body, auth.NoncePlaceholder) {
			t.Errorf("%s %s has no nonce", c.method, c.path)
		}
	}
	if status, _, body := answer(newSite(fstest.MapFS{}), "GET", "/"); status != 404 || !strings.Contains(body, "/docs") {
		t.Errorf("without a console: %d %s", status, body)
	}
}

// TestSiteCompressed: who takes gzip gets scripts and styles that way, also through the layer that compresses the rest,
// and nobody else does.
func TestSiteCompressed(t *testing.T) {
	script := strings.Repeat("let a = 1;\n", 500)
	handler, err := compress(newSite(fstest.MapFS{"assets/a-1.js": {Data: []byte(script)}}))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		path, accepts, coding string
	}{
		{"/assets/a-1.js", "gzip, deflate, br, zstd", "gzip"},
		{"/assets/a-1.js", "br, GZIP; q=0.5", "gzip"},
		{"/assets/a-1.js", "br, gzip;q=0", ""},
		{"/assets/a-1.js", "", ""},
	} {
		for range 2 { // the second is kept from the first
			r := httptest.NewRequest(http.MethodGet, c.path, nil)
			r.Header.Set("Accept-Encoding", c.accepts)
			w := httptest.NewRecorder()
			handler.ServeHTTP(w, r)
			text := w.Body.Bytes()
			if c.coding == "gzip" {
				reader, err := gzip.NewReader(w.Body)
				if err != nil {
					t.Fatalf("%s for %q: %v", c.path, c.accepts, err)
				}
				if text, err = io.ReadAll(reader); err != nil {
					t.Fatal(err)
				}
				if got := w.Header().Get("Content-Type"); got != "text/javascript; charset=utf-8" {
					t.Errorf("%s is %q", c.path, got)
				}
			}
			if w.Code != http.StatusOK || w.Header().Get("Content-Encoding") != c.coding || string(text) != script || !strings.Contains(w.Header().Get("Vary"), "Accept-Encoding") {
				t.Errorf("%s for %q: %d, %v, %d bytes", c.path, c.accepts, w.Code, w.Header(), len(text))
			}
		}
	}
}

// TestDocument: the page names every operation and type, and nothing on it comes from elsewhere.
func TestDocument(t *testing.T) {
	mux, described := newAPI("test", workspaces.NewDirectory(), api.Handlers{})
	if err := serveDocument(mux, described); err != nil {
		t.Fatal(err)
	}
	status, _, page := answer(auth.Headers(true)(mux), "GET", "/docs")
	if status != http.StatusOK {
		t.Fatalf("/docs answers %d", status)
	}
	for _, item := range described.OpenAPI().Paths {
		if item.Get != nil && !strings.Contains(page, `id="`+item.Get.OperationID+`"`) {
			t.Errorf("the page lacks %s", item.Get.OperationID)
		}
	}
	for name := range described.OpenAPI().Components.Schemas.Map() {
		if !strings.Contains(page, `id="type-`+name+`"`) {
			t.Errorf("the page lacks type %s", name)
		}
	}
	for _, foreign := range []string{"<script", "http://", "//cdn", `style="`, auth.NoncePlaceholder} {
		if strings.Contains(strings.ReplaceAll(page, "http://prometheus", ""), foreign) {
			t.Errorf("the page holds %s", foreign)
		}
	}
	_, _, text := answer(mux, "GET", "/openapi.yaml")
	if !strings.Contains(text, "openapi: 3.1.0") {
		t.Error("the document isn't served")
	}
}
