//go:build e2e

package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/workbench-dev/workbench/internal/loadgen"
)

// generator sends steady traffic and counts the answers.
type generator interface {
	// count returns what was counted since the start.
	count(context.Context) (loadgen.Snapshot, error)
	// stop ends the traffic where that is possible and returns what was counted in all.
	stop(context.Context) (loadgen.Snapshot, error)
}

// customers send requests from this machine through the gateway.
type customers struct {
	recorder *loadgen.Recorder
	cancel   context.CancelFunc
}

func (c customers) count(context.Context) (loadgen.Snapshot, error) {
	return c.recorder.Snapshot(), nil
}

func (c customers) stop(context.Context) (loadgen.Snapshot, error) {
	c.cancel()
	c.recorder.Wait()
	return c.recorder.Snapshot(), nil
}

// neighbour is a pod in the namespace that calls the application's Service.
type neighbour struct{ namespace string }

func (n neighbour) count(ctx context.Context) (loadgen.Snapshot, error) {
	raw, err := world.Kubernetes.CoreV1().Services(n.namespace).ProxyGet("http", "neighbour", "http-reports", "report", nil).DoRaw(ctx)
	if err != nil {
		return loadgen.Snapshot{}, err
	}
	var report struct {
		Total loadgen.Snapshot `json:"total"`
	}
	return report.Total, json.Unmarshal(raw, &report)
}

func (n neighbour) stop(ctx context.Context) (loadgen.Snapshot, error) {
	raw, err := n.count(ctx)
	return raw, err
}

func neighbourManifest(namespace, url string, rps int, freshConnections bool) string {
	return fmt.Sprintf(`apiVersion: apps/v1
kind: Deployment
metadata: {name: neighbour, namespace: %[1]s}
spec:
  selector: {matchLabels: {app: neighbour}}
  template:
    metadata:
      labels: {app: neighbour}
      annotations: {proxy.istio.io/config: '{"holdApplicationUntilProxyStarts": true}'}
    spec:
      containers:
        - name: traffic
          image: %[2]s
          imagePullPolicy: IfNotPresent
          args: ["--url=%[3]s", "--rps=%[4]d", "--listen=:8080", "--fresh-connections=%[5]t"]
          ports: [{name: reports, containerPort: 8080}]
          readinessProbe:
            httpGet: {path: /healthz, port: reports}
            periodSeconds: 1
          resources: {requests: {cpu: 5m, memory: 32Mi}}
---
apiVersion: v1
kind: Service
metadata: {name: neighbour, namespace: %[1]s}
spec:
  selector: {app: neighbour}
  ports: [{name: http-reports, port: 8080, targetPort: reports}]
`, namespace, trafficImage, url, rps, freshConnections)
}

func byVersion(s loadgen.Snapshot) string {
	var words []string
	for _, v := range slices.Sorted(maps.Keys(s.Versions)) {
		words = append(words, fmt.Sprintf("%s: %d", v, s.Versions[v].Total()))
	}
	return strings.Join(words, ", ")
}

// failures tells kinds and moments of what failed.
func failures(s loadgen.Snapshot) string {
	var b strings.Builder
	for _, reason := range slices.Sorted(maps.Keys(s.Reasons)) {
		fmt.Fprintf(&b, "  %d × %s\n", s.Reasons[reason], reason)
	}
	for i, f := range s.Failures {
		if i == 20 {
			fmt.Fprintf(&b, "  … and %d more\n", len(s.Failures)-i)
			break
		}
		fmt.Fprintf(&b, "  %s %s %s\n", f.At.UTC().Format("15:04:05.000"), f.Version, f.Text)
	}
	return b.String()
}
