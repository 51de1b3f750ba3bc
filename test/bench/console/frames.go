package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/workbench-dev/workbench/test/bench/fleet"
)

// glimpse is one way of looking at the list while frames are timed.
type glimpse struct {
	name   string
	page   list
	scroll bool
	live   bool
	frames frames
}

// measureFrames looks at the longest page of the list in several ways.
func measureFrames(ctx context.Context, b *fleet.Bench, w *window, o options) ([]glimpse, error) {
	page := consoleList
	page.Path = fmt.Sprintf("/releases?pageSize=%d", o.rows)
	plain := list{Address: fleet.HubAddress, Row: "tr"}
	glimpses := []glimpse{
		{name: "a plain page of text is scrolled: what the browser can do here", page: plain, scroll: true},
		{name: "the list is scrolled", page: page, scroll: true},
		{name: fmt.Sprintf("the list is scrolled while %d tasks change each second", o.rate), page: page, scroll: true, live: true},
		{name: fmt.Sprintf("%d tasks change each second, rows come, go and move", o.rate), page: page, live: true},
	}
	for i := range glimpses {
		g := &glimpses[i]
		b.Say("%s", g.name)
		if err := g.look(ctx, b.Fleet, w, o); err != nil {
			return nil, err
		}
		if g.scroll && g.frames.Distance == 0 {
			return nil, errors.New("the page did not scroll")
		}
		if g.live && g.frames.Changed == 0 {
			return nil, errors.New("no row changed in the browser, though tasks did")
		}
	}
	return glimpses, nil
}

func (g *glimpse) look(ctx context.Context, f *fleet.Fleet, w *window, o options) error {
	stop := func() error { return nil }
	if g.live {
		stop = change(ctx, f, o.rate)
	}
	seen, err := w.frames(ctx, g.page, o.rows, g.scroll, o.look)
	g.frames = seen
	return errors.Join(err, stop())
}

// change lets releases go on, so many a second, until it is stopped: it returns what stops it and tells whether it
// failed. Most get another weight where they stand; every tenth begins or ends to wait for a person, and with that moves
// in a list that is sorted by who must act.
func change(ctx context.Context, f *fleet.Fleet, rate int) (stop func() error) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() {
		ticker := time.NewTicker(time.Second / time.Duration(rate))
		defer ticker.Stop()
		for n := 0; ; n++ {
			select {
			case <-ctx.Done():
				done <- nil
				return
			case <-ticker.C:
			}
			// A prime number of steps apart: the changes are all over the page. Of each hundred tasks three are being released.
			releases := f.Tasks / 100 * 3
			i := n * 7 % releases
			if err := f.SetStatus(ctx, i/3*100+i%3, func(status map[string]any) { progress(status, n) }); err != nil && ctx.Err() == nil {
				done <- fmt.Errorf("a task could not be changed: %w", err)
				return
			}
		}
	}()
	return func() error {
		cancel()
		return <-done
	}
}

// progress is where a release stands at its nth change.
func progress(status map[string]any, n int) {
	step := status["step"].(map[string]any)
	number := int64(1 + n/10%4)
	step["number"], step["display"] = number, fmt.Sprintf("%d/4", number)
	status["canary"].(map[string]any)["weight"] = int64(1 + n%99)
	status["stable"].(map[string]any)["weight"] = int64(99 - n%99)
	status["message"] = fmt.Sprintf("change %d", n)
	if n%10 == 0 {
		fleet.WaitForPerson(status)
	}
}
