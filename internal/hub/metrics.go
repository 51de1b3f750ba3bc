package hub

import (
	"cmp"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/workbench-dev/workbench/internal/hub/clusters"
)

// metrics are what Prometheus is told of the hub. No label holds a name of a person, a namespace or a task.
type metrics struct {
	registry *prometheus.Registry
	requests *prometheus.CounterVec
	took     *prometheus.HistogramVec
	underWay prometheus.Gauge
}

func newMetrics() *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "workbench_hub_requests_total", Help: "Requests by operation and status.",
		}, []string{"operation", "status"}),
		took: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "workbench_hub_request_seconds", Help: "How long requests took, streams left out.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 25},
		}, []string{"operation"}),
		underWay: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "workbench_hub_requests_under_way", Help: "Requests that are being answered, streams among them.",
		}),
	}
	m.registry.MustRegister(m.requests, m.took, m.underWay, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// watch adds what is known of clusters and tasks.
func (m *metrics) watch(registry *clusters.Registry, tasks func() int) {
	m.registry.MustRegister(
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "workbench_hub_tasks", Help: "Release tasks in memory."}, func() float64 { return float64(tasks()) }),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "workbench_hub_clusters", Help: "Clusters that the hub knows."}, func() float64 { return float64(len(registry.List())) }),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "workbench_hub_clusters_unreachable", Help: "Clusters that don't answer, or whose credentials can't be used."}, func() float64 {
			count := 0.0
			for _, c := range registry.List() {
				if !c.Health().Reachable() {
					count++
				}
			}
			return count
		}),
	)
}

// seen counts a request.
func (m *metrics) seen(v *visit, took time.Duration) {
	operation := cmp.Or(v.operation, "none")
	m.requests.WithLabelValues(operation, strconv.Itoa(v.status)).Inc()
	if operation != "streamReleaseTasks" && operation != "streamReleaseTask" {
		m.took.WithLabelValues(operation).Observe(took.Seconds())
	}
}

func (m *metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}
