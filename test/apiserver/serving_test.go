//go:build apiserver

package apiserver

import (
	"fmt"

	appsv1 "k8s.io/api/apps/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/utils/ptr"

	"github.com/workbench-dev/workbench/api/v1alpha1"
	"github.com/workbench-dev/workbench/internal/istio"
)

func unstructuredOf(kind schema.GroupVersionKind) *unstructured.Unstructured {
	object := &unstructured.Unstructured{}
	object.SetGroupVersionKind(kind)
	return object
}

// group is the pods of one ReplicaSet.
type group struct {
	name   string
	labels labels.Set
	// pods is how many of them serve and are meant to go on: those that somebody has told to go don't count,
	// however long they still answer.
	pods int32
}

// look says what could go wrong for a request that comes now.
func (w *world) look() []string {
	w.t.Helper()
	rules := unstructuredList(istio.DestinationRuleKind)
	w.list(rules)
	routes := unstructuredList(istio.VirtualServiceKind)
	w.list(routes)
	leading := destinations(rules, routes)
	return []string{w.serving(leading), w.known(rules, leading)}
}

// serving says what is wrong for a request that comes now, nothing when it is served: whatever the routes lead to
// has pods, and enough of them for its share. It looks at what the API server holds, as every proxy will soon.
func (w *world) serving(leading []destination) string {
	w.t.Helper()
	groups := w.groups()
	// Whatever the routes say, the workload keeps its size.
	all := destination{what: "the Service", selector: labels.Set{"app": app}, weight: 100}
	for _, d := range append([]destination{all}, leading...) {
		if problem := d.short(groups); problem != "" {
			return problem
		}
	}
	return ""
}

func (w *world) groups() (groups []group) {
	w.t.Helper()
	owners := w.owners()
	var deployment appsv1.Deployment
	w.get(app, &deployment)
	var sets appsv1.ReplicaSetList
	w.list(&sets)
	for i := range sets.Items {
		rs := &sets.Items[i]
		if rs.DeletionTimestamp != nil {
			continue
		}
		pods := min(rs.Status.AvailableReplicas, ptr.Deref(rs.Spec.Replicas, 1))
		if owner := metav1.GetControllerOf(rs); owner != nil {
			switch {
			case owner.UID == deployment.UID:
				pods = min(pods, ptr.Deref(deployment.Spec.Replicas, 1))
			case !owners[owner.UID]:
				pods = 0
			}
		}
		groups = append(groups, group{name: rs.Name, labels: rs.Spec.Template.Labels, pods: pods})
	}
	return groups
}

// destination is what a route leads to.
type destination struct {
	what     string
	subset   string
	selector labels.Set
	// missing says that the subset doesn't exist.
	missing bool
	weight  int64
}

func (d destination) short(groups []group) string {
	if d.weight == 0 {
		return ""
	}
	if d.missing {
		return fmt.Sprintf("%d %% of requests go to %s, which no DestinationRule has", d.weight, d.what)
	}
	need := max(1, instances*int32(d.weight)/100)
	have := int32(0)
	for _, g := range groups {
		if labels.SelectorFromSet(d.selector).Matches(g.labels) {
			have += g.pods
		}
	}
	if have >= need {
		return ""
	}
	return fmt.Sprintf("%d %% of requests go to %s (%s), for which %d pods serve on, and %d are needed; all pods: %v", d.weight, d.what, d.selector, have, need, groups)
}

// destinations are those of all routes to the Service.
func destinations(rules, routes *unstructured.UnstructuredList) (found []destination) {
	for i := range routes.Items {
		entries, _, _ := unstructured.NestedSlice(routes.Items[i].Object, "spec", "http")
		for _, entry := range entries {
			list, _ := entry.(map[string]any)["route"].([]any)
			for _, item := range list {
				target := item.(map[string]any)
				if host, _, _ := unstructured.NestedString(target, "destination", "host"); host != app {
					continue
				}
				weight, given, _ := unstructured.NestedInt64(target, "weight")
				if !given && len(list) == 1 {
					weight = 100
				}
				subset, _, _ := unstructured.NestedString(target, "destination", "subset")
				found = append(found, toSubset(rules, subset, weight))
			}
		}
	}
	return found
}

// known says which route leads to a subset that the proxies may not know yet, or which subset was taken away from
// proxies that may not have heard yet that no route leads there any more: what is sent later may arrive sooner.
func (w *world) known(rules *unstructured.UnstructuredList, leading []destination) string {
	w.t.Helper()
	now, problem := w.clock.Now(), ""
	present := map[string]bool{}
	for i := range rules.Items {
		for _, name := range []string{v1alpha1.SubsetStable, v1alpha1.SubsetCanary, v1alpha1.SubsetDeployment} {
			if istio.SubsetLabels(&rules.Items[i], name) != nil {
				present[name] = true
				if _, seen := w.subsets[name]; !seen {
					w.subsets[name] = now
				}
			}
		}
	}
	for _, d := range leading {
		if d.subset == "" || d.weight == 0 {
			continue
		}
		if _, before := w.used[d.subset]; !before && now.Sub(w.subsets[d.subset]) < delays.Propagation {
			problem = fmt.Sprintf("routes lead to subset %s %s after it was made; proxies may learn of it as late as %s after", d.subset, now.Sub(w.subsets[d.subset]), delays.Propagation)
		}
		w.used[d.subset] = now
	}
	for name := range w.subsets {
		if present[name] {
			continue
		}
		if since := now.Sub(w.used[name]); since < delays.Propagation {
			problem = fmt.Sprintf("subset %s was removed %s after a route last led to it; proxies may lead there as late as %s after", name, since, delays.Propagation)
		}
		delete(w.subsets, name)
		delete(w.used, name)
	}
	return problem
}

func toSubset(rules *unstructured.UnstructuredList, name string, weight int64) destination {
	service := labels.Set{"app": app}
	if name == "" {
		return destination{what: "the Service", selector: service, weight: weight}
	}
	for i := range rules.Items {
		if subset := istio.SubsetLabels(&rules.Items[i], name); subset != nil {
			return destination{what: "subset " + name, subset: name, selector: labels.Merge(service, subset), weight: weight}
		}
	}
	return destination{what: "subset " + name, subset: name, missing: true, weight: weight}
}

func unstructuredList(kind schema.GroupVersionKind) *unstructured.UnstructuredList {
	list := &unstructured.UnstructuredList{}
	list.SetGroupVersionKind(kind)
	return list
}
