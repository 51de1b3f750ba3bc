package istio

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/workbench-dev/workbench/api/v1alpha1"
)

func parse(t *testing.T, text string) *unstructured.Unstructured {
	t.Helper()
	obj := &unstructured.Unstructured{}
	if err := yaml.Unmarshal([]byte(text), &obj.Object); err != nil {
		t.Fatal(err)
	}
	return obj
}

const gatewayRoutes = `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: web, namespace: shop, annotations: {team: blue}}
spec:
  hosts: [web.example.com]
  futureField: kept
  http:
  - match: [{uri: {prefix: /api}}]
    timeout: 3s
    route: [{destination: {host: web.shop.svc.cluster.local, port: {number: 80}}, headers: {request: {add: {x: "1"}}}}]
  - name: other
    route: [{destination: {host: search}}]
  - name: rest
    route: [{destination: {host: web}}]
`

func TestHostMatches(t *testing.T) {
	cases := map[string]struct {
		host, namespace string
		want            bool
	}{
		"short name in the same namespace":     {"web", "shop", true},
		"short name in another namespace":      {"web", "find", false},
		"name and namespace":                   {"web.shop", "find", true},
		"name, namespace and svc":              {"web.shop.svc", "find", true},
		"the whole name":                       {"web.shop.svc.cluster.local", "find", true},
		"the same name in another namespace":   {"web.find.svc.cluster.local", "shop", false},
		"another name":                         {"webshop", "shop", false},
		"a host that only starts like it":      {"web.shopping", "shop", false},
		"a host outside the cluster":           {"web.example.com", "shop", false},
		"a namespace that begins like another": {"web.shop-eu.svc", "shop", false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if got := HostMatches(c.host, c.namespace, "web", "shop"); got != c.want {
				t.Errorf("HostMatches(%q in %s) = %v, want %v", c.host, c.namespace, got, c.want)
			}
		})
	}
}

func TestSplitAndRestoreGiveTheOriginalBack(t *testing.T) {
	original := parse(t, gatewayRoutes)
	vs := original.DeepCopy()
	changed, err := Split(vs, "web", "shop", "checkout", nil)
	if err != nil || !changed {
		t.Fatalf("Split: changed %v, error %v", changed, err)
	}
	if diff := cmp.Diff([]string{"workbench-0", "rest"}, RouteNames(vs)); diff != "" {
		t.Errorf("managed routes (-want +got):\n%s", diff)
	}
	if stable, canary, ok := Weights(vs); !ok || stable != 100 || canary != 0 {
		t.Errorf("weights are %d/%d, %v; want 100/0", stable, canary, ok)
	}
	first := httpRoutes(vs)[0]
	want := []any{
		map[string]any{"destination": map[string]any{"host": "web.shop.svc.cluster.local", "port": map[string]any{"number": float64(80)}, "subset": "stable"}, "weight": int64(100), "headers": map[string]any{"request": map[string]any{"add": map[string]any{"x": "1"}}}},
		map[string]any{"destination": map[string]any{"host": "web.shop.svc.cluster.local", "port": map[string]any{"number": float64(80)}, "subset": "canary"}, "weight": int64(0), "headers": map[string]any{"request": map[string]any{"add": map[string]any{"x": "1"}}}},
	}
	if diff := cmp.Diff(want, first["route"]); diff != "" {
		t.Errorf("split route keeps port and headers (-want +got):\n%s", diff)
	}
	if again, err := Split(vs, "web", "shop", "checkout", nil); again || err != nil {
		t.Errorf("a second Split changes nothing: changed %v, error %v", again, err)
	}
	SetCanaryWeight(vs, 30)
	if _, canary, _ := Weights(vs); canary != 30 {
		t.Errorf("canary weight is %d, want 30", canary)
	}
	if !LeadTo(vs, v1alpha1.SubsetDeployment) || !LeadsTo(vs, v1alpha1.SubsetDeployment) {
		t.Error("the managed routes do not lead to the subset of the Deployment")
	}
	if restored, err := RestoreRoutes(vs); err != nil || !restored {
		t.Fatalf("RestoreRoutes: %v, %v", restored, err)
	}
	if diff := cmp.Diff(original.Object, vs.Object); diff != "" {
		t.Errorf("the original is not back (-want +got):\n%s", diff)
	}
}

