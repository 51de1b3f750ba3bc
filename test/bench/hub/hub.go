package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"

	"github.com/workbench-dev/workbench/test/bench/fleet"
)

type hubOptions struct{ people, looks, streams, events int }

// hubFigures is what `workbench server` needs for a fleet of which some are being released.
type hubFigures struct {
	coldStart    time.Duration // from the start until a person gets the full list
	looks        map[string][]time.Duration
	failed       int             // looks that were not answered with 200
	bytes        int64           // of the first page, as it goes over the wire
	memory, peak int64           // bytes, with people looking and streams open
	delays       []time.Duration // from the write of a change until a stream had it
	missing      int             // changes that a stream never had
}

// glance is the pause of a person between two looks, on average.
const glance = time.Second

// questions are what people ask the list for.
var questions = []struct{ name, query string }{
	{"first page, those that wait for somebody first", "pageSize=50"},
	{"what is being released, newest first", "pageSize=50&phase=Releasing,Waiting&sort=since&order=desc"},
	{"free text", "pageSize=50&q=service-00"},
	{"one namespace, by name", "pageSize=50&namespace=team-007&sort=name"},
	{"page 100 of all, by name", "pageSize=50&page=100&sort=name"},
}

func measureHub(ctx context.Context, b *fleet.Bench, o hubOptions) (figures hubFigures, err error) {
	figures.looks = map[string][]time.Duration{}
	// The first start makes keys, the first administrator and, through the API, the people: not what is measured.
	p, err := b.StartHub(ctx)
	if err != nil {
		return figures, err
	}
	people, err := b.MakePeople(ctx, o.people)
	p.Stop()
	if err != nil {
		return figures, err
	}
	if p, err = b.StartHub(ctx); err != nil {
		return figures, err
	}
	defer p.Stop()
	if err := b.UntilListed(ctx, p, people[0]); err != nil {
		return figures, err
	}
	figures.coldStart = time.Since(p.Started)
	b.Say("the full list was there %s after the start", figures.coldStart.Round(10*time.Millisecond))

	b.Say("%d people look %d times each", o.people, o.looks)
	figures.look(ctx, people, o.looks)
	if figures.bytes, err = people[0].WireSize(ctx, "/api/v1/release-tasks?"+questions[0].query); err != nil {
		return figures, err
	}

	b.Say("%d streams are open while %d tasks change", o.streams, o.events)
	if err := figures.watch(ctx, b, people, o.streams, o.events); err != nil {
		return figures, err
	}
	figures.memory, figures.peak = p.Memory()
	return figures, nil
}

// look lets everybody ask for pages, at their own pace.
func (f *hubFigures) look(ctx context.Context, people []*fleet.Visitor, looks int) {
	var group sync.WaitGroup
	var mu sync.Mutex
	for i, person := range people {
		group.Go(func() {
			random := rand.New(rand.NewPCG(uint64(i), 1))
			for n := range looks {
				if fleet.Pause(ctx, time.Duration(random.Float64()*2*float64(glance))) != nil {
					return
				}
				question := questions[(i+n)%len(questions)]
				began := time.Now()
				code, err := person.Get(ctx, "/api/v1/release-tasks?"+question.query, nil)
				took := time.Since(began)
				mu.Lock()
				if err != nil || code != http.StatusOK {
					f.failed++
				} else {
					f.looks[question.name] = append(f.looks[question.name], took)
				}
				mu.Unlock()
			}
		})
	}
	group.Wait()
}

// watch opens streams, changes tasks one after the other and times when each stream has each change.
func (f *hubFigures) watch(ctx context.Context, b *fleet.Bench, people []*fleet.Visitor, streams, events int) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var mu sync.Mutex
	seen := map[string][]time.Time{} // by the message that a change gave a task
	opened := make(chan error, streams)
	for i := range streams {
		go people[i%len(people)].Follow(ctx, opened, func(message string) {
			now := time.Now()
			mu.Lock()
			seen[message] = append(seen[message], now)
			mu.Unlock()
		})
	}
	for range streams {
		if err := <-opened; err != nil {
			return fmt.Errorf("a stream was not opened: %w", err)
		}
	}
	written := map[string]time.Time{}
	for n := range events {
		message := fmt.Sprintf("change %d", n)
		written[message] = time.Now()
		if err := b.Fleet.SetStatus(ctx, n%b.Fleet.Tasks, func(status map[string]any) { status["message"] = message }); err != nil {
			return err
		}
		if err := fleet.Pause(ctx, 50*time.Millisecond); err != nil {
			return err
		}
	}
	if err := fleet.Pause(ctx, 5*time.Second); err != nil {
		return err
	}
	mu.Lock()
	defer mu.Unlock()
	for message, at := range written {
		for _, when := range seen[message] {
			f.delays = append(f.delays, when.Sub(at))
		}
		f.missing += max(0, streams-len(seen[message]))
	}
	return nil
}
