package release

import (
	"strings"
	"testing"
	"time"

	"github.com/argoproj/argo-rollouts/pkg/apis/rollouts/v1alpha1"
	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/utils/ptr"

	workbench "github.com/workbench-dev/workbench/api/v1alpha1"
	"github.com/workbench-dev/workbench/internal/istio"
)

// readyFacts is a namespace in which nothing stands in the way.
func readyFacts() Facts {
	return Facts{
		HasArgoRollouts: true, HasIstio: true,
		Deployment:      makeDeployment("registry/web:v1"),
		Services:        []corev1.Service{service("web", "web")},
		VirtualServices: []unstructured.Unstructured{virtualService("web", "web")},
	}
}

func service(name, app string) corev1.Service {
	return corev1.Service{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: "shop"}, Spec: corev1.ServiceSpec{Selector: map[string]string{"app": app}, ClusterIP: "198.18.0.9"}}
}

func virtualService(name string, hosts ...string) unstructured.Unstructured {
	var route []any
	for _, h := range hosts {
		route = append(route, map[string]any{"destination": map[string]any{"host": h}})
	}
	vs := unstructured.Unstructured{Object: map[string]any{"spec": map[string]any{"http": []any{map[string]any{"name": "main", "route": route}}}}}
	vs.SetGroupVersionKind(istio.VirtualServiceKind)
	vs.SetName(name)
	vs.SetNamespace("shop")
	return vs
}

func newTask() *workbench.ReleaseTask {
	task := makeTask()
	task.Status = workbench.ReleaseTaskStatus{}
	task.CreationTimestamp = metav1.NewTime(noon)
	return task
}

func TestPreflightFindsWhatItWorksWith(t *testing.T) {
	facts := readyFacts()
	facts.Autoscalers = []autoscalingv2.HorizontalPodAutoscaler{{
		ObjectMeta: metav1.ObjectMeta{Name: "web"},
		Spec:       autoscalingv2.HorizontalPodAutoscalerSpec{ScaleTargetRef: autoscalingv2.CrossVersionObjectReference{Kind: "Deployment", Name: "web"}},
	}}
	found, obstacles := Preflight(newTask(), facts)
	if len(obstacles) > 0 {
		t.Fatalf("obstacles: %+v", obstacles)
	}
	if found.Service.Name != "web" || found.VirtualService.GetName() != "web" || found.Autoscaler.Name != "web" {
		t.Errorf("found %+v", found)
	}
}

