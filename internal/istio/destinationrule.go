package istio

import (
	"maps"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/workbench-dev/workbench/api/v1alpha1"
)

// NewDestinationRule is the DestinationRule of a task for the host of a Service. Istio merges it with any other for
// that host. Both subsets start with all pods of the
// workload; Argo Rollouts narrows them to the pods of a version once those can serve.
func NewDestinationRule(name, namespace, service, task string, podLabels map[string]string) *unstructured.Unstructured {
	dr := &unstructured.Unstructured{Object: map[string]any{
		"spec": map[string]any{"host": service},
	}}
	dr.SetGroupVersionKind(DestinationRuleKind)
	dr.SetName(name)
	dr.SetNamespace(namespace)
	dr.SetLabels(map[string]string{v1alpha1.TaskLabel: task})
	EnsureSubsets(dr, task, podLabels)
	return dr
}

// EnsureSubsets adds the subsets stable and canary where they are missing and marks the DestinationRule as adopted by
// the task. Subsets that are there keep their labels. It returns whether it changed dr.
func EnsureSubsets(dr *unstructured.Unstructured, task string, podLabels map[string]string) bool {
	changed := dr.GetAnnotations()[v1alpha1.TaskAnnotation] != task
	for _, name := range []string{v1alpha1.SubsetStable, v1alpha1.SubsetCanary} {
		if SubsetLabels(dr, name) == nil {
			SetSubset(dr, name, podLabels)
			changed = true
		}
	}
	if changed {
		annotate(dr, v1alpha1.TaskAnnotation, task)
	}
	return changed
}

// HostOf is the host that a DestinationRule is about.
func HostOf(dr *unstructured.Unstructured) string {
	host, _, _ := unstructured.NestedString(dr.Object, "spec", "host")
	return host
}

// AdoptedBy is the ReleaseTask that adopted an object, empty when none did.
func AdoptedBy(obj *unstructured.Unstructured) string {
	return obj.GetAnnotations()[v1alpha1.TaskAnnotation]
}

// SubsetLabels are the labels that the pods of a subset have; nil when there is no such subset.
func SubsetLabels(dr *unstructured.Unstructured, name string) map[string]string {
	for _, s := range subsets(dr) {
		if s["name"] == name {
			labels, _, _ := unstructured.NestedStringMap(s, "labels")
			if labels == nil {
				labels = map[string]string{}
			}
			return labels
		}
	}
	return nil
}

// SetSubset makes the subset select pods with these labels, and adds it when it is missing.
// It returns whether it changed dr.
func SetSubset(dr *unstructured.Unstructured, name string, labels map[string]string) bool {
	if old := SubsetLabels(dr, name); old != nil && maps.Equal(old, labels) {
		return false
	}
	values := make(map[string]any, len(labels))
	for k, v := range labels {
		values[k] = v
	}
	all := subsets(dr)
	for _, s := range all {
		if s["name"] == name {
			s["labels"] = values
			setSubsets(dr, all)
			return true
		}
	}
	setSubsets(dr, append(all, map[string]any{"name": name, "labels": values}))
	return true
}

// HasReservedSubset says whether the DestinationRule has a subset by a name that Workbench uses.
func HasReservedSubset(dr *unstructured.Unstructured) bool {
	for _, name := range []string{v1alpha1.SubsetStable, v1alpha1.SubsetCanary, v1alpha1.SubsetDeployment} {
		if SubsetLabels(dr, name) != nil {
			return true
		}
	}
	return false
}

func subsets(dr *unstructured.Unstructured) []map[string]any {
	spec, _ := dr.Object["spec"].(map[string]any)
	var out []map[string]any
	for _, s := range asSlice(spec["subsets"]) {
		if m, ok := s.(map[string]any); ok {
			out = append(out, m)
		}
	}
	return out
}

func setSubsets(dr *unstructured.Unstructured, list []map[string]any) {
	spec, ok := dr.Object["spec"].(map[string]any)
	if !ok {
		return
	}
	out := make([]any, len(list))
	for i := range list {
		out[i] = list[i]
	}
	spec["subsets"] = out
}
