package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/workbench-dev/workbench/test/bench/fleet"
)

type dashboardOptions struct {
	calls, people int
}

// dashboardFigures is what the dashboard of Argo Rollouts needs for the same workloads.
type dashboardFigures struct {
	one   []time.Duration // list calls one after the other
	many  []time.Duration // list calls of several people at once
	bytes int64           // of one answer
	peak  int64           // memory
	late  int             // calls that had no answer in time
}

// dashboardPatience is how long a call may take before it counts as late.
const dashboardPatience = 3 * time.Minute

func measureDashboard(ctx context.Context, b *fleet.Bench, o dashboardOptions) (figures dashboardFigures, err error) {
	p, err := b.StartDashboard(ctx, "bin/argo-dashboard")
	if err != nil {
		return figures, err
	}
	defer p.Stop()
	// Over all namespaces its list is to be had by gRPC only: the path of the REST call needs a namespace.
	transport := &http.Transport{Protocols: &http.Protocols{}}
	transport.Protocols.SetUnencryptedHTTP2(true)
	client := &http.Client{Timeout: dashboardPatience, Transport: transport}
	list := func() (time.Duration, int64, error) {
		began := time.Now()
		// One message of no bytes: not compressed, length 0 (gRPC over HTTP2, "Length-Prefixed-Message").
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, fleet.DashboardAddress+"rollout.RolloutService/ListRolloutInfos", bytes.NewReader(make([]byte, 5)))
		if err != nil {
			return 0, 0, err
		}
		req.Header.Set("Content-Type", "application/grpc")
		req.Header.Set("TE", "trailers")
		resp, err := client.Do(req)
		if err != nil {
			return 0, 0, err
		}
		defer resp.Body.Close()
		n, err := io.Copy(io.Discard, resp.Body)
		// A failure comes in the header, since nothing follows that a trailer could end.
		for _, h := range []http.Header{resp.Header, resp.Trailer} {
			if status := h.Get("Grpc-Status"); err == nil && status != "" && status != "0" {
				err = fmt.Errorf("the dashboard answered with gRPC status %s: %s", status, h.Get("Grpc-Message"))
			}
		}
		return time.Since(began), n, err
	}
	for range o.calls {
		took, n, err := list()
		if err != nil {
			b.Say("the dashboard did not list all: %v", err)
			figures.late++
			break // the next would not be quicker
		}
		figures.one, figures.bytes = append(figures.one, took), n
		b.Say("the dashboard listed all in %s (%d bytes)", took.Round(time.Millisecond), n)
	}
	var group sync.WaitGroup
	var mu sync.Mutex
	for range o.people {
		group.Go(func() {
			took, _, err := list()
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				figures.late++
				return
			}
			figures.many = append(figures.many, took)
		})
	}
	group.Wait()
	_, figures.peak = p.Memory()
	return figures, nil
}
