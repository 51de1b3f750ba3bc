package tasks

import (
	"cmp"
	"context"
	"slices"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workbench-dev/workbench/api/v1alpha1"
	"github.com/workbench-dev/workbench/internal/hub/api"
	"github.com/workbench-dev/workbench/internal/hub/index"
	"github.com/workbench-dev/workbench/internal/hub/upstream"
	"github.com/workbench-dev/workbench/internal/istio"
	"github.com/workbench-dev/workbench/internal/release"
	"github.com/workbench-dev/workbench/internal/survey"
)

// maxWorkloads is how many workloads of a namespace are shown.
const maxWorkloads = 1000

// ListWorkloads is the Deployments of a namespace, each with what stands in the way of releasing it.
func (s *Service) ListWorkloads(ctx context.Context, in *api.ListWorkloadsInput) (*api.ListWorkloadsOutput, error) {
	asked, err := s.as(s.who(ctx), in.Cluster)
	if err != nil {
		return nil, err
	}
	list := &appsv1.DeploymentList{}
	if err := asked.List(ctx, list, client.InNamespace(in.Namespace)); err != nil {
		return nil, upstream.Problem(err, nil)
	}
	out := &api.ListWorkloadsOutput{}
	if len(list.Items) == 0 {
		return out, nil
	}
	slices.SortFunc(list.Items, func(a, b appsv1.Deployment) int { return cmp.Compare(a.Name, b.Name) })
	facts, unknown, err := lookAround(ctx, asked, probe(in.Namespace, list.Items[0].Name, in.Traffic))
	if err != nil {
		return nil, err
	}
	for i := range list.Items[:min(len(list.Items), maxWorkloads)] {
		facts.Deployment = &list.Items[i]
		out.Body.Items = append(out.Body.Items, workload(facts, in.Traffic, unknown))
	}
	return out, nil
}

// GetWorkload is one Deployment, with what stands in the way of releasing it.
func (s *Service) GetWorkload(ctx context.Context, in *api.GetWorkloadInput) (*api.GetWorkloadOutput, error) {
	asked, err := s.as(s.who(ctx), in.Cluster)
	if err != nil {
		return nil, err
	}
	deployment := &appsv1.Deployment{}
	if err := asked.Get(ctx, client.ObjectKey{Namespace: in.Namespace, Name: in.Workload}, deployment); err != nil {
		return nil, upstream.Problem(err, nil)
	}
	facts, unknown, err := lookAround(ctx, asked, probe(in.Namespace, in.Workload, in.Traffic))
	if err != nil {
		return nil, err
	}
	facts.Deployment = deployment
	return &api.GetWorkloadOutput{Body: workload(facts, in.Traffic, unknown)}, nil
}

// probe is a task that is never made: it stands for the one that a person is about to make.
func probe(namespace, workload, traffic string) *v1alpha1.ReleaseTask {
	task := &v1alpha1.ReleaseTask{}
	// Any task that there is is older and so comes first.
	task.Namespace, task.CreationTimestamp = namespace, metav1.NewTime(time.Now().Add(time.Hour))
	task.Spec.WorkloadRef.Name = workload
	task.Spec.Strategy.Canary = &v1alpha1.CanaryStrategy{}
	if traffic == "Instances" {
		task.Spec.Strategy.Canary.Traffic.Instances = &v1alpha1.InstancesTraffic{}
	} else {
		task.Spec.Strategy.Canary.Traffic.Istio = &v1alpha1.IstioTraffic{}
	}
	return task
}

// lookAround reads what surrounds the workloads of a namespace; unknown says why it could not be read.
func lookAround(ctx context.Context, asked client.WithWatch, task *v1alpha1.ReleaseTask) (facts release.Facts, unknown string, err error) {
	facts, err = survey.Facts(ctx, asked, asked.RESTMapper(), task)
	if apierrors.IsForbidden(err) {
		return release.Facts{}, cantLook(err), nil
	}
	return facts, "", upstream.Problem(err, nil)
}

func workload(facts release.Facts, traffic, unknown string) api.Workload {
	d := facts.Deployment
	shown := api.Workload{
		Kind: "Deployment", Name: d.Name, Containers: index.Images(release.Containers(&d.Spec.Template)),
		Instances: replicas(d), Ready: d.Status.ReadyReplicas, CreatedAt: d.CreationTimestamp.UTC(),
		Task: taskOf(facts.Tasks, d.Name), Unknown: unknown,
	}
	if unknown != "" {
		return shown
	}
	podLabels := labels.Set(d.Spec.Template.Labels)
	for i := range facts.Services {
		service := &facts.Services[i]
		if len(service.Spec.Selector) == 0 || !labels.SelectorFromSet(service.Spec.Selector).Matches(podLabels) {
			continue
		}
		shown.Services = append(shown.Services, shownService(service))
		shown.VirtualServices = append(shown.VirtualServices, shownRoutes(facts.VirtualServices, service)...)
	}
	for i := range facts.Autoscalers {
		if h := &facts.Autoscalers[i]; h.Spec.ScaleTargetRef.Name == d.Name && shown.Autoscaler == nil {
			shown.Autoscaler = &api.WorkloadAutoscaler{Name: h.Name, Min: 1, Max: h.Spec.MaxReplicas}
			if h.Spec.MinReplicas != nil {
				shown.Autoscaler.Min = *h.Spec.MinReplicas
			}
		}
	}
	_, obstacles := release.Preflight(probe(d.Namespace, d.Name, traffic), facts)
	shown.Obstacles, shown.Releasable = shownObstacles(obstacles, nil), len(obstacles) == 0
	return shown
}

func replicas(d *appsv1.Deployment) int32 {
	if d.Spec.Replicas == nil {
		return 1
	}
	return *d.Spec.Replicas
}

func taskOf(tasks []v1alpha1.ReleaseTask, workload string) string {
	for _, task := range tasks {
		if task.Spec.WorkloadRef.Name == workload {
			return task.Name
		}
	}
	return ""
}

func shownService(service *corev1.Service) api.WorkloadService {
	shown := api.WorkloadService{Name: service.Name, Headless: service.Spec.ClusterIP == corev1.ClusterIPNone}
	for _, port := range service.Spec.Ports {
		shown.Ports = append(shown.Ports, port.Port)
	}
	return shown
}

func shownRoutes(virtualServices []unstructured.Unstructured, service *corev1.Service) []api.WorkloadRoutes {
	var shown []api.WorkloadRoutes
	for i := range virtualServices {
		virtualService := &virtualServices[i]
		routes := istio.RoutesTo(virtualService, service.Name, service.Namespace)
		if len(routes) == 0 {
			continue
		}
		hosts, _, _ := unstructured.NestedStringSlice(virtualService.Object, "spec", "hosts")
		entry := api.WorkloadRoutes{Name: virtualService.GetName(), Service: service.Name, Hosts: hosts, TakenBy: istio.AdoptedBy(virtualService)}
		for _, route := range routes {
			entry.Routes = append(entry.Routes, api.Route{Name: route.Name, Index: route.Index, Shared: route.Shared})
		}
		shown = append(shown, entry)
	}
	return shown
}
