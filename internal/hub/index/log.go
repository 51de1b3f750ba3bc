package index

// log orders entries by version, each task at most once beside its traces. New ones come at the end, with few
// exceptions, so that what changed after a version is found from there.
type log struct {
	first, last *entry
	traces      int
}

// add puts an entry at its place.
func (l *log) add(e *entry) {
	at := l.last
	for at != nil && at.version > e.version {
		at = at.before
	}
	e.before = at
	if at == nil {
		e.after, l.first = l.first, e
	} else {
		e.after, at.after = at.after, e
	}
	if e.after == nil {
		l.last = e
	} else {
		e.after.before = e
	}
	if e.deleted {
		l.traces++
	}
}

func (l *log) remove(e *entry) {
	if e.before == nil {
		l.first = e.after
	} else {
		e.before.after = e.after
	}
	if e.after == nil {
		l.last = e.before
	} else {
		e.after.before = e.before
	}
	e.before, e.after = nil, nil
	if e.deleted {
		l.traces--
	}
}

// trimTraces forgets the oldest tenth of the traces when there are too many, and returns the version up to which; 0
// when nothing was forgotten.
func (l *log) trimTraces() uint64 {
	if l.traces <= maxTraces {
		return 0
	}
	forgotten := uint64(0)
	for e := l.first; e != nil && l.traces > maxTraces*9/10; {
		next := e.after
		if e.deleted {
			forgotten = e.version
			l.remove(e)
		}
		e = next
	}
	return forgotten
}

// after is the first entry after a version; nil when there is none.
func (l *log) after(version uint64) *entry {
	at := l.last
	if at == nil || at.version <= version {
		return nil
	}
	for at.before != nil && at.before.version > version {
		at = at.before
	}
	return at
}
