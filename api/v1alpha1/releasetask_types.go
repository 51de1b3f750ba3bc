package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// ReleaseTask says how the versions of one workload are released. It lives as long as the workload is
// released through Workbench: every change of the workload's pod template, by anyone and any tool, starts a
// release by the rules given here. Deleting it hands the workload back, running, to its Deployment.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:scope=Namespaced,shortName=rt,categories=workbench
// +kubebuilder:printcolumn:name="Workload",type=string,JSONPath=`.spec.workloadRef.name`
// +kubebuilder:printcolumn:name="Phase",type=string,JSONPath=`.status.phase`
// +kubebuilder:printcolumn:name="Step",type=string,JSONPath=`.status.step.display`
// +kubebuilder:printcolumn:name="Weight",type=integer,JSONPath=`.status.canary.weight`
// +kubebuilder:printcolumn:name="Stable",type=string,JSONPath=`.status.stable.display`
// +kubebuilder:printcolumn:name="Canary",type=string,JSONPath=`.status.canary.display`
// +kubebuilder:printcolumn:name="Message",type=string,JSONPath=`.status.message`,priority=1
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
// +kubebuilder:validation:XValidation:rule="self.metadata.name.size() <= 63 && self.metadata.name.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?$')",message="name must be at most 63 characters of lower case letters, digits and '-', and start and end with a letter or digit"
type ReleaseTask struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// spec is what the user wants.
	// +required
	Spec ReleaseTaskSpec `json:"spec"`
	// status is what the controller saw and did.
	// +optional
	Status ReleaseTaskStatus `json:"status,omitempty"`
}

// ReleaseTaskList is a list of ReleaseTasks.
//
// +kubebuilder:object:root=true
type ReleaseTaskList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []ReleaseTask `json:"items"`
}

// ReleaseTaskSpec is the desired state of a ReleaseTask.
//
// +kubebuilder:validation:XValidation:rule="!has(self.analysis) || !has(self.analysis.source) || self.analysis.source != 'Envoy' || !has(self.strategy.canary) || has(self.strategy.canary.traffic.istio)",message="analysis.source Envoy needs traffic split by istio: Envoy tells stable and canary apart by their subsets"
// +kubebuilder:validation:XValidation:rule="!has(self.analysis) || !has(self.analysis.fromStep) || !has(self.strategy.canary) || self.analysis.fromStep <= size(self.strategy.canary.steps)",message="analysis.fromStep is beyond the last step"
type ReleaseTaskSpec struct {
	// workloadRef names the workload, in the namespace of the task. It cannot be changed.
	// +required
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="workloadRef cannot be changed: delete this task and create one for the other workload"
	WorkloadRef WorkloadRef `json:"workloadRef"`

	// instances is the number of pods the workload runs with, at least 1. When absent, the number that the
	// Deployment had when it was taken over. An autoscaler of the workload has the last word.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=10000
	Instances *int32 `json:"instances,omitempty"`

	// strategy is how a new version gets its traffic.
	// +required
	Strategy Strategy `json:"strategy"`

	// analysis judges each release by its metrics and sends a bad one back by itself. When absent, nothing is judged.
	// +optional
	Analysis *Analysis `json:"analysis,omitempty"`

	// historyLimit is how many releases status.history and the rollback keep (1 to 50, default 10).
	// +optional
	// +default=10
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=50
	HistoryLimit int32 `json:"historyLimit,omitempty"`
}

// WorkloadRef names a workload in the namespace of the task.
type WorkloadRef struct {
	// apiVersion of the workload; apps/v1.
	// +optional
	// +default="apps/v1"
	// +kubebuilder:validation:Enum=apps/v1
	APIVersion string `json:"apiVersion,omitempty"`
	// kind of the workload; Deployment.
	// +optional
	// +default="Deployment"
	// +kubebuilder:validation:Enum=Deployment
	Kind string `json:"kind,omitempty"`
	// name of the workload.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	Name string `json:"name"`
}

// Strategy is a union: exactly one member is set.
//
// +kubebuilder:validation:XValidation:rule="has(self.canary)",message="canary must be set: it is the only strategy so far"
type Strategy struct {
	// canary raises the share of the new version step by step.
	// +optional
	Canary *CanaryStrategy `json:"canary,omitempty"`
}

