package auth

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
	"k8s.io/utils/clock"
)

const (
	startPath    = "/api/v1/auth/oidc/start"
	callbackPath = "/api/v1/auth/oidc/callback"
	// providerTimeout bounds each request to the provider.
	providerTimeout = 10 * time.Second
	// discoverAgain is how long a provider that could not be reached is left alone.
	discoverAgain = 5 * time.Second
	// maxAnswer is how many bytes of an answer of the provider are read.
	maxAnswer = 1 << 20
)

// Why somebody who comes back from the provider isn't signed in.
var (
	errProvider   = errors.New("the provider can't be reached, or its answer can't be used")
	errNotAllowed = errors.New("not allowed to sign in here")
)

// provider is the OpenID Connect provider. It is asked about itself when the first person signs in, and again when that
// failed, so that the hub starts without it.
type provider struct {
	options  OIDCOptions
	redirect string
	client   *http.Client
	clock    clock.PassiveClock

	mu     sync.Mutex
	known  *oidc.Provider
	failed time.Time
	why    error
}

func newProvider(o Options, clock clock.PassiveClock) (*provider, error) {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	if file := o.OIDC.CAFile; file != "" {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("--oidc-ca-file: %w", err)
		}
		pool := x509.NewCertPool()
		if !pool.AppendCertsFromPEM(text) {
			return nil, fmt.Errorf("--oidc-ca-file %s holds no certificate in PEM", file)
		}
		transport.TLSClientConfig = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
	}
	return &provider{
		options: o.OIDC, redirect: o.PublicURL + callbackPath, clock: clock,
		client: &http.Client{Timeout: providerTimeout, Transport: limitAnswers{transport}},
	}, nil
}

// limitAnswers keeps a broken provider from filling the hub's memory.
type limitAnswers struct{ next http.RoundTripper }

func (l limitAnswers) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := l.next.RoundTrip(r)
	if err == nil {
		answer.Body = http.MaxBytesReader(nil, answer.Body, maxAnswer)
	}
	return answer, err
}

// discover returns what the provider says about itself (OpenID Connect Discovery 1.0). One asks; the others wait.
func (p *provider) discover() (*oidc.Provider, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.known != nil {
		return p.known, nil
	}
	if p.why != nil && p.clock.Now().Sub(p.failed) < discoverAgain {
		return nil, p.why
	}
	// The provider keeps this context for fetching keys later: it must outlive the request.
	known, err := oidc.NewProvider(oidc.ClientContext(context.Background(), p.client), p.options.Issuer)
	if err != nil {
		p.failed, p.why = p.clock.Now(), fmt.Errorf("%w: %w", errProvider, err)
		return nil, p.why
	}
	p.known, p.why = known, nil
	return known, nil
}

func (p *provider) config(known *oidc.Provider) (oauth2.Config, error) {
	config := oauth2.Config{ClientID: p.options.ClientID, Endpoint: known.Endpoint(), RedirectURL: p.redirect, Scopes: p.options.Scopes}
	if file := p.options.ClientSecretFile; file != "" {
		// Read each time: a Secret that is mounted may change.
		text, err := os.ReadFile(file)
		if err != nil {
			return oauth2.Config{}, fmt.Errorf("the client's secret can't be read: %w", err)
		}
		config.ClientSecret = strings.TrimSpace(string(text))
	}
	if !slices.Contains(config.Scopes, oidc.ScopeOpenID) {
		config.Scopes = append([]string{oidc.ScopeOpenID}, config.Scopes...)
	}
	return config, nil
}

// address is where to send the browser (RFC 6749, 4.1.1, with PKCE, RFC 7636).
func (p *provider) address(a attempt) (string, error) {
	known, err := p.discover()
	if err != nil {
		return "", err
	}
	config, err := p.config(known)
	if err != nil {
		return "", err
	}
	return config.AuthCodeURL(a.State, oidc.Nonce(a.Nonce), oauth2.S256ChallengeOption(a.Verifier)), nil
}

// redeem exchanges the code for what the provider says of the person.
func (p *provider) redeem(ctx context.Context, a attempt, code string) (claims, error) {
	known, err := p.discover()
	if err != nil {
		return nil, err
	}
	config, err := p.config(known)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(oidc.ClientContext(ctx, p.client), 2*providerTimeout)
	defer cancel()
	answer, err := config.Exchange(ctx, code, oauth2.VerifierOption(a.Verifier))
	if err != nil {
		return nil, fmt.Errorf("%w: the code was not taken: %w", errProvider, withoutBody(err))
	}
	text, _ := answer.Extra("id_token").(string)
	if text == "" {
		return nil, fmt.Errorf("%w: it gave no ID token: is openid among the scopes?", errProvider)
	}
	idToken, err := known.Verifier(&oidc.Config{ClientID: p.options.ClientID, Now: p.clock.Now}).Verify(ctx, text)
	if err != nil {
		return nil, fmt.Errorf("%w: the ID token is not valid: %w", errProvider, err)
	}
	if idToken.Nonce != a.Nonce {
		return nil, fmt.Errorf("%w: the ID token belongs to another attempt", errProvider)
	}
	if idToken.AccessTokenHash != "" {
		if err := idToken.VerifyAccessToken(answer.AccessToken); err != nil {
			return nil, fmt.Errorf("%w: the access token does not belong to the ID token", errProvider)
		}
	}
	var said claims
	if err := idToken.Claims(&said); err != nil {
		return nil, fmt.Errorf("%w: %w", errProvider, err)
	}
	return p.complete(ctx, known, answer, idToken.Subject, said)
}

