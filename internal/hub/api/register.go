package api

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
)

// Limits of every operation that has a body.
const (
	// MaxBody is how many bytes a body has at most; a kubeconfig is the largest.
	MaxBody = 256 << 10
	// BodyTimeout is how long a body may take to arrive. It is longer than a request may take: when it runs out while an
	// operation is carried out, that is broken off.
	BodyTimeout = 30 * time.Second
)

// New makes an API without operations on a mux. Bodies are JSON only; the document and its page are served by the hub.
func New(mux *http.ServeMux, version string) huma.API {
	huma.DefaultArrayNullable = false // lists are empty, never null
	huma.NewError = newProblem
	config := huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI: "3.1.0",
			Info: &huma.Info{
				Title:   "Workbench",
				Version: version,
				Description: "Canary releases in all your clusters. Sign in for a session cookie, or send an API token as `Authorization: Bearer …`. " +
					"Errors are `application/problem+json`: `detail` is a sentence, `errors[].location` the field. " +
					"Each operation says in `" + AccessKey + "` who may call it.",
				License: &huma.License{Name: "Apache-2.0", Identifier: "Apache-2.0"},
			},
			Components: &huma.Components{
				Schemas: huma.NewMapRegistry("#/components/schemas/", huma.DefaultSchemaNamer),
				SecuritySchemes: map[string]*huma.SecurityScheme{
					"session": {Type: "apiKey", In: "cookie", Name: SessionCookie, Description: "Set by signing in. Over TLS its name begins with __Host-."},
					"token":   {Type: "http", Scheme: "bearer", Description: "An API token, made under /me/tokens."},
				},
			},
			Tags: tags,
		},
		Formats:       map[string]huma.Format{"application/json": jsonFormat, "json": jsonFormat},
		DefaultFormat: "application/json",
		Transformers:  []huma.Transformer{fillLists},
	}
	return humago.New(mux, config)
}

// SessionCookie is the name of the cookie that carries a session.
const SessionCookie = "workbench-session"

// jsonFormat reads and writes JSON. What follows the first value is refused by huma's validation of the body.
var jsonFormat = huma.Format{
	Marshal:   func(w io.Writer, v any) error { return json.NewEncoder(w).Encode(v) },
	Unmarshal: json.Unmarshal,
}

// operation is what all operations are described by.
type operation struct {
	id, method, path, tag string
	summary, description  string
	access                Access
	// status of success where it isn't 200, or 204 for an answer without body.
	status int
	// also is another status of success with the same answer.
	also int
	// errors beyond those that any operation with its access and body may answer.
	errors []int
	// stream says that the answer is server-sent events.
	stream bool
	// anyQuery lets unknown query parameters pass.
	anyQuery bool
	// upstream says that a cluster is asked, which may be unreachable.
	upstream bool
	// produces is the media type of an answer that isn't JSON.
	produces string
}

// add registers an operation. One that declares no access, or that nothing carries out, is a mistake of the program.
func add[I, O any](api huma.API, o operation, handler func(context.Context, *I) (*O, error)) {
	if !slices.Contains([]Access{Public, SignedIn, ForViewer, ForEditor, ForAdmin, ForPlatformAdmin}, o.access) {
		panic("operation " + o.id + " declares no access")
	}
	if handler == nil {
		handler = func(context.Context, *I) (*O, error) {
			return nil, huma.Error501NotImplemented("This hub was built without " + o.id + ".")
		}
	}
	op := huma.Operation{
		OperationID: o.id, Method: o.method, Path: Base + o.path, Tags: []string{o.tag},
		Summary: o.summary, Description: o.description, DefaultStatus: o.status,
		Errors:                       o.possibleErrors(),
		MaxBodyBytes:                 MaxBody,
		BodyReadTimeout:              BodyTimeout,
		Metadata:                     map[string]any{AccessKey: o.access},
		Extensions:                   map[string]any{AccessKey: string(o.access)},
		RejectUnknownQueryParameters: !o.anyQuery,
	}
	if o.access != Public {
		op.Security = []map[string][]string{{"session": {}}, {"token": {}}}
	} else {
		op.Security = []map[string][]string{}
	}
	if o.stream {
		o.produces = "text/event-stream"
	}
	if o.produces != "" {
		op.Responses = map[string]*huma.Response{"200": {
			Description: http.StatusText(http.StatusOK),
			Content:     map[string]*huma.MediaType{o.produces: {Schema: &huma.Schema{Type: huma.TypeString}}},
		}}
	}
	huma.Register(api, op, handler)
	if o.also != 0 {
		responses := responsesOf(api, op)
		responses[strconv.Itoa(o.also)] = &huma.Response{Description: http.StatusText(o.also), Content: responses[strconv.Itoa(o.status)].Content}
	}
}

func responsesOf(api huma.API, op huma.Operation) map[string]*huma.Response {
	return api.OpenAPI().Paths[op.Path].Post.Responses
}

// Base is where all operations are.
const Base = "/api/v1"

func (o operation) possibleErrors() []int {
	codes := append([]int{http.StatusBadRequest, http.StatusUnprocessableEntity, http.StatusTooManyRequests}, o.errors...)
	if o.method != http.MethodGet {
		codes = append(codes, http.StatusForbidden)
	}
	if o.method == http.MethodPost || o.method == http.MethodPut {
		codes = append(codes, http.StatusRequestTimeout, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType)
	}
	switch o.access {
	case Public:
	case SignedIn:
		codes = append(codes, http.StatusUnauthorized)
	default:
		codes = append(codes, http.StatusUnauthorized, http.StatusForbidden)
	}
	if strings.Contains(o.path, "{") {
		codes = append(codes, http.StatusNotFound)
	}
	if o.upstream {
		codes = append(codes, http.StatusServiceUnavailable, http.StatusGatewayTimeout)
	}
	slices.Sort(codes)
	return slices.Compact(codes)
}
