package auth

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"golang.org/x/oauth2"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/workbench-dev/workbench/internal/hub/api"
	"github.com/workbench-dev/workbench/internal/hub/audit"
)

const (
	// attemptLifetime is how long somebody may take at the provider.
	attemptLifetime = 10 * time.Minute
	purposeAttempt  = "oidc"
	// signInPage of the console shows why a sign-in failed, by its parameter error: denied, expired, provider, not-allowed.
	signInPage = "/sign-in"
)

// attempt is what is remembered of a sign-in while the person is at the provider: in a cookie, sealed, since any
// replica may see them come back.
type attempt struct {
	State    string `json:"s"`
	Nonce    string `json:"n"`
	Verifier string `json:"v"` // PKCE
	ReturnTo string `json:"r"`
	Expires  int64  `json:"e"` // Unix seconds
}

// attemptCookie is named after the state, so that two tabs don't disturb each other. SameSite=Lax, since the provider
// sends the browser back.
func (s *Service) attemptCookie(state, value string, maxAge int) http.Cookie {
	name := "workbench-attempt-" + state[:8]
	if s.options.SecureCookies() {
		name = "__Host-" + name
	}
	return http.Cookie{Name: name, Value: value, Path: "/", MaxAge: maxAge, HttpOnly: true, Secure: s.options.SecureCookies(), SameSite: http.SameSiteLaxMode}
}

// StartOIDC sends the browser to the provider.
func (s *Service) StartOIDC(ctx context.Context, in *api.OIDCStartInput) (*api.RedirectOutput, error) {
	if s.provider == nil {
		return nil, huma.Error404NotFound("OpenID Connect is not set up here: sign in with a local account.")
	}
	a := attempt{
		State: rand.Text(), Nonce: rand.Text(), Verifier: oauth2.GenerateVerifier(),
		ReturnTo: localPath(in.ReturnTo), Expires: s.clock.Now().Add(attemptLifetime).Unix(),
	}
	location, err := s.provider.address(a)
	if err != nil {
		s.log.Error("a sign-in at the OpenID Connect provider can't begin", "issuer", s.options.OIDC.Issuer, "error", err)
		return s.backToSignIn("provider", a.ReturnTo), nil
	}
	text, err := json.Marshal(a)
	if err != nil {
		return nil, err
	}
	sealed, err := s.keys.seal(ctx, purposeAttempt, text)
	if err != nil {
		return nil, err
	}
	return &api.RedirectOutput{
		Status: http.StatusFound, Location: location,
		SetCookie: []http.Cookie{s.attemptCookie(a.State, sealed, int(attemptLifetime/time.Second))},
	}, nil
}

// FinishOIDC takes the person who comes back from the provider.
func (s *Service) FinishOIDC(ctx context.Context, in *api.OIDCCallbackInput) (*api.RedirectOutput, error) {
	if s.provider == nil {
		return nil, huma.Error404NotFound("OpenID Connect is not set up here: sign in with a local account.")
	}
	a, err := s.readAttempt(ctx, in.State)
	if err != nil {
		return s.backToSignIn("expired", ""), nil
	}
	out, reason := s.finish(ctx, a, in)
	if reason != nil {
		code := "provider"
		switch {
		case errors.Is(reason, errNotAllowed):
			code = "not-allowed"
		case errors.Is(reason, errDenied):
			code = "denied"
		}
		s.log.Warn("a sign-in at the OpenID Connect provider failed", "issuer", s.options.OIDC.Issuer, "error", reason)
		out = s.backToSignIn(code, a.ReturnTo)
	}
	out.SetCookie = append(out.SetCookie, s.attemptCookie(a.State, "", -1)) // one attempt each
	return out, nil
}

var errDenied = errors.New("the provider or the person broke the sign-in off")

