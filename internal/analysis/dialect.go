package analysis

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/prometheus/common/model"

	"github.com/workbench-dev/workbench/api/v1alpha1"
	"github.com/workbench-dev/workbench/internal/promql"
)

// dialect is how a source names its metrics about requests.
type dialect struct {
	requests, latency string
	// selector keeps a metric to the calls of a Service.
	selector func(service, namespace string) string
	// groupBy are the labels by which the series of a process and a version are told apart.
	groupBy []string
	// subset is the subset of the DestinationRule that a series is about; empty when it does not say.
	subset func(model.Metric) string
}

// scraped are the labels by which the usual scrape rules name the process that a series was read from.
var scraped = []string{"instance", "pod", "pod_name", "kubernetes_pod_name"}

func dialectOf(source v1alpha1.AnalysisSource) dialect {
	if source == v1alpha1.SourceEnvoy {
		return envoy
	}
	return istio
}

// istio is https://istio.io/latest/docs/reference/config/metrics/. The calling side (reporter="source") counts what the
// called one never saw, such as refused connections, and counts both versions in one process, so it is used whenever it
// tells the versions apart.
var istio = dialect{
	requests: "istio_requests_total",
	latency:  "istio_request_duration_milliseconds_bucket",
	selector: func(service, namespace string) string {
		return fmt.Sprintf(`{destination_service_name=%s,destination_service_namespace=%s}`, promql.Quote(service), promql.Quote(namespace))
	},
	groupBy: append([]string{"reporter", "destination_canonical_revision", "rollouts_pod_template_hash"}, scraped...),
	// Scrape rules that make Istio's names of Envoy's metrics put the subset here.
	subset: func(m model.Metric) string {
		if revision := string(m["destination_canonical_revision"]); isSubset(revision) {
			return revision
		}
		return ""
	},
}

// envoy is https://www.envoyproxy.io/docs/envoy/latest/configuration/upstream/cluster_manager/cluster_stats, in clusters as
// Istio names them: outbound|PORT|SUBSET|HOST. Newer versions of Istio end the name with a ';'.
var envoy = dialect{
	requests: "envoy_cluster_upstream_rq",
	latency:  "envoy_cluster_upstream_rq_time_bucket",
	selector: func(service, namespace string) string {
		host := regexp.QuoteMeta(service) + "[.]" + regexp.QuoteMeta(namespace)
		return fmt.Sprintf(`{cluster_name=~%s}`, promql.Quote(`outbound[|][0-9]+[|](stable|canary)[|]`+host+`[.].*`))
	},
	groupBy: append([]string{"cluster_name"}, scraped...),
	subset: func(m model.Metric) string {
		parts := strings.Split(string(m["cluster_name"]), "|")
		if len(parts) == 4 && isSubset(parts[2]) {
			return parts[2]
		}
		return ""
	},
}

func isSubset(name string) bool {
	return name == v1alpha1.SubsetStable || name == v1alpha1.SubsetCanary
}

// requestsQuery counts answers by process, version and code.
func (d dialect) requestsQuery(s Subject) string {
	return fmt.Sprintf("sum by (%s) (%s)", strings.Join(append([]string{"response_code", "grpc_response_status"}, d.groupBy...), ", "), d.series(d.requests, s))
}

// latencyQuery counts answers by process, version and bucket.
func (d dialect) latencyQuery(s Subject) string {
	return fmt.Sprintf("sum by (%s) (%s)", strings.Join(append([]string{"le"}, d.groupBy...), ", "), d.latency+d.selector(s.Service, s.Namespace))
}

// newestQuery is when the newest of the request counters was scraped.
func (d dialect) newestQuery(s Subject) string {
	return fmt.Sprintf("max(timestamp(%s))", d.series(d.requests, s))
}

func (d dialect) series(metric string, s Subject) string {
	selector := d.selector(s.Service, s.Namespace)
	if metric == envoy.requests {
		// Envoy also counts each answer in the class of its code.
		selector = strings.TrimSuffix(selector, "}") + `,response_code!=""}`
	}
	return metric + selector
}

// process names the process that a series was read from.
func process(m model.Metric) string {
	parts := make([]string, len(scraped))
	for i, label := range scraped {
		parts[i] = string(m[model.LabelName(label)])
	}
	return strings.Join(parts, "\x00")
}

func podOf(m model.Metric) string {
	for _, label := range scraped[1:] {
		if pod := m[model.LabelName(label)]; pod != "" {
			return string(pod)
		}
	}
	return ""
}
