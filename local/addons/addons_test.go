package addons

import (
	"io/fs"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/workbench-dev/workbench/local/versions"
)

func TestOwnManifestsAreReadable(t *testing.T) {
	err := fs.WalkDir(ownManifests, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := ownManifests.ReadFile(path)
		if err != nil {
			return err
		}
		objects, err := decode(data)
		if err != nil || len(objects) == 0 {
			t.Errorf("%s: %d objects, %v", path, len(objects), err)
		}
		for _, o := range objects {
			if o.GetKind() == "" || o.GetAPIVersion() == "" || o.GetName() == "" {
				t.Errorf("%s holds something that isn't an object: %v", path, o.Object)
			}
			// Configuration within configuration is read by nobody before the pod.
			config, _, _ := unstructured.NestedStringMap(o.Object, "data")
			for name, content := range config {
				var any map[string]any
				if err := yaml.Unmarshal([]byte(content), &any); err != nil {
					t.Errorf("%s: %s: %v", path, name, err)
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestManifestsNameThePinnedImages(t *testing.T) {
	prometheus, err := ownManifests.ReadFile("manifests/prometheus.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(prometheus), versions.ImagePrometheus) {
		t.Errorf("Prometheus's manifest doesn't use %s", versions.ImagePrometheus)
	}
}

func TestIstioChartsUseThePinnedImages(t *testing.T) {
	for _, test := range []struct{ chart, release, values, image string }{
		{"charts/istio-control/istio-discovery", "istiod", "istiod.yaml", versions.ImagePilot},
		{"charts/base", "istio-base", "", ""},
		{"charts/gateway", "istio-ingressgateway", "gateway.yaml", ""},
	} {
		manifest, err := istioChart(test.chart, test.release, test.values)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(manifest), test.image) {
			t.Errorf("%s doesn't use %s", test.chart, test.image)
		}
		if _, err := decode(manifest); err != nil {
			t.Errorf("%s: %v", test.chart, err)
		}
	}
}

func TestFillCoreDNS(t *testing.T) {
	template := `
data:
  Corefile: |
    .:53 {
        errors
        kubernetes $DNS_DOMAIN in-addr.arpa ip6.arpa {
            ttl 30
        }
        forward . /etc/resolv.conf {
            max_concurrent 1000
        }
        loop
        loadbalance
    }
image: registry.k8s.io/coredns/coredns:v1.0.0
clusterIP: $DNS_SERVER_IP
`
	got, err := fillCoreDNS(template)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"cluster.local:53 in-addr.arpa:53 ip6.arpa:53 {", "rcode NXDOMAIN", versions.ImageCoreDNS + "\n", "clusterIP: " + versions.DNSAddress} {
		if !strings.Contains(string(got), want) {
			t.Errorf("%q is missing in:\n%s", want, got)
		}
	}
	for _, unwanted := range []string{"forward", "        loop\n", "$"} {
		if strings.Contains(string(got), unwanted) {
			t.Errorf("%q is left in:\n%s", unwanted, got)
		}
	}
	if _, err := fillCoreDNS("something else"); err == nil {
		t.Error("a manifest of another form must be refused")
	}
}

func TestAvailable(t *testing.T) {
	deployment := func(status string) *unstructured.Unstructured {
		var o unstructured.Unstructured
		if err := yaml.Unmarshal([]byte("{metadata: {generation: 2}, spec: {replicas: 2}, status: "+status+"}"), &o.Object); err != nil {
			t.Fatal(err)
		}
		// As the API's decoder does: whole numbers, not floats.
		fields := o.Object["status"].(map[string]any)
		for k, v := range fields {
			fields[k] = int64(v.(float64))
		}
		o.Object["spec"].(map[string]any)["replicas"] = int64(2)
		o.SetGeneration(2)
		return &o
	}
	for _, test := range []struct {
		status, why string
		want        bool
	}{
		{"{observedGeneration: 2, replicas: 2, updatedReplicas: 2, availableReplicas: 2}", "all is well", true},
		{"{observedGeneration: 1, replicas: 2, updatedReplicas: 2, availableReplicas: 2}", "the status is of an older version", false},
		{"{observedGeneration: 2, replicas: 3, updatedReplicas: 2, availableReplicas: 2}", "an old pod is still there", false},
		{"{observedGeneration: 2, replicas: 2, updatedReplicas: 2, availableReplicas: 1}", "one isn't available", false},
	} {
		if got := Available(deployment(test.status)); got != test.want {
			t.Errorf("%s: got %v", test.why, got)
		}
	}
}

func TestStartedAfter(t *testing.T) {
	node := time.Date(2026, 1, 2, 3, 4, 5, 600, time.UTC)
	pod := func(started string) []unstructured.Unstructured {
		return []unstructured.Unstructured{{Object: map[string]any{"status": map[string]any{"containerStatuses": []any{
			map[string]any{"state": map[string]any{"running": map[string]any{"startedAt": started}}},
		}}}}}
	}
	if StartedAfter(pod("2026-01-02T03:04:04Z"), node) {
		t.Error("a container of before the node's start counts as running")
	}
	if !StartedAfter(pod("2026-01-02T03:04:05Z"), node) || !StartedAfter(pod("2026-01-02T03:05:00Z"), node) {
		t.Error("a container of after the node's start doesn't count")
	}
}
