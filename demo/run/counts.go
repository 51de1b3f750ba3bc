package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/workbench-dev/workbench/internal/loadgen"
)

// count returns what the customers counted since they began.
func (d *demo) count(ctx context.Context) (loadgen.Snapshot, error) {
	raw, err := d.kubernetes.CoreV1().Services(customers).ProxyGet("http", traffic, "http", "report", nil).DoRaw(ctx)
	if err != nil {
		return loadgen.Snapshot{}, fmt.Errorf("the customers do not say what they counted: %w", err)
	}
	var report struct {
		Total loadgen.Snapshot `json:"total"`
	}
	if err := json.Unmarshal(raw, &report); err != nil {
		return loadgen.Snapshot{}, fmt.Errorf("the customers' report can't be read: %w", err)
	}
	return report.Total, nil
}

// reasons are the kinds of failure with their counts, most frequent first.
func reasons(s loadgen.Snapshot) string {
	keys := slices.SortedFunc(maps.Keys(s.Reasons), func(a, b string) int {
		if s.Reasons[a] != s.Reasons[b] {
			return int(s.Reasons[b] - s.Reasons[a])
		}
		return strings.Compare(a, b)
	})
	words := make([]string, len(keys))
	for i, k := range keys {
		words[i] = fmt.Sprintf("%d × %s", s.Reasons[k], k)
	}
	return strings.Join(words, ", ")
}

// gatewayCount is what the gateway's Envoy counted for checkout: answers by subset, and those with a 5xx code.
type gatewayCount struct {
	subsets map[string]int64
	errors  int64
}

func (g gatewayCount) total() int64 {
	var sum int64
	for _, n := range g.subsets {
		sum += n
	}
	return sum
}

func (g gatewayCount) since(earlier gatewayCount) gatewayCount {
	d := gatewayCount{subsets: map[string]int64{}, errors: g.errors - earlier.errors}
	for name, n := range g.subsets {
		d.subsets[name] = n - earlier.subsets[name]
	}
	return d
}

// gateway asks the gateway's Envoy itself: a second reading that knows nothing of Workbench or of the customers.
// Envoy begins to count anew when a subset is made, so the counts of a take-over are not in it.
func (d *demo) gateway(ctx context.Context) (gatewayCount, error) {
	count := gatewayCount{subsets: map[string]int64{}}
	pods, err := d.kubernetes.CoreV1().Pods("istio-system").List(ctx, metav1.ListOptions{LabelSelector: "istio=ingressgateway"})
	if err != nil {
		return count, err
	}
	if len(pods.Items) == 0 {
		return count, fmt.Errorf("namespace istio-system has no gateway pod")
	}
	for _, pod := range pods.Items {
		raw, err := d.kubernetes.CoreV1().Pods(pod.Namespace).ProxyGet("http", pod.Name, "15090", "stats/prometheus", nil).DoRaw(ctx)
		if err != nil {
			return count, fmt.Errorf("the gateway does not say what it counted: %w", err)
		}
		if err := count.add(raw); err != nil {
			return count, err
		}
	}
	return count, nil
}

// add reads Envoy's counters envoy_cluster_upstream_rq{response_code="200",cluster_name="outbound|80|canary|HOST"}.
func (g *gatewayCount) add(stats []byte) error {
	host := checkout + "." + shop + ".svc.cluster.local"
	lines := bufio.NewScanner(bytes.NewReader(stats))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		rest, found := strings.CutPrefix(lines.Text(), "envoy_cluster_upstream_rq{")
		if !found {
			continue
		}
		labels, value, found := strings.Cut(rest, "} ")
		if !found {
			continue
		}
		name, code := strings.Split(label(labels, "cluster_name"), "|"), label(labels, "response_code")
		if len(name) != 4 || name[3] != host || code == "" {
			continue // another service, or the same answers again by response_code_class
		}
		n, err := strconv.ParseFloat(value, 64)
		if err != nil {
			return fmt.Errorf("the gateway's counter can't be read: %q", lines.Text())
		}
		g.subsets[name[2]] += int64(n)
		if strings.HasPrefix(code, "5") {
			g.errors += int64(n)
		}
	}
	return lines.Err()
}

// label returns the value of one label of a Prometheus sample; Envoy's values hold no quotes.
func label(labels, name string) string {
	for pair := range strings.SplitSeq(labels, ",") {
		if value, found := strings.CutPrefix(pair, name+`="`); found {
			return strings.TrimSuffix(value, `"`)
		}
	}
	return ""
}
