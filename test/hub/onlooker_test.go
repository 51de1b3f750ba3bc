//go:build apiserver

package hub

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/workbench-dev/workbench/internal/hub/api"
)

// event is one server-sent event.
type event struct {
	id, name, data string
}

// readEvents calls take for each event of a stream, and at for each id, until the stream ends.
func readEvents(stream io.Reader, at func(id string), take func(event)) {
	lines := bufio.NewScanner(stream)
	lines.Buffer(nil, 4<<20)
	var next event
	for lines.Scan() {
		name, value, _ := strings.Cut(lines.Text(), ": ")
		switch name {
		case "id":
			next.id = value
		case "event":
			next.name = value
		case "data":
			next.data = value
		case "":
			if next.id != "" {
				at(next.id)
			}
			if next.name != "" {
				take(next)
			}
			next = event{}
		}
	}
}

// onlooker does what a page of the console does: it lists, follows the stream, reconnects where it was when the stream
// ends, and lists again when it is told to. It holds every event to what the API promises.
type onlooker struct {
	world    *world
	url, who string
	// filter of the list, or the path of one task.
	filter url.Values
	task   string

	cancel context.CancelFunc
	done   chan struct{}

	mutex sync.Mutex
	// picture is what it believes, by cluster/namespace/name.
	picture map[string]seen
	counts  api.TaskCounts
	// newest version told by an event, by uid; gone are the uids of deleted tasks.
	newest   map[string]uint64
	gone     map[string]bool
	lastTask string

	events, lists, resets, connects, byes int
	problems                              []string
}

// seen is what an onlooker knows of a task.
type seen struct {
	UID, ResourceVersion, Phase string
}

// look starts an onlooker of a list, or of one task when a path is given.
func (w *world) look(t *testing.T, url, who string, filter url.Values, task string) *onlooker {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	o := &onlooker{
		world: w, url: url, who: who, filter: filter, task: task, cancel: cancel, done: make(chan struct{}),
		picture: map[string]seen{}, newest: map[string]uint64{}, gone: map[string]bool{},
	}
	go func() {
		defer close(o.done)
		o.run(ctx)
	}()
	t.Cleanup(o.stop)
	return o
}

func (o *onlooker) stop() {
	o.cancel()
	<-o.done
}

func (o *onlooker) run(ctx context.Context) {
	last := ""
	for ctx.Err() == nil {
		path, query := "/api/v1/release-tasks/stream", maps.Clone(o.filter)
		if o.task != "" {
			path, query = o.task+"/stream", url.Values{}
		} else if last == "" {
			id, err := o.list(ctx)
			if err != nil {
				pause(ctx)
				continue
			}
			query.Set("after", id)
		}
		last = o.follow(ctx, path+"?"+query.Encode(), last)
	}
}

// pause is how long a client waits before it tries again.
func pause(ctx context.Context) {
	select {
	case <-ctx.Done():
	case <-time.After(100 * time.Millisecond):
	}
}

// list makes the picture anew, and returns from where to follow.
func (o *onlooker) list(ctx context.Context) (string, error) {
	picture, first := map[string]seen{}, api.TaskList{}
	for page := 1; ; page++ {
		query := maps.Clone(o.filter)
		query.Set("pageSize", "200")
		query.Set("sort", "created")
		query.Set("page", strconv.Itoa(page))
		request, err := o.world.request(ctx, o.url, o.who, "GET", "/api/v1/release-tasks?"+query.Encode(), nil)
		if err != nil {
			return "", err
		}
		response, err := everyRequest.Do(request)
		if err != nil {
			return "", err
		}
		var list api.TaskList
		err = json.NewDecoder(response.Body).Decode(&list)
		response.Body.Close()
		if err != nil || response.StatusCode != http.StatusOK {
			return "", fmt.Errorf("the list answers %d: %w", response.StatusCode, err)
		}
		if page == 1 {
			first = list
		}
		for _, row := range list.Items {
			picture[row.Cluster+"/"+row.Namespace+"/"+row.Name] = seen{row.UID, row.ResourceVersion, string(row.Phase)}
		}
		if page*200 >= list.Total {
			break
		}
	}
	o.mutex.Lock()
	defer o.mutex.Unlock()
	o.lists++
	o.picture, o.counts = picture, first.Counts
	return first.EventID, nil
}

