package hub

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/workbench-dev/workbench/internal/hub/audit"
	"github.com/workbench-dev/workbench/internal/hub/auth"
)

// Limits of a request that is no stream.
const (
	// requestTimeout is for carrying it out, with all that is asked of clusters.
	requestTimeout = 25 * time.Second
	// answerTimeout is for sending the answer, from its beginning on.
	answerTimeout = 60 * time.Second
)

// writeProblem answers what no operation was found for.
func writeProblem(w http.ResponseWriter, status int, detail string) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	// A client that has gone is nobody to tell.
	_ = json.NewEncoder(w).Encode(huma.ErrorModel{Status: status, Title: http.StatusText(status), Detail: detail})
}

// visit is what is known of a request at its end.
type visit struct {
	http.ResponseWriter
	status    int
	bytes     int64
	operation string
	who       string
	method    string
	from      string
}

type visitKey struct{}

func visitOf(ctx context.Context) *visit {
	v, _ := ctx.Value(visitKey{}).(*visit)
	return v
}

// WriteHeader implements http.ResponseWriter.
func (v *visit) WriteHeader(status int) {
	if v.status == 0 {
		v.status = status
	}
	v.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (v *visit) Write(text []byte) (int, error) {
	if v.status == 0 {
		v.status = http.StatusOK
	}
	n, err := v.ResponseWriter.Write(text)
	v.bytes += int64(n)
	return n, err
}

// Unwrap is for http.ResponseController.
func (v *visit) Unwrap() http.ResponseWriter { return v.ResponseWriter }

// observe logs and measures every request, and answers for one whose handler panics. Neither query strings nor headers
// are logged: they may hold what is secret.
func observe(log *slog.Logger, m *metrics, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		begin := time.Now()
		v := &visit{ResponseWriter: w, from: r.RemoteAddr}
		r = r.WithContext(context.WithValue(r.Context(), visitKey{}, v))
		m.underWay.Inc()
		defer func() {
			m.underWay.Dec()
			failure := recover()
			if failure != nil && failure != http.ErrAbortHandler {
				log.Error("a request made the hub panic", "path", r.URL.Path, "panic", fmt.Sprint(failure), "stack", string(debug.Stack()))
				if v.status == 0 {
					writeProblem(v, http.StatusInternalServerError, "The hub made a mistake. It is in its log; please report it.")
					failure = nil
				}
			}
			if failure != nil {
				// Half an answer must not look like a whole one: the connection is broken off.
				defer panic(http.ErrAbortHandler)
			}
			m.seen(v, time.Since(begin))
			level := slog.LevelInfo
			if quiet(r.URL.Path) {
				level = slog.LevelDebug
			}
			log.LogAttrs(r.Context(), level, "request", slog.String("method", r.Method), slog.String("path", r.URL.Path),
				slog.String("operation", v.operation), slog.Int("status", v.status), slog.Int64("bytes", v.bytes),
				slog.Duration("took", time.Since(begin)), slog.String("who", v.who), slog.String("via", v.method), slog.String("from", v.from))
		}()
		next.ServeHTTP(v, r)
	})
}

// quiet are the paths that are asked all the time by what is no person.
func quiet(path string) bool {
	return path == "/healthz" || path == "/readyz" || strings.HasPrefix(path, "/assets/")
}

// address is where a request came from: the address that a trusted proxy names, once the layer that asks it has been passed.
func address(r *http.Request) string {
	if source := audit.FromContext(r.Context()); source.Address != "" {
		return source.Address
	}
	return r.RemoteAddr
}

// remember notes who asks and from where; it stands behind the layer that finds that out.
func remember(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if v := visitOf(r.Context()); v != nil {
			if identity, signedIn := auth.FromContext(r.Context()); signedIn {
				v.who, v.method = identity.Name, string(identity.Method)
			}
			v.from = address(r)
		}
		next.ServeHTTP(w, r)
	})
}

// bound limits how long a request may take, but for streams.
func bound(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if isStream(r) {
			next.ServeHTTP(w, r)
			return
		}
		// What can't set deadlines, as a recorder in a test, is not a connection.
		_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(answerTimeout))
		ctx, cancel := context.WithTimeout(r.Context(), requestTimeout)
		defer cancel()
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

func isStream(r *http.Request) bool {
	return strings.HasPrefix(r.URL.Path, "/api/") && strings.HasSuffix(r.URL.Path, "/stream")
}