func TestPreflightObstacles(t *testing.T) {
	cases := map[string]struct {
		change func(*workbench.ReleaseTask, *Facts)
		want   string
		says   string
	}{
		"Argo Rollouts is missing": {func(_ *workbench.ReleaseTask, f *Facts) { f.HasArgoRollouts = false }, workbench.ReasonArgoRolloutsMissing, "install"},
		"Istio is missing":         {func(_ *workbench.ReleaseTask, f *Facts) { f.HasIstio = false }, workbench.ReasonIstioMissing, "traffic.instances"},
		"no such workload":         {func(_ *workbench.ReleaseTask, f *Facts) { f.Deployment = nil }, workbench.ReasonWorkloadNotFound, "Deployment web"},
		"paused":                   {func(_ *workbench.ReleaseTask, f *Facts) { f.Deployment.Spec.Paused = true }, workbench.ReasonWorkloadPaused, "rollout resume"},
		"Recreate": {func(_ *workbench.ReleaseTask, f *Facts) {
			f.Deployment.Spec.Strategy.Type = appsv1.RecreateDeploymentStrategyType
		}, workbench.ReasonWorkloadStrategy, "RollingUpdate"},
		"no instances":         {func(_ *workbench.ReleaseTask, f *Facts) { f.Deployment.Spec.Replicas = ptr.To[int32](0) }, workbench.ReasonWorkloadEmpty, "scale"},
		"not ready":            {func(_ *workbench.ReleaseTask, f *Facts) { f.Deployment.Status.AvailableReplicas = 1 }, workbench.ReasonWorkloadNotReady, "1 of 4"},
		"its own rollout runs": {func(_ *workbench.ReleaseTask, f *Facts) { f.Deployment.Generation = 9 }, workbench.ReasonWorkloadNotReady, "wait"},
		"an older task has it": {func(_ *workbench.ReleaseTask, f *Facts) {
			older := newTask()
			older.Name, older.CreationTimestamp = "older", metav1.NewTime(noon.Add(-time.Hour))
			f.Tasks = append(f.Tasks, *older)
		}, workbench.ReasonWorkloadTaken, "older"},
		"a Rollout refers to it": {func(_ *workbench.ReleaseTask, f *Facts) {
			f.Rollouts = []v1alpha1.Rollout{{ObjectMeta: metav1.ObjectMeta{Name: "mine"}, Spec: v1alpha1.RolloutSpec{WorkloadRef: &v1alpha1.ObjectRef{Name: "web"}}}}
		}, workbench.ReasonWorkloadTaken, "mine"},
		"a Rollout has its name": {func(_ *workbench.ReleaseTask, f *Facts) {
			f.Rollouts = []v1alpha1.Rollout{{ObjectMeta: metav1.ObjectMeta{Name: "web"}}}
		}, workbench.ReasonNameClash, "rename"},
		"no Service":            {func(_ *workbench.ReleaseTask, f *Facts) { f.Services = nil }, workbench.ReasonServiceSelectsNothing, "no Service"},
		"two Services":          {func(_ *workbench.ReleaseTask, f *Facts) { f.Services = append(f.Services, service("web2", "web")) }, workbench.ReasonServiceAmbiguous, "web, web2"},
		"the named one is gone": {func(task *workbench.ReleaseTask, _ *Facts) { task.Spec.Strategy.Canary.Traffic.Istio.Service = "x" }, workbench.ReasonServiceNotFound, "Service x"},
		"the named one selects others": {func(task *workbench.ReleaseTask, f *Facts) {
			f.Services = append(f.Services, service("other", "other"))
			task.Spec.Strategy.Canary.Traffic.Istio.Service = "other"
		}, workbench.ReasonServiceSelectsNothing, "other"},
		"the named VirtualService is gone": {func(task *workbench.ReleaseTask, _ *Facts) {
			task.Spec.Strategy.Canary.Traffic.Istio.VirtualService = "x"
		}, workbench.ReasonVirtualServiceNotFound, "VirtualService x"},
		"the named one leads elsewhere": {func(task *workbench.ReleaseTask, f *Facts) {
			f.VirtualServices = append(f.VirtualServices, virtualService("x", "search"))
			task.Spec.Strategy.Canary.Traffic.Istio.VirtualService = "x"
		}, workbench.ReasonRouteNotFound, "no HTTP route"},
		"two VirtualServices": {func(_ *workbench.ReleaseTask, f *Facts) {
			f.VirtualServices = append(f.VirtualServices, virtualService("web2", "web"))
		}, workbench.ReasonRouteNotFound, "web, web2"},
		"another task splits it": {func(_ *workbench.ReleaseTask, f *Facts) {
			f.VirtualServices[0].SetAnnotations(map[string]string{workbench.TaskAnnotation: "other"})
		}, workbench.ReasonVirtualServiceTaken, "other"},
		"a route with two hosts": {func(_ *workbench.ReleaseTask, f *Facts) {
			f.VirtualServices[0] = virtualService("web", "web", "legacy")
		}, workbench.ReasonRouteNotFound, "other hosts"},
		"no route by that name": {func(task *workbench.ReleaseTask, _ *Facts) {
			task.Spec.Strategy.Canary.Traffic.Istio.Routes = []string{"nope"}
		}, workbench.ReasonRouteNotFound, "nope"},
		"a DestinationRule by the task's name": {func(_ *workbench.ReleaseTask, f *Facts) {
			f.DestinationRules = []unstructured.Unstructured{*istio.NewDestinationRule("checkout", "shop", "search", "", nil)}
			f.DestinationRules[0].SetAnnotations(nil)
		}, workbench.ReasonNameClash, "checkout"},
		"a subset by a name of ours": {func(_ *workbench.ReleaseTask, f *Facts) {
			f.DestinationRules = []unstructured.Unstructured{*istio.NewDestinationRule("mine", "shop", "web", "", nil)}
			f.DestinationRules[0].SetAnnotations(nil)
		}, workbench.ReasonDestinationRuleTaken, "rename that subset"},
		"two autoscalers": {func(_ *workbench.ReleaseTask, f *Facts) {
			for _, n := range []string{"a", "b"} {
				f.Autoscalers = append(f.Autoscalers, autoscalingv2.HorizontalPodAutoscaler{ObjectMeta: metav1.ObjectMeta{Name: n},
					Spec: autoscalingv2.HorizontalPodAutoscalerSpec{ScaleTargetRef: autoscalingv2.CrossVersionObjectReference{Kind: "Deployment", Name: "web"}}})
			}
		}, workbench.ReasonAutoscalerAmbiguous, "a and b"},
		"quota too small": {func(_ *workbench.ReleaseTask, f *Facts) {
			f.Quotas = []corev1.ResourceQuota{{ObjectMeta: metav1.ObjectMeta{Name: "q"}, Status: corev1.ResourceQuotaStatus{
				Hard: corev1.ResourceList{"pods": resource.MustParse("7")}, Used: corev1.ResourceList{"pods": resource.MustParse("4")}}}}
		}, workbench.ReasonQuotaTooSmall, "needs 4"},
		"no disruption allowed": {func(_ *workbench.ReleaseTask, f *Facts) {
			f.Budgets = []policyv1.PodDisruptionBudget{{ObjectMeta: metav1.ObjectMeta{Name: "b"}, Spec: policyv1.PodDisruptionBudgetSpec{
				Selector: &metav1.LabelSelector{MatchLabels: map[string]string{"app": "web"}}, MaxUnavailable: ptr.To(intstr.FromInt32(0))}}}
		}, workbench.ReasonDisruptionBudget, "maxUnavailable: 1"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			task, facts := newTask(), readyFacts()
			c.change(task, &facts)
			_, obstacles := Preflight(task, facts)
			if len(obstacles) != 1 || obstacles[0].Reason != c.want {
				t.Fatalf("got %+v, want one of reason %s", obstacles, c.want)
			}
			if sentence := obstacles[0].Message + ": " + obstacles[0].Mend; !strings.Contains(sentence, c.says) {
				t.Errorf("%q does not say %q", sentence, c.says)
			}
		})
	}
}

