package clusterinfo

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/distribution/reference"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/version"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workbench-dev/workbench/api/v1alpha1"
)

// The oldest versions that Workbench works with.
const (
	// minKubernetes: selectable fields of custom resources and ValidatingAdmissionPolicy, both on by default.
	minKubernetes = "1.31.0"
	// minArgoRollouts is the oldest that is tried.
	minArgoRollouts = "1.8.0"
	// minIstio is the oldest that is tried; it serves networking.istio.io/v1.
	minIstio = "1.24.0"
)

func kubernetes(_ context.Context, source Source) (Component, error) {
	component := Component{Name: Kubernetes, NeededFor: NeedAlways}
	info, err := source.Discovery.ServerVersion()
	if err != nil {
		return component, err
	}
	component.Version = info.GitVersion
	component.State, component.Message = Ready, "The API server answers."
	if older(info.GitVersion, minKubernetes) {
		component.State = TooOld
		component.Message = fmt.Sprintf("Kubernetes %s is older than %s.", info.GitVersion, minKubernetes)
		component.Mend = "Upgrade the cluster to Kubernetes " + minKubernetes + " or newer."
	}
	return component, nil
}

// part is a component that serves an API and runs as a Deployment.
type part struct {
	name      Name
	neededFor Need
	// groupVersion and resources that must be served.
	groupVersion string
	resources    []string
	// selector of its Deployment.
	selector string
	oldest   string
	install  string
}

func workbench(ctx context.Context, source Source) (Component, error) {
	return part{
		name: Workbench, neededFor: NeedAlways,
		groupVersion: v1alpha1.GroupVersion.String(), resources: []string{"releasetasks", "releaseactions"},
		selector: "app.kubernetes.io/part-of=workbench,app.kubernetes.io/component=controller",
		install:  "Install the chart charts/workbench with Helm.",
	}.look(ctx, source)
}

func argoRollouts(ctx context.Context, source Source) (Component, error) {
	return part{
		name: ArgoRollouts, neededFor: NeedAlways,
		groupVersion: "argoproj.io/v1alpha1", resources: []string{"rollouts"},
		selector: "app.kubernetes.io/component=rollouts-controller",
		oldest:   minArgoRollouts,
		install:  "Install Argo Rollouts " + minArgoRollouts + " or newer: apply its manifests/install.yaml server-side in namespace argo-rollouts.",
	}.look(ctx, source)
}

func istio(ctx context.Context, source Source) (Component, error) {
	return part{
		name: Istio, neededFor: NeedWeights,
		groupVersion: "networking.istio.io/v1", resources: []string{"virtualservices", "destinationrules"},
		selector: "app=istiod",
		oldest:   minIstio,
		install:  "Install Istio " + minIstio + " or newer, or release by number of pods (--traffic instances).",
	}.look(ctx, source)
}

// look finds whether the API is served and whether a pod of the Deployment is ready.
func (p part) look(ctx context.Context, source Source) (Component, error) {
	component := Component{Name: p.name, NeededFor: p.neededFor}
	missing, err := missingResources(source, p.groupVersion, p.resources)
	if err != nil {
		return component, err
	}
	if len(missing) > 0 {
		component.State = Missing
		component.Message = fmt.Sprintf("The cluster does not serve %s of %s.", strings.Join(missing, ", "), p.groupVersion)
		component.Mend = p.install
		return component, nil
	}
	found, err := findWorkload(ctx, source, labelled(p.selector))
	if apierrors.IsForbidden(err) {
		component.State, component.Message = Installed, "Its API is served; whether it runs may not be seen by this user."
		return component, nil
	}
	if err != nil {
		return component, err
	}
	p.judge(&component, found)
	return component, nil
}

func (p part) judge(component *Component, found *workload) {
	if found == nil {
		component.State = NotRunning
		component.Message = fmt.Sprintf("Its API is served, but no Deployment with the labels %s is there.", p.selector)
		component.Mend = p.install
		return
	}
	component.Version, component.Namespace = found.version, found.namespace
	switch {
	case found.ready == 0:
		component.State = NotRunning
		component.Message = fmt.Sprintf("None of the pods of Deployment %s/%s is ready.", found.namespace, found.name)
		component.Mend = fmt.Sprintf("See what keeps them: kubectl describe deployment %s -n %s", found.name, found.namespace)
	case p.oldest != "" && older(found.version, p.oldest):
		component.State = TooOld
		component.Message = fmt.Sprintf("%s %s is older than %s.", p.name, found.version, p.oldest)
		component.Mend = p.install
	default:
		component.State = Ready
		component.Message = fmt.Sprintf("Deployment %s/%s has %d ready.", found.namespace, found.name, found.ready)
	}
}

// missingResources is those of the resources that the cluster does not serve.
func missingResources(source Source, groupVersion string, resources []string) ([]string, error) {
	served, err := source.Discovery.ServerResourcesForGroupVersion(groupVersion)
	if apierrors.IsNotFound(err) {
		return resources, nil
	}
	if err != nil {
		return nil, err
	}
	var missing []string
	for _, name := range resources {
		if !slices.ContainsFunc(served.APIResources, func(resource metav1.APIResource) bool { return resource.Name == name }) {
			missing = append(missing, name)
		}
	}
	return missing, nil
}

// workload is a Deployment or StatefulSet as far as a report needs it.
type workload struct {
	namespace, name, version string
	ready                    int32
}

// labelled selects by labels, written as kubectl takes them; the selectors here are constants.
func labelled(selector string) client.ListOption {
	parsed, err := labels.Parse(selector)
	if err != nil {
		panic(err)
	}
	return client.MatchingLabelsSelector{Selector: parsed}
}

// findWorkload returns the selected Deployment, of any namespace, that has the most ready pods; nil when there is none.
func findWorkload(ctx context.Context, source Source, which ...client.ListOption) (*workload, error) {
	deployments := &appsv1.DeploymentList{}
	if err := source.Client.List(ctx, deployments, which...); err != nil {
		return nil, err
	}
	var best *workload
	for _, deployment := range deployments.Items {
		if best == nil || deployment.Status.ReadyReplicas > best.ready {
			best = &workload{
				namespace: deployment.Namespace, name: deployment.Name, ready: deployment.Status.ReadyReplicas,
				version: versionOf(deployment.Spec.Template.Spec.Containers),
			}
		}
	}
	return best, nil
}

// versionOf is the tag of the first container's image. Version labels are no help: those of charts built from a
// branch hold a placeholder.
func versionOf(containers []corev1.Container) string {
	if len(containers) == 0 {
		return ""
	}
	named, err := reference.ParseNormalizedNamed(containers[0].Image)
	if err != nil {
		return ""
	}
	if tagged, ok := named.(reference.Tagged); ok && tagged.Tag() != "latest" {
		return tagged.Tag()
	}
	return ""
}

// older compares versions; one that can't be read is not older, since people tag images as they like.
func older(have, want string) bool {
	parsed, err := version.ParseGeneric(have)
	return err == nil && parsed.LessThan(version.MustParseGeneric(want))
}
