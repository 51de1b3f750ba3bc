//go:build apiserver

package cli

import (
	"fmt"
	"testing"
	"time"

	"github.com/workbench-dev/workbench/api/v1alpha1"
	"github.com/workbench-dev/workbench/internal/promtest"
)

func TestValidate(t *testing.T) {
	l := newLab(t)
	gateway := &promtest.Target{Grow: func(n int) string {
		series := fmt.Sprintf(`reporter="source",destination_service_name="shop",destination_service_namespace=%q`, l.namespace)
		return fmt.Sprintf("istio_requests_total{response_code=\"200\",%s} %d\nistio_requests_total{response_code=\"500\",%s} %d\n", series, 98*n, series, 2*n) +
			fmt.Sprintf("queue_length{namespace=%q} 3\nqueue_length{namespace=\"other\"} 500\n", l.namespace)
	}}
	server := promtest.Start(t, gateway)
	server.Eventually("a few scrapes", func() bool {
		vector, err := server.Client().Vector(t.Context(), `min(count_over_time(istio_requests_total[5m])) >= 8`, time.Now())
		return err == nil && len(vector) == 1
	})
	at := " --prometheus " + server.Address

	line := "release validate shop --workload deploy/shop --service shop" + at
	l.requires(l.run(editor, line+" --metric success-rate>=90%"), ExitOK, "success-rate", "98%", "90%", "0.0 % of 24h")
	l.requires(l.run(editor, line+" --metric success-rate>=99% --metric restarts<=0"), ExitOK, "100.0 % of 24h", "Take a looser limit", "counted on the canary's pods")
	l.requires(l.run(editor, line+" --metric p99<=500ms"), ExitRefused, "no value", "could not be judged")
	l.requires(l.run(editor, line+" --metric p98<=500ms"), ExitUsage, "there is no metric")
	l.requires(l.run(editor, "release validate shop --metric latency"+at), ExitNotFound, "there is no release task")
	l.requires(l.run(admin, "release validate shop --workload deploy/shop"), ExitCluster, "no Service is called or labelled as Prometheus", "--prometheus")
	l.requires(l.run(editor, line+" --prometheus http://127.0.0.1:1 --metric success-rate"), ExitRefused, "cannot be reached")

	l.requires(l.run(editor, "release validate shop --workload deploy/shop"+at), ExitRefused, "The workload has no Service")
	l.requires(l.run(stranger, "release validate shop --workload deploy/shop"+at), ExitRefused, "name it with --service")

	file := l.run(editor, "release create shop --workload deploy/shop --service shop --step 10 --analysis default --dry-run -o yaml").out
	l.requires(l.runWith(editor, "release create -f -", file), ExitOK, "judged by success-rate not worse than stable")
	l.requires(l.run(editor, "release update shop --metric success-rate>=97%"), ExitOK, "judged by success-rate at least 97%")
	l.requires(l.run(editor, "release validate shop"+at), ExitOK, "97%", "0.0 % of 24h")
	l.requires(l.run(editor, "release update shop --analysis dry-run"), ExitOK, "judged, without acting on it, by success-rate")
	if rules := l.task().Spec.Analysis; rules == nil || !rules.DryRun || len(rules.Metrics) != 1 {
		t.Errorf("a dry run keeps the metrics: %+v", rules)
	}
	own := l.task()
	own.Spec.Analysis.Metrics = []v1alpha1.AnalysisMetric{{Name: "queue", Query: &v1alpha1.QueryMetric{PromQL: `sum(queue_length)`, Unit: "jobs"}, Limit: "5"}}
	l.must(l.admin.Update(t.Context(), own))
	l.requires(l.run(editor, "release validate shop"+at), ExitOK, "3 jobs")
	l.requires(l.run(editor, "release validate shop -o json"+at), ExitOK, `"sum(queue_length{namespace=\"`+l.namespace+`\"})"`)
	l.requires(l.run(editor, "release update shop --analysis off"), ExitOK, "changed")
	l.requires(l.run(editor, "release validate shop"+at), ExitRefused, "judges nothing")
}
