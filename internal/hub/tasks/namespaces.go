package tasks

import (
	"context"
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/workbench-dev/workbench/internal/hub/api"
	"github.com/workbench-dev/workbench/internal/hub/upstream"
)

// ListNamespaces is the namespaces of a cluster that who asks may see; all of them for a platform administrator, who
// makes workspaces of them. It is read with the hub's own account, since a role in a namespace lets nobody list them.
func (s *Service) ListNamespaces(ctx context.Context, in *api.ClusterPath) (*api.ListNamespacesOutput, error) {
	who := s.who(ctx)
	cluster, found := s.Clusters.Get(in.Cluster)
	if !found {
		return nil, api.NotFound()
	}
	own, err := cluster.Available()
	if err != nil {
		return nil, upstream.Problem(err, nil)
	}
	list := &metav1.PartialObjectMetadataList{}
	list.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind("NamespaceList"))
	if err := own.List(ctx, list); err != nil {
		return nil, upstream.Problem(err, nil)
	}
	exists := map[string]bool{}
	names := who.scope.Namespaces(in.Cluster)
	for _, namespace := range list.Items {
		exists[namespace.Name] = true
		if who.Admin {
			names = append(names, namespace.Name)
		}
	}
	slices.Sort(names)
	out := &api.ListNamespacesOutput{}
	for _, name := range slices.Compact(names) {
		shown := api.Namespace{
			Name: name, Role: string(who.scope.Role(in.Cluster, name)), Workspaces: who.scope.WorkspacesOf(in.Cluster, name), Exists: exists[name],
		}
		if shown.Role != "" {
			shown.Tasks = s.Index.Count(in.Cluster, name)
		}
		out.Body.Items = append(out.Body.Items, shown)
	}
	return out, nil
}
