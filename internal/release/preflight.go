package release

import (
	"fmt"
	"slices"
	"strings"

	"github.com/argoproj/argo-rollouts/pkg/apis/rollouts/v1alpha1"
	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/intstr"

	workbench "github.com/workbench-dev/workbench/api/v1alpha1"
	"github.com/workbench-dev/workbench/internal/istio"
)

// Facts is what Preflight and the take-over have to know of a namespace. Deployment is nil when it does not exist; lists are
// those of the namespace.
type Facts struct {
	HasArgoRollouts  bool
	HasIstio         bool
	Deployment       *appsv1.Deployment
	Rollouts         []v1alpha1.Rollout
	Tasks            []workbench.ReleaseTask
	Services         []corev1.Service
	Autoscalers      []autoscalingv2.HorizontalPodAutoscaler
	Budgets          []policyv1.PodDisruptionBudget
	Quotas           []corev1.ResourceQuota
	VirtualServices  []unstructured.Unstructured
	DestinationRules []unstructured.Unstructured
}

// Obstacle is one thing that stands in the way of a take-over.
type Obstacle struct {
	// Reason is one of the reasons of v1alpha1.ConditionPreflightPassed.
	Reason string `json:"reason"`
	// Field of the task that it belongs to, empty when it belongs to none.
	Field string `json:"field,omitempty"`
	// Message says what is wrong, Mend what to do about it; each is a sentence without a full stop.
	Message string `json:"message"`
	Mend    string `json:"mend"`
}

// Found is what a take-over will work with; names are empty where there is no such object.
type Found struct {
	Service        *corev1.Service
	VirtualService *unstructured.Unstructured
	Autoscaler     *autoscalingv2.HorizontalPodAutoscaler
}

// Preflight finds the objects that a take-over of the task's workload works with and says what stands in its way, most
// fundamental obstacle first.
func Preflight(task *workbench.ReleaseTask, facts Facts) (Found, []Obstacle) {
	p := &preflight{task: task, facts: facts}
	p.engine()
	if p.takenByTask() {
		// What that task made of the workload is no obstacle of its own.
		return p.found, p.obstacles
	}
	if p.workload() {
		p.takenByRollout()
		p.service()
		p.routes()
		p.autoscaler()
		p.quota()
		p.budget()
	}
	return p.found, p.obstacles
}

type preflight struct {
	task      *workbench.ReleaseTask
	facts     Facts
	found     Found
	obstacles []Obstacle
}

func (p *preflight) add(reason, field, message, mend string) {
	p.obstacles = append(p.obstacles, Obstacle{Reason: reason, Field: field, Message: message, Mend: mend})
}

func (p *preflight) istioTraffic() *workbench.IstioTraffic {
	return p.task.Spec.Strategy.Canary.Traffic.Istio
}

func (p *preflight) engine() {
	if !p.facts.HasArgoRollouts {
		p.add(workbench.ReasonArgoRolloutsMissing, "", "Argo Rollouts is not installed in this cluster", "install it (kubectl apply -n argo-rollouts -f install.yaml of its release)")
	}
	if p.istioTraffic() != nil && !p.facts.HasIstio {
		p.add(workbench.ReasonIstioMissing, "spec.strategy.canary.traffic.istio", "Istio is not installed in this cluster", "install Istio, or split traffic by instances (traffic.instances)")
	}
}

func (p *preflight) workload() bool {
	const field = "spec.workloadRef.name"
	name := p.task.Spec.WorkloadRef.Name
	d := p.facts.Deployment
	if d == nil {
		p.add(workbench.ReasonWorkloadNotFound, field, fmt.Sprintf("Deployment %s does not exist in namespace %s", name, p.task.Namespace), "create it, or create the task for another workload")
		return false
	}
	if d.Spec.Paused {
		p.add(workbench.ReasonWorkloadPaused, field, fmt.Sprintf("Deployment %s is paused", name), "resume it: kubectl rollout resume deployment/"+name)
	}
	if d.Spec.Strategy.Type == appsv1.RecreateDeploymentStrategyType {
		p.add(workbench.ReasonWorkloadStrategy, field, fmt.Sprintf("Deployment %s has strategy Recreate, which means that two versions of it must never run at once", name), "set strategy RollingUpdate if they may; a gray release needs both versions")
	}
	if d.Spec.Replicas != nil && *d.Spec.Replicas == 0 {
		p.add(workbench.ReasonWorkloadEmpty, field, fmt.Sprintf("Deployment %s has 0 instances, so there is nothing to take over", name), "scale it up first: kubectl scale deployment/"+name+" --replicas=1")
	} else if d.Status.ObservedGeneration < d.Generation || d.Status.UpdatedReplicas < replicas(d) || d.Status.AvailableReplicas < replicas(d) {
		p.add(workbench.ReasonWorkloadNotReady, field, fmt.Sprintf("Deployment %s is not ready: %d of %d instances of its present version are available", name, min(d.Status.AvailableReplicas, d.Status.UpdatedReplicas), replicas(d)), "wait until its own rollout is done, or mend it; the take-over begins by itself then")
	}
	return true
}

