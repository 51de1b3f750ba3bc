//go:build apiserver

package hub

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workbench-dev/workbench/api/v1alpha1"
	"github.com/workbench-dev/workbench/internal/hub/api"
)

// event is one server-sent event.
type event struct {
	id, name, data string
}

// follower reads a stream while the test goes on.
type follower struct {
	cancel context.CancelFunc
	ended  chan struct{}

	mutex  sync.Mutex
	events []event
	// last is the id to resume from: that of the last event, or of a heartbeat.
	last string
}

// follow opens a stream.
func (w *world) follow(t *testing.T, r *replica, who, path string, headers ...string) *follower {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	response, err := http.DefaultClient.Do(w.request(t, r, who, "GET", path, nil, headers...).WithContext(ctx))
	if err != nil {
		t.Fatal(err)
	}
	if response.StatusCode != http.StatusOK || response.Header.Get("Content-Type") != "text/event-stream" {
		t.Fatalf("the stream answers %d %s", response.StatusCode, response.Header.Get("Content-Type"))
	}
	f := &follower{cancel: cancel, ended: make(chan struct{})}
	for i := 0; i+1 < len(headers); i += 2 {
		if headers[i] == "Last-Event-ID" {
			f.last = headers[i+1]
		}
	}
	go func() {
		defer close(f.ended)
		defer response.Body.Close()
		f.read(bufio.NewScanner(response.Body))
	}()
	t.Cleanup(f.stop)
	return f
}

func (f *follower) stop() {
	f.cancel()
	<-f.ended
}

func (f *follower) read(lines *bufio.Scanner) {
	lines.Buffer(nil, 1<<20)
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
			f.mutex.Lock()
			if next.id != "" {
				f.last = next.id
			}
			if next.name != "" {
				f.events = append(f.events, next)
			}
			f.mutex.Unlock()
			next = event{}
		}
	}
}

// told is what was told of tasks, in order: "row home/shop/cart Waiting", "gone home/shop/cart", "reset".
func (f *follower) told() []string {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	told := []string{}
	for _, e := range f.events {
		var about struct{ Cluster, Namespace, Name, Phase string }
		switch e.name {
		case api.EventRow, api.EventTask, api.EventGone, api.EventDeleted:
			if err := json.Unmarshal([]byte(e.data), &about); err != nil {
				return []string{err.Error()}
			}
			told = append(told, strings.TrimSpace(fmt.Sprintf("%s %s/%s/%s %s", e.name, about.Cluster, about.Namespace, about.Name, about.Phase)))
		case api.EventReset, api.EventBye:
			told = append(told, e.name)
		}
	}
	return told
}

func (f *follower) lastID() string {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	return f.last
}

// tells waits until it told all of these last.
func (f *follower) tells(t *testing.T, want ...string) {
	t.Helper()
	eventually(t, fmt.Sprintf("the stream tells %v", want), func() error {
		if told := f.told(); len(told) < len(want) || !slices.Equal(told[len(told)-len(want):], want) {
			return fmt.Errorf("it told %v", told)
		}
		return nil
	})
}

const listStream = "/api/v1/release-tasks/stream"

// versions waits until a replica shows a task as it is in its cluster.
func (w *world) knows(t *testing.T, r *replica, cluster string, task *v1alpha1.ReleaseTask) {
	t.Helper()
	eventually(t, "the hub knows "+task.Name, func() error {
		for _, row := range w.list(t, r, viewer).Items {
			if row.Cluster == cluster && row.Name == task.Name && row.ResourceVersion == task.ResourceVersion {
				return nil
			}
		}
		return fmt.Errorf("it does not list version %s", task.ResourceVersion)
	})
}

func testStream(t *testing.T, w *world) {
	cart := w.task(t, "home", shop, "cart", v1alpha1.PhaseReleasing)
	w.knows(t, w.first, "home", cart)
	list := w.list(t, w.first, viewer)
	// Between the list and the stream nothing is lost.
	w.phase(t, "home", cart, v1alpha1.PhaseWaiting)
	f := w.follow(t, w.first, viewer, listStream+"?after="+list.EventID)
	f.tells(t, "row home/shop/cart Waiting")

	w.task(t, "home", other, "hidden", v1alpha1.PhaseWaiting)
	far := w.task(t, "far", shop, "pay", v1alpha1.PhaseHealthy)
	f.tells(t, "row far/shop/pay Healthy")
	w.remove(t, "far", far)
	f.tells(t, "gone far/shop/pay")
	for _, told := range f.told() {
		if strings.Contains(told, "hidden") {
			t.Errorf("the viewer is told %s", told)
		}
	}

	// What leaves the filter goes.
	filtered := w.follow(t, w.first, viewer, listStream+"?phase=Waiting")
	w.phase(t, "home", cart, v1alpha1.PhaseHealthy)
	filtered.tells(t, "gone home/shop/cart")

	if got := w.follow(t, w.first, viewer, listStream, "Last-Event-ID", "made up"); true {
		got.tells(t, "reset")
	}
}

