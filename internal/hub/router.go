package hub

import (
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/klauspost/compress/gzhttp"

	"github.com/workbench-dev/workbench/internal/hub/api"
	"github.com/workbench-dev/workbench/internal/hub/workspaces"
)

// newAPI makes a mux with all operations, each behind the access that it declares.
func newAPI(version string, access workspaces.Access, handlers api.Handlers) (*http.ServeMux, huma.API) {
	mux := http.NewServeMux()
	described := api.New(mux, version)
	described.UseMiddleware(nameOperation, authorize(described, access))
	api.Register(described, handlers)
	mux.Handle("/api/", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { noOperation(mux, w, r) }))
	return mux, described
}

// nameOperation is for the log and the metrics.
func nameOperation(ctx huma.Context, next func(huma.Context)) {
	if v := visitOf(ctx.Context()); v != nil {
		v.operation = ctx.Operation().OperationID
	}
	next(ctx)
}

// noOperation answers a path of the API, or a method on one, that there is no operation for.
func noOperation(mux *http.ServeMux, w http.ResponseWriter, r *http.Request) {
	var allowed []string
	for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodDelete} {
		other := &http.Request{Method: method, URL: r.URL, Host: r.Host}
		if _, pattern := mux.Handler(other); pattern != "/api/" && pattern != "" {
			allowed = append(allowed, method)
		}
	}
	if len(allowed) > 0 && !slices.Contains(allowed, r.Method) {
		w.Header().Set("Allow", strings.Join(allowed, ", "))
		writeProblem(w, http.StatusMethodNotAllowed, "This can't be done with "+r.Method+" here, but with "+strings.Join(allowed, ", ")+".")
		return
	}
	writeProblem(w, http.StatusNotFound, "There is no such operation. All of them are described at /docs.")
}

// compress makes answers small for clients that take it. Streams are left alone: an event must not wait for the next.
func compress(next http.Handler) (http.Handler, error) {
	wrap, err := gzhttp.NewWrapper(gzhttp.MinSize(1024), gzhttp.CompressionLevel(1))
	if err != nil {
		return nil, err
	}
	small := wrap(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if isStream(r) {
			next.ServeHTTP(w, r)
			return
		}
		small.ServeHTTP(w, r)
	}), nil
}
