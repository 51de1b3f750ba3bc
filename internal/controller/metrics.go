package controller

import (
	"context"

	"github.com/prometheus/client_golang/prometheus"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/metrics"

	"github.com/workbench-dev/workbench/api/v1alpha1"
)

// taskFigures counts the tasks of the cluster by phase, from the cache, when Prometheus asks.
type taskFigures struct {
	reader client.Reader
	desc   *prometheus.Desc
}

func newTaskFigures(reader client.Reader) *taskFigures {
	return &taskFigures{reader: reader, desc: prometheus.NewDesc("workbench_release_tasks", "Release tasks in this cluster, by phase.", []string{"phase"}, nil)}
}

func (f *taskFigures) Describe(ch chan<- *prometheus.Desc) { ch <- f.desc }

func (f *taskFigures) Collect(ch chan<- prometheus.Metric) {
	var tasks v1alpha1.ReleaseTaskList
	if err := f.reader.List(context.Background(), &tasks, client.UnsafeDisableDeepCopy); err != nil {
		ch <- prometheus.NewInvalidMetric(f.desc, err)
		return
	}
	counts := map[v1alpha1.Phase]int{}
	for i := range tasks.Items {
		counts[tasks.Items[i].Status.Phase]++
	}
	for phase, n := range counts {
		ch <- prometheus.MustNewConstMetric(f.desc, prometheus.GaugeValue, float64(n), string(phase))
	}
}

// registerFigures adds the figures to those that controller-runtime serves of reconciles and queues.
func registerFigures(reader client.Reader) error {
	return metrics.Registry.Register(newTaskFigures(reader))
}
