package auth

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/workbench-dev/workbench/internal/hub/api"
	"github.com/workbench-dev/workbench/internal/hub/audit"
)

// ChangePassword changes one's own password and ends all other sessions.
func (s *Service) ChangePassword(ctx context.Context, in *api.ChangePasswordInput) (*api.ChangePasswordOutput, error) {
	c, ok := currentOf(ctx)
	if !ok {
		return nil, huma.Error401Unauthorized(Refusal(ctx))
	}
	if c.session == nil || c.person.method != MethodLocal {
		return nil, huma.Error403Forbidden("Only somebody who signed in with a local account can change its password. Who signs in elsewhere changes it there.")
	}
	owner := c.person.ref()
	if _, err := s.verify(ctx, owner, in.Body.Current); errors.Is(err, errWrong) {
		s.record(ctx, audit.Event{Action: "ChangePassword", Kind: "Account", Name: owner.Name, Result: audit.Refused, Message: "The present password was wrong."})
		return nil, huma.Error422UnprocessableEntity("The present password is wrong.", api.Field("body.current", "is not the present password"))
	} else if err != nil {
		return nil, s.signInRefused(ctx, owner.Name, err)
	}
	if err := checkPassword(owner.Name, in.Body.New); err != nil {
		return nil, huma.Error422UnprocessableEntity("The new password can't be taken: "+err.Error()+".", api.Field("body.new", err.Error()))
	}
	changed, err := s.setPassword(ctx, owner, in.Body.New)
	if err != nil {
		return nil, fmt.Errorf("changing the password: %w", err)
	}
	s.record(ctx, audit.Event{Action: "ChangePassword", Kind: "Account", Name: owner.Name, Result: audit.Succeeded, Message: "All other sessions ended."})
	cookie, err := s.sessions.begin(ctx, changed)
	if err != nil {
		return nil, fmt.Errorf("the password is changed, but a new session can't be begun: %w", err)
	}
	return &api.ChangePasswordOutput{SetCookie: []http.Cookie{cookie}}, nil
}

func (s *Service) setPassword(ctx context.Context, owner ref, password string) (person, error) {
	hash, err := s.hash(ctx, password)
	if err != nil {
		return person{}, err
	}
	changed, err := s.people.update(ctx, owner, func(p *person) (bool, error) {
		p.hash, p.PasswordChanged = hash, s.clock.Now().UTC()
		p.endAllSessions()
		return true, nil
	})
	if err == nil {
		s.forgetFirstPassword(ctx, owner.Name)
	}
	return changed, err
}

func (s *Service) hash(ctx context.Context, password string) (string, error) {
	leave, err := s.hashing.enter(ctx)
	if err != nil {
		return "", err
	}
	defer leave()
	return hashPassword(password), nil
}

// ListTokens lists one's own API tokens.
func (s *Service) ListTokens(ctx context.Context, _ *struct{}) (*api.ListTokensOutput, error) {
	c, ok := currentOf(ctx)
	if !ok {
		return nil, huma.Error401Unauthorized(Refusal(ctx))
	}
	out := &api.ListTokensOutput{}
	out.Body.Items = []api.Token{}
	for _, found := range s.tokens.of(c.person.ref()) {
		out.Body.Items = append(out.Body.Items, found.shown())
	}
	return out, nil
}

func (t token) shown() api.Token {
	shown := api.Token{ID: t.id, Name: t.Name, ReadOnly: t.ReadOnly, CreatedAt: t.Created, ExpiresAt: t.Expires}
	if !t.used.IsZero() {
		shown.LastUsedAt = &t.used
	}
	return shown
}

// CreateToken makes an API token. A token can't make tokens: who gets hold of one would otherwise keep it alive for ever.
func (s *Service) CreateToken(ctx context.Context, in *api.CreateTokenInput) (*api.CreateTokenOutput, error) {
	c, ok := currentOf(ctx)
	if !ok {
		return nil, huma.Error401Unauthorized(Refusal(ctx))
	}
	if c.session == nil {
		return nil, huma.Error403Forbidden("An API token can't make another one: sign in and make it in the console.")
	}
	name := cleanText(in.Body.Name, 100)
	if name == "" {
		return nil, huma.Error422UnprocessableEntity("The token needs a name that says what it is for.", api.Field("body.name", "is empty"))
	}
	life := time.Duration(in.Body.Days) * 24 * time.Hour
	if life > s.options.TokenLifetime {
		return nil, huma.Error422UnprocessableEntity(fmt.Sprintf("A token may be made for at most %s here.", days(s.options.TokenLifetime)), api.Field("body.days", "is more than "+days(s.options.TokenLifetime)))
	}
	text, made, err := s.tokens.make(ctx, c.person, name, in.Body.ReadOnly, s.clock.Now().Add(life))
	if errors.Is(err, errTooManyTokens) {
		return nil, huma.Error409Conflict(fmt.Sprintf("You have %d tokens, which is the most: revoke one that you don't need.", maxTokens))
	}
	if err != nil {
		return nil, fmt.Errorf("making an API token: %w", err)
	}
	s.record(ctx, audit.Event{Action: "Create", Kind: "Token", Name: made.id, Result: audit.Succeeded, Message: fmt.Sprintf("%q, valid until %s.", made.Name, made.Expires.Format(time.RFC3339))})
	out := &api.CreateTokenOutput{Status: http.StatusCreated}
	out.Body.Token, out.Body.Secret = made.shown(), text
	return out, nil
}

func days(d time.Duration) string { return fmt.Sprintf("%d days", d/(24*time.Hour)) }

// DeleteToken revokes one of one's own API tokens.
func (s *Service) DeleteToken(ctx context.Context, in *api.DeleteTokenInput) (*api.NoContent, error) {
	c, ok := currentOf(ctx)
	if !ok {
		return nil, huma.Error401Unauthorized(Refusal(ctx))
	}
	revoked, err := s.tokens.revoke(ctx, c.person.ref(), in.ID)
	if errors.Is(err, errNotFound) {
		return nil, huma.Error404NotFound("You have no API token with this id.")
	}
	if err != nil {
		return nil, fmt.Errorf("revoking an API token: %w", err)
	}
	s.record(ctx, audit.Event{Action: "Delete", Kind: "Token", Name: revoked.id, Result: audit.Succeeded, Message: fmt.Sprintf("%q.", revoked.Name)})
	return &api.NoContent{}, nil
}
