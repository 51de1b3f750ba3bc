package analysisrun

import (
	"github.com/prometheus/client_golang/prometheus"
	"sigs.k8s.io/controller-runtime/pkg/metrics"
)

// looks counts the looks at the evidence of releases by what came of them.
var looks = prometheus.NewCounterVec(prometheus.CounterOpts{
	Name: "workbench_analysis_looks_total", Help: "Looks at the evidence of running releases, by the state that followed.",
}, []string{"state"})

func init() { metrics.Registry.MustRegister(looks) }
