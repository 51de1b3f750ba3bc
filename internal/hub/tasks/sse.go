package tasks

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/workbench-dev/workbench/internal/hub/api"
)

// Timing of streams.
const (
	// heartbeat is how often something is sent, so that proxies keep the connection and a dead one is noticed.
	heartbeat = 15 * time.Second
	// writeTimeout is how long a client may take to take what is sent; then it has to reconnect.
	writeTimeout = 20 * time.Second
	// gather is how far apart changes are sent at least, so that a burst costs little; the first is sent at once.
	gather = 100 * time.Millisecond
	// countsEvery is how often counts are sent at most.
	countsEvery = time.Second
)

// Limits of open streams. Each costs a goroutine and, while it is idle, some 40 KiB.
const (
	maxStreams         = 2000
	maxStreamsOfPerson = 50
)

// streamLimit counts open streams.
type streamLimit struct {
	mutex sync.Mutex
	all   int
	of    map[string]int
}

// open returns what to call at the end of a stream, or a problem when there are too many.
func (l *streamLimit) open(name string) (func(), error) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if l.of == nil {
		l.of = map[string]int{}
	}
	if l.all >= maxStreams || l.of[name] >= maxStreamsOfPerson {
		return nil, huma.ErrorWithHeaders(huma.Error429TooManyRequests("Too many streams are open: close some pages, or wait a moment."), http.Header{"Retry-After": {"10"}})
	}
	l.all++
	l.of[name]++
	return sync.OnceFunc(func() {
		l.mutex.Lock()
		defer l.mutex.Unlock()
		l.all--
		if l.of[name]--; l.of[name] == 0 {
			delete(l.of, name)
		}
	}), nil
}

// stream writes server-sent events (WHATWG HTML, 9.2).
type stream struct {
	to      io.Writer
	control *http.ResponseController
	err     error
	// written says that something waits to be sent; flushed is when something was sent last.
	written bool
	flushed time.Time
}

// newStream begins the answer.
func newStream(ctx huma.Context) *stream {
	_, w := humago.Unwrap(ctx)
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no") // proxies must not hold events back
	s := &stream{to: w, control: http.NewResponseController(w)}
	w.WriteHeader(http.StatusOK)
	// How long clients wait before they reconnect, not all at the same moment.
	s.write(fmt.Appendf(nil, "retry: %d\n\n", 500+rand.IntN(1500)))
	s.flush()
	return s
}

// send writes one event; id may be empty.
func (s *stream) send(event, id string, data any) {
	text, err := json.Marshal(data)
	if err != nil {
		s.err = errors.Join(s.err, err)
		return
	}
	if id != "" {
		s.write(fmt.Appendf(nil, "id: %s\n", id))
	}
	s.write(fmt.Appendf(nil, "event: %s\ndata: %s\n\n", event, text))
}

// beat keeps the connection alive and tells where the client is, which moves on also when nothing is sent.
func (s *stream) beat(id string) {
	if id != "" {
		s.write(fmt.Appendf(nil, "id: %s\n", id))
	}
	s.write([]byte(": beat\n\n"))
	s.flush()
}

func (s *stream) bye(reason string) {
	s.send(api.EventBye, "", api.ByeEvent{Reason: reason})
	s.flush()
}

func (s *stream) write(text []byte) {
	if s.err != nil {
		return
	}
	if err := s.control.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		s.err = err
		return
	}
	_, s.err = s.to.Write(text)
	s.written = true
}

func (s *stream) flush() {
	if s.err == nil {
		s.err = s.control.Flush()
		s.written, s.flushed = false, time.Now()
	}
}

// gather waits until enough time has passed since something was sent last; false when the context ended.
func (s *stream) gather(ctx context.Context) bool {
	wait := gather - time.Since(s.flushed)
	if wait <= 0 {
		return true
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
