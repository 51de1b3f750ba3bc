package hub

import (
	"context"
	"fmt"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workbench-dev/workbench/api/v1alpha1"
)

// registerOwnCluster makes a Cluster for the cluster that the hub runs in, so that a new hub has something to show. Who
// renamed or changed it is left alone.
func (s *Server) registerOwnCluster(ctx context.Context) error {
	if s.options.OwnCluster == "" {
		return nil
	}
	list := &v1alpha1.ClusterList{}
	if err := s.hub.List(ctx, list); err != nil {
		return fmt.Errorf("read the clusters: %w", err)
	}
	for _, cluster := range list.Items {
		if cluster.Spec.InCluster != nil || cluster.Name == s.options.OwnCluster {
			return nil
		}
	}
	own := &v1alpha1.Cluster{Spec: v1alpha1.ClusterSpec{InCluster: &v1alpha1.InCluster{}}}
	own.Name = s.options.OwnCluster
	if err := s.hub.Create(ctx, own, client.FieldOwner("workbench-hub")); err != nil && client.IgnoreAlreadyExists(err) != nil {
		return fmt.Errorf("register the hub's own cluster as %s: %w", own.Name, err)
	}
	s.options.Log.Info("the hub's own cluster is registered", "cluster", own.Name)
	return nil
}
