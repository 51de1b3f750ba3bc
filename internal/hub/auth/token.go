package auth

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base32"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/utils/clock"
)

const (
	// tokenPrefix lets people and secret scanners know a token of Workbench.
	tokenPrefix = "wb_"
	// tokenBytes of randomness need no slow hash: they can't be guessed.
	tokenBytes = 32
	// maxTokens is how many tokens a person may have that haven't expired.
	maxTokens = 50
	// usedAfter is how often the last use of a token is written at most, by each replica.
	usedAfter = time.Hour
	// expiredFor is how long an expired token stays in the list.
	expiredFor = 7 * 24 * time.Hour

	tokenKey       = "token.json"
	usedAnnotation = "workbench.dev/last-used"
)

// errTooManyTokens says that a person has to revoke one first.
var errTooManyTokens = fmt.Errorf("an account can have %d tokens: revoke one that is not needed", maxTokens)

var tokenEncoding = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// token is what is kept of an API token: never the token itself.
type token struct {
	Name     string    `json:"name"`
	Owner    ref       `json:"owner"`
	ReadOnly bool      `json:"readOnly,omitempty"`
	Hash     string    `json:"hash"` // SHA-256 of the token, in hexadecimal digits
	Created  time.Time `json:"created"`
	Expires  time.Time `json:"expires"`

	id   string
	used time.Time
}

// tokens makes, checks and revokes API tokens.
type tokens struct {
	store  *store
	people people
	clock  clock.PassiveClock
	log    *slog.Logger

	mu      sync.Mutex
	touched map[string]time.Time // when this replica last wrote a token's use
}

// parseToken returns the hash of what may be a token.
func parseToken(text string) (string, error) {
	encoded, found := strings.CutPrefix(text, tokenPrefix)
	if !found || len(encoded) != tokenEncoding.EncodedLen(tokenBytes) {
		return "", errToken
	}
	// Decoded strictly, so that there is one spelling of each token.
	raw, err := tokenEncoding.DecodeString(encoded)
	if err != nil || tokenEncoding.EncodeToString(raw) != encoded {
		return "", errToken
	}
	return hashToken(text), nil
}

