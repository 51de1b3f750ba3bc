// Command traffic sends steady traffic to one URL and shows, second by second, which version answered and what failed.
// It runs as a pod beside the sample application and as a command on the host; internal/loadgen does the sending.
//
// It prints one JSON object a second and serves:
//
//	GET  /report        what was counted since the start and since the last reset
//	POST /reset?name=N  ends a phase: answers with what was counted in it; N names the one that begins
//	GET  /metrics       the totals for Prometheus
//	GET  /healthz       200
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/workbench-dev/workbench/internal/loadgen"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		if !errors.Is(err, flag.ErrHelp) {
			fmt.Fprintln(os.Stderr, "traffic:", err)
		}
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out, messages io.Writer) error {
	var cfg loadgen.Config
	flags := flag.NewFlagSet("traffic", flag.ContinueOnError)
	flags.SetOutput(messages)
	flags.StringVar(&cfg.URL, "url", "", "http URL to send GET requests to")
	flags.StringVar(&cfg.Host, "host", "", "Host header (default: that of the URL)")
	flags.Float64Var(&cfg.RPS, "rps", 50, "requests per second")
	flags.IntVar(&cfg.Connections, "connections", 0, "most connections at once (0: as many as needed)")
	flags.BoolVar(&cfg.FreshConnections, "fresh-connections", false, "open a connection for each request")
	flags.DurationVar(&cfg.Timeout, "timeout", 10*time.Second, "how long to wait for an answer")
	flags.DurationVar(&cfg.Duration, "duration", 0, "how long to send (0: until stopped)")
	listen := flags.String("listen", "", "address for /report, /reset, /metrics and /healthz, such as :8080 (empty: none)")
	if err := flags.Parse(args); err != nil {
		return err
	}

	recorder, err := loadgen.Start(ctx, cfg)
	if err != nil {
		return err
	}
	reports := newReports(recorder.Snapshot)
	if *listen != "" {
		server := &http.Server{Addr: *listen, Handler: reports.handler(), ReadHeaderTimeout: 10 * time.Second}
		failed := make(chan error, 1)
		go func() { failed <- server.ListenAndServe() }()
		defer server.Close()
		go func() {
			if err := <-failed; err != nil && !errors.Is(err, http.ErrServerClosed) {
				fmt.Fprintf(messages, "traffic: no reports at %s: %v\n", *listen, err)
				os.Exit(1)
			}
		}()
	}

	encoder := json.NewEncoder(out)
	last := loadgen.Snapshot{To: recorder.Snapshot().From}
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for running := true; running; {
		select {
		case <-tick.C:
		case <-recorder.Done():
			running = false
		}
		now := recorder.Snapshot()
		if err := encoder.Encode(newLine(now.Since(last))); err != nil {
			return fmt.Errorf("the counts can't be printed: %w", err)
		}
		last = now
	}
	fmt.Fprintln(messages, summary(recorder.Snapshot()))
	return nil
}
