// Package istio changes VirtualServices and DestinationRules the way a release needs it: split routes between
// subsets, lead them elsewhere, give them back. All functions are pure and work on unstructured objects, so that
// fields which this version of Workbench does not know survive. Reading and writing them is the caller's.
package istio

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/workbench-dev/workbench/api/v1alpha1"
)

// Kinds of the mesh, in the version that every Istio since 1.22 serves.
var (
	VirtualServiceKind  = schema.GroupVersionKind{Group: "networking.istio.io", Version: "v1", Kind: "VirtualService"}
	DestinationRuleKind = schema.GroupVersionKind{Group: "networking.istio.io", Version: "v1", Kind: "DestinationRule"}
)

// originalRoutes is what is kept in v1alpha1.OriginalAnnotation of an adopted VirtualService.
type originalRoutes struct {
	Routes []originalRoute `json:"routes"`
}

type originalRoute struct {
	// Name under which the route is found again; Unnamed says that Workbench gave it.
	Name    string `json:"name"`
	Unnamed bool   `json:"unnamed,omitempty"`
	Route   []any  `json:"route"`
}

// HostMatches says whether host, as written in an object of the given namespace, means the Service.
// Short names are looked up in the namespace of the object (Istio, "destination host").
func HostMatches(host, objectNamespace, service, serviceNamespace string) bool {
	name, rest, dotted := strings.Cut(host, ".")
	if name != service {
		return false
	}
	if !dotted {
		return objectNamespace == serviceNamespace
	}
	return rest == serviceNamespace || rest == serviceNamespace+".svc" || strings.HasPrefix(rest, serviceNamespace+".svc.")
}

// Route is an HTTP route of a VirtualService that leads to a Service.
type Route struct {
	Index int
	// Name is empty when the route has none.
	Name string
	// Shared says that the route also leads to other hosts, so that it cannot be split.
	Shared bool
}

// RoutesTo lists the HTTP routes of a VirtualService that lead to the Service.
func RoutesTo(vs *unstructured.Unstructured, service, namespace string) []Route {
	var found []Route
	for i, entry := range httpRoutes(vs) {
		matching, others := 0, 0
		for _, d := range destinations(entry) {
			host, _, _ := unstructured.NestedString(d, "destination", "host")
			if HostMatches(host, vs.GetNamespace(), service, namespace) {
				matching++
			} else {
				others++
			}
		}
		if matching == 0 {
			continue
		}
		name, _, _ := unstructured.NestedString(entry, "name")
		found = append(found, Route{Index: i, Name: name, Shared: others > 0})
	}
	return found
}

// RouteNames are the names of the routes that Split manages, in the order of the VirtualService.
func RouteNames(vs *unstructured.Unstructured) []string {
	original, err := readOriginalRoutes(vs)
	if err != nil || original == nil {
		return nil
	}
	names := make([]string, 0, len(original.Routes))
	for _, r := range original.Routes {
		names = append(names, r.Name)
	}
	return names
}

// Split makes the wanted routes to the Service (all of them when wanted is empty) lead to the subsets stable (100)
// and canary (0) and keeps what they were in v1alpha1.OriginalAnnotation. Routes that are split already stay as
// they are, weights included. It returns whether it changed vs, and an error when a wanted route cannot be split.
func Split(vs *unstructured.Unstructured, service, namespace, task string, wanted []string) (bool, error) {
	original, err := readOriginalRoutes(vs)
	if err != nil {
		return false, err
	}
	if original == nil {
		original = &originalRoutes{}
	}
	entries := httpRoutes(vs)
	changed := false
	for _, r := range RoutesTo(vs, service, namespace) {
		if len(wanted) > 0 && !slices.Contains(wanted, r.Name) {
			continue
		}
		entry := entries[r.Index]
		if isSplit(entry) && original.find(r.Name) != nil {
			continue
		}
		if r.Shared {
			return false, fmt.Errorf("HTTP route %d of VirtualService %s also leads to other hosts than %s; only a route with that one destination can be split", r.Index+1, vs.GetName(), service)
		}
		name := r.Name
		if name == "" {
			name = fmt.Sprintf("workbench-%d", r.Index)
			entry["name"] = name
		}
		original.set(originalRoute{Name: name, Unnamed: r.Name == "", Route: asSlice(entry["route"])})
		first := destinations(entry)[0]
		entry["route"] = []any{
			toSubset(first, v1alpha1.SubsetStable, 100),
			toSubset(first, v1alpha1.SubsetCanary, 0),
		}
		changed = true
	}
	if !changed {
		return false, nil
	}
	setHTTPRoutes(vs, entries)
	return true, writeOriginalRoutes(vs, original, task)
}

