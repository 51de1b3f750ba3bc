package manage

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workbench-dev/workbench/api/v1alpha1"
	"github.com/workbench-dev/workbench/internal/clusterinfo"
	"github.com/workbench-dev/workbench/internal/hub/api"
	"github.com/workbench-dev/workbench/internal/hub/auth"
	"github.com/workbench-dev/workbench/internal/hub/clusters"
	"github.com/workbench-dev/workbench/internal/hub/upstream"
	"github.com/workbench-dev/workbench/internal/hub/workspaces"
)

// clusterFields says where fields of the resource are in the requests.
var clusterFields = upstream.Fields{"spec": "body", "metadata.name": "body.name"}

// namespacesTimeout is for asking a cluster which namespaces it has.
const namespacesTimeout = 10 * time.Second

func (m *Manager) listClusters(ctx context.Context, _ *struct{}) (*api.ListClustersOutput, error) {
	identity, err := who(ctx)
	if err != nil {
		return nil, err
	}
	scope := m.Directory.Of(identity)
	visible := scope.Clusters()
	out := &api.ListClustersOutput{}
	for _, c := range m.Registry.List() {
		if identity.Admin || slices.Contains(visible, c.Name()) {
			out.Body.Items = append(out.Body.Items, m.cluster(c, identity, scope))
		}
	}
	return out, nil
}

// visible returns a cluster that the identity may know of.
func (m *Manager) visible(ctx context.Context, name string) (*clusters.Cluster, auth.Identity, *workspaces.Scope, error) {
	identity, err := who(ctx)
	if err != nil {
		return nil, identity, nil, err
	}
	scope := m.Directory.Of(identity)
	c, found := m.Registry.Get(name)
	if !found || !(identity.Admin || slices.Contains(scope.Clusters(), name)) {
		return nil, identity, nil, api.NotFound()
	}
	return c, identity, scope, nil
}

func (m *Manager) getCluster(ctx context.Context, in *api.ClusterPath) (*api.ClusterOutput, error) {
	c, identity, scope, err := m.visible(ctx, in.Cluster)
	if err != nil {
		return nil, err
	}
	told := m.cluster(c, identity, scope)
	return &api.ClusterOutput{ETag: told.ETag, Body: told}, nil
}

func (m *Manager) deleteCluster(ctx context.Context, in *api.ClusterPath) (*api.NoContent, error) {
	ctx, cancel := context.WithTimeout(ctx, writeTimeout)
	defer cancel()
	if err := m.checkUnused(ctx, in.Cluster); err != nil {
		return nil, err
	}
	resource := &v1alpha1.Cluster{}
	resource.Name = in.Cluster
	if err := m.Hub.Delete(ctx, resource); err != nil {
		return nil, upstream.Problem(err, nil)
	}
	// Kubernetes collects it too, by its owner reference; credentials shouldn't wait for that.
	if err := m.deleteSecret(ctx, in.Cluster); err != nil {
		return nil, upstream.Problem(err, nil)
	}
	return &api.NoContent{}, nil
}

// checkUnused refuses to disconnect a cluster that roles are still given in: they would stay in force there, and
// nobody could take them away any more.
func (m *Manager) checkUnused(ctx context.Context, cluster string) error {
	list := &v1alpha1.WorkspaceList{}
	if err := m.Hub.List(ctx, list); err != nil {
		return upstream.Problem(err, nil)
	}
	c, known := m.Registry.Get(cluster)
	gone := known && !c.Health().Reachable()
	var using []string
	for _, workspace := range list.Items {
		named := slices.ContainsFunc(workspace.Spec.Namespaces, func(n v1alpha1.WorkspaceNamespace) bool { return n.Cluster == cluster })
		if named && workspace.DeletionTimestamp.IsZero() || slices.Contains(workspace.Status.Clusters, cluster) && !gone {
			using = append(using, workspace.Name)
		}
	}
	if len(using) == 0 {
		return nil
	}
	return huma.Error409Conflict(fmt.Sprintf("Workspaces give roles in cluster %s: %s. Take its namespaces out of them and wait until their roles there are removed, then disconnect it.",
		cluster, strings.Join(using, ", ")))
}