func replicas(d *appsv1.Deployment) int32 {
	if d.Spec.Replicas == nil {
		return 1
	}
	return *d.Spec.Replicas
}

func (p *preflight) takenByTask() bool {
	name := p.task.Spec.WorkloadRef.Name
	for i := range p.facts.Tasks {
		other := &p.facts.Tasks[i]
		if other.Name != p.task.Name && other.Spec.WorkloadRef.Name == name && olderThan(other, p.task) {
			p.add(workbench.ReasonWorkloadTaken, "spec.workloadRef.name", fmt.Sprintf("release task %s already releases Deployment %s", other.Name, name), "use that task, or delete it first")
			return true
		}
	}
	return false
}

func (p *preflight) takenByRollout() {
	const field = "spec.workloadRef.name"
	name := p.task.Spec.WorkloadRef.Name
	for i := range p.facts.Rollouts {
		r := &p.facts.Rollouts[i]
		if r.Labels[workbench.TaskLabel] == p.task.Name {
			continue
		}
		if ref := r.Spec.WorkloadRef; ref != nil && ref.Name == name {
			p.add(workbench.ReasonWorkloadTaken, field, fmt.Sprintf("Rollout %s, which Workbench did not make, already has a workloadRef to Deployment %s", r.Name, name), "delete that Rollout after scaling the Deployment up, or go on releasing with it")
		} else if r.Name == name {
			p.add(workbench.ReasonNameClash, field, fmt.Sprintf("a Rollout named %s exists that Workbench did not make", name), "rename or delete that Rollout")
		}
	}
}

// olderThan orders two tasks for the same workload, so that exactly one of them may have it.
func olderThan(a, b *workbench.ReleaseTask) bool {
	if (a.Status.TakeOver != nil) != (b.Status.TakeOver != nil) {
		return a.Status.TakeOver != nil
	}
	if !a.CreationTimestamp.Equal(&b.CreationTimestamp) {
		return a.CreationTimestamp.Before(&b.CreationTimestamp)
	}
	return a.Name < b.Name
}

func (p *preflight) serviceName() (name, field string) {
	traffic := p.task.Spec.Strategy.Canary.Traffic
	if traffic.Istio != nil {
		return traffic.Istio.Service, "spec.strategy.canary.traffic.istio.service"
	}
	return traffic.Instances.Service, "spec.strategy.canary.traffic.instances.service"
}

func (p *preflight) service() {
	podLabels := labels.Set(p.facts.Deployment.Spec.Template.Labels)
	selects := func(s *corev1.Service) bool {
		return len(s.Spec.Selector) > 0 && labels.SelectorFromSet(s.Spec.Selector).Matches(podLabels)
	}
	name, field := p.serviceName()
	var selecting []*corev1.Service
	for i := range p.facts.Services {
		s := &p.facts.Services[i]
		if s.Name == name {
			if !selects(s) {
				p.add(workbench.ReasonServiceSelectsNothing, field, fmt.Sprintf("Service %s does not select the pods of Deployment %s", name, p.facts.Deployment.Name), fmt.Sprintf("make its selector match the pod labels (%s), or name another Service", podLabels))
				return
			}
			p.found.Service = s
			return
		}
		if selects(s) && s.Spec.ClusterIP != corev1.ClusterIPNone {
			selecting = append(selecting, s)
		}
	}
	switch {
	case name != "":
		p.add(workbench.ReasonServiceNotFound, field, fmt.Sprintf("Service %s does not exist in namespace %s", name, p.task.Namespace), "create it, or name another Service")
	case len(selecting) == 1:
		p.found.Service = selecting[0]
	case p.istioTraffic() == nil:
		// Pods that nobody calls through a Service, such as workers of a queue, can be released by instances too.
	case len(selecting) == 0:
		p.add(workbench.ReasonServiceSelectsNothing, field, fmt.Sprintf("no Service in namespace %s selects the pods of Deployment %s", p.task.Namespace, p.facts.Deployment.Name), "create one; its host is what the routes are split for")
	default:
		var names []string
		for _, s := range selecting {
			names = append(names, s.Name)
		}
		p.add(workbench.ReasonServiceAmbiguous, field, fmt.Sprintf("several Services select the pods of Deployment %s: %s", p.facts.Deployment.Name, strings.Join(names, ", ")), "name the one whose requests are to be split")
	}
}

