//go:build apiserver

package clusterinfo

import (
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/discovery"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workbench-dev/workbench/internal/apitest"
)

func TestMain(m *testing.M) { os.Exit(apitest.Main(m)) }

// deployment is made with a number of ready pods; nothing but the test writes its status here.
func deployment(t *testing.T, admin client.Client, namespace, name, image string, ready int32, labels map[string]string) {
	t.Helper()
	made := &appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name, Labels: labels}}
	pods := map[string]string{"app": name}
	made.Spec.Selector = &metav1.LabelSelector{MatchLabels: pods}
	made.Spec.Template.Labels = pods
	made.Spec.Template.Spec.Containers = []corev1.Container{{Name: "app", Image: image}}
	if err := admin.Create(t.Context(), made); err != nil {
		t.Fatal(err)
	}
	made.Status = appsv1.DeploymentStatus{Replicas: ready, ReadyReplicas: ready, AvailableReplicas: ready}
	if err := admin.Status().Update(t.Context(), made); err != nil {
		t.Fatal(err)
	}
}

func TestGather(t *testing.T) {
	server := apitest.Start(t)
	server.InstallChart(t)
	namespace := server.Namespace(t)
	admin := server.Client(t)
	deployment(t, admin, namespace, "workbench", "workbench:v1.2.3", 1, map[string]string{"app.kubernetes.io/part-of": "workbench", "app.kubernetes.io/component": "controller"})
	deployment(t, admin, namespace, "argo-rollouts", "quay.io/argoproj/argo-rollouts:v1.7.2", 1, map[string]string{"app.kubernetes.io/component": "rollouts-controller"})
	deployment(t, admin, namespace, "istiod", "istio/pilot:1.31.4", 0, map[string]string{"app": "istiod"})
	deployment(t, admin, namespace, "prometheus", "prom/prometheus:v3.1.0", 1, nil)
	service := &corev1.Service{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "prometheus"}}
	service.Spec.Ports = []corev1.ServicePort{{Port: 9090}}
	if err := admin.Create(t.Context(), service); err != nil {
		t.Fatal(err)
	}
	apis, err := discovery.NewDiscoveryClientForConfig(server.Config)
	if err != nil {
		t.Fatal(err)
	}

	t.Run("an administrator sees all", func(t *testing.T) {
		report, err := Gather(t.Context(), Source{Client: admin, Discovery: apis, Namespace: namespace})
		if err != nil {
			t.Fatal(err)
		}
		want := []Component{
			{Name: Kubernetes, State: Ready, NeededFor: NeedAlways},
			{Name: Workbench, State: Ready, Version: "v1.2.3", Namespace: namespace, NeededFor: NeedAlways},
			{Name: ArgoRollouts, State: TooOld, Version: "v1.7.2", Namespace: namespace, NeededFor: NeedAlways},
			{Name: Istio, State: NotRunning, Version: "1.31.4", Namespace: namespace, NeededFor: NeedWeights},
			{Name: Prometheus, State: Ready, Version: "v3.1.0", Namespace: namespace, NeededFor: NeedAnalysis},
		}
		report.Components[0].Version = ""
		if diff := cmp.Diff(want, report.Components, cmpopts.IgnoreFields(Component{}, "Message", "Mend")); diff != "" {
			t.Error(diff)
		}
		for _, component := range report.Components {
			if component.Message == "" || component.State.Usable() != (component.Mend == "") {
				t.Errorf("%s is %s: %q, to mend: %q", component.Name, component.State, component.Message, component.Mend)
			}
		}
		for _, permission := range report.Permissions {
			if !permission.Allowed {
				t.Errorf("an administrator may not %s", permission.To)
			}
		}
	})

	t.Run("a stranger learns what is installed, and what to ask for", func(t *testing.T) {
		report, err := Gather(t.Context(), Source{Client: server.As(t, "sam"), Discovery: apis, Namespace: namespace})
		if err != nil {
			t.Fatal(err)
		}
		if report.User != "sam" || report.Component(Istio).State != Installed || report.Component(Prometheus).State != Unknown {
			t.Errorf("got %+v", report)
		}
		for _, permission := range report.Permissions {
			if permission.Allowed || permission.Mend == "" || len(permission.Lacks) == 0 {
				t.Errorf("got %+v", permission)
			}
		}
	})
}
