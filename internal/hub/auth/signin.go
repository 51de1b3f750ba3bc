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
	owner, err := s.verify(ctx, ref{Name: in.Body.Name, Method: MethodLocal}, in.Body.Password)
	if err != nil {
		return nil, s.signInRefused(ctx, owner.Name, err)
	}
	return s.signedIn(ctx, owner)
}

// signedIn begins the session of somebody who proved who they are.
func (s *Service) signedIn(ctx context.Context, owner person) (*api.SignInOutput, error) {
	cookie, err := s.sessions.begin(ctx, owner)
	if err != nil {
		return nil, fmt.Errorf("beginning a session: %w", err)
	}
	s.record(ctx, audit.Event{Action: "SignIn", Kind: "Session", Name: owner.Name, Result: audit.Succeeded, Actor: owner.Name, Method: string(owner.method)})
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
// disabled or the password is wrong shows neither in the answer nor in how long it takes. With errWrong it returns the
// account that the name belongs to, if there is one.
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
	found, right, err := s.compare(ctx, owner, password)
	if err != nil {
		return person{}, err
	}
	if !right || found.Disabled {
		s.guessing.failed(context.WithoutCancel(ctx), account, address) // who hangs up is counted too
		return found, errWrong
	}
	s.guessing.succeeded(ctx, account)
	return found, nil
}

// compare looks an account up and says whether the password is right.
func (s *Service) compare(ctx context.Context, owner ref, password string) (person, bool, error) {
	if checkLocalName(owner.Name) != nil {
		_, err := verifyPassword(s.hashing.nobody, password)
		return person{}, false, err
	}
	found, err := s.people.findCached(owner)
	if errors.Is(err, errNotFound) {
		// Another replica may have made the account a moment ago. It is asked for while a password is hashed for nobody, so
		// that the answer doesn't take longer than for an account that is there.
		asked := make(chan struct{})
		go func() {
			defer close(asked)
			found, err = s.people.findLive(ctx, owner)
		}()
		_, errNobody := verifyPassword(s.hashing.nobody, password)
		<-asked
		if errors.Is(err, errNotFound) {
			return person{}, false, errNobody
		}
	}
	if err != nil {
		return person{}, false, err
	}
	if found.hash == "" { // made by hand, without a password
		_, err := verifyPassword(s.hashing.nobody, password)
		return found, false, err
	}
	right, err := verifyPassword(found.hash, password)
	if err != nil {
		return person{}, false, fmt.Errorf("the account %s: %w", owner.Name, err)
	}
	return found, right, nil
}

// signInRefused makes the answer to a sign-in that failed, and notes it, with the name of the account if there is one:
// what isn't the name of an account may be a password typed into the wrong field. An attempt that wasn't looked at isn't
// noted: there may be thousands a second.
func (s *Service) signInRefused(ctx context.Context, account string, err error) error {
	var limited tooMany
	switch {
	case errors.As(err, &limited):
		return retryLater(limited.wait, limited.Error())
	case errors.Is(err, errBusy):
		return retryLater(5*time.Second, "Too many people are signing in: try again in a few seconds.")
	case errors.Is(err, errWrong):
		message := "Wrong password, or the account is disabled."
		if account == "" {
			message = "There is no such account."
		}
		s.record(ctx, audit.Event{Action: "SignIn", Kind: "Session", Name: account, Result: audit.Refused, Actor: account, Method: string(MethodLocal), Message: message})
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