// CanaryStrategy raises the share of the new version step by step.
type CanaryStrategy struct {
	// traffic is how requests are split between the stable and the canary version.
	// +required
	Traffic Traffic `json:"traffic"`

	// steps are walked from first to last; weights rise strictly. After the last one the new version takes
	// all traffic and becomes the stable one.
	// +required
	// +listType=atomic
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=30
	// +kubebuilder:validation:XValidation:rule="self.all(i, s, i == 0 || self[i-1].weight < s.weight)",message="weights must rise from step to step: each one greater than the one before"
	Steps []Step `json:"steps"`

	// maxSurge is how many pods above instances may run while pods are replaced, a number or a share of
	// instances (default 25%). Used only when traffic is split by instances: with Istio the canary's pods
	// always come on top of the stable ones.
	// +optional
	// +kubebuilder:validation:XIntOrString
	// +kubebuilder:validation:XValidation:rule="type(self) == int ? self >= 1 && self <= 10000 : self.matches('^([1-9][0-9]?|100)%$')",message="maxSurge must be a number between 1 and 10000 or a share between 1% and 100%"
	MaxSurge *intstr.IntOrString `json:"maxSurge,omitempty"`
}

// Traffic is a union: exactly one member is set.
//
// +kubebuilder:validation:XValidation:rule="has(self.istio) != has(self.instances)",message="set exactly one of istio (weights in the mesh) and instances (by number of pods, no mesh needed)"
type Traffic struct {
	// istio splits requests by weights of a VirtualService between two subsets of a DestinationRule.
	// +optional
	Istio *IstioTraffic `json:"istio,omitempty"`
	// instances splits requests by the number of pods of each version behind the Service: no mesh needed,
	// and a weight is as exact as the number of instances allows.
	// +optional
	Instances *InstancesTraffic `json:"instances,omitempty"`
}

// IstioTraffic says which routes carry the traffic of the workload.
type IstioTraffic struct {
	// service is the Service whose host the routes name. When absent, the only Service that selects the
	// workload's pods.
	// +optional
	// +kubebuilder:validation:MaxLength=63
	Service string `json:"service,omitempty"`
	// virtualService is the VirtualService, in the namespace of the task, whose routes to the Service are split. When absent, the
	// only one there that routes to the Service; when there is none, one named after the task is created for calls
	// inside the mesh.
	// +optional
	// +kubebuilder:validation:MaxLength=253
	VirtualService string `json:"virtualService,omitempty"`
	// routes are the names of the HTTP routes of the VirtualService to split. When absent, all that route to the Service.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=50
	// +kubebuilder:validation:items:MaxLength=253
	Routes []string `json:"routes,omitempty"`
}

// InstancesTraffic has nothing to choose but the Service, and that only for what is shown.
type InstancesTraffic struct {
	// service is the Service that sends requests to the workload; optional, since pods can be released
	// without one.
	// +optional
	// +kubebuilder:validation:MaxLength=63
	Service string `json:"service,omitempty"`
}

// Step is one stage of a canary release.
type Step struct {
	// weight is the share of requests that the canary gets in this step, in percent, 1 to 100.
	// +required
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=100
	Weight int32 `json:"weight"`
	// wait is how long to stay in this step once its weight is reached, as a duration such as 90s, 10m or 1h30m,
	// 1s to 720h (30 days). Absent or 0s: until a person continues.
	// +optional
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule="self.matches('^([0-9]+(\\\\.[0-9]+)?(h|m|s|ms))+$') || self == '0'",message="wait must be a duration such as 90s, 10m or 1h30m, not negative; leave it out to wait for a person"
	// +kubebuilder:validation:XValidation:rule="self == '0' || !self.matches('^([0-9]+(\\\\.[0-9]+)?(h|m|s|ms))+$') || duration(self) == duration('0s') || (duration(self) >= duration('1s') && duration(self) <= duration('720h'))",message="wait must be at least 1s and at most 720h (30 days); leave it out to wait for a person"
	Wait *metav1.Duration `json:"wait,omitempty"`
}
