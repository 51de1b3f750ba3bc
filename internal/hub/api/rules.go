package api

import (
	"github.com/danielgtaylor/huma/v2"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// TaskSpec is what a person wants of a release task; it has the form of the resource's spec.
type TaskSpec struct {
	WorkloadRef WorkloadRef `json:"workloadRef" doc:"The workload, in the namespace of the task. It can't be changed later."`
	TaskRules
}

// TaskRules is what of a task can be changed later.
type TaskRules struct {
	Instances    *int32    `json:"instances,omitempty" minimum:"1" maximum:"10000" doc:"Number of pods. When absent, as many as the Deployment had when it was taken over. An autoscaler has the last word." example:"4"`
	Strategy     Strategy  `json:"strategy" doc:"How a new version gets its traffic."`
	Analysis     *Analysis `json:"analysis,omitempty" doc:"Monitoring: the metrics by which a release is judged. When absent, it is not judged."`
	HistoryLimit int32     `json:"historyLimit,omitempty" minimum:"1" maximum:"50" doc:"How many ended releases are remembered; 10 when absent." example:"10"`
}

// WorkloadRef names a workload.
type WorkloadRef struct {
	APIVersion string `json:"apiVersion,omitempty" enum:"apps/v1" doc:"apps/v1 when absent."`
	Kind       string `json:"kind,omitempty" enum:"Deployment" doc:"Deployment when absent."`
	Name       string `json:"name" minLength:"1" maxLength:"253" doc:"Name of the Deployment." example:"checkout"`
}

// Strategy is a union: exactly one member is set.
type Strategy struct {
	Canary *CanaryStrategy `json:"canary" nullable:"false" doc:"Raises the share of the new version step by step. The only strategy so far."`
}

// CanaryStrategy raises the share of the new version step by step.
type CanaryStrategy struct {
	Traffic  Traffic   `json:"traffic" doc:"How requests are split between the stable and the canary version."`
	Steps    []Step    `json:"steps" minItems:"1" maxItems:"30" doc:"Walked from first to last; weights rise strictly. After the last one the new version takes all traffic."`
	MaxSurge *MaxSurge `json:"maxSurge,omitempty" doc:"How many pods above instances may run while pods are replaced: a number, or a share such as 25% (the default). Used only when traffic is split by instances."`
}

// MaxSurge is a number of pods or a share such as 25%.
type MaxSurge struct{ intstr.IntOrString }

// Schema implements huma.SchemaProvider.
func (MaxSurge) Schema(huma.Registry) *huma.Schema {
	least, most := 1.0, 10000.0
	return &huma.Schema{OneOf: []*huma.Schema{
		{Type: huma.TypeInteger, Minimum: &least, Maximum: &most},
		{Type: huma.TypeString, Pattern: "^([1-9][0-9]?|100)%$"},
	}}
}

// Traffic is a union: exactly one member is set.
type Traffic struct {
	Istio     *IstioTraffic     `json:"istio,omitempty" doc:"Weights of a VirtualService between two subsets of a DestinationRule."`
	Instances *InstancesTraffic `json:"instances,omitempty" doc:"By number of pods: no mesh needed, and a weight is as exact as the number of instances allows."`
}

// IstioTraffic says which routes carry the traffic.
type IstioTraffic struct {
	Service        string `json:"service,omitempty" maxLength:"63" doc:"When absent, the only Service that selects the pods."`
	VirtualService string `json:"virtualService,omitempty" maxLength:"253" doc:"When absent, the only one that routes to the Service; when there is none, one is made."`
	// Each once, which the cluster checks: huma's own check panics on what is no string.
	Routes []string `json:"routes,omitempty" maxItems:"50" doc:"Names of the HTTP routes to split; all that lead to the Service when absent."`
}

// InstancesTraffic has nothing to choose but the Service.
type InstancesTraffic struct {
	Service string `json:"service,omitempty" maxLength:"63" doc:"The Service that sends requests to the workload, for what is shown."`
}

// Step is one stage of a canary release.
type Step struct {
	Weight int32  `json:"weight" minimum:"1" maximum:"100" doc:"Share of requests that the canary gets, in percent." example:"20"`
	Wait   string `json:"wait,omitempty" maxLength:"32" doc:"How long to stay once the weight is reached: 90s, 10m or 1h30m; 1s to 720h. Absent or 0s: until a person continues." example:"10m"`
}

// ContainerImage is the image of one container.
type ContainerImage struct {
	Name  string `json:"name" minLength:"1" maxLength:"63" doc:"Name of the container." example:"app"`
	Image string `json:"image" minLength:"1" maxLength:"1024" doc:"As in a pod: registry/repository:tag or @digest." example:"registry.example.com/shop/checkout:v42"`
}
