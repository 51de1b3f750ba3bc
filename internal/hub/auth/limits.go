package auth

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/utils/clock"
)

// limit is how many failures are let through: some at once, then one in every interval.
type limit struct {
	burst    int
	interval time.Duration
}

// Failed sign-ins that are let through: 10 in a quarter of an hour for an account, 50 for an address, behind which many
// people may sit.
var (
	limitAccount = limit{10, 90 * time.Second}
	limitAddress = limit{50, 18 * time.Second}
)

const (
	limitShards = 8
	// maxEntries is how many accounts and addresses a shard remembers, some 100 KiB.
	maxEntries = 2500
	limitsKey  = "limits.json"
)

// guessing limits failed sign-ins over all replicas, by the generic cell rate algorithm (ITU-T I.371): of each account
// and address only one moment is kept, that at which all its failures are forgotten. It is written on failures alone.
type guessing struct {
	store *store
	clock clock.PassiveClock
	log   *slog.Logger

	mu sync.Mutex
	// here is what failed on this replica; it holds when Kubernetes can't be written to.
	here map[string]int64
}

// subject is an account or an address that failures count against.
type subject struct {
	limit
	key string
}

func accountSubject(name string) subject { return subject{limitAccount, limitKey("account", name)} }

// addressSubject counts an IPv6 network of 64 bits as one, since one machine can take any address in it.
func addressSubject(address netip.Addr) subject {
	address = address.Unmap()
	if address.Is6() {
		if network, err := address.WithZone("").Prefix(64); err == nil {
			address = network.Addr()
		}
	}
	return subject{limitAddress, limitKey("address", address.String())}
}

// limitKey hides names, mistyped passwords among them, from who reads the Secret.
func limitKey(kind, value string) string {
	sum := sha256.Sum256([]byte(kind + "\x00" + value))
	return base64.RawURLEncoding.EncodeToString(sum[:12])
}

func limitShard(key string) string {
	return fmt.Sprintf("workbench-sign-in-limits-%d", key[0]%limitShards)
}

// wait is how long no further attempt is let through; 0 when one is.
func (g *guessing) wait(subjects ...subject) time.Duration {
	now, longest := g.clock.Now(), time.Duration(0)
	for _, s := range subjects {
		until := time.UnixMilli(g.forgotten(s.key))
		longest = max(longest, until.Sub(now)-time.Duration(s.burst-1)*s.interval)
	}
	return longest
}

// forgotten is when all failures of a key are forgotten, as Unix milliseconds.
func (g *guessing) forgotten(key string) int64 {
	g.mu.Lock()
	latest := g.here[key]
	g.mu.Unlock()
	secret, err := g.store.cache.Get(limitShard(key))
	if err != nil {
		return latest
	}
	shared, err := decode(g.store, secret, parseLimits)
	if err != nil {
		return latest
	}
	return max(latest, shared[key])
}

// failed counts a failure against each.
func (g *guessing) failed(ctx context.Context, subjects ...subject) {
	now := g.clock.Now()
	for _, s := range subjects {
		step := func(last int64) int64 {
			most := now.Add(time.Duration(s.burst+1) * s.interval).UnixMilli()
			return min(max(last, now.UnixMilli())+s.interval.Milliseconds(), most)
		}
		g.mu.Lock()
		if g.here == nil {
			g.here = map[string]int64{}
		}
		g.here[s.key] = step(g.here[s.key])
		trim(g.here, now)
		g.mu.Unlock()
		if err := g.change(ctx, s.key, func(entries map[string]int64) bool { entries[s.key] = step(entries[s.key]); return true }); err != nil {
			g.log.Warn("a failed sign-in could not be counted for the other replicas", "error", err)
		}
	}
}

// succeeded forgets the failures of an account. Those of an address stay: who has one account could otherwise guess
// others for ever.
func (g *guessing) succeeded(ctx context.Context, s subject) {
	g.mu.Lock()
	delete(g.here, s.key)
	g.mu.Unlock()
	if g.forgotten(s.key) == 0 {
		return
	}
	if err := g.change(ctx, s.key, func(entries map[string]int64) bool {
		_, found := entries[s.key]
		delete(entries, s.key)
		return found
	}); err != nil {
		g.log.Warn("the failed sign-ins of an account could not be forgotten", "error", err)
	}
}

func (g *guessing) change(ctx context.Context, key string, change func(map[string]int64) bool) error {
	name := limitShard(key)
	for range 2 {
		_, err := g.store.update(ctx, kindLimits, name, func(secret *corev1.Secret) (bool, error) {
			entries, err := parseLimits(secret)
			if err != nil {
				g.log.Warn("the failed sign-ins so far can't be read and are forgotten", "secret", name, "error", err)
				entries = map[string]int64{}
			}
			if !change(entries) {
				return false, nil
			}
			trim(entries, g.clock.Now())
			secret.Data[limitsKey], err = json.Marshal(entries)
			return true, err
		})
		if !errors.Is(err, errNotFound) {
			return err
		}
		entries := map[string]int64{}
		if !change(entries) {
			return nil
		}
		data, err := json.Marshal(entries)
		if err != nil {
			return err
		}
		_, err = g.store.create(ctx, kindLimits, name, map[string][]byte{limitsKey: data}, nil)
		if !apierrors.IsAlreadyExists(err) {
			return err
		}
	}
	return nil
}

func parseLimits(secret *corev1.Secret) (map[string]int64, error) {
	entries := map[string]int64{}
	if text := secret.Data[limitsKey]; len(text) > 0 {
		if err := json.Unmarshal(text, &entries); err != nil {
			return nil, fmt.Errorf("%s can't be read: %w", limitsKey, err)
		}
	}
	if entries == nil { // the JSON text null
		entries = map[string]int64{}
	}
	return entries, nil
}

// trim drops what is forgotten by now and, when there are still too many, those that will be forgotten soonest.
func trim(entries map[string]int64, now time.Time) {
	for key, until := range entries {
		if until <= now.UnixMilli() {
			delete(entries, key)
		}
	}
	for len(entries) > maxEntries {
		first, soonest := "", int64(0)
		for key, until := range entries {
			if first == "" || until < soonest {
				first, soonest = key, until
			}
		}
		delete(entries, first)
	}
}
