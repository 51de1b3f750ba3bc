package releaseaction

import (
	"github.com/prometheus/client_golang/prometheus"
	"sigs.k8s.io/controller-runtime/pkg/metrics"
)

var (
	// ended counts the actions by type and how they ended.
	ended = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "workbench_actions_total", Help: "Release actions that ended, by type and final state.",
	}, []string{"type", "state"})
	// took is the time from the creation of an action to its end.
	took = prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "workbench_action_duration_seconds", Help: "Time from the creation of a release action to its end, by type.",
		Buckets: []float64{0.5, 1, 2, 5, 10, 30, 60, 300},
	}, []string{"type"})
)

func init() { metrics.Registry.MustRegister(ended, took) }