// complete asks the UserInfo endpoint for claims that aren't in the ID token; some providers keep them out of it.
func (p *provider) complete(ctx context.Context, known *oidc.Provider, answer *oauth2.Token, subject string, said claims) (claims, error) {
	wanted := []string{p.options.UsernameClaim, p.options.DisplayNameClaim, p.options.GroupsClaim}
	if !slices.ContainsFunc(wanted, func(name string) bool { return name != "" && said.at(name) == nil }) || known.UserInfoEndpoint() == "" {
		return said, nil
	}
	info, err := known.UserInfo(ctx, oauth2.StaticTokenSource(answer))
	if err != nil {
		return nil, fmt.Errorf("%w: UserInfo: %w", errProvider, err)
	}
	if info.Subject != subject {
		return nil, fmt.Errorf("%w: UserInfo is about somebody else", errProvider)
	}
	var more claims
	if err := info.Claims(&more); err != nil {
		return nil, fmt.Errorf("%w: %w", errProvider, err)
	}
	if address, found := said["email"]; found && more["email"] != address {
		delete(more, "email_verified") // that of another address
	}
	for name, value := range more {
		if _, found := said[name]; !found {
			said[name] = value
		}
	}
	return said, nil
}

// withoutBody leaves out what the provider answered but for its error code: it may repeat what was sent.
func withoutBody(err error) error {
	var refused *oauth2.RetrieveError
	if errors.As(err, &refused) {
		return fmt.Errorf("%q", cleanText(refused.ErrorCode, 100))
	}
	return err
}

// claims are what a provider says of a person.
type claims map[string]any

// at returns a claim; a name with dots leads into claims inside of others, when there is no claim of the whole name.
func (c claims) at(name string) any {
	if value, found := c[name]; found {
		return value
	}
	inside := map[string]any(c)
	steps := strings.Split(name, ".")
	for i, step := range steps {
		value, found := inside[step]
		if !found {
			return nil
		}
		if i == len(steps)-1 {
			return value
		}
		if inside, found = value.(map[string]any); !found {
			return nil
		}
	}
	return nil
}

func (c claims) text(name string) string {
	switch value := c.at(name).(type) {
	case string:
		return value
	case json.Number:
		return value.String()
	}
	return ""
}

// texts returns a claim that is a list of texts, or one text.
func (c claims) texts(name string) []string {
	switch value := c.at(name).(type) {
	case string:
		return []string{value}
	case []any:
		var all []string
		for _, item := range value {
			if text, ok := item.(string); ok {
				all = append(all, text)
			}
		}
		return all
	}
	return nil
}

// personOf makes of what the provider said who that is here, or says why they may not sign in.
func (o OIDCOptions) personOf(said claims) (person, error) {
	name := said.text(o.UsernameClaim)
	if name == "" {
		return person{}, fmt.Errorf("%w: the provider told no %s", errNotAllowed, o.UsernameClaim)
	}
	if o.UsernameClaim == "email" {
		local, domain, found := strings.Cut(name, "@")
		value, told := said["email_verified"]
		verified := value == true || value == "true" // some providers write it as a text
		switch {
		case !found || local == "" || domain == "" || strings.Contains(domain, "@"):
			return person{}, fmt.Errorf("%w: what the provider told as email is no address", errNotAllowed)
		case told && !verified, !told && !o.AssumeEmailVerified:
			return person{}, fmt.Errorf("%w: the provider has not verified the address", errNotAllowed)
		case len(o.AllowedDomains) > 0 && !slices.ContainsFunc(o.AllowedDomains, func(allowed string) bool { return strings.EqualFold(allowed, domain) }):
			return person{}, fmt.Errorf("%w: the address is of another domain", errNotAllowed)
		}
		// An address means the same in whatever case the provider has it today.
		name = strings.ToLower(name)
	} else {
		name = o.UsernamePrefix + name
	}
	if err := checkName(name); err != nil {
		return person{}, fmt.Errorf("%w: %w", errNotAllowed, err)
	}
	told := said.texts(o.GroupsClaim)
	in := func(group string) bool { return slices.Contains(told, group) }
	if len(o.AllowedGroups) > 0 && !slices.ContainsFunc(o.AllowedGroups, in) {
		return person{}, fmt.Errorf("%w: in none of the groups that may", errNotAllowed)
	}
	groups := make([]string, 0, len(told))
	for _, group := range told {
		// A group of a name that can't be used here isn't made one that can by the prefix.
		if checkName(group) == nil {
			groups = append(groups, o.GroupsPrefix+group)
		}
	}
	return person{
		Name: name, DisplayName: cleanText(said.text(o.DisplayNameClaim), 100),
		Groups: cleanGroups(groups), Admin: slices.ContainsFunc(o.AdminGroups, in), method: MethodOIDC,
	}, nil
}
