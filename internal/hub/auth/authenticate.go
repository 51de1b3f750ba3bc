package auth

import (
	"context"
	"errors"
	"net/http"
	"net/netip"
	"strings"
	"sync"

	"github.com/workbench-dev/workbench/internal/hub/audit"
)

type refusalKey struct{}

// Refusal says why a request that brought a session or a token isn't signed in; a general sentence for one that brought
// none.
func Refusal(ctx context.Context) string {
	sentence := "sign in first, or send an API token as Authorization: Bearer wb_…"
	if err, ok := ctx.Value(refusalKey{}).(error); ok {
		sentence = err.Error()
	}
	return strings.ToUpper(sentence[:1]) + sentence[1:] + "."
}

type requestKey struct{}

// request is what operations of this package need of a request besides their input.
type request struct {
	address netip.Addr
	cookies []*http.Cookie
}

func requestOf(ctx context.Context) request {
	r, _ := ctx.Value(requestKey{}).(request)
	return r
}

type currentKey struct{}

// current is what a request proved itself with.
type current struct {
	person  person
	session *session
	token   *token
}

func currentOf(ctx context.Context) (current, bool) {
	c, ok := ctx.Value(currentKey{}).(current)
	return c, ok
}

// Middleware finds out who asks and puts the Identity into the context of the request. It refuses no request for want
// of one: whether an operation needs it, the operation says.
//
// It does refuse requests that another site made a browser send (all but GET, HEAD and OPTIONS), and changes asked with
// a read-only token. A stream that is being read is cut off within moments when its session or token ends.
func (s *Service) Middleware(next http.Handler) http.Handler {
	return s.crossOrigin.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx := r.Context()
		address := clientAddress(r, s.trusted)
		ctx = context.WithValue(ctx, requestKey{}, request{address, r.Cookies()})
		source := audit.Source{Address: address.String(), UserAgent: r.UserAgent()}

		c, err := s.prove(ctx, r)
		switch {
		case err != nil && !isRefusal(err):
			s.log.Error("who asks can't be found out", "error", err)
			writeProblem(w, http.StatusServiceUnavailable, "The hub can't reach its own cluster and so can't tell who asks. Try again in a moment.")
			return
		case err != nil:
			ctx = context.WithValue(ctx, refusalKey{}, err)
		case c != nil:
			identity := s.identity(*c)
			if c.token != nil {
				if c.token.ReadOnly && !isSafe(r.Method) {
					writeProblem(w, http.StatusForbidden, "This API token may only read. Make one without that limit to change something.")
					return
				}
				s.tokens.markUsed(ctx, *c.token)
			} else if cookie, err := s.sessions.seen(ctx, *c.session); err != nil {
				s.log.Warn("a session can't be prolonged", "error", err)
			} else if cookie != nil {
				http.SetCookie(w, cookie)
			}
			source.Actor, source.Method, source.Token = identity.Name, string(identity.Method), identity.Token
			ctx = NewContext(context.WithValue(ctx, currentKey{}, *c), identity)
			if isSafe(r.Method) { // a change is carried to its end
				var done func()
				ctx, done = s.open.add(ctx, s, *c)
				defer done()
			}
		}
		next.ServeHTTP(w, r.WithContext(audit.NewContext(ctx, source)))
	}))
}

func isSafe(method string) bool {
	return method == http.MethodGet || method == http.MethodHead || method == http.MethodOptions
}

func isRefusal(err error) bool {
	return errors.Is(err, errEnded) || errors.Is(err, errDisabled) || errors.Is(err, errToken)
}

// prove says who asks; nil when the request doesn't try to prove anything.
func (s *Service) prove(ctx context.Context, r *http.Request) (*current, error) {
	if header := r.Header.Get("Authorization"); header != "" {
		scheme, text, _ := strings.Cut(header, " ")
		if !strings.EqualFold(scheme, "Bearer") {
			return nil, errToken
		}
		found, owner, err := s.tokens.check(ctx, strings.TrimSpace(text))
		if err != nil {
			return nil, err
		}
		return &current{person: owner, token: &found}, nil
	}
	found, err := s.sessions.read(ctx, r)
	if err != nil || found == nil {
		return nil, err
	}
	owner, err := s.sessions.check(ctx, *found)
	if err != nil {
		return nil, err
	}
	return &current{person: owner, session: found}, nil
}

// holds says whether what a request proved itself with would still be taken.
func (s *Service) holds(ctx context.Context, c current) bool {
	if c.token == nil {
		_, err := s.sessions.check(ctx, *c.session)
		return !isRefusal(err)
	}
	secret, err := s.store.cache.Get(tokenSecretName(c.token.id))
	if err != nil {
		return false
	}
	found, err := decode(s.store, secret, decodeToken)
	if err != nil || found.Hash != c.token.Hash || !s.clock.Now().Before(found.Expires) {
		return false
	}
	owner, err := s.people.find(ctx, found.Owner)
	return err == nil && owner.uid == found.Owner.UID && !owner.Disabled
}

func (s *Service) identity(c current) Identity {
	identity := Identity{
		Name: c.person.Name, DisplayName: c.person.DisplayName, Groups: c.person.Groups,
		Admin: c.person.Admin, Method: c.person.method, Prefix: s.options.UserPrefix,
	}
	if identity.DisplayName == "" {
		identity.DisplayName = identity.Name
	}
	if c.token != nil {
		identity.Method, identity.Token, identity.ReadOnly = MethodToken, c.token.id, c.token.ReadOnly
	}
	return identity
}

// openRequests are the requests that are being answered to people who signed in.
type openRequests struct {
	mu   sync.Mutex
	last int
	all  map[int]openRequest
}

type openRequest struct {
	current current
	cancel  context.CancelFunc
}

// add returns a context that ends with the session or the token.
func (o *openRequests) add(ctx context.Context, s *Service, c current) (context.Context, func()) {
	end := s.sessionEnd(c)
	ctx, cancel := context.WithTimeout(ctx, end.Sub(s.clock.Now()))
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.all == nil {
		o.all = map[int]openRequest{}
	}
	o.last++
	number := o.last
	o.all[number] = openRequest{c, cancel}
	return ctx, func() {
		cancel()
		o.mu.Lock()
		defer o.mu.Unlock()
		delete(o.all, number)
	}
}

// changed looks again at the requests that a changed Secret is about.
func (o *openRequests) changed(s *Service, secretName string) {
	o.mu.Lock()
	var affected []openRequest
	for _, request := range o.all {
		if request.current.person.ref().secretName() == secretName ||
			(request.current.token != nil && tokenSecretName(request.current.token.id) == secretName) {
			affected = append(affected, request)
		}
	}
	o.mu.Unlock()
	for _, request := range affected {
		if !s.holds(context.Background(), request.current) {
			request.cancel()
		}
	}
}
