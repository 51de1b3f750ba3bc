package loadgen

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"os"
	"strings"
	"sync"
	"time"
)

// Run sends requests until ctx ends or Duration is over, waits for the last answers and returns what was counted.
func Run(ctx context.Context, cfg Config) (*Recorder, error) {
	r, err := Start(ctx, cfg)
	if err != nil {
		return nil, err
	}
	r.Wait()
	return r, nil
}

// Start begins to send and returns at once; Snapshot may be called while it runs. When ctx ends, no further request is
// sent; those under way get their answer or time out, and Wait returns after the last of them.
func Start(ctx context.Context, cfg Config) (*Recorder, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	g := &generator{
		cfg:      cfg,
		slots:    make(chan struct{}, cfg.MaxInFlight),
		recorder: newRecorder(),
		transport: &http.Transport{
			MaxConnsPerHost:     cfg.Connections,
			MaxIdleConns:        0,
			MaxIdleConnsPerHost: cfg.MaxInFlight,
			DisableCompression:  true,
			DisableKeepAlives:   cfg.FreshConnections,
			DialContext:         (&net.Dialer{Timeout: cfg.Timeout}).DialContext,
		},
	}
	go func() {
		defer close(g.recorder.done)
		g.dispatch(ctx)
		g.inFlight.Wait()
		g.transport.CloseIdleConnections()
		g.recorder.stop()
	}()
	return g.recorder, nil
}

type generator struct {
	cfg       Config
	transport *http.Transport
	recorder  *Recorder
	slots     chan struct{}
	inFlight  sync.WaitGroup
}

// dispatch sends each request when it is due. After a stall it sends all that became due meanwhile at once, so that
// the rate over time holds.
func (g *generator) dispatch(ctx context.Context) {
	start := g.recorder.started
	interval := float64(time.Second) / g.cfg.RPS
	timer := time.NewTimer(0)
	defer timer.Stop()
	for i := 0; ; i++ {
		offset := time.Duration(float64(i) * interval)
		if g.cfg.Duration > 0 && offset >= g.cfg.Duration {
			return
		}
		due := start.Add(offset)
		if wait := time.Until(due); wait > 0 {
			timer.Reset(wait)
			select {
			case <-ctx.Done():
			case <-timer.C:
			}
		}
		if ctx.Err() != nil {
			return
		}

		lag := time.Since(due)
		if lag >= g.cfg.Timeout {
			g.recorder.missed(lag)
			continue
		}
		select {
		case g.slots <- struct{}{}:
		default:
			g.recorder.missed(lag)
			continue
		}
		g.recorder.sent(lag, lag >= g.cfg.LateAfter)
		g.inFlight.Add(1)
		go func() {
			defer func() { <-g.slots; g.inFlight.Done() }()
			g.send(due)
		}()
	}
}

// send makes one request and records what came back. It does not use the run's context: a request that was sent
// when the run ends still counts.
func (g *generator) send(due time.Time) {
	ctx, cancel := context.WithDeadline(context.Background(), due.Add(g.cfg.Timeout))
	defer cancel()
	connections := 0
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) { connections++ },
	})
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, g.cfg.URL, nil)
	if err != nil {
		g.recorder.finished(answer{due: due, text: err.Error()})
		return
	}
	if g.cfg.Host != "" {
		req.Host = g.cfg.Host
	}
	a := answer{due: due, version: NoVersion}
	resp, err := g.transport.RoundTrip(req)
	if err != nil {
		a.text = g.reason(err)
	} else {
		a.read(resp, g.reason)
	}
	a.latency = time.Since(due)
	// The transport sends a GET once more, unasked, when a kept connection turns out to be closed. That is counted:
	// other clients may not do it.
	a.retried = connections > 1
	g.recorder.finished(a)
}

// read takes in the whole response: a body that breaks off is a failure too.
func (a *answer) read(resp *http.Response, reason func(error) string) {
	defer resp.Body.Close()
	if v := resp.Header.Get(VersionHeader); v != "" {
		a.version = v
	}
	const keep = 200
	head, err := io.ReadAll(io.LimitReader(resp.Body, keep))
	if err == nil {
		_, err = io.Copy(io.Discard, resp.Body)
	}
	if err != nil {
		a.text = "answer broke off: " + reason(err)
		return
	}
	a.status = resp.StatusCode
	if !a.ok() {
		a.text = fmt.Sprintf("%d %s", resp.StatusCode, strings.Join(strings.Fields(string(head)), " "))
	}
}

// reason puts an error in words without addresses and ports, so that equal failures are counted as one kind.
func (g *generator) reason(err error) string {
	var urlErr *url.Error
	if errors.As(err, &urlErr) {
		err = urlErr.Err
	}
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded) {
		return "no answer within " + g.cfg.Timeout.String()
	}
	var op *net.OpError
	if errors.As(err, &op) {
		return op.Op + ": " + op.Err.Error()
	}
	return err.Error()
}