// LeadTo makes every route that Split manages lead to one subset alone. It returns whether it changed vs.
func LeadTo(vs *unstructured.Unstructured, subset string) bool {
	names := RouteNames(vs)
	entries := httpRoutes(vs)
	changed := false
	for _, entry := range entries {
		name, _, _ := unstructured.NestedString(entry, "name")
		ds := destinations(entry)
		if !slices.Contains(names, name) || len(ds) == 0 {
			continue
		}
		if len(ds) == 1 && subsetOf(ds[0]) == subset {
			continue
		}
		entry["route"] = []any{toSubset(ds[0], subset, 100)}
		changed = true
	}
	if changed {
		setHTTPRoutes(vs, entries)
	}
	return changed
}

// LeadsTo says whether every route that Split manages leads to that one subset alone.
func LeadsTo(vs *unstructured.Unstructured, subset string) bool {
	return !LeadTo(vs.DeepCopy(), subset)
}

// IsSplit says whether the wanted routes to the Service are split between stable and canary.
func IsSplit(vs *unstructured.Unstructured, service, namespace string, wanted []string) bool {
	changed, err := Split(vs.DeepCopy(), service, namespace, "", wanted)
	return err == nil && !changed
}

// Weights are the shares of the subsets stable and canary in the first managed route.
// ok is false when no managed route is split.
func Weights(vs *unstructured.Unstructured) (stable, canary int32, ok bool) {
	names := RouteNames(vs)
	for _, entry := range httpRoutes(vs) {
		name, _, _ := unstructured.NestedString(entry, "name")
		if !slices.Contains(names, name) || !isSplit(entry) {
			continue
		}
		for _, d := range destinations(entry) {
			switch subsetOf(d) {
			case v1alpha1.SubsetStable:
				stable = weightOf(d)
			case v1alpha1.SubsetCanary:
				canary = weightOf(d)
			}
		}
		return stable, canary, true
	}
	return 0, 0, false
}

// RestoreRoutes gives every managed route its original destinations back and forgets them. Other parts of the
// VirtualService stay as they are, also when they changed since. It returns whether it changed vs.
func RestoreRoutes(vs *unstructured.Unstructured) (bool, error) {
	original, err := readOriginalRoutes(vs)
	if err != nil || original == nil {
		return false, err
	}
	entries := httpRoutes(vs)
	for _, entry := range entries {
		name, _, _ := unstructured.NestedString(entry, "name")
		o := original.find(name)
		if o == nil {
			continue
		}
		if len(o.Route) > 0 {
			entry["route"] = o.Route
		}
		if o.Unnamed {
			delete(entry, "name")
		}
	}
	setHTTPRoutes(vs, entries)
	forgetOriginal(vs)
	return true, nil
}

// NewVirtualService is the VirtualService for a Service that has none: it splits the calls inside the mesh.
func NewVirtualService(name, namespace, service, task string) *unstructured.Unstructured {
	vs := &unstructured.Unstructured{Object: map[string]any{
		"spec": map[string]any{
			"hosts": []any{service},
			"http": []any{map[string]any{
				"name":  "primary",
				"route": []any{map[string]any{"destination": map[string]any{"host": service}}},
			}},
		},
	}}
	vs.SetGroupVersionKind(VirtualServiceKind)
	vs.SetName(name)
	vs.SetNamespace(namespace)
	vs.SetLabels(map[string]string{v1alpha1.TaskLabel: task})
	if _, err := Split(vs, service, namespace, task, nil); err != nil {
		panic(err) // the route above is of the form that Split takes
	}
	return vs
}

func (o *originalRoutes) find(name string) *originalRoute {
	for i := range o.Routes {
		if o.Routes[i].Name == name {
			return &o.Routes[i]
		}
	}
	return nil
}