// follow reads the stream until it ends, and returns the id to go on from.
func (o *onlooker) follow(ctx context.Context, path, last string) string {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	request, err := o.world.request(ctx, o.url, o.who, "GET", path, nil)
	if err != nil {
		o.complain("%v", err)
		return last
	}
	if last != "" {
		request.Header.Set("Last-Event-ID", last)
	}
	response, err := everyRequest.Do(request)
	if err != nil {
		pause(ctx)
		return last
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		if response.StatusCode != http.StatusServiceUnavailable {
			text, _ := io.ReadAll(response.Body)
			o.complain("the stream answers %d: %s", response.StatusCode, text)
		}
		pause(ctx)
		return last
	}
	o.mutex.Lock()
	o.connects++
	o.mutex.Unlock()
	readEvents(response.Body, func(id string) { last = id }, func(e event) { o.take(ctx, e) })
	return last
}

func (o *onlooker) complain(format string, values ...any) {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	o.problems = append(o.problems, fmt.Sprintf(format, values...))
}

// take believes an event, and checks that it is none that was told before, nor older.
func (o *onlooker) take(ctx context.Context, e event) {
	switch e.name {
	case api.EventRow, api.EventTask:
		var row api.TaskRow
		if err := json.Unmarshal([]byte(e.data), &row); err != nil {
			o.complain("%v: %s", err, e.data)
			return
		}
		o.row(e, row)
	case api.EventGone, api.EventDeleted:
		var key api.TaskKey
		if err := json.Unmarshal([]byte(e.data), &key); err != nil {
			o.complain("%v: %s", err, e.data)
			return
		}
		o.without(key)
	case api.EventReset:
		o.mutex.Lock()
		o.resets++
		o.mutex.Unlock()
		for ctx.Err() == nil {
			if _, err := o.list(ctx); err == nil {
				break
			}
			pause(ctx)
		}
	case api.EventCounts:
		o.mutex.Lock()
		defer o.mutex.Unlock()
		o.counts = api.TaskCounts{}
		if err := json.Unmarshal([]byte(e.data), &o.counts); err != nil {
			o.problems = append(o.problems, err.Error())
		}
	case api.EventBye:
		o.mutex.Lock()
		defer o.mutex.Unlock()
		o.byes++
	}
}

func (o *onlooker) row(e event, row api.TaskRow) {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	o.events++
	version, err := strconv.ParseUint(row.ResourceVersion, 10, 64)
	name := row.Cluster + "/" + row.Namespace + "/" + row.Name
	switch before := o.newest[row.UID]; {
	case err != nil:
		o.problems = append(o.problems, err.Error())
	case version < before:
		o.problems = append(o.problems, fmt.Sprintf("%s was told in version %d after %d", name, version, before))
	// The details of a task also change when its cluster is or isn't reachable.
	case version == before && (o.task == "" || e.data == o.lastTask):
		o.problems = append(o.problems, fmt.Sprintf("%s was told twice in version %d", name, version))
	case o.gone[row.UID] && o.filter.Get("phase") == "":
		o.problems = append(o.problems, fmt.Sprintf("%s was told after its deletion", name))
	}
	o.newest[row.UID], o.lastTask = version, e.data
	// A list may have been fetched after what this event tells.
	if known, found := o.picture[name]; found && known.UID == row.UID {
		if listed, err := strconv.ParseUint(known.ResourceVersion, 10, 64); err == nil && listed > version {
			return
		}
	}
	o.picture[name] = seen{row.UID, row.ResourceVersion, string(row.Phase)}
}

func (o *onlooker) without(key api.TaskKey) {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	o.events++
	name := key.Cluster + "/" + key.Namespace + "/" + key.Name
	if o.gone[key.UID] && o.filter.Get("phase") == "" {
		o.problems = append(o.problems, name+" was told to be gone twice")
	}
	o.gone[key.UID] = true
	if o.picture[name].UID == key.UID {
		delete(o.picture, name)
	}
}

// tally is what all onlookers went through.
type tally struct{ events, lists, resets, connects, byes int }

func sum(onlookers []*onlooker) tally {
	var all tally
	for _, o := range onlookers {
		o.mutex.Lock()
		all.events += o.events
		all.lists += o.lists
		all.resets += o.resets
		all.connects += o.connects
		all.byes += o.byes
		o.mutex.Unlock()
	}
	return all
}

// numbers are those of one onlooker.
func (o *onlooker) numbers() (events, connects, byes int) {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	return o.events, o.connects, o.byes
}

// complaints fails the test for each promise that was broken.
func complaints(t *testing.T, onlookers []*onlooker) {
	t.Helper()
	for i, o := range onlookers {
		o.mutex.Lock()
		for _, problem := range slices.Compact(o.problems[:min(len(o.problems), 5)]) {
			t.Errorf("onlooker %d (%s %s): %s", i, o.filter.Encode(), o.task, problem)
		}
		o.mutex.Unlock()
	}
}
