package auth

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/workbench-dev/workbench/internal/hub/api"
	"github.com/workbench-dev/workbench/internal/hub/audit"
)

// The console could lock itself out otherwise, and the next start would make the account admin again.
var errLastAdmin = huma.Error409Conflict("This is the last local account that is a platform administrator and can sign in: make another one first.")

// ListAccounts lists the local accounts by name.
func (s *Service) ListAccounts(context.Context, *struct{}) (*api.ListAccountsOutput, error) {
	out := &api.ListAccountsOutput{}
	out.Body.Items = []api.Account{}
	for _, p := range s.people.all(MethodLocal) {
		out.Body.Items = append(out.Body.Items, p.shown())
	}
	return out, nil
}

func (p person) shown() api.Account {
	shown := api.Account{Name: p.Name, DisplayName: p.DisplayName, Groups: p.Groups, Admin: p.Admin, Disabled: p.Disabled, CreatedAt: p.Created}
	if shown.Groups == nil {
		shown.Groups = []string{}
	}
	if !p.PasswordChanged.IsZero() {
		shown.PasswordChangedAt = &p.PasswordChanged
	}
	return shown
}

// CreateAccount makes a local account, with a random password when none is given.
func (s *Service) CreateAccount(ctx context.Context, in *api.CreateAccountInput) (*api.CreateAccountOutput, error) {
	name, settings := in.Body.Name, in.Body.AccountSettings
	if err := checkLocalName(name); err != nil {
		return nil, huma.Error422UnprocessableEntity("The account can't be made: "+err.Error()+".", api.Field("body.name", err.Error()))
	}
	groups, err := checkSettings(name, settings)
	if err != nil {
		return nil, err
	}
	out := &api.CreateAccountOutput{Status: http.StatusCreated}
	password := settings.Password
	if password == "" {
		password = rand.Text()
		out.Body.Password = password
	}
	hash, err := s.hash(ctx, password)
	if err != nil {
		return nil, s.signInRefused(ctx, name, err)
	}
	now := s.clock.Now().UTC()
	made, err := s.people.create(ctx, ref{Name: name, Method: MethodLocal}, person{
		Name: name, DisplayName: cleanText(settings.DisplayName, 100), Groups: groups, Admin: settings.Admin, Disabled: settings.Disabled,
		Epoch: 1, Created: now, PasswordChanged: now, hash: hash,
	})
	if apierrors.IsAlreadyExists(err) {
		return nil, huma.Error409Conflict(fmt.Sprintf("There is already an account %s.", name), api.Field("body.name", "is taken"))
	}
	if err != nil {
		return nil, fmt.Errorf("making the account %s: %w", name, err)
	}
	s.record(ctx, audit.Event{Action: "Create", Kind: "Account", Name: name, Result: audit.Succeeded, Message: describe(person{}, made, false)})
	out.Body.Account = made.shown()
	return out, nil
}

// UpdateAccount replaces the settings of an account. When it is disabled or gets another password, its sessions end.
func (s *Service) UpdateAccount(ctx context.Context, in *api.UpdateAccountInput) (*api.AccountOutput, error) {
	settings := in.Body
	groups, err := checkSettings(in.Name, settings)
	if err != nil {
		return nil, err
	}
	owner := ref{Name: in.Name, Method: MethodLocal}
	hash := ""
	if settings.Password != "" {
		if hash, err = s.hash(ctx, settings.Password); err != nil {
			return nil, s.signInRefused(ctx, in.Name, err)
		}
	}
	var before person
	changed, err := s.people.update(ctx, owner, func(p *person) (bool, error) {
		before = *p
		if p.Admin && !p.Disabled && (!settings.Admin || settings.Disabled) && s.isLastAdmin(p.Name) {
			return false, errLastAdmin
		}
		p.DisplayName, p.Groups, p.Admin = cleanText(settings.DisplayName, 100), groups, settings.Admin
		if settings.Disabled && !p.Disabled || hash != "" {
			p.endAllSessions()
		}
		p.Disabled = settings.Disabled
		if hash != "" {
			p.hash, p.PasswordChanged = hash, s.clock.Now().UTC()
		}
		return true, nil
	})
	switch {
	case errors.Is(err, errNotFound):
		return nil, noAccount(in.Name)
	case errors.Is(err, errLastAdmin):
		return nil, errLastAdmin
	case err != nil:
		return nil, fmt.Errorf("changing the account %s: %w", in.Name, err)
	}
	if hash != "" {
		s.forgetFirstPassword(ctx, in.Name)
	}
	s.record(ctx, audit.Event{Action: "Update", Kind: "Account", Name: in.Name, Result: audit.Succeeded, Message: describe(before, changed, hash != "")})
	return &api.AccountOutput{Body: changed.shown()}, nil
}

