package auth

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/crypto/chacha20poly1305"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/utils/clock"
)

const (
	// keysSecret holds the keys that cookies are sealed with. Deleting it ends all sessions.
	keysSecret = "workbench-session-keys"
	// keyAge is how long a key seals new cookies; it opens old ones until none can be left.
	keyAge = 30 * 24 * time.Hour
	// keySettles is how long a new key waits until it seals, so that every replica has it by then.
	keySettles = time.Minute
)

// keyring seals and opens cookies with keys that all replicas share.
type keyring struct {
	store    *store
	clock    clock.PassiveClock
	lifetime time.Duration // of the longest sealed text
	log      *slog.Logger
}

// datedKey is a key and when it was made.
type datedKey struct {
	sealKey
	name string
	made time.Time
}

// seal seals with the newest key that every replica has.
func (k *keyring) seal(ctx context.Context, purpose string, plain []byte) (string, error) {
	keys, err := k.keys(ctx)
	if errors.Is(err, errNotFound) { // somebody deleted them to end all sessions
		if err := k.maintain(ctx); err != nil {
			return "", err
		}
		keys, err = k.keys(ctx)
	}
	if err != nil {
		return "", fmt.Errorf("the keys in Secret %s: %w", keysSecret, err)
	}
	key := keys[0]
	for _, candidate := range keys {
		if candidate.made.Before(k.clock.Now().Add(-keySettles)) {
			key = candidate
		}
	}
	return key.seal(purpose, plain), nil
}

// open opens what any replica sealed.
func (k *keyring) open(ctx context.Context, purpose, sealed string) ([]byte, error) {
	id, raw, err := sealedBy(sealed)
	if err != nil {
		return nil, err
	}
	keys, err := k.keys(ctx)
	if errors.Is(err, errNotFound) {
		return nil, errSealed
	}
	if err != nil {
		return nil, err
	}
	if i := slices.IndexFunc(keys, func(key datedKey) bool { return key.id == id }); i >= 0 {
		return keys[i].open(purpose, raw)
	}
	return nil, errSealed
}

// keys returns the keys, oldest first, at least one, or errNotFound.
func (k *keyring) keys(ctx context.Context) ([]datedKey, error) {
	secret, err := k.store.get(ctx, kindKeys, keysSecret)
	if err != nil {
		return nil, err
	}
	return decode(k.store, secret, parseKeys)
}

// maintain makes the first key, adds one when the newest is old, and drops those that nothing can be sealed with.
func (k *keyring) maintain(ctx context.Context) error {
	_, err := k.store.get(ctx, kindKeys, keysSecret)
	if errors.Is(err, errNotFound) {
		name, secret := newKey(k.clock.Now())
		_, err = k.store.create(ctx, kindKeys, keysSecret, map[string][]byte{name: secret}, nil)
		if apierrors.IsAlreadyExists(err) {
			return nil
		}
		return err
	}
	if err != nil {
		return err
	}
	_, err = k.store.update(ctx, kindKeys, keysSecret, func(secret *corev1.Secret) (bool, error) {
		keys, err := parseKeys(secret)
		if err != nil {
			return false, err
		}
		now, write := k.clock.Now(), false
		if keys[len(keys)-1].made.Before(now.Add(-keyAge)) {
			name, value := newKey(now)
			secret.Data[name] = value
			write = true
			k.log.Info("cookies will be sealed with a new key")
		}
		for i := range keys[:len(keys)-1] {
			// A key seals until its successor has settled.
			if keys[i+1].made.Before(now.Add(-k.lifetime - 2*keySettles)) {
				delete(secret.Data, keys[i].name)
				write = true
			}
		}
		return write, nil
	})
	return err
}

// newKey makes a key and its name, which tells when it was made and by what id texts name it.
func newKey(now time.Time) (string, []byte) {
	random := make([]byte, keyIDSize+chacha20poly1305.KeySize)
	rand.Read(random)
	return fmt.Sprintf("%d-%s", now.Unix(), hex.EncodeToString(random[:keyIDSize])), random[keyIDSize:]
}

func parseKeys(secret *corev1.Secret) ([]datedKey, error) {
	keys := make([]datedKey, 0, len(secret.Data))
	for name, value := range secret.Data {
		seconds, hexID, found := strings.Cut(name, "-")
		made, err := strconv.ParseInt(seconds, 10, 64)
		id, errID := hex.DecodeString(hexID)
		if !found || err != nil || errID != nil || len(id) != keyIDSize || len(value) != chacha20poly1305.KeySize {
			return nil, fmt.Errorf("%q is no key of the hub's; delete the Secret to let it make new ones, which ends all sessions", name)
		}
		key := datedKey{name: name, made: time.Unix(made, 0)}
		copy(key.id[:], id)
		copy(key.secret[:], value)
		keys = append(keys, key)
	}
	if len(keys) == 0 {
		return nil, errors.New("it holds no key; delete it to let the hub make new ones, which ends all sessions")
	}
	slices.SortFunc(keys, func(a, b datedKey) int {
		return strings.Compare(fmt.Sprintf("%020d%s", a.made.Unix(), a.name), fmt.Sprintf("%020d%s", b.made.Unix(), b.name))
	})
	return keys, nil
}
