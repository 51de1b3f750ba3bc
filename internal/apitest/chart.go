package apitest

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workbench-dev/workbench/api/v1alpha1"
)

const (
	// ChartNamespace is where the chart is installed, ControllerAccount the service account that it makes there.
	ChartNamespace    = "workbench-system"
	ControllerAccount = "workbench-controller"
	// HubAccount is the service account of the hub, HubAccessAccount that for a hub in another cluster; see InstallHub.
	HubAccount       = "workbench-server"
	HubAccessAccount = "workbench-hub"

	// HelmVariable names the helm program to render the chart with instead of REPO/bin/helm.
	HelmVariable = "HELM"
)

// InstallChart installs all that charts/workbench makes with its default values, once per server, and waits
// until its admission policies are enforced. Nothing runs the controller's Deployment here; a test that plays
// the controller takes Controller's client. From then on nobody else, administrators included, can write the
// status of tasks and actions.
func (s *Server) InstallChart(t testing.TB) {
	t.Helper()
	s.InstallCRDs(t)
	s.chart.Do(func() { s.chart.err = s.installChart(t.Context()) })
	if s.chart.err != nil {
		t.Fatal(s.chart.err)
	}
}

// ChartObjects returns what the chart makes with its default values.
func (s *Server) ChartObjects(t testing.TB) []*unstructured.Unstructured {
	t.Helper()
	s.InstallChart(t)
	copies := make([]*unstructured.Unstructured, 0, len(s.chart.objects))
	for _, object := range s.chart.objects {
		copies = append(copies, object.DeepCopy())
	}
	return copies
}

// Controller returns a client with the identity and so the rights of the controller.
func (s *Server) Controller(t testing.TB) client.WithWatch {
	t.Helper()
	return s.AsServiceAccount(t, ChartNamespace, ControllerAccount)
}

func (s *Server) installChart(ctx context.Context) error {
	objects, err := s.applyChart(ctx)
	if err != nil {
		return err
	}
	s.chart.objects = objects
	c, err := client.New(s.Config, client.Options{Scheme: Scheme()})
	if err != nil {
		return err
	}
	return waitEnforced(ctx, c)
}

// InstallHub installs, beside InstallChart, what the chart makes for a hub in this cluster and for one in another, once
// per server. Nothing runs the hub's Deployment here.
func (s *Server) InstallHub(t testing.TB) {
	t.Helper()
	s.InstallChart(t)
	s.hub.Do(func() { _, s.hub.err = s.applyChart(t.Context(), "server.enabled=true", "hubAccess.enabled=true") })
	if s.hub.err != nil {
		t.Fatal(s.hub.err)
	}
}

// applyChart applies what the chart makes with the values.
func (s *Server) applyChart(ctx context.Context, values ...string) ([]*unstructured.Unstructured, error) {
	objects, err := renderChart(ctx, values...)
	if err != nil {
		return nil, err
	}
	c, err := client.New(s.Config, client.Options{Scheme: Scheme()})
	if err != nil {
		return nil, err
	}
	namespace := &corev1.Namespace{}
	namespace.Name = ChartNamespace
	if err := c.Create(ctx, namespace); err != nil && !apierrors.IsAlreadyExists(err) {
		return nil, err
	}
	for _, object := range objects {
		if err := apply(ctx, c, object); err != nil {
			return nil, err
		}
	}
	return objects, nil
}

// renderChart returns the objects of the chart with the values, without those of its tests.
func renderChart(ctx context.Context, values ...string) ([]*unstructured.Unstructured, error) {
	root, err := RepositoryRoot()
	if err != nil {
		return nil, err
	}
	helm := os.Getenv(HelmVariable)
	if helm == "" {
		helm = filepath.Join(root, "bin", "helm")
	}
	if _, err := os.Stat(helm); err != nil {
		return nil, fmt.Errorf("this test installs the chart, and the program that renders it is missing (%w): build it with `make bin/helm`, or name one in %s", err, HelmVariable)
	}
	var stderr bytes.Buffer
	arguments := []string{"template", "workbench", filepath.Join(root, "charts", "workbench"),
		"--namespace", ChartNamespace, "--kube-version", "v1.36.0", "--skip-tests"}
	for _, value := range values {
		arguments = append(arguments, "--set", value)
	}
	cmd := exec.CommandContext(ctx, helm, arguments...)
	cmd.Stderr = &stderr
	text, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("the chart can't be rendered: %w: %s", err, stderr.String())
	}
	objects, err := parse(text)
	if err != nil {
		return nil, fmt.Errorf("the chart renders to what isn't YAML: %w", err)
	}
	// Helm leaves it to the installation to put objects without a namespace into the release's.
	clusterScoped := []string{"ClusterRole", "ClusterRoleBinding", "CustomResourceDefinition", "Namespace",
		"ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"}
	for _, object := range objects {
		if object.GetNamespace() == "" && !slices.Contains(clusterScoped, object.GetKind()) {
			object.SetNamespace(ChartNamespace)
		}
	}
	return objects, nil
}

// waitEnforced waits until the API server has learnt of the policies, which takes it a moment: until it refuses
// an action in the name of somebody else.
func waitEnforced(ctx context.Context, c client.Client) error {
	action := &v1alpha1.ReleaseAction{}
	action.Namespace, action.Name = "default", "probe"
	action.Spec = v1alpha1.ReleaseActionSpec{Task: "probe", Type: v1alpha1.ActionContinue, RequestedBy: "somebody-else"}
	var last error
	err := wait.PollUntilContextTimeout(ctx, 50*time.Millisecond, 30*time.Second, true, func(ctx context.Context) (bool, error) {
		last = c.Create(ctx, action.DeepCopy(), client.DryRunAll)
		return apierrors.IsForbidden(last), nil
	})
	if err != nil {
		return fmt.Errorf("the chart's admission policies aren't enforced: an action in the name of somebody else gave %v: %w", last, err)
	}
	return nil
}
