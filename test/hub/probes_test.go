//go:build apiserver

package hub

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/workbench-dev/workbench/api/v1alpha1"
	"github.com/workbench-dev/workbench/internal/hub/api"
)

// marker is in the message of a task that sam must never learn of.
const marker = "marker-of-a-hidden-task"

// hidden makes a task in shop, which sam has no role in.
func (w *world) hidden(t *testing.T, p *process) *v1alpha1.ReleaseTask {
	t.Helper()
	task := w.task(t, "home", shop, "hidden", v1alpha1.PhaseWaiting)
	task.Status.Message = marker
	if err := w.controllers["home"].Status().Update(context.Background(), task); err != nil {
		t.Fatal(err)
	}
	w.shows(t, p, "home", task)
	return task
}

// document is the part of the OpenAPI document that the probes go by.
type document struct {
	Paths map[string]map[string]json.RawMessage
}

// TestForeignIsLikeMissing asks, as somebody of another workspace, for everything that the document has with names
// that are there and with names that aren't: the answers are the same, byte by byte.
func TestForeignIsLikeMissing(t *testing.T) {
	w := theWorld(t)
	p := w.start(t).ready(t)
	w.hidden(t, p)
	var described document
	w.must(t, p.url, http.StatusOK, nobody, "GET", "/openapi.json", nil).into(t, &described)
	foreign := strings.NewReplacer("{cluster}", "home", "{namespace}", shop, "{name}", "hidden", "{workload}", "hidden", "{workspace}", shop, "{action}", "hidden-continue", "{id}", "none")
	missing := strings.NewReplacer("{cluster}", "home", "{namespace}", "void", "{name}", "hidden", "{workload}", "hidden", "{workspace}", "void", "{action}", "hidden-continue", "{id}", "none")
	elsewhere := strings.NewReplacer("{cluster}", "far", "{namespace}", shop, "{name}", "hidden", "{workload}", "hidden", "{workspace}", shop, "{action}", "hidden-continue", "{id}", "none")
	nowhere := strings.NewReplacer("{cluster}", "void", "{namespace}", shop, "{name}", "hidden", "{workload}", "hidden", "{workspace}", "void", "{action}", "hidden-continue", "{id}", "none")
	compared := 0
	for path, methods := range described.Paths {
		if !strings.Contains(path, "{cluster}") && !strings.Contains(path, "{workspace}") {
			continue
		}
		for method := range methods {
			for _, pair := range [][2]string{{foreign.Replace(path), missing.Replace(path)}, {elsewhere.Replace(path), nowhere.Replace(path)}} {
				if pair[0] == pair[1] || pair[0] == "/api/v1/clusters/home" || pair[0] == "/api/v1/clusters/home/namespaces" {
					continue // sam has a role in home
				}
				compared++
				method := strings.ToUpper(method)
				there, not := w.seenBy(t, p, method, pair[0]), w.seenBy(t, p, method, pair[1])
				if there != not {
					t.Errorf("%s %s\n%s\n%s %s\n%s", method, pair[0], there, method, pair[1], not)
				}
			}
		}
	}
	if compared < 30 {
		t.Errorf("only %d answers were compared: is the document whole?", compared)
	}
	t.Logf("%d pairs of answers were compared", compared)
}

// seenBy is all that sam can tell of an answer.
func (w *world) seenBy(t *testing.T, p *process, method, path string) string {
	t.Helper()
	var body any
	if method == "POST" || method == "PUT" {
		body = map[string]any{}
	}
	got := w.ask(t, p.url, stranger, method, path, body, "If-Match", "*")
	return fmt.Sprintf("%d %s\n%s", got.status, headers(got.header), got.body)
}

var nonce = regexp.MustCompile(`nonce-[A-Z0-9]+`)