func (p *preflight) routes() {
	want := p.istioTraffic()
	if want == nil || p.found.Service == nil {
		return
	}
	p.virtualService(want)
	p.destinationRule()
}

func (p *preflight) virtualService(want *workbench.IstioTraffic) {
	const field = "spec.strategy.canary.traffic.istio.virtualService"
	service, namespace := p.found.Service.Name, p.task.Namespace
	var leading []*unstructured.Unstructured
	for i := range p.facts.VirtualServices {
		vs := &p.facts.VirtualServices[i]
		if want.VirtualService != "" && vs.GetName() != want.VirtualService {
			continue
		}
		if len(istio.RoutesTo(vs, service, namespace)) > 0 {
			leading = append(leading, vs)
		} else if want.VirtualService != "" {
			p.add(workbench.ReasonRouteNotFound, field, fmt.Sprintf("VirtualService %s has no HTTP route to Service %s", vs.GetName(), service), "add one, or name another VirtualService")
			return
		}
	}
	switch {
	case len(leading) == 0 && want.VirtualService != "":
		p.add(workbench.ReasonVirtualServiceNotFound, field, fmt.Sprintf("VirtualService %s does not exist in namespace %s", want.VirtualService, namespace), "create it, or leave the name out to have one made")
		return
	case len(leading) > 1:
		var names []string
		for _, vs := range leading {
			names = append(names, vs.GetName())
		}
		p.add(workbench.ReasonRouteNotFound, field, fmt.Sprintf("several VirtualServices route to Service %s: %s", service, strings.Join(names, ", ")), "name the one to split")
		return
	case len(leading) == 0:
		for i := range p.facts.VirtualServices {
			if p.facts.VirtualServices[i].GetName() == p.task.Name {
				p.add(workbench.ReasonNameClash, field, fmt.Sprintf("a VirtualService named %s exists and does not route to Service %s, so none can be made by that name", p.task.Name, service), "give the task another name, or name the VirtualService to split")
			}
		}
		return
	}
	vs := leading[0]
	if by := istio.AdoptedBy(vs); by != "" && by != p.task.Name {
		p.add(workbench.ReasonVirtualServiceTaken, field, fmt.Sprintf("VirtualService %s is split by release task %s", vs.GetName(), by), "release both workloads one after the other, or give each its own VirtualService")
		return
	}
	names := map[string]bool{}
	for _, r := range istio.RoutesTo(vs, service, namespace) {
		names[r.Name] = true
		if r.Shared && (len(want.Routes) == 0 || slices.Contains(want.Routes, r.Name)) {
			p.add(workbench.ReasonRouteNotFound, "spec.strategy.canary.traffic.istio.routes", fmt.Sprintf("HTTP route %d of VirtualService %s also leads to other hosts than %s", r.Index+1, vs.GetName(), service), "name the routes to split, each with that one destination")
		}
	}
	for _, name := range want.Routes {
		if !names[name] {
			p.add(workbench.ReasonRouteNotFound, "spec.strategy.canary.traffic.istio.routes", fmt.Sprintf("VirtualService %s has no HTTP route named %s to Service %s", vs.GetName(), name, service), "name a route that it has")
		}
	}
	p.found.VirtualService = vs
}

// destinationRule: the subsets of a release live in a DestinationRule of their own, named after the task, which Istio
// merges with any other for the same host. One that is there is never adopted: Argo Rollouts deletes the subsets it
// does not know from the rule it works on.
func (p *preflight) destinationRule() {
	service, namespace := p.found.Service.Name, p.task.Namespace
	for i := range p.facts.DestinationRules {
		dr := &p.facts.DestinationRules[i]
		if istio.AdoptedBy(dr) == p.task.Name {
			continue
		}
		if dr.GetName() == p.task.Name {
			p.add(workbench.ReasonNameClash, "metadata.name", fmt.Sprintf("a DestinationRule named %s exists that Workbench did not make", p.task.Name), "give the task another name, or rename that DestinationRule")
			continue
		}
		if !istio.HostMatches(istio.HostOf(dr), dr.GetNamespace(), service, namespace) {
			continue
		}
		if by := istio.AdoptedBy(dr); by != "" {
			p.add(workbench.ReasonDestinationRuleTaken, "", fmt.Sprintf("the subsets of Service %s belong to release task %s", service, by), "delete that task first")
		} else if istio.HasReservedSubset(dr) {
			p.add(workbench.ReasonDestinationRuleTaken, "", fmt.Sprintf("DestinationRule %s already has a subset named stable, canary or deployment for Service %s", dr.GetName(), service), "rename that subset; Workbench uses these names")
		}
	}
}

