package tasks

import (
	"context"
	"reflect"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/workbench-dev/workbench/internal/hub/api"
	"github.com/workbench-dev/workbench/internal/hub/index"
)

// StreamList tells what changes in a list. A client that reconnects with the id of its last event misses nothing and
// gets nothing twice, on any replica; when that can't be promised, it is told to fetch the list again.
func (s *Service) StreamList(ctx context.Context, in *api.StreamTasksInput) (*huma.StreamResponse, error) {
	who := s.who(ctx)
	done, err := s.streams.open(who.Name)
	if err != nil {
		return nil, err
	}
	return &huma.StreamResponse{Body: func(response huma.Context) {
		defer done()
		last := in.LastEventID
		if last == "" {
			last = in.After
		}
		l := &listStream{Service: s, stream: newStream(response), filter: in.TaskFilter, who: who}
		l.run(response.Context(), last)
	}}, nil
}

// listStream is one open stream of a list.
type listStream struct {
	*Service
	*stream
	who    person
	filter api.TaskFilter

	view        *index.View
	fingerprint string
	position    *index.Position
	// what was sent last, and when.
	counts      api.TaskCounts
	countsAt    time.Time
	countsStale bool
	states      []api.ClusterState
}

func (l *listStream) run(ctx context.Context, last string) {
	accessChanged := l.Access.Changed()
	l.look()
	l.begin(ctx, last)
	beats := time.NewTicker(heartbeat)
	defer beats.Stop()
	for l.err == nil {
		tasksChanged, clustersChanged := l.Index.Changed(), l.Clusters.Changed()
		l.sendChanges()
		l.sendStates()
		countsDue := l.sendCounts()
		if l.written {
			l.flush()
		}

		select {
		case <-ctx.Done():
			return
		case <-l.Draining:
			l.bye("The hub stops or restarts: reconnect.")
			return
		case <-accessChanged:
			accessChanged = l.Access.Changed()
			l.lookAgain()
		case <-tasksChanged:
			l.countsStale = true
			if !l.gather(ctx) {
				return
			}
		case <-clustersChanged:
		case <-countsDue:
		case <-beats.C:
			l.beat(l.position.Cursor().String(l.fingerprint))
		}
	}
}

func (l *listStream) look() {
	l.who.scope = l.Access.Of(l.who.Identity)
	l.view = index.NewView(l.who.scope, l.filter)
	l.fingerprint = l.view.Fingerprint()
	l.countsStale = true
}

// begin finds where the client is.
func (l *listStream) begin(ctx context.Context, last string) {
	if last == "" {
		l.position = l.Index.Now(l.view)
		return
	}
	cursor, fingerprint, err := index.ParseCursor(last)
	if err != nil || fingerprint != l.fingerprint {
		l.reset("What you see or ask for is not what it was.")
		return
	}
	l.Index.Recall(ctx, l.view, cursor)
	l.position = l.Index.Resume(l.view, cursor)
}

// lookAgain follows a change of roles: rows may have come into sight or out of it.
func (l *listStream) lookAgain() {
	before := l.fingerprint
	l.look()
	if l.fingerprint != before {
		l.reset("Your roles changed.")
	}
}

func (l *listStream) reset(reason string) {
	l.position = l.Index.Now(l.view)
	l.send(api.EventReset, l.position.Cursor().String(l.fingerprint), api.ResetEvent{Reason: reason})
}

func (l *listStream) sendChanges() {
	changes, ok := l.Index.Since(l.view, l.position)
	if !ok {
		l.reset("Too much changed, or what changed isn't remembered.")
		return
	}
	for _, change := range changes {
		id := change.Cursor.String(l.fingerprint)
		if change.Row == nil {
			l.send(api.EventGone, id, change.Key)
			continue
		}
		change.Row.Stale = l.stale(change.Row.Cluster)
		l.send(api.EventRow, id, change.Row)
	}
}

// sendStates tells of clusters that came, went or can or can't be reached.
func (l *listStream) sendStates() {
	states := l.Service.states(l.view)
	if l.states != nil && reflect.DeepEqual(states, l.states) {
		return
	}
	l.states = states
	l.send(api.EventClusters, "", api.ClusterStates{Clusters: states})
}

// sendCounts tells the counts when they changed. When it is too early, it returns when it is time.
func (l *listStream) sendCounts() <-chan time.Time {
	if !l.countsStale {
		return nil
	}
	if wait := countsEvery - time.Since(l.countsAt); wait > 0 {
		return time.After(wait)
	}
	l.countsStale, l.countsAt = false, time.Now()
	if counts := l.Index.Counts(l.view); !reflect.DeepEqual(counts, l.counts) {
		l.counts = counts
		l.send(api.EventCounts, "", counts)
	}
	return nil
}