// DeleteAccount removes an account; its sessions and tokens end.
func (s *Service) DeleteAccount(ctx context.Context, in *api.AccountPath) (*api.NoContent, error) {
	owner := ref{Name: in.Name, Method: MethodLocal}
	found, err := s.people.find(ctx, owner)
	if errors.Is(err, errNotFound) {
		return nil, noAccount(in.Name)
	}
	if err != nil {
		return nil, err
	}
	if found.Admin && !found.Disabled && s.isLastAdmin(found.Name) {
		return nil, errLastAdmin
	}
	// Tokens name the account by more than its name, so none that is left would work for another of that name.
	if err := s.store.delete(ctx, owner.secretName()); errors.Is(err, errNotFound) {
		return nil, noAccount(in.Name)
	} else if err != nil {
		return nil, fmt.Errorf("deleting the account %s: %w", in.Name, err)
	}
	if err := s.tokens.revokeAll(ctx, found.ref()); err != nil {
		s.log.Warn("tokens of a deleted account, which don't work any more, could not be removed", "account", in.Name, "error", err)
	}
	s.forgetFirstPassword(ctx, in.Name)
	s.record(ctx, audit.Event{Action: "Delete", Kind: "Account", Name: in.Name, Result: audit.Succeeded})
	return &api.NoContent{}, nil
}

func noAccount(name string) error {
	return huma.Error404NotFound(fmt.Sprintf("There is no local account %s.", name))
}

// isLastAdmin says whether no other local account could manage the platform.
func (s *Service) isLastAdmin(name string) bool {
	return !slices.ContainsFunc(s.people.all(MethodLocal), func(p person) bool { return p.Name != name && p.Admin && !p.Disabled })
}

// checkSettings says which of the settings can't be taken; it returns the groups, sorted, each once.
func checkSettings(name string, settings api.AccountSettings) ([]string, error) {
	for i, group := range settings.Groups {
		if err := checkName(group); err != nil {
			return nil, huma.Error422UnprocessableEntity("A group can't be taken: "+err.Error()+".", api.Field(fmt.Sprintf("body.groups[%d]", i), err.Error()))
		}
	}
	if settings.Password != "" {
		if err := checkPassword(name, settings.Password); err != nil {
			return nil, huma.Error422UnprocessableEntity("The password can't be taken: "+err.Error()+".", api.Field("body.password", err.Error()))
		}
	}
	return cleanGroups(settings.Groups), nil
}

// describe says what changed of an account, without what is secret.
func describe(before, after person, password bool) string {
	var changes []string
	if before.Admin != after.Admin {
		changes = append(changes, map[bool]string{true: "made platform administrator", false: "no longer platform administrator"}[after.Admin])
	}
	if before.Disabled != after.Disabled {
		changes = append(changes, map[bool]string{true: "disabled", false: "enabled"}[after.Disabled])
	}
	if password {
		changes = append(changes, "password reset")
	}
	if !slices.Equal(before.Groups, after.Groups) {
		changes = append(changes, "groups: "+strings.Join(after.Groups, ", "))
	}
	if before.DisplayName != after.DisplayName {
		changes = append(changes, "display name: "+after.DisplayName)
	}
	return strings.Join(changes, "; ")
}
