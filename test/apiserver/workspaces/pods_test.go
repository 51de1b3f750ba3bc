//go:build apiserver

package workspaces

import (
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workbench-dev/workbench/internal/apitest"
)

// TestPodsAreRestricted: the chart's pods run where Kubernetes enforces its strictest standard for pods.
func TestPodsAreRestricted(t *testing.T) {
	server := apitest.Start(t)
	server.InstallHub(t)
	c := server.Client(t)
	strict := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{
		GenerateName: "restricted-", Labels: map[string]string{"pod-security.kubernetes.io/enforce": "restricted"},
	}}
	if err := c.Create(t.Context(), strict); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"workbench-server", "workbench-controller"} {
		t.Run(name, func(t *testing.T) {
			deployment := &appsv1.Deployment{}
			if err := c.Get(t.Context(), client.ObjectKey{Namespace: apitest.ChartNamespace, Name: name}, deployment); err != nil {
				t.Fatal(err)
			}
			account := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: strict.Name, Name: deployment.Spec.Template.Spec.ServiceAccountName}}
			if err := c.Create(t.Context(), account); err != nil {
				t.Fatal(err)
			}
			pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: strict.Name, Name: name}, Spec: deployment.Spec.Template.Spec}
			if err := c.Create(t.Context(), pod, client.DryRunAll); err != nil {
				t.Error(err)
			}
			loose := pod.DeepCopy()
			loose.Spec.Containers[0].SecurityContext = nil
			if err := c.Create(t.Context(), loose, client.DryRunAll); err == nil {
				t.Error("the namespace takes any pod, so that it tells nothing")
			}
		})
	}
}
