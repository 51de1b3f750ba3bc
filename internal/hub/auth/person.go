package auth

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// maxEnded is how many ended sessions of a person are remembered one by one. One more ends all their sessions.
const maxEnded = 32

// Keys in the Secret of a person.
const (
	personKey   = "person.json"
	passwordKey = "passwordHash"
)

// person is what the hub remembers of somebody: of a local account all of it, of somebody from OpenID Connect what the
// provider said at the last sign-in.
type person struct {
	Name        string   `json:"name"`
	DisplayName string   `json:"displayName,omitempty"`
	Groups      []string `json:"groups,omitempty"`
	Admin       bool     `json:"admin,omitempty"`
	Disabled    bool     `json:"disabled,omitempty"`
	// Epoch grows when all sessions end: a session of an older one is over.
	Epoch int64 `json:"epoch"`
	// Ended are sessions that were signed out of before their time.
	Ended []endedSession `json:"ended,omitempty"`
	// Created is when the record was made, SignedIn the last sign-in of somebody from OpenID Connect, PasswordChanged when
	// the password of a local account was set.
	Created         time.Time `json:"created"`
	SignedIn        time.Time `json:"signedIn,omitzero"`
	PasswordChanged time.Time `json:"passwordChanged,omitzero"`

	// uid is that of the Secret: a record that was deleted and made again is somebody else.
	uid    string
	method Method
	hash   string
}

// endedSession is a session that was signed out of, kept until it would have ended by itself.
type endedSession struct {
	ID    string    `json:"id"`
	Until time.Time `json:"until"`
}

// ref is how sessions and tokens name a person.
type ref struct {
	Name   string `json:"name"`
	Method Method `json:"method"`
	UID    string `json:"uid"`
}

func (p person) ref() ref { return ref{p.Name, p.method, p.uid} }

// secretName is where the person's record is. Names from OpenID Connect may hold anything, so they are hashed.
func (r ref) secretName() string {
	if r.Method == MethodLocal {
		return "workbench-account-" + r.Name
	}
	sum := sha256.Sum256([]byte(r.Name))
	return "workbench-person-" + hex.EncodeToString(sum[:16])
}

func (r ref) kind() string {
	if r.Method == MethodLocal {
		return kindAccount
	}
	return kindPerson
}

func parsePerson(secret *corev1.Secret) (person, error) {
	var p person
	if err := json.Unmarshal(secret.Data[personKey], &p); err != nil {
		return person{}, fmt.Errorf("%s can't be read: %w", personKey, err)
	}
	p.uid, p.hash, p.method = string(secret.UID), string(secret.Data[passwordKey]), MethodOIDC
	if secret.Labels[identityLabel] == kindAccount {
		p.method = MethodLocal
	}
	if p.ref().secretName() != secret.Name {
		return person{}, errors.New("it names somebody else than its own name does")
	}
	return p, nil
}

func (p person) data() (map[string][]byte, error) {
	text, err := json.Marshal(p)
	if err != nil {
		return nil, err
	}
	data := map[string][]byte{personKey: text}
	if p.hash != "" {
		data[passwordKey] = []byte(p.hash)
	}
	return data, nil
}

// endAllSessions ends every session that began before.
func (p *person) endAllSessions() {
	p.Epoch++
	p.Ended = nil
}

// endSession ends one session.
func (p *person) endSession(id string, until, now time.Time) {
	p.Ended = slices.DeleteFunc(p.Ended, func(e endedSession) bool { return !e.Until.After(now) || e.ID == id })
	if len(p.Ended) >= maxEnded {
		p.endAllSessions()
		return
	}
	p.Ended = append(p.Ended, endedSession{id, until})
}

// people reads and writes the records of people.
type people struct{ store *store }

// find returns the record, from the cache or, when it isn't there, from the API server.
func (p people) find(ctx context.Context, r ref) (person, error) {
	secret, err := p.store.get(ctx, r.kind(), r.secretName())
	if err != nil {
		return person{}, err
	}
	return p.checked(secret, r)
}

// findCached returns the record if this replica has it.
func (p people) findCached(r ref) (person, error) {
	secret, err := p.store.cache.Get(r.secretName())
	if err != nil || secret.Labels[identityLabel] != r.kind() {
		return person{}, errNotFound
	}
	return p.checked(secret, r)
}

// findLive returns the record as it is now.
func (p people) findLive(ctx context.Context, r ref) (person, error) {
	secret, err := p.store.getLive(ctx, r.kind(), r.secretName())
	if err != nil {
		return person{}, err
	}
	return p.checked(secret, r)
}

func (p people) checked(secret *corev1.Secret, r ref) (person, error) {
	found, err := decode(p.store, secret, parsePerson)
	if err == nil && found.Name != r.Name { // two names of one hash
		return person{}, errNotFound
	}
	return found, err
}

// create writes a new record; it fails when there is one.
func (p people) create(ctx context.Context, r ref, record person) (person, error) {
	data, err := record.data()
	if err != nil {
		return person{}, err
	}
	secret, err := p.store.create(ctx, r.kind(), r.secretName(), data, nil)
	if err != nil {
		return person{}, err
	}
	return parsePerson(secret)
}

// update changes a record. When the function returns false, nothing is written.
func (p people) update(ctx context.Context, r ref, change func(*person) (bool, error)) (person, error) {
	secret, err := p.store.update(ctx, r.kind(), r.secretName(), func(secret *corev1.Secret) (bool, error) {
		record, err := parsePerson(secret)
		if err != nil {
			return false, err
		}
		if record.Name != r.Name || (r.UID != "" && record.uid != r.UID) {
			return false, errNotFound
		}
		write, err := change(&record)
		if err != nil || !write {
			return false, err
		}
		secret.Data, err = record.data()
		return true, err
	})
	if err != nil {
		return person{}, err
	}
	return parsePerson(secret)
}

// all returns everybody of a method, by name; records that can't be read are left out.
func (p people) all(method Method) []person {
	var found []person
	for _, secret := range p.store.list(ref{Method: method}.kind()) {
		if record, err := decode(p.store, secret, parsePerson); err == nil {
			found = append(found, record)
		}
	}
	slices.SortFunc(found, func(a, b person) int { return strings.Compare(a.Name, b.Name) })
	return found
}