// headers are those of an answer but for what differs each time.
func headers(h http.Header) string {
	var lines []string
	for name, values := range h {
		if name != "Date" {
			lines = append(lines, name+": "+nonce.ReplaceAllString(strings.Join(values, ","), "nonce"))
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// TestListsAreSilent asks lists, counts, searches, the audit and a stream for what is in another workspace.
func TestListsAreSilent(t *testing.T) {
	w := theWorld(t)
	p := w.start(t).ready(t)
	own := w.task(t, "home", other, "own", v1alpha1.PhaseHealthy)
	looking := w.look(t, p.url, stranger, map[string][]string{}, "")
	everybodyConnects(t, []*onlooker{looking}, []int{0})
	hidden := w.hidden(t, p)
	w.must(t, p.url, http.StatusCreated, editor, "POST", "/api/v1/clusters/home/namespaces/shop/release-tasks/hidden/actions", map[string]any{"type": "Continue"})

	for _, pair := range [][2]string{
		{"release-tasks?namespace=shop", "release-tasks?namespace=void"},
		{"release-tasks?cluster=far", "release-tasks?cluster=void"},
		{"release-tasks?workspace=shop", "release-tasks?workspace=void"},
		{"release-tasks?q=hidden", "release-tasks?q=absent"},
		{"release-tasks?q=shop", "release-tasks?q=absent"},
		{"release-tasks?waitsForMe=true&phase=Waiting", "release-tasks?waitsForMe=true&phase=Failed"},
		{"audit?namespace=shop", "audit?namespace=void"},
		{"audit?task=hidden", "audit?task=absent"},
		{"audit?who=eve", "audit?who=absent"},
		{"audit?cluster=far", "audit?cluster=void"},
	} {
		there, not := w.must(t, p.url, http.StatusOK, stranger, "GET", "/api/v1/"+pair[0], nil), w.must(t, p.url, http.StatusOK, stranger, "GET", "/api/v1/"+pair[1], nil)
		if withoutID(there.body) != withoutID(not.body) {
			t.Errorf("%s\n%s\n%s\n%s", pair[0], there.body, pair[1], not.body)
		}
	}
	for _, path := range []string{"release-tasks", "audit", "clusters", "workspaces", "me", "clusters/home", "clusters/home/namespaces"} {
		if got := w.must(t, p.url, http.StatusOK, stranger, "GET", "/api/v1/"+path, nil).body; strings.Contains(got, "hidden") || strings.Contains(got, `"shop"`) || strings.Contains(got, `"far"`) {
			t.Errorf("%s tells sam: %s", path, got)
		}
	}
	// Changes of both are told in order: when that of the second is told, that of the first would have been.
	hidden.Status.Message = marker + " again"
	if err := w.controllers["home"].Status().Update(context.Background(), hidden); err != nil {
		t.Fatal(err)
	}
	own.Status.Message = "Changed after it."
	if err := w.controllers["home"].Status().Update(context.Background(), own); err != nil {
		t.Fatal(err)
	}
	eventually(t, "sam is told of the own task", func() error {
		looking.mutex.Lock()
		defer looking.mutex.Unlock()
		if looking.picture["home/other/own"].ResourceVersion != own.ResourceVersion {
			return errors.New("not yet")
		}
		if len(looking.newest) != 1 || len(looking.gone) != 0 || looking.counts.Total != 1 || looking.counts.WaitsForMe != 0 {
			t.Fatalf("sam was told of more: %v %v %+v", looking.newest, looking.gone, looking.counts)
		}
		return nil
	})
}

var eventID = regexp.MustCompile(`"eventId":"[^"]*"`)

func withoutID(body string) string { return eventID.ReplaceAllString(body, "") }

// TestPathTricks tries to get by the check of roles with paths that are read in more than one way.
func TestPathTricks(t *testing.T) {
	w := theWorld(t)
	p := w.start(t).ready(t)
	w.hidden(t, p)
	const real = "/api/v1/clusters/home/namespaces/shop/release-tasks/hidden"
	if got := w.must(t, p.url, http.StatusOK, viewer, "GET", real, nil); !strings.Contains(got.body, marker) {
		t.Fatalf("the task isn't there to be found: %s", got.body)
	}
	for _, path := range []string{
		real,
		"/api/v1/clusters/home/namespaces/other/../shop/release-tasks/hidden",
		"/api/v1/clusters/home/namespaces/other/%2e%2e/shop/release-tasks/hidden",
		"/api/v1/clusters/home/namespaces/other%2f..%2fshop/release-tasks/hidden",
		"/api/v1/clusters/home/namespaces/other/release-tasks/..%2f..%2fshop%2frelease-tasks%2fhidden",
		"/api/v1/clusters/home/namespaces/other/release-tasks/hidden%3fnamespace=shop",
		"/api/v1/clusters/home/namespaces/other/release-tasks/hidden%23",
		"/api/v1/clusters/home/namespaces/%73hop/release-tasks/hidden",
		"/api/v1/clusters/home/namespaces/SHOP/release-tasks/hidden",
		"/api/v1/clusters/HOME/namespaces/shop/release-tasks/hidden",
		"/API/V1/clusters/home/namespaces/shop/release-tasks/hidden",
		"/api/v1/clusters/home/namespaces/shop;x=1/release-tasks/hidden",
		"/api/v1/clusters/home/namespaces/shop%00/release-tasks/hidden",
		"/api/v1/clusters/home/namespaces/shop%20/release-tasks/hidden",
		"/api/v1/clusters/home/namespaces/shop/release-tasks/hidden/",
		"/api/v1/clusters/home/namespaces//shop/release-tasks/hidden",
		"//api/v1/clusters/home/namespaces/shop/release-tasks/hidden",
		"/api/v1/../v1/clusters/home/namespaces/shop/release-tasks/hidden",
		"/assets/../api/v1/clusters/home/namespaces/shop/release-tasks/hidden",
		"/assets/..%2f..%2f..%2f..%2fetc%2fpasswd",
		"/..%2f..%2f..%2fetc/passwd",
		"http://workbench.test/api/v1/clusters/home/namespaces/shop/release-tasks/hidden",
		"/api/v1/clusters/home/namespaces/other/release-tasks?namespace=shop",
		"/metrics", "/debug/pprof/", "/debug/vars",
	} {
		for _, suffix := range []string{"", "/yaml", "/history"} {
			got := w.raw(t, p, "GET "+path+suffix+" HTTP/1.1\r\nHost: workbench.test\r\nAuthorization: Bearer "+w.tokens[stranger]+"\r\nConnection: close\r\n\r\n")
			if strings.Contains(got, marker) || strings.Contains(got, "kind: ReleaseTask") || strings.Contains(got, "root:") || strings.Contains(got, "go_goroutines") || strings.Contains(got, "heap profile") {
				t.Errorf("%s gives away: %s", path+suffix, got)
			}
			if status := statusOf(got); status >= 500 || status == 0 {
				t.Errorf("%s: %s", path+suffix, got)
			}
		}
	}
}

// raw sends bytes, and returns what comes until the connection ends.
func (w *world) raw(t *testing.T, p *process, request string) string {
	t.Helper()
	connection, err := net.Dial("tcp", p.address)
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close()
	if err := connection.SetDeadline(time.Now().Add(deadline)); err != nil {
		t.Fatal(err)
	}
	// A server that has refused already may have closed its side.
	_, _ = connection.Write([]byte(request))
	var text strings.Builder
	lines := bufio.NewReader(connection)
	for {
		line, err := lines.ReadString('\n')
		text.WriteString(line)
		if err != nil {
			var timeout net.Error
			if errors.As(err, &timeout) && timeout.Timeout() {
				t.Errorf("the connection was still open after %s; it had answered %q", deadline, text.String())
			}
			return text.String()
		}
	}
}

// statusOf is that of an answer in bytes; 0 for none.
func statusOf(answer string) int {
	status := 0
	_, _ = fmt.Sscanf(answer, "HTTP/1.1 %d", &status)
	return status
}

// TestHeadersDontHelp sends headers by which other programs are told who asks, or from where.
func TestHeadersDontHelp(t *testing.T) {
	w := theWorld(t)
	p := w.start(t).ready(t)
	w.hidden(t, p)
	const path = "/api/v1/clusters/home/namespaces/shop/release-tasks/hidden"
	for _, header := range [][2]string{
		{"Impersonate-User", "workbench:eve"}, {"Impersonate-Group", "system:masters"}, {"Impersonate-Extra-Scopes", "all"},
		{"X-Remote-User", "admin"}, {"X-Remote-Group", "system:masters"}, {"X-Forwarded-User", "admin"}, {"X-Forwarded-Email", "admin"},
		{"Remote-User", "admin"}, {"X-Workbench-User", "admin"}, {"X-Original-URL", path}, {"X-Rewrite-URL", path},
		{"X-Forwarded-For", "127.0.0.1"}, {"Forwarded", "for=127.0.0.1"}, {"X-Forwarded-Proto", "https"}, {"X-Forwarded-Host", "evil.test"},
		{"X-HTTP-Method-Override", "DELETE"}, {"X-Method-Override", "DELETE"}, {"Authorization", "Basic YWRtaW46YWRtaW4="},
	} {
		if got := w.ask(t, p.url, nobody, "GET", "/api/v1/me", nil, header[0], header[1]); got.status != http.StatusUnauthorized {
			t.Errorf("nobody with %s: %d %s", header[0], got.status, got.body)
		}
		if header[0] == "Authorization" {
			continue
		}
		if got := w.ask(t, p.url, stranger, "GET", path, nil, header[0], header[1]); got.status != http.StatusNotFound || strings.Contains(got.body, marker) {
			t.Errorf("sam with %s: %d %s", header[0], got.status, got.body)
		}
		if got := w.ask(t, p.url, viewer, "GET", path, nil, header[0], header[1]); got.status != http.StatusOK {
			t.Errorf("vic with %s: %d %s", header[0], got.status, got.body)
		}
		if got := w.ask(t, p.url, viewer, "DELETE", path, nil, header[0], header[1]); got.status != http.StatusForbidden {
			t.Errorf("vic deletes with %s: %d %s", header[0], got.status, got.body)
		}
	}
	// What is asked is recorded as from who asked, and from where they are.
	var made struct{ Name, RequestedBy string }
	w.must(t, p.url, http.StatusCreated, editor, "POST", path+"/actions", map[string]any{"type": "Continue"},
		"Impersonate-User", "kubernetes-admin", "X-Forwarded-For", "203.0.113.99").into(t, &made)
	if made.RequestedBy != editor {
		t.Errorf("the action is recorded as asked by %q", made.RequestedBy)
	}
	eventually(t, "the audit has it", func() error {
		var list struct{ Items []api.AuditEntry }
		w.must(t, p.url, http.StatusOK, editor, "GET", "/api/v1/audit?task=hidden&action=Continue", nil).into(t, &list)
		for _, entry := range list.Items {
			if entry.Who == editor && entry.From == "127.0.0.1" {
				return nil
			}
		}
		return fmt.Errorf("it has %+v", list.Items)
	})
}

// TestLimits sends what is too large, too slow or of the wrong kind.
func TestLimits(t *testing.T) {
	w := theWorld(t)
	p := w.start(t).ready(t)
	const tasks = "/api/v1/clusters/home/namespaces/shop/release-tasks"
	cases := []struct {
		name, method, path string
		body               any
		headers            []string
		want               []int
	}{
		{"a body of 300 KiB", "POST", tasks, `{"name":"` + strings.Repeat("x", 300<<10) + `"}`, nil, []int{413}},
		{"a body of 300 KiB without its length", "POST", tasks, struct{ *strings.Reader }{strings.NewReader(`{"name":"` + strings.Repeat("x", 300<<10) + `"}`)}, nil, []int{413}},
		{"a password of 100 KiB", "POST", "/api/v1/auth/sign-in", map[string]any{"name": "vic", "password": strings.Repeat("x", 100<<10)}, nil, []int{422}},
		{"deeply nested JSON", "POST", tasks, strings.Repeat(`{"spec":`, 20000) + `1` + strings.Repeat(`}`, 20000), nil, []int{400, 422}},
		{"JSON after JSON", "POST", tasks, `{} {}`, nil, []int{400, 422}},
		{"no JSON", "POST", tasks, `name: checkout`, nil, []int{400, 422}},
		{"an array", "POST", tasks, `[]`, nil, []int{400, 422}},
		{"nothing", "POST", tasks, "", nil, []int{400, 422}},
		{"a form", "POST", tasks, `name=checkout`, []string{"Content-Type", "application/x-www-form-urlencoded"}, []int{415}},
		{"XML", "POST", tasks, `<a/>`, []string{"Content-Type", "application/xml"}, []int{415}},
		{"text", "POST", tasks, `{}`, []string{"Content-Type", "text/plain"}, []int{415}},
		{"a long search", "GET", "/api/v1/release-tasks?q=" + strings.Repeat("x", 30<<10), nil, nil, []int{422}},
		{"a search of many words", "GET", "/api/v1/release-tasks?q=" + strings.Repeat("x+", 100), nil, nil, []int{200}},
		{"many parameters", "GET", "/api/v1/release-tasks?" + strings.Repeat("phase=Waiting&", 2000), nil, nil, []int{200, 422}},
		{"a page beyond all", "GET", "/api/v1/release-tasks?page=100000&pageSize=200", nil, nil, []int{200}},
		{"a page that overflows", "GET", "/api/v1/release-tasks?page=9223372036854775807&pageSize=200", nil, nil, []int{422}},
		{"a huge page", "GET", "/api/v1/release-tasks?pageSize=201", nil, nil, []int{422}},
		{"a long query", "GET", "/api/v1/me?x=" + strings.Repeat("x", 100<<10), nil, nil, []int{431}},
		{"a long header", "GET", "/api/v1/me", nil, []string{"X-Long", strings.Repeat("x", 100<<10)}, []int{431}},
		{"a long token", "GET", "/api/v1/me", nil, []string{"Authorization", "Bearer " + strings.Repeat("x", 30<<10)}, []int{401}},
		{"a long cookie", "GET", "/api/v1/me", nil, []string{"Authorization", "", "Cookie", "workbench-session=" + strings.Repeat("x", 30<<10)}, []int{401}},
		{"a method of one's own", "BREW", tasks, nil, nil, []int{405}},
		{"TRACE", "TRACE", "/api/v1/me", nil, nil, []int{405}},
		{"a token in the query", "GET", "/api/v1/me?token=" + w.tokens[editor], nil, []string{"Authorization", ""}, []int{401}},
		{"an access token in the query", "GET", "/api/v1/release-tasks/stream?access_token=" + w.tokens[editor], nil, []string{"Authorization", ""}, []int{401}},
		{"a token as a cookie", "GET", "/api/v1/me", nil, []string{"Authorization", "", "Cookie", "workbench-session=" + w.tokens[editor]}, []int{401}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got, err := w.try(p.url, editor, c.method, c.path, c.body, c.headers...)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Contains(c.want, got.status) {
				t.Errorf("%d, want one of %v: %.300s", got.status, c.want, got.body)
			}
			if kind := got.header.Get("Content-Type"); got.status >= 400 && got.status != 431 && kind != "application/problem+json" {
				t.Errorf("the problem comes as %q", kind)
			}
		})
	}
	head := "POST " + tasks + " HTTP/1.1\r\nHost: workbench.test\r\nAuthorization: Bearer " + w.tokens[editor] + "\r\nContent-Type: application/json\r\n"
	for _, c := range []struct {
		name, sent string
		want       []int
	}{
		{"a body that never ends", head + "Content-Length: 100\r\n\r\n{", []int{408}},
		{"a chunked body that never ends", head + "Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n", []int{408}},
		{"headers that never end", head, []int{0, 408}},
		{"a length and chunks", head + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n0\r\n\r\n", []int{400, 422}},
		{"two lengths", head + "Content-Length: 5\r\nContent-Length: 6\r\n\r\n{}{}{}", []int{400}},
		{"a header that folds", head + "X-A: b\r\n c\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}", []int{400, 422}},
		{"no host", "GET /api/v1/me HTTP/1.1\r\n\r\n", []int{400}},
		{"no HTTP", "hello\r\n\r\n", []int{400}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := w.raw(t, p, c.sent); !slices.Contains(c.want, statusOf(got)) {
				t.Errorf("%d, want one of %v: %.300q", statusOf(got), c.want, got)
			}
		})
	}
}

// TestOtherSitesAreRefused sends what a page of another site can make a browser send with the session's cookie.
func TestOtherSitesAreRefused(t *testing.T) {
	w := theWorld(t)
	p := w.start(t).ready(t)
	session := w.session(t, p.url, editor)
	for _, c := range []struct {
		name    string
		headers []string
		want    int
	}{
		{"from another site", []string{"Origin", "https://evil.test", "Sec-Fetch-Site", "cross-site"}, http.StatusForbidden},
		{"from another host of the site", []string{"Origin", "http://other.workbench.test", "Sec-Fetch-Site", "same-site"}, http.StatusForbidden},
		{"by an old browser", []string{"Origin", "https://evil.test"}, http.StatusForbidden},
		{"from a page without origin", []string{"Origin", "null", "Sec-Fetch-Site", "cross-site"}, http.StatusForbidden},
		{"from the console", []string{"Origin", p.url, "Sec-Fetch-Site", "same-origin"}, http.StatusCreated},
	} {
		for _, kind := range []string{"application/json", "text/plain"} {
			t.Run(c.name+" as "+kind, func(t *testing.T) {
				want := c.want
				if want == http.StatusCreated && kind != "application/json" {
					want = http.StatusUnsupportedMediaType
				}
				got := w.ask(t, p.url, nobody, "POST", "/api/v1/me/tokens", `{"name": "stolen"}`, append(c.headers, "Cookie", session, "Content-Type", kind)...)
				if got.status != want {
					t.Errorf("%d, want %d: %s", got.status, want, got.body)
				}
				if allowed := got.header.Get("Access-Control-Allow-Origin"); allowed != "" {
					t.Errorf("%s may read the answer", allowed)
				}
				var made struct{ Secret string }
				if json.Unmarshal([]byte(got.body), &made) == nil {
					w.secret("a token made from the console", made.Secret)
				}
			})
		}
	}
}

// TestAnswersOfStreams holds the beginnings of the streams, which schemathesis can't read, to what they promise.
func TestAnswersOfStreams(t *testing.T) {
	w := theWorld(t)
	p := w.start(t).ready(t)
	w.hidden(t, p)
	const list, one = "/api/v1/release-tasks/stream", "/api/v1/clusters/home/namespaces/shop/release-tasks/"
	for _, c := range []struct {
		who, path, last string
		want            int
	}{
		{nobody, list, "", 401}, {nobody, one + "hidden/stream", "", 401},
		{viewer, list + "?phase=Nonsense", "", 422}, {viewer, list + "?unknown=1", "", 422}, {viewer, list + "?q=" + strings.Repeat("x", 300), "", 422},
		{viewer, list, strings.Repeat("x", 5000), 422}, {viewer, list + "?after=" + strings.Repeat("x", 5000), "", 422},
		{viewer, one + "absent/stream", "", 404}, {viewer, one + "UPPER/stream", "", 422}, {viewer, one + "hidden/stream?x=1", "", 422},
		{stranger, one + "hidden/stream", "", 404}, {platform, one + "hidden/stream", "", 404},
	} {
		got := w.ask(t, p.url, c.who, "GET", c.path, nil, "Last-Event-ID", c.last)
		if got.status != c.want || got.header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%.100s as %q: %d %s, want %d: %s", c.path, c.who, got.status, got.header.Get("Content-Type"), c.want, got.body)
		}
	}
	for _, id := range []string{"made up", "1.aaaaaaaa", "1.aaaaaaaa.bbbbbbbb:zz", "9..", "1.aaaaaaaa.bbbbbbbb:zzzzzzzzzzzzzzzzzzzz", "%00", "\u00fc"} {
		w.begins(t, p, list, id, api.EventReset)
	}
	w.begins(t, p, one+"hidden/stream", "made up", api.EventTask)
}

// begins opens a stream, and waits for an event of the name.
func (w *world) begins(t *testing.T, p *process, path, last, want string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), deadline)
	defer cancel()
	request, err := w.request(ctx, p.url, viewer, "GET", path, nil, "Last-Event-ID", last)
	if err != nil {
		t.Fatal(err)
	}
	response, err := everyRequest.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK || response.Header.Get("Content-Type") != "text/event-stream" {
		t.Fatalf("%s with id %q: %d %s", path, last, response.StatusCode, response.Header.Get("Content-Type"))
	}
	came := false
	readEvents(response.Body, func(string) {}, func(e event) {
		if e.name == want {
			came = true
			cancel()
		}
	})
	if !came {
		t.Errorf("%s with id %q never tells %s", path, last, want)
	}
}
