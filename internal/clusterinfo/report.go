// Package clusterinfo says what a cluster has of what Workbench needs, what it lacks, how to mend that, and what the
// user who asks may do. The command line prints it and the hub shows it beside each cluster.
//
// It looks and changes nothing, and it is no preflight: what stands in the way of one release task depends on its
// workload and is in internal/release.
package clusterinfo

import "slices"

// Report is what was found in a cluster.
type Report struct {
	// User is who asked, as the cluster calls them.
	User string `json:"user"`
	// Namespace that Permissions are about.
	Namespace string `json:"namespace"`
	// Components, one for each Name, in that order.
	Components []Component `json:"components"`
	// Permissions of User in Namespace.
	Permissions []Permission `json:"permissions"`
}

// Name is a part that Workbench works with.
type Name string

// The parts.
const (
	Kubernetes   Name = "Kubernetes"
	Workbench    Name = "Workbench"
	ArgoRollouts Name = "Argo Rollouts"
	Istio        Name = "Istio"
	Prometheus   Name = "Prometheus"
)

// State is how a component was found.
type State string

const (
	// Ready: installed, and at least one of its pods is ready.
	Ready State = "Ready"
	// Installed: its API is served; whether it runs could not be seen, most often because the user may not look.
	Installed State = "Installed"
	// NotRunning: its API is served, and none of its pods is ready.
	NotRunning State = "NotRunning"
	// TooOld: its version is older than the oldest that Workbench works with.
	TooOld State = "TooOld"
	// Missing: it is not installed.
	Missing State = "Missing"
	// Unknown: the user may not look.
	Unknown State = "Unknown"
)

// Usable says whether releases can rely on it, as far as could be seen.
func (s State) Usable() bool { return s == Ready || s == Installed }

// Need is what a component is needed for.
type Need string

const (
	// NeedAlways: without it nothing works.
	NeedAlways Need = "always"
	// NeedWeights: for canaries by weights of the mesh; without it they go by number of instances.
	NeedWeights Need = "traffic by weights (istio)"
	// NeedAnalysis: for judging releases by metrics.
	NeedAnalysis Need = "analysis"
)

// Component is one part as it was found.
type Component struct {
	Name  Name  `json:"name"`
	State State `json:"state"`
	// Version as the component calls itself; empty when it could not be seen.
	Version string `json:"version,omitempty"`
	// Namespace where it runs; empty when it could not be seen.
	Namespace string `json:"namespace,omitempty"`
	NeededFor Need   `json:"neededFor"`
	// Message says what was found.
	Message string `json:"message"`
	// Mend says what to do; empty when there is nothing to do.
	Mend string `json:"mend,omitempty"`
}

// Permission is something that a user may or may not do.
type Permission struct {
	// To do what, in words: "start and steer releases".
	To string `json:"to"`
	// Allowed is whether all of it is allowed.
	Allowed bool `json:"allowed"`
	// Lacks names each verb and resource that is not, such as "create releaseactions.workbench.dev".
	Lacks []string `json:"lacks,omitempty"`
	// Mend says what to do; empty when it is allowed.
	Mend string `json:"mend,omitempty"`
}

// Component returns the part of that name; its state is Unknown when the report has none.
func (r Report) Component(name Name) Component {
	at := slices.IndexFunc(r.Components, func(component Component) bool { return component.Name == name })
	if at < 0 {
		return Component{Name: name, State: Unknown}
	}
	return r.Components[at]
}

// Lacking returns the components that are not usable of those needed always or named.
func (r Report) Lacking(required ...Name) []Component {
	var lacking []Component
	for _, component := range r.Components {
		needed := component.NeededFor == NeedAlways || slices.Contains(required, component.Name)
		if needed && !component.State.Usable() {
			lacking = append(lacking, component)
		}
	}
	return lacking
}