func (o *originalRoutes) set(r originalRoute) {
	if old := o.find(r.Name); old != nil {
		// A route that was split before and is not any more was written by its owner: theirs is the new original.
		// The name stays the one that Workbench gave if it did.
		r.Unnamed = old.Unnamed || r.Unnamed
		*old = r
		return
	}
	o.Routes = append(o.Routes, r)
}

func readOriginalRoutes(vs *unstructured.Unstructured) (*originalRoutes, error) {
	text, ok := vs.GetAnnotations()[v1alpha1.OriginalAnnotation]
	if !ok {
		return nil, nil
	}
	original := &originalRoutes{}
	if err := json.Unmarshal([]byte(text), original); err != nil {
		return nil, fmt.Errorf("annotation %s of VirtualService %s/%s is not what Workbench wrote (%w): put the routes back by hand and remove the annotation", v1alpha1.OriginalAnnotation, vs.GetNamespace(), vs.GetName(), err)
	}
	return original, nil
}

func writeOriginalRoutes(vs *unstructured.Unstructured, original *originalRoutes, task string) error {
	text, err := json.Marshal(original)
	if err != nil {
		return err
	}
	annotate(vs, v1alpha1.OriginalAnnotation, string(text))
	annotate(vs, v1alpha1.TaskAnnotation, task)
	return nil
}

func annotate(obj *unstructured.Unstructured, key, value string) {
	annotations := obj.GetAnnotations()
	if annotations == nil {
		annotations = map[string]string{}
	}
	annotations[key] = value
	obj.SetAnnotations(annotations)
}

func forgetOriginal(obj *unstructured.Unstructured) {
	annotations := obj.GetAnnotations()
	delete(annotations, v1alpha1.OriginalAnnotation)
	delete(annotations, v1alpha1.TaskAnnotation)
	if len(annotations) == 0 {
		annotations = nil
	}
	obj.SetAnnotations(annotations)
}

func httpRoutes(vs *unstructured.Unstructured) []map[string]any {
	spec, _ := vs.Object["spec"].(map[string]any)
	var entries []map[string]any
	for _, e := range asSlice(spec["http"]) {
		if entry, ok := e.(map[string]any); ok {
			entries = append(entries, entry)
		}
	}
	return entries
}

func setHTTPRoutes(vs *unstructured.Unstructured, entries []map[string]any) {
	list := make([]any, len(entries))
	for i := range entries {
		list[i] = entries[i]
	}
	spec, ok := vs.Object["spec"].(map[string]any)
	if !ok {
		return
	}
	spec["http"] = list
}

func destinations(entry map[string]any) []map[string]any {
	var ds []map[string]any
	for _, d := range asSlice(entry["route"]) {
		if m, ok := d.(map[string]any); ok {
			ds = append(ds, m)
		}
	}
	return ds
}

func isSplit(entry map[string]any) bool {
	ds := destinations(entry)
	return len(ds) == 2 && subsetOf(ds[0]) == v1alpha1.SubsetStable && subsetOf(ds[1]) == v1alpha1.SubsetCanary
}

// toSubset copies a destination, with its port and header rules, and leads it to a subset.
func toSubset(d map[string]any, subset string, weight int64) map[string]any {
	out := runtime.DeepCopyJSON(d)
	destination, _ := out["destination"].(map[string]any)
	destination["subset"] = subset
	out["weight"] = weight
	return out
}

func subsetOf(d map[string]any) string {
	s, _, _ := unstructured.NestedString(d, "destination", "subset")
	return s
}

func weightOf(d map[string]any) int32 {
	switch w := d["weight"].(type) {
	case int64:
		return int32(w)
	case float64:
		return int32(w)
	}
	return 0
}

func asSlice(v any) []any {
	s, _ := v.([]any)
	return s
}

// SetCanaryWeight gives the canary its share, in percent, in every managed route that is split.
func SetCanaryWeight(vs *unstructured.Unstructured, canary int32) {
	names := RouteNames(vs)
	entries := httpRoutes(vs)
	for _, entry := range entries {
		name, _, _ := unstructured.NestedString(entry, "name")
		if !slices.Contains(names, name) || !isSplit(entry) {
			continue
		}
		ds := destinations(entry)
		ds[0]["weight"], ds[1]["weight"] = int64(100-canary), int64(canary)
	}
	setHTTPRoutes(vs, entries)
}
