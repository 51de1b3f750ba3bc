package auth

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/workbench-dev/workbench/internal/hub/api"
	"github.com/workbench-dev/workbench/internal/hub/audit"
)

// wrongPassword is the one answer to a wrong password, an unknown account and a disabled one.
const wrongPassword = "The name or the password is wrong, or the account is disabled."

// Methods says how people sign in here.
func (s *Service) Methods(context.Context, *struct{}) (*api.AuthMethodsOutput, error) {
	out := &api.AuthMethodsOutput{}
	out.Body.Local = s.options.LocalAccounts
	out.Body.OIDC = []api.OIDCMethod{}
	if s.provider != nil {
		out.Body.OIDC = append(out.Body.OIDC, api.OIDCMethod{DisplayName: s.options.OIDC.Name, StartURL: startPath})
	}
	return out, nil
}

// SignIn begins a session with a local account.
func (s *Service) SignIn(ctx context.Context, in *api.SignInInput) (*api.SignInOutput, error) {
	if !s.options.LocalAccounts {
		return nil, huma.Error404NotFound("Local accounts are switched off here: sign in with " + s.options.OIDC.Name + ".")
	}
	name := in.Body.Name
	owner, err := s.verify(ctx, ref{Name: name, Method: MethodLocal}, in.Body.Password)
	if err != nil {
		return nil, s.signInRefused(ctx, name, err)
	}
	return s.signedIn(ctx, owner)
}

// signedIn begins the session of somebody who proved who they are.
func (s *Service) signedIn(ctx context.Context, owner person) (*api.SignInOutput, error) {
	cookie, err := s.sessions.begin(ctx, owner)
	if err != nil {
		return nil, fmt.Errorf("beginning a session: %w", err)
	}
	s.record(ctx, audit.Event{Action: "SignIn", Kind: "Session", Name: owner.Name, Result: audit.Succeeded, Actor: owner.Name})
	// The session that the browser had ends; it would be out of reach otherwise.
	if before, ok := currentOf(ctx); ok && before.session != nil {
		if err := s.sessions.revoke(ctx, *before.session); err != nil {
			s.log.Warn("the session before a sign-in could not be ended", "error", err)
		}
	}
	end := session{Person: owner.ref(), Started: s.clock.Now().Unix()}
	c := current{person: owner, session: &end}
	me, err := s.me(NewContext(context.WithValue(ctx, currentKey{}, c), s.identity(c)))
	if err != nil {
		return nil, err
	}
	return &api.SignInOutput{SetCookie: []http.Cookie{cookie}, Body: me}, nil
}

// tooMany says when the next attempt is let through.
type tooMany struct{ wait time.Duration }

func (t tooMany) Error() string {
	return fmt.Sprintf("Too many failed attempts: try again in %s.", max(t.wait.Round(time.Second), time.Second))
}

var errWrong = errors.New("wrong name or password")

// verify compares a password with that of an account, and counts failures. Whether there is no such account, it is
// disabled or the password is wrong shows neither in the answer nor in how long it takes.
//
// The limit is looked at when a slot for hashing is had: of many attempts sent at once, at most those in the slots of
// each replica pass before the first failure counts.
func (s *Service) verify(ctx context.Context, owner ref, password string) (person, error) {
	leave, err := s.hashing.enter(ctx)
	if err != nil {
		return person{}, err
	}
	defer leave()
	account, address := accountSubject(owner.Name), addressSubject(requestOf(ctx).address)
	if wait := s.guessing.wait(account, address); wait > 0 {
		return person{}, tooMany{wait}
	}
	found, err := person{}, errNotFound
	if checkLocalName(owner.Name) == nil {
		found, err = s.people.find(ctx, owner)
	}
	if err != nil && !errors.Is(err, errNotFound) {
		return person{}, err
	}
	hash := found.hash
	if hash == "" {
		hash = s.hashing.nobody
	}
	right, err := verifyPassword(hash, password)
	if err != nil {
		return person{}, fmt.Errorf("the account %s: %w", owner.Name, err)
	}
	if !right || found.hash == "" || found.Disabled {
		s.guessing.failed(context.WithoutCancel(ctx), account, address) // who hangs up is counted too
		return person{}, errWrong
	}
	s.guessing.succeeded(ctx, account)
	return found, nil
}

// signInRefused makes the answer to a sign-in that failed, and notes it. An attempt that wasn't looked at isn't noted:
// there may be thousands a second.
func (s *Service) signInRefused(ctx context.Context, name string, err error) error {
	var limited tooMany
	switch {
	case errors.As(err, &limited):
		return retryLater(limited.wait, limited.Error())
	case errors.Is(err, errBusy):
		return retryLater(5*time.Second, "Too many people are signing in: try again in a few seconds.")
	case errors.Is(err, errWrong):
		// What isn't the name of an account may be a password typed into the wrong field.
		if checkLocalName(name) != nil {
			name = ""
		} else if _, err := s.people.find(ctx, ref{Name: name, Method: MethodLocal}); err != nil {
			name = ""
		}
		message := "Wrong password, or the account is disabled."
		if name == "" {
			message = "There is no such account."
		}
		s.record(ctx, audit.Event{Action: "SignIn", Kind: "Session", Name: name, Result: audit.Refused, Actor: name, Message: message})
		return huma.Error401Unauthorized(wrongPassword)
	default:
		return fmt.Errorf("signing in: %w", err)
	}
}

func retryLater(wait time.Duration, detail string) error {
	seconds := strconv.Itoa(int(math.Ceil(max(wait, time.Second).Seconds())))
	return huma.ErrorWithHeaders(huma.Error429TooManyRequests(detail), http.Header{"Retry-After": {seconds}})
}

// SignOut ends the session on every replica, and takes the cookie away whatever it was.
func (s *Service) SignOut(ctx context.Context, _ *struct{}) (*api.SignOutOutput, error) {
	if c, ok := currentOf(ctx); ok && c.session != nil {
		if err := s.sessions.revoke(ctx, *c.session); err != nil {
			return nil, fmt.Errorf("ending the session: %w", err)
		}
		s.record(ctx, audit.Event{Action: "SignOut", Kind: "Session", Name: c.person.Name, Result: audit.Succeeded})
	}
	return &api.SignOutOutput{SetCookie: []http.Cookie{s.sessions.cleared()}}, nil
}

func (s *Service) record(ctx context.Context, event audit.Event) { s.audit.Record(ctx, event) }