func (m *Manager) listNamespaces(ctx context.Context, in *api.ClusterPath) (*api.ListNamespacesOutput, error) {
	c, identity, scope, err := m.visible(ctx, in.Cluster)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, namespacesTimeout)
	defer cancel()
	there, err := namespacesOf(ctx, c)
	if err != nil {
		return nil, upstream.Problem(err, nil)
	}
	names := scope.Namespaces(in.Cluster)
	if identity.Admin {
		for name := range there {
			names = append(names, name)
		}
		slices.Sort(names)
		names = slices.Compact(names)
	}
	out := &api.ListNamespacesOutput{}
	for _, name := range names {
		told := api.Namespace{Name: name, Role: string(scope.Role(in.Cluster, name)), Workspaces: scope.WorkspacesOf(in.Cluster, name), Exists: there[name]}
		if told.Role != "" {
			told.Tasks = m.Tasks.Count(in.Cluster, name)
		}
		out.Body.Items = append(out.Body.Items, told)
	}
	return out, nil
}

// namespacesOf asks the cluster, by the hub's own account: the scope decides what is told of the answer.
func namespacesOf(ctx context.Context, c *clusters.Cluster) (map[string]bool, error) {
	own, err := c.Available()
	if err != nil {
		return nil, err
	}
	list := &metav1.PartialObjectMetadataList{}
	list.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind("NamespaceList"))
	if err := own.List(ctx, list); err != nil {
		return nil, err
	}
	there := map[string]bool{}
	for i := range list.Items {
		there[list.Items[i].Name] = true
	}
	return there, nil
}

// cluster is what the identity is told of it.
func (m *Manager) cluster(c *clusters.Cluster, identity auth.Identity, scope *workspaces.Scope) api.Cluster {
	resource, health, report := c.Resource(), c.Health(), c.Report()
	told := api.Cluster{
		ClusterState: api.ClusterState{
			Name: c.Name(), DisplayName: c.DisplayName(),
			Reachable: health.State == clusters.Reachable, Since: &health.Since,
			Loaded: m.Tasks.Loaded(c.Name()), Message: health.Message,
		},
		ETag: etagOf(resource), InCluster: resource.Spec.InCluster != nil,
		Components: []api.Component{},
	}
	if !report.At.IsZero() {
		told.CheckedAt = &report.At
	}
	for _, component := range report.Components {
		told.Components = append(told.Components, api.Component{
			Name: string(component.Name), State: string(component.State), Version: component.Version, Namespace: component.Namespace,
			NeededFor: string(component.NeededFor), Message: component.Message, Mend: component.Mend,
		})
		if component.Name == clusterinfo.Kubernetes {
			told.Version = component.Version
		}
	}
	told.Usable = usable(report.Components, resource.Spec.Prometheus != nil)
	for _, name := range scope.Namespaces(c.Name()) {
		told.Namespaces++
		told.Tasks += m.Tasks.Count(c.Name(), name)
	}
	if identity.Admin {
		told.Server, told.Prometheus = c.Server(), prometheusInfo(resource.Spec.Prometheus)
	}
	return told
}

// usable says which releases a cluster can carry, by what was found there.
func usable(components []clusterinfo.Component, analysis bool) api.Usable {
	report := clusterinfo.Report{Components: components}
	told := api.Usable{Lacking: []string{}}
	if len(components) == 0 {
		told.Lacking = append(told.Lacking, "It was not seen yet what is installed there.")
		return told
	}
	for _, lacking := range report.Lacking(clusterinfo.Istio) {
		told.Lacking = append(told.Lacking, strings.TrimSpace(lacking.Message+" "+lacking.Mend))
	}
	told.Instances = len(report.Lacking()) == 0
	told.Istio = len(report.Lacking(clusterinfo.Istio)) == 0
	told.Analysis = told.Instances && analysis
	return told
}

func prometheusInfo(source *v1alpha1.PrometheusSource) *api.PrometheusInfo {
	if source == nil {
		return nil
	}
	info := &api.PrometheusInfo{Address: source.Address, Auth: "None", InsecureSkipVerify: source.InsecureSkipVerify}
	switch {
	case source.BearerTokenSecretRef != nil:
		info.Auth = "Bearer"
	case source.BasicAuthSecretRef != nil:
		info.Auth = "Basic"
	}
	return info
}

func (m *Manager) deleteSecret(ctx context.Context, cluster string) error {
	secret := &corev1.Secret{}
	err := m.Hub.Get(ctx, client.ObjectKey{Namespace: m.Namespace, Name: secretName(cluster)}, secret)
	if err == nil && secret.Labels[clusterLabel] == cluster {
		err = m.Hub.Delete(ctx, secret)
	}
	return client.IgnoreNotFound(err)
}
