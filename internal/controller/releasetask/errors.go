package releasetask

import (
	"errors"
	"time"
)

// waiting ends a reconcile without an error: nothing is wrong, but the next line of the sequence has to wait for the
// world. It is looked at again when something watched changes, and after the given time at the latest.
type waiting struct {
	after time.Duration
	why   string
}

func (w waiting) Error() string { return w.why }

// wait ends the sequence until something changes, at most for the given time.
func wait(after time.Duration, why string) error { return waiting{after: after, why: why} }

// stalled ends a reconcile because a person has to act; why says what to do.
type stalled struct {
	reason string
	why    string
}

func (s stalled) Error() string { return s.why }

// outcome splits an error of a step into what the queue has to know: when to look again and whether it failed.
func outcome(err error) (after time.Duration, failure error) {
	var w waiting
	var s stalled
	switch {
	case err == nil:
		return 0, nil
	case errors.As(err, &w):
		return w.after, nil
	case errors.As(err, &s):
		return stalledRetry, nil
	}
	return 0, err
}

const (
	// blockedRetry is how often a blocked preflight looks again for what is not watched.
	blockedRetry = 10 * time.Second
	// stalledRetry is how often a task that waits for a person looks again.
	stalledRetry = 30 * time.Second
	// podsRetry is how often pods that do not start are looked at.
	podsRetry = 3 * time.Second
	// engineRetry is how long to wait for Argo Rollouts to answer a change before looking again.
	engineRetry = 2 * time.Second
)