// testResume kills the replica that a stream is read from; another one, that knows nothing of the stream, goes on.
func testResume(t *testing.T, w *world) {
	first, second := w.replica(t, false), w.replica(t, false)
	defer second.stop()
	stays := w.task(t, "home", shop, "stays", v1alpha1.PhaseHealthy)
	goes := w.task(t, "far", shop, "goes", v1alpha1.PhaseHealthy)
	for _, r := range []*replica{first, second} {
		w.knows(t, r, "home", stays)
		w.knows(t, r, "far", goes)
	}
	before := w.follow(t, first, viewer, listStream+"?after="+w.list(t, first, viewer).EventID)
	w.phase(t, "home", stays, v1alpha1.PhaseReleasing)
	before.tells(t, "row home/shop/stays Releasing")

	first.stop()
	before.tells(t, "row home/shop/stays Releasing", "bye")
	w.phase(t, "home", stays, v1alpha1.PhaseWaiting)
	w.remove(t, "far", goes)
	eventually(t, "the second replica knows that the task is gone", func() error {
		if list := w.list(t, second, viewer); slices.Contains(names(list), "far/shop/goes") {
			return fmt.Errorf("it lists %v", names(list))
		}
		return nil
	})
	w.knows(t, second, "home", stays)

	after := w.follow(t, second, viewer, listStream, "Last-Event-ID", before.lastID())
	eventually(t, "what happened meanwhile is told once", func() error {
		told := slices.Sorted(slices.Values(after.told()))
		if want := []string{"gone far/shop/goes", "row home/shop/stays Waiting"}; !slices.Equal(told, want) {
			return fmt.Errorf("after the change of replicas it told %v, want %v", told, want)
		}
		return nil
	})
	// Nothing twice: who has all of it is told nothing of it again.
	again := w.follow(t, second, viewer, listStream, "Last-Event-ID", after.lastID())
	w.phase(t, "home", stays, v1alpha1.PhaseHealthy)
	again.tells(t, "row home/shop/stays Healthy")
	if told := again.told(); len(told) != 1 {
		t.Errorf("it was told again: %v", told)
	}

	// A replica that starts later asks the clusters what was deleted before.
	third := w.replica(t, false)
	defer third.stop()
	late := w.follow(t, third, viewer, listStream, "Last-Event-ID", before.lastID())
	eventually(t, "a replica that started later tells it, too", func() error {
		told := slices.Sorted(slices.Values(late.told()))
		if want := []string{"gone far/shop/goes", "row home/shop/stays Healthy"}; !slices.Equal(told, want) {
			return fmt.Errorf("it told %v, want %v", told, want)
		}
		return nil
	})
	// When they don't know any more, it says so rather than be silent.
	old := regexp.MustCompile(`:[0-9a-z]+`).ReplaceAllString(before.lastID(), ":1")
	w.follow(t, third, viewer, listStream, "Last-Event-ID", old).tells(t, "reset")
}

func testTaskStream(t *testing.T, w *world) {
	task := w.task(t, "home", shop, "watched", v1alpha1.PhaseReleasing)
	path := shopTasks + "/watched/stream"
	f := w.follow(t, w.first, viewer, path)
	f.tells(t, "task home/shop/watched Releasing")
	w.phase(t, "home", task, v1alpha1.PhaseWaiting)
	f.tells(t, "task home/shop/watched Releasing", "task home/shop/watched Waiting")

	resumed := w.follow(t, w.first, editor, path, "Last-Event-ID", f.lastID())
	w.phase(t, "home", task, v1alpha1.PhaseHealthy)
	resumed.tells(t, "task home/shop/watched Healthy")
	if told := resumed.told(); len(told) != 1 {
		t.Errorf("who had it was told it again: %v", told)
	}
	w.remove(t, "home", task)
	f.tells(t, "deleted home/shop/watched")
	<-f.ended
}

// testRolesChange takes a role away while a stream is read, and gives one.
func testRolesChange(t *testing.T, w *world) {
	w.task(t, "home", other, "theirs", v1alpha1.PhaseHealthy)
	mine := w.task(t, "home", shop, "mine", v1alpha1.PhaseHealthy)
	w.knows(t, w.first, "home", mine)
	f := w.follow(t, w.first, viewer, listStream)
	single := w.follow(t, w.first, viewer, shopTasks+"/mine/stream")
	single.tells(t, "task home/shop/mine Healthy")

	changed := &v1alpha1.Workspace{}
	change := func(name string, members ...v1alpha1.WorkspaceMember) {
		t.Helper()
		eventually(t, "the workspace is changed", func() error {
			if err := w.admins["home"].Get(context.Background(), client.ObjectKey{Name: name}, changed); err != nil {
				return err
			}
			changed.Spec.Members = members
			return w.admins["home"].Update(context.Background(), changed)
		})
	}
	if err := w.admins["home"].Get(context.Background(), client.ObjectKey{Name: shop}, changed); err != nil {
		t.Fatal(err)
	}
	members := changed.Spec.Members
	t.Cleanup(func() { change(shop, members...); w.awaitRoles(t) })
	change(shop, slices.DeleteFunc(slices.Clone(members), func(m v1alpha1.WorkspaceMember) bool { return m.Name == viewer })...)
	f.tells(t, "reset")
	single.tells(t, "bye")
	<-single.ended
	w.phase(t, "home", mine, v1alpha1.PhaseFailed)
	w.shows(t, editor, []string{"home/shop/mine"}, "phase", "Failed")
	if list := w.list(t, w.first, viewer); list.Counts.Total != 0 {
		t.Errorf("without a role the viewer sees %+v", list.Counts)
	}
	if told := f.told(); slices.Contains(told, "row home/shop/mine Failed") {
		t.Errorf("without a role the viewer is told %v", told)
	}
	if got := w.ask(t, viewer, "GET", shopTasks+"/mine", nil); got.status != http.StatusNotFound {
		t.Errorf("without a role the viewer gets %d", got.status)
	}
}
