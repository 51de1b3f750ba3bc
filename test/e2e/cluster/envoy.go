package cluster

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// GatewayCount is what the gateway's Envoy counted for one Service.
type GatewayCount struct {
	// Subsets are the answers by subset of the DestinationRule; "" stands for none.
	Subsets map[string]int64
	// Errors are the answers with a status of 500 or more.
	Errors int64
}

// GatewayCounts asks the gateway's Envoy itself what it counted for a Service.
func (c *Cluster) GatewayCounts(ctx context.Context, service, namespace string) (GatewayCount, error) {
	count := GatewayCount{Subsets: map[string]int64{}}
	pods, err := c.Kubernetes.CoreV1().Pods("istio-system").List(ctx, metav1.ListOptions{LabelSelector: "istio=ingressgateway"})
	if err != nil {
		return count, err
	}
	for _, pod := range pods.Items {
		raw, err := c.Kubernetes.CoreV1().Pods(pod.Namespace).ProxyGet("http", pod.Name, "15090", "stats/prometheus", nil).DoRaw(ctx)
		if err != nil {
			return count, fmt.Errorf("the gateway does not say what it counted: %w", err)
		}
		count.add(string(raw), service+"."+namespace+".svc.cluster.local")
	}
	return count, nil
}

func (g *GatewayCount) add(stats, host string) {
	for line := range strings.SplitSeq(stats, "\n") {
		rest, found := strings.CutPrefix(line, "envoy_cluster_upstream_rq{")
		if !found {
			continue
		}
		labels, value, _ := strings.Cut(rest, "} ")
		name := strings.Split(label(labels, "cluster_name"), "|")
		n, err := strconv.ParseFloat(value, 64)
		if len(name) != 4 || name[3] != host || err != nil {
			continue
		}
		g.Subsets[name[2]] += int64(n)
		if strings.HasPrefix(label(labels, "response_code"), "5") {
			g.Errors += int64(n)
		}
	}
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

// Query asks Prometheus for the value of an expression now; 0 when there is none.
func (c *Cluster) Query(ctx context.Context, expression string) (float64, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+c.Prometheus+"/api/v1/query?query="+url.QueryEscape(expression), nil)
	if err != nil {
		return 0, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	var answer struct {
		Error string `json:"error"`
		Data  struct {
			Result []struct {
				Value [2]any `json:"value"`
			} `json:"result"`
		} `json:"data"`
	}
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		return 0, fmt.Errorf("the answer of Prometheus can't be read: %w", err)
	}
	if answer.Error != "" {
		return 0, fmt.Errorf("query %s: %s", expression, answer.Error)
	}
	if len(answer.Data.Result) == 0 {
		return 0, nil
	}
	text, _ := answer.Data.Result[0].Value[1].(string)
	return strconv.ParseFloat(text, 64)
}
