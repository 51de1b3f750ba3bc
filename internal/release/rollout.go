package release

import (
	"time"

	"github.com/argoproj/argo-rollouts/pkg/apis/rollouts/v1alpha1"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/utils/ptr"

	workbench "github.com/workbench-dev/workbench/api/v1alpha1"
)

// MinReady is the least time a pod must have been ready before it counts: the proxies have to learn of it before
// any route leads to it.
const MinReady = 1 * time.Second

// Routing is how the requests of a workload are split.
type Routing struct {
	// VirtualService, Routes and DestinationRule are empty when no mesh takes part.
	VirtualService  string
	Routes          []string
	DestinationRule string
}

// Version is what a Rollout carries of the Deployment.
type Version struct {
	Template corev1.PodTemplateSpec
	// Hash is the TemplateHash of the Deployment's template.
	Hash string
	// By says who brought it.
	By string
}

// BuildRollout is the Rollout that a task wants. It carries a copy of the Deployment's pod template: the Deployment
// stays the one source of the version, and the controller decides the moment at which a new one begins.
// instances is nil when an autoscaler has the number.
func BuildRollout(task *workbench.ReleaseTask, deployment *appsv1.Deployment, version Version, plan StepPlan, routing Routing, instances *int32) *v1alpha1.Rollout {
	steps := EngineSteps(task)
	canary := &v1alpha1.CanaryStrategy{
		Analysis:       backgroundAnalysis(task),
		Steps:          RolloutSteps(steps, plan),
		MaxSurge:       MaxSurge(task),
		MaxUnavailable: ptr.To(intstr.FromInt32(0)),
	}
	if routing.VirtualService != "" {
		canary.MaxSurge = nil
		canary.TrafficRouting = &v1alpha1.RolloutTrafficRouting{Istio: &v1alpha1.IstioTrafficRouting{
			VirtualService:  &v1alpha1.IstioVirtualService{Name: routing.VirtualService, Routes: routing.Routes},
			DestinationRule: &v1alpha1.IstioDestinationRule{Name: routing.DestinationRule, StableSubsetName: workbench.SubsetStable, CanarySubsetName: workbench.SubsetCanary},
		}}
	}
	return &v1alpha1.Rollout{
		TypeMeta: metav1.TypeMeta{APIVersion: v1alpha1.SchemeGroupVersion.String(), Kind: "Rollout"},
		ObjectMeta: metav1.ObjectMeta{
			Name:       deployment.Name,
			Namespace:  deployment.Namespace,
			Labels:     map[string]string{workbench.TaskLabel: task.Name},
			Finalizers: []string{workbench.RolloutFinalizer},
			Annotations: map[string]string{
				workbench.PlanAnnotation:      plan.String(),
				workbench.RulesAnnotation:     RulesHash(steps),
				workbench.TemplateAnnotation:  version.Hash,
				workbench.VersionByAnnotation: version.By,
			},
		},
		Spec: v1alpha1.RolloutSpec{
			Replicas:                instances,
			Selector:                deployment.Spec.Selector.DeepCopy(),
			Template:                *version.Template.DeepCopy(),
			MinReadySeconds:         max(deployment.Spec.MinReadySeconds, int32(MinReady/time.Second)),
			RevisionHistoryLimit:    ptr.To(HistoryLimit(task)),
			ProgressDeadlineSeconds: deployment.Spec.ProgressDeadlineSeconds,
			ProgressDeadlineAbort:   true,
			Analysis:                runHistory(task),
			Strategy:                v1alpha1.RolloutStrategy{Canary: canary},
		},
	}
}

// MaxSurge is how many pods above the number of instances may run when traffic is split by instances; default 25%.
func MaxSurge(task *workbench.ReleaseTask) *intstr.IntOrString {
	if s := task.Spec.Strategy.Canary.MaxSurge; s != nil {
		return s
	}
	return ptr.To(intstr.FromString("25%"))
}

// HistoryLimit is how many releases a task remembers; default 10.
func HistoryLimit(task *workbench.ReleaseTask) int32 {
	if task.Spec.HistoryLimit > 0 {
		return task.Spec.HistoryLimit
	}
	return 10
}

// Instances is the number of pods a workload is to run with: what the task says, else what it ran with.
func Instances(task *workbench.ReleaseTask, before int32) int32 {
	if task.Spec.Instances != nil {
		return *task.Spec.Instances
	}
	return before
}

// Containers are the images of a pod template.
func Containers(template *corev1.PodTemplateSpec) []workbench.ContainerImage {
	out := make([]workbench.ContainerImage, 0, len(template.Spec.Containers))
	for _, c := range template.Spec.Containers {
		out = append(out, workbench.ContainerImage{Name: c.Name, Image: c.Image})
	}
	return out
}

// DeploymentTemplate is the pod template of a ReplicaSet of a Rollout as a Deployment has it. The ReplicaSet must have
// been read from the API server: the controller's cache keeps little of its template.
func DeploymentTemplate(rs *appsv1.ReplicaSet) *corev1.PodTemplateSpec {
	template := rs.Spec.Template.DeepCopy()
	delete(template.Labels, v1alpha1.DefaultRolloutUniqueLabelKey)
	return template
}
