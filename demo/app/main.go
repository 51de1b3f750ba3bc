// Command app is the sample application that the demo, the end-to-end tests and the benchmark release: a small HTTP
// service that says in each answer which version and which pod gave it.
//
// One source makes all its versions; what sets them apart is stamped in at build time:
//
//	v1, v2  answer at once
//	v3      fails one request in five
//	v4      takes 400 ms longer
//
// It is no example of how to write a service, but of one that behaves well when its pod ends: told to stop, it is no
// longer ready, serves on until nobody sends any more, and only then leaves.
package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"time"
)

// Stamped in by the linker (-X main.version=v3 -X main.failEvery=5).
var (
	version   = "v0"
	failEvery = "0"
	slowness  = "0s"
)

func main() {
	cfg, err := configure(os.Getenv)
	if err != nil {
		slog.Error("the sample application can't start", "error", err)
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	if cfg.rude {
		go func() {
			<-ctx.Done()
			os.Exit(1)
		}()
	}
	listener, err := net.Listen("tcp", ":"+cfg.port)
	if err != nil {
		slog.Error("the port can't be opened", "port", cfg.port, "error", err)
		os.Exit(1)
	}
	slog.Info("serving", "version", cfg.version, "address", listener.Addr().String(), "readyAfter", cfg.readyAfter)
	if err := serve(ctx, listener, cfg); err != nil {
		slog.Error("serving ended", "error", err)
		os.Exit(1)
	}
}

// config is what a version does, and what the environment asks of this instance.
type config struct {
	version   string
	failEvery int64         // one request in so many fails; 0: none
	slowness  time.Duration // added to each answer

	port       string
	pod        string
	readyAfter time.Duration // how long after the start the instance becomes ready
	drain      time.Duration // how long it serves on, not ready, after it was told to stop
	rude       bool          // leaves at once when told to stop
}

// configure reads PORT (8080), POD_NAME (the host's name), READY_AFTER (1s), DRAIN (5s), RUDE (false) and FAIL_EVERY
// (what the version was stamped with).
func configure(getenv func(string) string) (config, error) {
	cfg := config{version: version, port: "8080", readyAfter: time.Second, drain: 5 * time.Second}
	var errs []error
	duration := func(into *time.Duration, name, value string) {
		if value == "" {
			return
		}
		d, err := time.ParseDuration(value)
		if err != nil || d < 0 {
			errs = append(errs, fmt.Errorf("%s is %q: give a duration such as 4s", name, value))
			return
		}
		*into = d
	}
	every, err := strconv.ParseInt(failEvery, 10, 64)
	if err != nil || every < 0 {
		errs = append(errs, fmt.Errorf("main.failEvery was stamped as %q: give a whole number", failEvery))
	}
	cfg.failEvery = every
	if v := getenv("FAIL_EVERY"); v != "" {
		if cfg.failEvery, err = strconv.ParseInt(v, 10, 64); err != nil || cfg.failEvery < 0 {
			errs = append(errs, fmt.Errorf("FAIL_EVERY is %q: give a whole number", v))
		}
	}
	duration(&cfg.slowness, "main.slowness", slowness)
	duration(&cfg.readyAfter, "READY_AFTER", getenv("READY_AFTER"))
	duration(&cfg.drain, "DRAIN", getenv("DRAIN"))
	if v := getenv("RUDE"); v != "" {
		if cfg.rude, err = strconv.ParseBool(v); err != nil {
			errs = append(errs, fmt.Errorf("RUDE is %q: give true or false", v))
		}
	}
	if v := getenv("PORT"); v != "" {
		cfg.port = v
	}
	if cfg.pod = getenv("POD_NAME"); cfg.pod == "" {
		cfg.pod, _ = os.Hostname() // only shown
	}
	return cfg, errors.Join(errs...)
}

// serve answers until ctx ends, then drains: not ready from then on, but answering for cfg.drain more, and until the
// last request under way is over.
func serve(ctx context.Context, listener net.Listener, cfg config) error {
	app := newApp(cfg)
	// No ReadHeaderTimeout: it also closes connections on which no request came yet, and a proxy keeps such in reserve
	// and may be sending on one in that very moment. The proxy ends idle connections, as it should where there is one.
	server := &http.Server{Handler: app.handler()}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()

	started := time.AfterFunc(cfg.readyAfter, func() { app.started.Store(true) })
	defer started.Stop()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}

	app.stopping.Store(true)
	drained := time.NewTimer(cfg.drain)
	defer drained.Stop()
	select {
	case err := <-failed:
		return err
	case <-drained.C:
	}
	end, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	return server.Shutdown(end)
}
