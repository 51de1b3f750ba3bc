package auth

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"time"

	"k8s.io/utils/clock"
)

// Why a session or token isn't taken. The sentences are for people.
var (
	errEnded    = errors.New("the session has ended: sign in again")
	errDisabled = errors.New("the account is disabled: ask a platform administrator")
	errToken    = errors.New("the API token is unknown, was revoked or has expired: make another one in the console")
)

// refreshAfter is how old the last seen time in a cookie may be until it is written again.
const refreshAfter = 5 * time.Minute

const purposeSession = "session"

// session is what the cookie holds, sealed. The rest is in the person's record, so that changes hold at once.
type session struct {
	Person  ref    `json:"p"`
	ID      string `json:"i"`
	Epoch   int64  `json:"e"`
	Started int64  `json:"s"` // Unix seconds
	Seen    int64  `json:"l"` // Unix seconds
}

// sessions begins, checks and ends sessions.
type sessions struct {
	people         people
	keys           *keyring
	clock          clock.PassiveClock
	lifetime, idle time.Duration
	secure         bool
}

// cookieName has the prefix by which browsers refuse a cookie that another host or an unencrypted answer set
// (RFC 6265bis, 4.1.3.2).
func (s *sessions) cookieName() string {
	if s.secure {
		return "__Host-workbench-session"
	}
	return "workbench-session"
}

// cookie is the session's cookie; SameSite=Strict holds since only the console's own requests need it.
func (s *sessions) cookie(value string, maxAge int) http.Cookie {
	return http.Cookie{
		Name: s.cookieName(), Value: value, Path: "/", MaxAge: maxAge,
		HttpOnly: true, Secure: s.secure, SameSite: http.SameSiteStrictMode,
	}
}

// begin makes a new session.
func (s *sessions) begin(ctx context.Context, p person) (http.Cookie, error) {
	now := s.clock.Now().Unix()
	return s.write(ctx, session{Person: p.ref(), ID: rand.Text(), Epoch: p.Epoch, Started: now, Seen: now})
}

// seen makes the cookie anew when it is some minutes old; nil when it isn't.
func (s *sessions) seen(ctx context.Context, current session) (*http.Cookie, error) {
	now := s.clock.Now()
	if now.Sub(time.Unix(current.Seen, 0)) < min(refreshAfter, s.idle/4) {
		return nil, nil
	}
	current.Seen = now.Unix()
	cookie, err := s.write(ctx, current)
	return &cookie, err
}

func (s *sessions) write(ctx context.Context, current session) (http.Cookie, error) {
	text, err := json.Marshal(current)
	if err != nil {
		return http.Cookie{}, err
	}
	sealed, err := s.keys.seal(ctx, purposeSession, text)
	if err != nil {
		return http.Cookie{}, err
	}
	left := min(s.idle, time.Unix(current.Started, 0).Add(s.lifetime).Sub(s.clock.Now()))
	return s.cookie(sealed, max(1, int(left/time.Second))), nil
}

// cleared is the cookie that removes the session from the browser.
func (s *sessions) cleared() http.Cookie { return s.cookie("", -1) }

// read opens the cookie of a request; nil when it has none.
func (s *sessions) read(ctx context.Context, r *http.Request) (*session, error) {
	cookie, err := r.Cookie(s.cookieName())
	if err != nil || cookie.Value == "" {
		return nil, nil
	}
	text, err := s.keys.open(ctx, purposeSession, cookie.Value)
	if errors.Is(err, errSealed) {
		return nil, errEnded
	}
	if err != nil {
		return nil, err
	}
	var current session
	if err := json.Unmarshal(text, &current); err != nil {
		return nil, errEnded
	}
	return &current, nil
}

// check says whose session it is, or why it is over.
func (s *sessions) check(ctx context.Context, current session) (person, error) {
	now := s.clock.Now()
	if !now.Before(s.end(current)) || now.Sub(time.Unix(current.Seen, 0)) >= s.idle {
		return person{}, errEnded
	}
	found, err := s.people.find(ctx, current.Person)
	if err == nil && (found.uid != current.Person.UID || found.Epoch < current.Epoch) {
		// The cookie is newer than what is known here: another replica wrote the record a moment ago.
		found, err = s.people.findLive(ctx, current.Person)
	}
	switch {
	case errors.Is(err, errNotFound):
		return person{}, errEnded
	case err != nil:
		return person{}, err
	case found.Disabled:
		return person{}, errDisabled
	case found.uid != current.Person.UID, found.Epoch != current.Epoch,
		slices.ContainsFunc(found.Ended, func(e endedSession) bool { return e.ID == current.ID }):
		return person{}, errEnded
	}
	return found, nil
}

// end is when the session ends however much it is used.
func (s *sessions) end(current session) time.Time {
	return time.Unix(current.Started, 0).Add(s.lifetime)
}

// revoke ends the session on every replica.
func (s *sessions) revoke(ctx context.Context, current session) error {
	_, err := s.people.update(ctx, current.Person, func(p *person) (bool, error) {
		if p.Epoch != current.Epoch {
			return false, nil
		}
		p.endSession(current.ID, s.end(current), s.clock.Now())
		return true, nil
	})
	if errors.Is(err, errNotFound) {
		return nil
	}
	return err
}
