package auth

import (
	"context"
	"errors"
	"sync/atomic"
)

const (
	// hashingSlots is how many passwords are hashed at the same time, each with 19 MiB.
	hashingSlots = 2
	// hashingQueue is how many more may wait; one more is turned away.
	hashingQueue = 50
)

var errBusy = errors.New("too many people are signing in: try again in a few seconds")

// hashing bounds what hashing of passwords takes of this machine.
type hashing struct {
	slots   chan struct{}
	waiting atomic.Int64
	// nobody is the hash that a password is compared with when there is no account, so that the answer takes as long.
	nobody string
}

func newHashing() *hashing {
	return &hashing{slots: make(chan struct{}, hashingSlots), nobody: hashPassword("nobody has this password")}
}

// enter waits for a slot; the function that it returns gives it back.
func (h *hashing) enter(ctx context.Context) (func(), error) {
	if h.waiting.Add(1) > hashingQueue {
		h.waiting.Add(-1)
		return nil, errBusy
	}
	defer h.waiting.Add(-1)
	select {
	case h.slots <- struct{}{}:
		return func() { <-h.slots }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