func (p *preflight) autoscaler() {
	d := p.facts.Deployment
	for i := range p.facts.Autoscalers {
		h := &p.facts.Autoscalers[i]
		ref := h.Spec.ScaleTargetRef
		if ref.Name != d.Name || (ref.Kind != "Deployment" && ref.Kind != "Rollout") {
			continue
		}
		if p.found.Autoscaler != nil {
			p.add(workbench.ReasonAutoscalerAmbiguous, "", fmt.Sprintf("two autoscalers, %s and %s, scale Deployment %s", p.found.Autoscaler.Name, h.Name, d.Name), "delete one of them")
			return
		}
		p.found.Autoscaler = h
	}
}

// quota: both sets of pods run for a while, so the namespace has to hold the instances once more.
func (p *preflight) quota() {
	extra := int64(Instances(p.task, replicas(p.facts.Deployment)))
	need := podRequests(&p.facts.Deployment.Spec.Template.Spec)
	for i := range p.facts.Quotas {
		q := &p.facts.Quotas[i]
		for name, hard := range q.Status.Hard {
			per, ok := need[name]
			if !ok {
				continue
			}
			free := hard.DeepCopy()
			free.Sub(q.Status.Used[name])
			wanted := per.DeepCopy()
			wanted.Mul(extra)
			if wanted.Cmp(free) > 0 {
				p.add(workbench.ReasonQuotaTooSmall, "spec.instances", fmt.Sprintf("ResourceQuota %s leaves %s of %s, but the take-over needs %s: %d pods run beside the old ones for a while", q.Name, free.String(), name, wanted.String(), extra), "raise the quota, or lower the number of instances")
			}
		}
	}
}

func podRequests(spec *corev1.PodSpec) map[corev1.ResourceName]resource.Quantity {
	need := map[corev1.ResourceName]resource.Quantity{corev1.ResourcePods: resource.MustParse("1"), "count/pods": resource.MustParse("1")}
	sum := func(name corev1.ResourceName, q resource.Quantity) {
		total := need[name]
		total.Add(q)
		need[name] = total
	}
	for i := range spec.Containers {
		r := &spec.Containers[i].Resources
		for name, q := range r.Requests {
			sum(corev1.ResourceName("requests."+string(name)), q)
			if name == corev1.ResourceCPU || name == corev1.ResourceMemory {
				sum(name, q)
			}
		}
		for name, q := range r.Limits {
			sum(corev1.ResourceName("limits."+string(name)), q)
		}
	}
	return need
}

// budget: a PodDisruptionBudget binds evictions only, not the exchange of pods by a controller. One that allows no disruption at
// all, though, says that no pod of the workload may go, and every release makes pods go.
func (p *preflight) budget() {
	podLabels := labels.Set(p.facts.Deployment.Spec.Template.Labels)
	for i := range p.facts.Budgets {
		b := &p.facts.Budgets[i]
		selector, err := metav1.LabelSelectorAsSelector(b.Spec.Selector)
		if err != nil || selector.Empty() || !selector.Matches(podLabels) {
			continue
		}
		if forbidsAll(b, replicas(p.facts.Deployment)) {
			p.add(workbench.ReasonDisruptionBudget, "", fmt.Sprintf("PodDisruptionBudget %s allows no pod of Deployment %s to go, and a release replaces all of them", b.Name, p.facts.Deployment.Name), "allow at least one (maxUnavailable: 1)")
		}
	}
}

func forbidsAll(b *policyv1.PodDisruptionBudget, instances int32) bool {
	zero := func(v *intstr.IntOrString) bool { return v != nil && (v.String() == "0" || v.String() == "0%") }
	if zero(b.Spec.MaxUnavailable) {
		return true
	}
	if b.Spec.MinAvailable == nil {
		return false
	}
	need, err := intstr.GetScaledValueFromIntOrPercent(b.Spec.MinAvailable, int(instances), true)
	return err == nil && need > int(instances) || b.Spec.MinAvailable.String() == "100%"
}