func hashToken(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// tokenID names a token where it must not be told: the beginning of its hash.
func tokenID(hash string) string { return hash[:16] }

func tokenSecretName(id string) string { return "workbench-token-" + id }

func decodeToken(secret *corev1.Secret) (token, error) {
	var t token
	if err := json.Unmarshal(secret.Data[tokenKey], &t); err != nil {
		return token{}, fmt.Errorf("%s can't be read: %w", tokenKey, err)
	}
	if len(t.Hash) != 2*sha256.Size {
		return token{}, errors.New("it holds no hash of a token")
	}
	t.id = tokenID(t.Hash)
	if tokenSecretName(t.id) != secret.Name {
		return token{}, errors.New("it is named after another token")
	}
	// A use that can't be read is none.
	t.used, _ = time.Parse(time.RFC3339, secret.Annotations[usedAnnotation])
	return t, nil
}

// make makes a token. The text that it returns is told once and kept nowhere.
func (t *tokens) make(ctx context.Context, owner person, name string, readOnly bool, expires time.Time) (string, token, error) {
	now := t.clock.Now()
	alive := 0
	for _, other := range t.of(owner.ref()) {
		if other.Expires.After(now) {
			alive++
		}
	}
	if alive >= maxTokens {
		return "", token{}, errTooManyTokens
	}
	random := make([]byte, tokenBytes)
	rand.Read(random)
	text := tokenPrefix + tokenEncoding.EncodeToString(random)
	made := token{Name: name, Owner: owner.ref(), ReadOnly: readOnly, Hash: hashToken(text), Created: now.UTC(), Expires: expires.UTC()}
	made.id = tokenID(made.Hash)
	data, err := json.Marshal(made)
	if err != nil {
		return "", token{}, err
	}
	if _, err := t.store.create(ctx, kindToken, tokenSecretName(made.id), map[string][]byte{tokenKey: data}, nil); err != nil {
		return "", token{}, err
	}
	return text, made, nil
}

// check says whose token it is. It acts as its owner is now.
func (t *tokens) check(ctx context.Context, text string) (token, person, error) {
	hash, err := parseToken(text)
	if err != nil {
		return token{}, person{}, err
	}
	secret, err := t.store.get(ctx, kindToken, tokenSecretName(tokenID(hash)))
	if errors.Is(err, errNotFound) {
		return token{}, person{}, errToken
	}
	if err != nil {
		return token{}, person{}, err
	}
	found, err := decode(t.store, secret, decodeToken)
	if err != nil {
		return token{}, person{}, err
	}
	if subtle.ConstantTimeCompare([]byte(found.Hash), []byte(hash)) != 1 || !t.clock.Now().Before(found.Expires) {
		return token{}, person{}, errToken
	}
	owner, err := t.people.find(ctx, found.Owner)
	switch {
	case errors.Is(err, errNotFound):
		return token{}, person{}, errToken
	case err != nil:
		return token{}, person{}, err
	case owner.uid != found.Owner.UID:
		return token{}, person{}, errToken
	case owner.Disabled:
		return token{}, person{}, errDisabled
	}
	return found, owner, nil
}

// of returns the tokens of a person, newest first.
func (t *tokens) of(owner ref) []token {
	var found []token
	for _, secret := range t.store.list(kindToken) {
		if candidate, err := decode(t.store, secret, decodeToken); err == nil && candidate.Owner == owner {
			found = append(found, candidate)
		}
	}
	slices.SortFunc(found, func(a, b token) int {
		if order := b.Created.Compare(a.Created); order != 0 {
			return order
		}
		return strings.Compare(a.id, b.id)
	})
	return found
}

// revoke ends a token of that owner on every replica.
func (t *tokens) revoke(ctx context.Context, owner ref, id string) (token, error) {
	if len(id) != 16 {
		return token{}, errNotFound
	}
	secret, err := t.store.get(ctx, kindToken, tokenSecretName(id))
	if err != nil {
		return token{}, err
	}
	found, err := decode(t.store, secret, decodeToken)
	if err != nil {
		return token{}, err
	}
	if found.Owner != owner {
		return token{}, errNotFound
	}
	return found, t.store.delete(ctx, secret.Name)
}

// revokeAll ends all tokens of that owner.
func (t *tokens) revokeAll(ctx context.Context, owner ref) error {
	var failed []error
	for _, found := range t.of(owner) {
		if err := t.store.delete(ctx, tokenSecretName(found.id)); err != nil && !errors.Is(err, errNotFound) {
			failed = append(failed, err)
		}
	}
	return errors.Join(failed...)
}

// markUsed notes that a token was used, in the background and at most once an hour.
func (t *tokens) markUsed(ctx context.Context, used token) {
	now := t.clock.Now()
	if now.Sub(used.used) < usedAfter {
		return
	}
	t.mu.Lock()
	if now.Sub(t.touched[used.id]) < usedAfter {
		t.mu.Unlock()
		return
	}
	if t.touched == nil {
		t.touched = map[string]time.Time{}
	}
	t.touched[used.id] = now
	t.mu.Unlock()
	go func() {
		ctx := context.WithoutCancel(ctx) // it belongs to the token, not to the request
		_, err := t.store.update(ctx, kindToken, tokenSecretName(used.id), func(secret *corev1.Secret) (bool, error) {
			if last, err := time.Parse(time.RFC3339, secret.Annotations[usedAnnotation]); err == nil && now.Sub(last) < usedAfter {
				return false, nil
			}
			if secret.Annotations == nil {
				secret.Annotations = map[string]string{}
			}
			secret.Annotations[usedAnnotation] = now.UTC().Format(time.RFC3339)
			return true, nil
		})
		if err != nil && !errors.Is(err, errNotFound) && !apierrors.IsConflict(err) {
			t.log.Warn("the last use of an API token could not be noted", "token", used.id, "error", err)
		}
	}()
}

// prune removes tokens that expired some days ago, and forgets which were touched.
func (t *tokens) prune(ctx context.Context) error {
	now := t.clock.Now()
	t.mu.Lock()
	for id, at := range t.touched {
		if now.Sub(at) >= usedAfter {
			delete(t.touched, id)
		}
	}
	t.mu.Unlock()
	var failed []error
	for _, secret := range t.store.list(kindToken) {
		found, err := decode(t.store, secret, decodeToken)
		if err != nil || now.Sub(found.Expires) < expiredFor {
			continue
		}
		if err := t.store.delete(ctx, secret.Name); err != nil && !errors.Is(err, errNotFound) {
			failed = append(failed, err)
		}
	}
	return errors.Join(failed...)
}
