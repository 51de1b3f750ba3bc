package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"
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

const (
	hubAddress        = "http://127.0.0.1:19182"
	hubMetricsAddress = "http://127.0.0.1:19183"
	// glance is the pause of a person between two looks, on average.
	glance = time.Second
)

// questions are what people ask the list for.
var questions = []struct{ name, query string }{
	{"first page, those that wait for somebody first", "pageSize=50"},
	{"what is being released, newest first", "pageSize=50&phase=Releasing,Waiting&sort=since&order=desc"},
	{"free text", "pageSize=50&q=service-00"},
	{"one namespace, by name", "pageSize=50&namespace=team-007&sort=name"},
	{"page 100 of all, by name", "pageSize=50&page=100&sort=name"},
}

func measureHub(ctx context.Context, b *bench, o hubOptions) (figures hubFigures, err error) {
	figures.looks = map[string][]time.Duration{}
	if err := makeNamespace(ctx, b.fleet.client); err != nil {
		return figures, err
	}
	// The first start makes keys, the first administrator and, through the API, the people: not what is measured.
	p, err := startHub(ctx, b)
	if err != nil {
		return figures, err
	}
	people, err := makePeople(ctx, b, o.people)
	p.stop()
	if err != nil {
		return figures, err
	}
	if p, err = startHub(ctx, b); err != nil {
		return figures, err
	}
	defer p.stop()
	if err := p.until(ctx, 5*time.Minute, "it listed all tasks", func() bool {
		var page struct{ Total int }
		_, err := people[0].get(ctx, "/api/v1/release-tasks?pageSize=50", &page)
		return err == nil && page.Total == b.fleet.tasks
	}); err != nil {
		return figures, err
	}
	figures.coldStart = time.Since(p.started)
	b.say("the full list was there %s after the start", figures.coldStart.Round(10*time.Millisecond))

	b.say("%d people look %d times each", o.people, o.looks)
	figures.look(ctx, people, o.looks)
	if figures.bytes, err = people[0].wireSize(ctx, "/api/v1/release-tasks?"+questions[0].query); err != nil {
		return figures, err
	}

	b.say("%d streams are open while %d tasks change", o.streams, o.events)
	if err := figures.watch(ctx, b, people, o.streams, o.events); err != nil {
		return figures, err
	}
	figures.memory, figures.peak = p.memory()
	return figures, nil
}

func startHub(ctx context.Context, b *bench) (*process, error) {
	p, err := start(b.dir, "hub", []string{"KUBECONFIG=" + b.kubeconfig}, "bin/workbench", "server",
		"--bind-address=127.0.0.1:19182", "--metrics-bind-address=127.0.0.1:19183", "--public-url="+hubAddress,
		"--namespace="+hubNamespace, "--own-cluster="+hubCluster, "--log-level=warn",
		// All people come from one address here.
		"--rate-per-address=1000", "--rate-per-address-burst=1000")
	if err != nil {
		return nil, err
	}
	return p, p.until(ctx, 2*time.Minute, "it was ready", func() bool {
		resp, err := http.Get(hubMetricsAddress + "/readyz")
		if err != nil {
			return false
		}
		resp.Body.Close()
		return resp.StatusCode == http.StatusOK
	})
}

// look lets everybody ask for pages, at their own pace.
func (f *hubFigures) look(ctx context.Context, people []*visitor, looks int) {
	var group sync.WaitGroup
	var mu sync.Mutex
	for i, person := range people {
		group.Go(func() {
			random := rand.New(rand.NewPCG(uint64(i), 1))
			for n := range looks {
				if pause(ctx, time.Duration(random.Float64()*2*float64(glance))) != nil {
					return
				}
				question := questions[(i+n)%len(questions)]
				began := time.Now()
				code, err := person.get(ctx, "/api/v1/release-tasks?"+question.query, nil)
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
func (f *hubFigures) watch(ctx context.Context, b *bench, people []*visitor, streams, events int) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var mu sync.Mutex
	seen := map[string][]time.Time{} // by the message that a change gave a task
	opened := make(chan error, streams)
	for i := range streams {
		go people[i%len(people)].follow(ctx, opened, func(message string) {
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
		if err := b.fleet.setStatus(ctx, n%b.fleet.tasks, func(status map[string]any) { status["message"] = message }); err != nil {
			return err
		}
		if err := pause(ctx, 50*time.Millisecond); err != nil {
			return err
		}
	}
	if err := pause(ctx, 5*time.Second); err != nil {
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