func (s *Service) finish(ctx context.Context, a attempt, in *api.OIDCCallbackInput) (*api.RedirectOutput, error) {
	if in.Error != "" || in.Code == "" {
		return nil, errors.Join(errDenied, errors.New(cleanText(in.Error+" "+in.ErrorDescription, 300)))
	}
	said, err := s.provider.redeem(ctx, a, in.Code)
	if err != nil {
		return nil, err
	}
	told, err := s.options.OIDC.personOf(said)
	if err != nil {
		s.record(ctx, audit.Event{Action: "SignIn", Kind: "Session", Result: audit.Refused, Actor: cleanText(said.text(s.options.OIDC.UsernameClaim), maxName), Method: string(MethodOIDC), Message: "They are " + err.Error() + "."})
		return nil, err
	}
	owner, err := s.remember(ctx, told)
	if err != nil {
		return nil, err
	}
	if owner.Disabled {
		s.record(ctx, audit.Event{Action: "SignIn", Kind: "Session", Name: owner.Name, Result: audit.Refused, Actor: owner.Name, Method: string(MethodOIDC), Message: "Disabled here."})
		return nil, errNotAllowed
	}
	signedIn, err := s.signedIn(ctx, owner)
	if err != nil {
		return nil, err
	}
	return &api.RedirectOutput{Status: http.StatusFound, Location: a.ReturnTo, SetCookie: signedIn.SetCookie}, nil
}

// remember writes down what the provider said, which holds until the next sign-in.
func (s *Service) remember(ctx context.Context, told person) (person, error) {
	now := s.clock.Now().UTC()
	for attempts := 0; ; attempts++ {
		updated, err := s.people.update(ctx, told.ref(), func(p *person) (bool, error) {
			p.DisplayName, p.Groups, p.Admin, p.SignedIn = told.DisplayName, told.Groups, told.Admin, now
			return true, nil
		})
		if !errors.Is(err, errNotFound) {
			return updated, err
		}
		told.Epoch, told.Created, told.SignedIn = 1, now, now
		made, err := s.people.create(ctx, told.ref(), told)
		if !apierrors.IsAlreadyExists(err) || attempts > 1 {
			return made, err
		}
		// Made by another replica at this moment.
	}
}

// readAttempt opens the cookie of the attempt that a state belongs to.
func (s *Service) readAttempt(ctx context.Context, state string) (attempt, error) {
	if len(state) != len(rand.Text()) || strings.ContainsFunc(state, func(r rune) bool { return (r < 'A' || r > 'Z') && (r < '0' || r > '9') }) {
		return attempt{}, errSealed
	}
	name := s.attemptCookie(state, "", 0).Name
	for _, cookie := range requestOf(ctx).cookies {
		if cookie.Name != name {
			continue
		}
		text, err := s.keys.open(ctx, purposeAttempt, cookie.Value)
		if err != nil {
			return attempt{}, err
		}
		var a attempt
		if err := json.Unmarshal(text, &a); err != nil {
			return attempt{}, errSealed
		}
		if subtle.ConstantTimeCompare([]byte(a.State), []byte(state)) != 1 || s.clock.Now().Unix() >= a.Expires {
			return attempt{}, errSealed
		}
		return a, nil
	}
	return attempt{}, errSealed
}

func (s *Service) backToSignIn(code, returnTo string) *api.RedirectOutput {
	query := url.Values{"error": {code}}
	if returnTo != "" && returnTo != "/" {
		query.Set("returnTo", returnTo)
	}
	return &api.RedirectOutput{Status: http.StatusFound, Location: signInPage + "?" + query.Encode()}
}

// localPath makes of what a browser may be sent back to a path of this hub's console: anything that could lead
// elsewhere becomes /.
func localPath(target string) string {
	if !strings.HasPrefix(target, "/") || strings.HasPrefix(target, "//") || strings.ContainsAny(target, `\`) || hasControl(target) || len(target) > 2000 {
		return "/"
	}
	u, err := url.Parse(target)
	if err != nil || u.IsAbs() || u.Host != "" || u.User != nil || strings.HasPrefix(u.Path, "//") || strings.ContainsAny(u.Path, `\`) || strings.HasPrefix(u.Path, "/api/") {
		return "/"
	}
	return u.String()
}
