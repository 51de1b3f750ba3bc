// Package loadgen sends HTTP requests at a constant rate and counts every answer by version and status.
//
// It is an open loop: request number i is due at start + i/rate whatever became of the ones before, and latency counts
// from the moment a request was due, not from when it could be sent (see "coordinated omission", Gil Tene, 2013). A slow
// server therefore shows up as latency, never as less load. When the generator itself cannot keep up, that is counted
// too (Late, MaxLag, Missed), so that a number from a machine too slow for it can be told from a good one.
//
// It is for measuring releases: the demo, the end-to-end tests and the traffic benchmark use it. It is no general
// benchmark tool: one URL, GET only, HTTP/1.1 only, and nothing outside the standard library.
package loadgen

import (
	"errors"
	"fmt"
	"net/url"
	"time"
)

// VersionHeader is the response header by which an answer says which version of the application gave it.
const VersionHeader = "X-Version"

// NoVersion is the version of answers without that header, such as those that a proxy gives by itself, and of requests
// that got no answer at all.
const NoVersion = "none"

// Config says what to send where.
type Config struct {
	// URL to GET, http only.
	URL string
	// Host is the Host header; when empty, that of URL.
	Host string
	// RPS is how many requests are due each second, above 0.
	RPS float64
	// Connections is the most connections kept open at once, shared by all requests; a request that finds all of them
	// busy waits, and its wait counts as latency. 0: as many as needed, at most MaxInFlight.
	Connections int
	// FreshConnections opens a connection for each request, as many short-lived clients do: where no proxy spreads requests,
	// the version that answers is chosen per connection.
	FreshConnections bool
	// Timeout is how long after it was due a request is given up; default 10 s.
	Timeout time.Duration
	// MaxInFlight is the most requests unanswered at once; one that is due above that is not sent but counted as Missed.
	// Default: RPS times Timeout, at least 100.
	MaxInFlight int
	// LateAfter is from which lag behind its due time a request that is being sent counts as Late; default 50 ms.
	LateAfter time.Duration
	// Duration is how long to send; 0: until the context ends.
	Duration time.Duration
}

func (c Config) withDefaults() (Config, error) {
	if c.URL == "" {
		return c, errors.New("loadgen: no URL to send requests to")
	}
	u, err := url.Parse(c.URL)
	if err != nil {
		return c, fmt.Errorf("loadgen: URL: %w", err)
	}
	if u.Scheme != "http" || u.Host == "" {
		return c, fmt.Errorf("loadgen: URL %q: only http://HOST… is supported", c.URL)
	}
	if !(c.RPS > 0) || c.RPS > 1e6 {
		return c, fmt.Errorf("loadgen: RPS is %v: it must be above 0 and at most a million", c.RPS)
	}
	if c.Connections < 0 || c.MaxInFlight < 0 || c.Timeout < 0 || c.LateAfter < 0 || c.Duration < 0 {
		return c, errors.New("loadgen: Connections, MaxInFlight, Timeout, LateAfter and Duration cannot be negative")
	}
	if c.Timeout == 0 {
		c.Timeout = 10 * time.Second
	}
	if c.LateAfter == 0 {
		c.LateAfter = 50 * time.Millisecond
	}
	if c.MaxInFlight == 0 {
		c.MaxInFlight = max(100, int(c.RPS*c.Timeout.Seconds()))
	}
	return c, nil
}
