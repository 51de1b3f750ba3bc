//go:build apiserver

package prometheus_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/workbench-dev/workbench/internal/prometheus"
	"github.com/workbench-dev/workbench/internal/promtest"
)

func TestRealPrometheus(t *testing.T) {
	app := &promtest.Target{Labels: map[string]string{"pod": "web-1"}}
	app.Write("# TYPE jobs_total counter\njobs_total{kind=\"a\"} 7\njobs_total{kind=\"b\"} 5\n")
	server := promtest.Start(t, app)
	server.WaitFor(`sum(jobs_total)`, 12)
	client := server.Client()

	vector, err := client.Vector(t.Context(), `jobs_total{kind="a"}`, time.Now())
	if err != nil || len(vector) != 1 || vector[0].Value != 7 || vector[0].Metric["pod"] != "web-1" {
		t.Errorf("one series: %v, %v", vector, err)
	}
	if vector, err = client.Vector(t.Context(), `scalar(sum(jobs_total))`, time.Now()); err != nil || len(vector) != 1 || vector[0].Value != 12 {
		t.Errorf("a scalar: %v, %v", vector, err)
	}
	if vector, err = client.Vector(t.Context(), `nothing_total`, time.Now()); err != nil || len(vector) != 0 {
		t.Errorf("no series is no error: %v, %v", vector, err)
	}
	matrix, err := client.Matrix(t.Context(), `sum(jobs_total)`, prometheus.Range{From: time.Now().Add(-time.Minute), To: time.Now(), Step: time.Second})
	if err != nil || len(matrix) != 1 || len(matrix[0].Values) == 0 {
		t.Errorf("a range: %v, %v", matrix, err)
	}

	for _, tc := range []struct {
		why, query string
		kind       prometheus.ErrorKind
		says       string
	}{
		{"a query that can't be read", `sum(`, prometheus.BadQuery, "parse error"},
		{"a query that can't be evaluated", `jobs_total + on(pod) jobs_total`, prometheus.BadQuery, "duplicate series"},
		{"a range instead of a number", `jobs_total[1m]`, prometheus.BadQuery, "no number for one moment"},
		{"an answer with a warning", `histogram_quantile(2, sum by (le) (jobs_total))`, prometheus.Partial, "quantile value should be between 0 and 1"},
	} {
		t.Run(tc.why, func(t *testing.T) {
			_, err := client.Vector(t.Context(), tc.query, time.Now())
			var wrong *prometheus.Error
			if !errors.As(err, &wrong) || wrong.Kind != tc.kind || !strings.Contains(wrong.Message, tc.says) {
				t.Errorf("got %v; want %s with %q", err, tc.kind, tc.says)
			}
		})
	}

	server.Stop()
	var wrong *prometheus.Error
	if _, err := client.Vector(t.Context(), `jobs_total`, time.Now()); !errors.As(err, &wrong) || wrong.Kind != prometheus.Unreachable || !strings.Contains(wrong.Message, "cannot be reached") {
		t.Errorf("Prometheus gone: %v", err)
	}
}
