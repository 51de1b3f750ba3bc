// Package manage carries out what the API offers on workspaces and clusters: who looks after them sees and changes
// their resources through it.
//
// Whether somebody may call an operation at all was decided before, by its declared access; what is decided here depends
// on the content: an Admin of a workspace changes its members, and only an administrator of the platform its namespaces.
package manage

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workbench-dev/workbench/internal/hub/api"
	"github.com/workbench-dev/workbench/internal/hub/audit"
	"github.com/workbench-dev/workbench/internal/hub/auth"
	"github.com/workbench-dev/workbench/internal/hub/clusters"
	"github.com/workbench-dev/workbench/internal/hub/workspaces"
)

// Tasks counts release tasks.
type Tasks interface {
	// Count of the release tasks in a namespace.
	Count(cluster, namespace string) int
	// Loaded says whether the tasks of the cluster were read at all since the hub started.
	Loaded(cluster string) bool
}

// Manager carries out the operations on workspaces and clusters.
type Manager struct {
	// Hub reads and writes, without a cache, the cluster that holds Workspaces and Clusters, with the hub's own account.
	Hub client.Client
	// Namespace of the hub, where the Secrets of clusters are.
	Namespace string
	Directory *workspaces.Directory
	Registry  *clusters.Registry
	Tasks     Tasks
	// Audit keeps who changed what.
	Audit audit.Recorder
}

// writeTimeout is for all requests to the hub's own cluster that one operation takes.
const writeTimeout = 15 * time.Second

// Register puts the operations into the handlers.
func (m *Manager) Register(h *api.Handlers) {
	h.ListWorkspaces, h.GetWorkspace = m.listWorkspaces, m.getWorkspace
	h.CreateWorkspace = recorded(m, m.createWorkspace, createdWorkspace)
	h.UpdateWorkspace = recorded(m, m.updateWorkspace, updatedWorkspace)
	h.DeleteWorkspace = recorded(m, m.deleteWorkspace, deletedWorkspace)
	h.ListClusters, h.GetCluster, h.ListNamespaces = m.listClusters, m.getCluster, m.listNamespaces
	h.CreateCluster = recorded(m, m.createCluster, createdCluster)
	h.UpdateCluster = recorded(m, m.updateCluster, updatedCluster)
	h.DeleteCluster = recorded(m, m.deleteCluster, deletedCluster)
}

// who is the identity of the request. Without one the operation's access was not enforced, and nothing is answered.
func who(ctx context.Context) (auth.Identity, error) {
	identity, ok := auth.FromContext(ctx)
	if !ok {
		return identity, huma.Error401Unauthorized("Sign in first.")
	}
	return identity, nil
}

// etagOf is the same until somebody changes the spec of the object.
func etagOf(object metav1.Object) string {
	return fmt.Sprintf("%q", fmt.Sprintf("%s-%d", object.GetUID(), object.GetGeneration()))
}

// checkMatch holds an update to what its author saw.
func checkMatch(ifMatch string, object metav1.Object, what string) error {
	switch ifMatch {
	case "":
		return huma.NewError(http.StatusPreconditionRequired, fmt.Sprintf("Say in If-Match which state of the %s you change: the ETag with which you read it.", what))
	case "*", etagOf(object):
		return nil
	}
	return huma.Error412PreconditionFailed(fmt.Sprintf("Somebody changed the %s since you read it. Read it again, then repeat your change.", what))
}

// fieldProblem is a 422 about one field.
func fieldProblem(location, format string, args ...any) error {
	message := fmt.Sprintf(format, args...)
	return huma.Error422UnprocessableEntity(message, api.Field(location, message))
}