func TestRestoreKeepsWhatTheOwnerChangedMeanwhile(t *testing.T) {
	vs := parse(t, gatewayRoutes)
	if _, err := Split(vs, "web", "shop", "checkout", []string{"rest"}); err != nil {
		t.Fatal(err)
	}
	httpRoutes(vs)[2]["timeout"] = "9s"
	if _, err := RestoreRoutes(vs); err != nil {
		t.Fatal(err)
	}
	want := parse(t, gatewayRoutes)
	httpRoutes(want)[2]["timeout"] = "9s"
	if diff := cmp.Diff(want.Object, vs.Object); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestRoutesWrittenAnewBecomeTheOriginal(t *testing.T) {
	vs := parse(t, gatewayRoutes)
	if _, err := Split(vs, "web", "shop", "checkout", []string{"rest"}); err != nil {
		t.Fatal(err)
	}
	httpRoutes(vs)[2]["route"] = []any{map[string]any{"destination": map[string]any{"host": "web.shop"}}}
	if IsSplit(vs, "web", "shop", []string{"rest"}) {
		t.Error("a route written anew counts as split")
	}
	if changed, err := Split(vs, "web", "shop", "checkout", []string{"rest"}); !changed || err != nil {
		t.Fatalf("changed %v, error %v", changed, err)
	}
	if _, err := RestoreRoutes(vs); err != nil {
		t.Fatal(err)
	}
	host, _, _ := unstructured.NestedString(destinations(httpRoutes(vs)[2])[0], "destination", "host")
	if host != "web.shop" {
		t.Errorf("restored host is %q, want what the owner wrote last", host)
	}
}

func TestSplitRefusesASharedRoute(t *testing.T) {
	vs := parse(t, `
metadata: {name: web, namespace: shop}
spec: {http: [{route: [{destination: {host: web}, weight: 90}, {destination: {host: legacy}, weight: 10}]}]}`)
	before := vs.DeepCopy()
	if _, err := Split(vs, "web", "shop", "checkout", nil); err == nil {
		t.Error("a route to two hosts was split")
	}
	if diff := cmp.Diff(before.Object, vs.Object); diff != "" {
		t.Errorf("a refused split changed the object:\n%s", diff)
	}
}

func TestBrokenAnnotationIsAnError(t *testing.T) {
	vs := parse(t, gatewayRoutes)
	vs.SetAnnotations(map[string]string{v1alpha1.OriginalAnnotation: "{"})
	if _, err := Split(vs, "web", "shop", "checkout", nil); err == nil {
		t.Error("a broken original was overwritten")
	}
}

func TestSubsets(t *testing.T) {
	dr := NewDestinationRule("checkout", "shop", "web", "checkout", map[string]string{"app": "web"})
	if diff := cmp.Diff(map[string]string{"app": "web"}, SubsetLabels(dr, v1alpha1.SubsetCanary)); diff != "" {
		t.Errorf("canary subset (-want +got):\n%s", diff)
	}
	if EnsureSubsets(dr, "checkout", map[string]string{"app": "other"}) {
		t.Error("subsets that are there keep their labels")
	}
	if !SetSubset(dr, v1alpha1.SubsetDeployment, map[string]string{"app": "web", "pod-template-hash": "1"}) {
		t.Error("a new subset is a change")
	}
	if SetSubset(dr, v1alpha1.SubsetDeployment, map[string]string{"pod-template-hash": "1", "app": "web"}) {
		t.Error("the same labels are no change")
	}
	foreign := parse(t, `{metadata: {name: d, namespace: shop}, spec: {host: web, subsets: [{name: canary}]}}`)
	if !HasReservedSubset(foreign) {
		t.Error("a subset by a name that Workbench uses is not seen")
	}
}