func TestPreflightLetsPass(t *testing.T) {
	cases := map[string]func(*workbench.ReleaseTask, *Facts){
		"a quota that holds both sets": func(_ *workbench.ReleaseTask, f *Facts) {
			f.Quotas = []corev1.ResourceQuota{{Status: corev1.ResourceQuotaStatus{Hard: corev1.ResourceList{"pods": resource.MustParse("8")}, Used: corev1.ResourceList{"pods": resource.MustParse("4")}}}}
		},
		"a budget that allows one": func(_ *workbench.ReleaseTask, f *Facts) {
			f.Budgets = []policyv1.PodDisruptionBudget{{Spec: policyv1.PodDisruptionBudgetSpec{
				Selector: &metav1.LabelSelector{MatchLabels: map[string]string{"app": "web"}}, MinAvailable: ptr.To(intstr.FromInt32(3))}}}
		},
		"a budget of other pods": func(_ *workbench.ReleaseTask, f *Facts) {
			f.Budgets = []policyv1.PodDisruptionBudget{{Spec: policyv1.PodDisruptionBudgetSpec{
				Selector: &metav1.LabelSelector{MatchLabels: map[string]string{"app": "db"}}, MaxUnavailable: ptr.To(intstr.FromInt32(0))}}}
		},
		"a younger task for the same workload": func(_ *workbench.ReleaseTask, f *Facts) {
			younger := newTask()
			younger.Name, younger.CreationTimestamp = "younger", metav1.NewTime(noon.Add(time.Hour))
			f.Tasks = append(f.Tasks, *younger)
		},
		"a DestinationRule with subsets of its own": func(_ *workbench.ReleaseTask, f *Facts) {
			dr := istio.NewDestinationRule("mine", "shop", "web", "", nil)
			dr.SetAnnotations(nil)
			dr.Object["spec"].(map[string]any)["subsets"] = []any{map[string]any{"name": "eu"}}
			f.DestinationRules = []unstructured.Unstructured{*dr}
		},
		"no VirtualService: one is made": func(_ *workbench.ReleaseTask, f *Facts) { f.VirtualServices = nil },
		"a headless Service beside it": func(_ *workbench.ReleaseTask, f *Facts) {
			headless := service("web-headless", "web")
			headless.Spec.ClusterIP = corev1.ClusterIPNone
			f.Services = append(f.Services, headless)
		},
		"workers without a Service, by instances": func(task *workbench.ReleaseTask, f *Facts) {
			task.Spec.Strategy.Canary.Traffic = workbench.Traffic{Instances: &workbench.InstancesTraffic{}}
			f.Services, f.HasIstio = nil, false
		},
	}
	for name, change := range cases {
		t.Run(name, func(t *testing.T) {
			task, facts := newTask(), readyFacts()
			change(task, &facts)
			if _, obstacles := Preflight(task, facts); len(obstacles) > 0 {
				t.Errorf("obstacles (-want +got):\n%s", cmp.Diff([]Obstacle(nil), obstacles))
			}
		})
	}
}
