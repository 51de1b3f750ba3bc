package auth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/netip"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/client-go/kubernetes"
	"k8s.io/utils/clock"

	"github.com/workbench-dev/workbench/internal/hub/api"
	"github.com/workbench-dev/workbench/internal/hub/audit"
)

// sweepInterval is how often keys are looked after and old records are removed, by each replica.
const sweepInterval = time.Minute

// Config is what a Service works with besides its settings.
type Config struct {
	Options Options
	// Client of the hub's cluster, with the rights to get, list, watch, create, update and delete Secrets in Namespace.
	Client kubernetes.Interface
	// Namespace of the hub.
	Namespace string
	// Me describes who a context is signed in as; the answer to a sign-in holds it.
	Me func(context.Context) (api.Me, error)
	// Audit keeps what was done.
	Audit audit.Recorder
	Log   *slog.Logger
	// Clock is the real one when nil.
	Clock clock.PassiveClock
}

// Service finds out who asks, and lets people manage how they prove it. It is safe for use by many goroutines at once.
type Service struct {
	options  Options
	store    *store
	people   people
	keys     *keyring
	sessions *sessions
	tokens   *tokens
	guessing *guessing
	hashing  *hashing
	provider *provider // nil without OpenID Connect
	open     openRequests

	trusted     []netip.Prefix
	crossOrigin *http.CrossOriginProtection
	me          func(context.Context) (api.Me, error)
	audit       audit.Recorder
	log         *slog.Logger
	clock       clock.PassiveClock
}

// New makes a Service; Start must have returned before it is asked anything.
func New(c Config) (*Service, error) {
	if err := c.Options.Validate(); err != nil {
		return nil, err
	}
	if c.Clock == nil {
		c.Clock = clock.RealClock{}
	}
	store, err := newStore(c.Client, c.Namespace)
	if err != nil {
		return nil, err
	}
	trusted, err := parseNetworks(c.Options.TrustedProxies)
	if err != nil {
		return nil, err
	}
	s := &Service{
		options: c.Options, store: store, people: people{store}, hashing: newHashing(), trusted: trusted,
		me: c.Me, audit: c.Audit, log: c.Log, clock: c.Clock,
		crossOrigin: http.NewCrossOriginProtection(),
	}
	s.keys = &keyring{store, c.Clock, max(c.Options.SessionLifetime, attemptLifetime), c.Log}
	s.sessions = &sessions{s.people, s.keys, c.Clock, c.Options.SessionLifetime, c.Options.SessionIdle, c.Options.SecureCookies()}
	s.tokens = &tokens{store: store, people: s.people, clock: c.Clock, log: c.Log}
	s.guessing = &guessing{store: store, clock: c.Clock, log: c.Log}
	if c.Options.OIDC.Issuer != "" {
		if s.provider, err = newProvider(c.Options, c.Clock); err != nil {
			return nil, err
		}
	}
	if c.Options.PublicURL != "" {
		if err := s.crossOrigin.AddTrustedOrigin(c.Options.PublicURL); err != nil {
			return nil, fmt.Errorf("--public-url %q: %w", c.Options.PublicURL, err)
		}
	}
	s.crossOrigin.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		writeProblem(w, http.StatusForbidden, "Another site made your browser send this. Changes are taken from the console itself only; if this was the console, --public-url of the hub doesn't fit its address.")
	}))
	store.onChange = append(store.onChange, func(name string) { s.open.changed(s, name) })
	return s, nil
}

// Start reads what is known, makes the keys and, in an empty hub, the first administrator. It returns when that is
// done, and goes on looking after them until the context ends.
func (s *Service) Start(ctx context.Context) error {
	if err := s.store.start(ctx); err != nil {
		return err
	}
	if err := s.keys.maintain(ctx); err != nil {
		return fmt.Errorf("the keys for sessions can't be made in Secret %s: %w", keysSecret, err)
	}
	if s.options.LocalAccounts {
		if err := s.makeFirstAdmin(ctx); err != nil {
			return fmt.Errorf("the first administrator can't be made: %w", err)
		}
	}
	if !s.options.SecureCookies() {
		s.log.Warn("cookies are sent without encryption since --public-url begins with http://: for a demo on your own machine only")
	}
	go s.sweep(ctx)
	return nil
}

func (s *Service) sweep(ctx context.Context) {
	for {
		// Not all replicas at the same moment.
		select {
		case <-ctx.Done():
			return
		case <-time.After(sweepInterval/2 + rand.N(sweepInterval)):
		}
		for what, step := range map[string]func(context.Context) error{
			"keys for sessions": s.keys.maintain, "expired API tokens": s.tokens.prune, "people who left": s.prunePeople,
		} {
			if err := step(ctx); err != nil && ctx.Err() == nil && !apierrors.IsConflict(err) {
				s.log.Warn("the "+what+" could not be looked after", "error", err)
			}
		}
	}
}

// prunePeople forgets people from OpenID Connect who have neither a session nor a token any more. A disabled one stays.
func (s *Service) prunePeople(ctx context.Context) error {
	var failed []error
	for _, p := range s.people.all(MethodOIDC) {
		if p.Disabled || s.clock.Now().Sub(p.SignedIn) <= s.options.SessionLifetime || len(s.tokens.of(p.ref())) > 0 {
			continue
		}
		if err := s.store.delete(ctx, p.ref().secretName()); err != nil && !errors.Is(err, errNotFound) {
			failed = append(failed, err)
		}
	}
	return errors.Join(failed...)
}

// sessionEnd is when a request's session or token ends however much it is used.
func (s *Service) sessionEnd(c current) time.Time {
	if c.token != nil {
		return c.token.Expires
	}
	return s.sessions.end(*c.session)
}

// Expires says when the session or the token of a request ends.
func (s *Service) Expires(ctx context.Context) (time.Time, bool) {
	c, ok := currentOf(ctx)
	if !ok {
		return time.Time{}, false
	}
	return s.sessionEnd(c), true
}

func writeProblem(w http.ResponseWriter, status int, detail string) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	// A client that has gone is nobody to tell.
	_ = json.NewEncoder(w).Encode(map[string]any{"status": status, "title": http.StatusText(status), "detail": detail})
}

// AddTo makes the Service carry out the operations on sign-in, accounts and tokens.
func (s *Service) AddTo(h *api.Handlers) {
	h.AuthMethods, h.SignIn, h.SignOut, h.OIDCStart, h.OIDCCallback = s.Methods, s.SignIn, s.SignOut, s.StartOIDC, s.FinishOIDC
	h.ChangePassword, h.ListTokens, h.CreateToken, h.DeleteToken = s.ChangePassword, s.ListTokens, s.CreateToken, s.DeleteToken
	h.ListAccounts, h.CreateAccount, h.UpdateAccount, h.DeleteAccount = s.ListAccounts, s.CreateAccount, s.UpdateAccount, s.DeleteAccount
}
