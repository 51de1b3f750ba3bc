package manage

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/danielgtaylor/huma/v2"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	apimeta "k8s.io/apimachinery/pkg/api/meta"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workbench-dev/workbench/api/v1alpha1"
	"github.com/workbench-dev/workbench/internal/hub/api"
	"github.com/workbench-dev/workbench/internal/hub/auth"
	"github.com/workbench-dev/workbench/internal/hub/upstream"
	"github.com/workbench-dev/workbench/internal/hub/workspaces"
)

// workspaceFields says where fields of the resource are in the requests.
var workspaceFields = upstream.Fields{"spec": "body", "metadata.name": "body.name"}

func (m *Manager) listWorkspaces(ctx context.Context, _ *struct{}) (*api.ListWorkspacesOutput, error) {
	identity, err := who(ctx)
	if err != nil {
		return nil, err
	}
	scope := m.Directory.Of(identity)
	out := &api.ListWorkspacesOutput{}
	for _, workspace := range m.Directory.List() {
		if _, member := scope.Membership(workspace.Name); member || identity.Admin {
			out.Body.Items = append(out.Body.Items, m.workspace(workspace, scope))
		}
	}
	return out, nil
}

func (m *Manager) getWorkspace(ctx context.Context, in *api.WorkspacePath) (*api.WorkspaceOutput, error) {
	identity, err := who(ctx)
	if err != nil {
		return nil, err
	}
	scope := m.Directory.Of(identity)
	workspace, found := m.Directory.Get(in.Workspace)
	if _, member := scope.Membership(in.Workspace); !found || !(member || identity.Admin) {
		return nil, api.NotFound()
	}
	return &api.WorkspaceOutput{ETag: etagOf(workspace), Body: m.workspace(workspace, scope)}, nil
}

func (m *Manager) createWorkspace(ctx context.Context, in *api.CreateWorkspaceInput) (*api.CreateWorkspaceOutput, error) {
	identity, err := who(ctx)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, writeTimeout)
	defer cancel()
	workspace := &v1alpha1.Workspace{}
	workspace.Name, workspace.Spec = in.Body.Name, specOf(in.Body.WorkspaceSettings)
	if err := m.checkWorkspace(workspace.Spec, v1alpha1.WorkspaceSpec{}); err != nil {
		return nil, err
	}
	err = m.Hub.Create(ctx, workspace)
	if apierrors.IsAlreadyExists(err) {
		return nil, huma.Error409Conflict(fmt.Sprintf("There is a workspace %s already, or one is being deleted. Choose another name.", in.Body.Name))
	}
	if err != nil {
		return nil, upstream.Problem(err, workspaceFields)
	}
	m.Directory.Set(workspace)
	return &api.CreateWorkspaceOutput{
		Status: 201, Location: api.Base + "/workspaces/" + workspace.Name,
		ETag: etagOf(workspace), Body: m.workspace(workspace, m.Directory.Of(identity)),
	}, nil
}

func (m *Manager) updateWorkspace(ctx context.Context, in *api.UpdateWorkspaceInput) (*api.WorkspaceOutput, error) {
	identity, err := who(ctx)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, writeTimeout)
	defer cancel()
	for {
		workspace, err := m.replaceWorkspace(ctx, identity, in)
		switch {
		case apierrors.IsConflict(err) && ctx.Err() == nil:
			continue // its status was written in between, or it was changed: then the ETag says so
		case err != nil:
			return nil, upstream.Problem(err, workspaceFields)
		}
		m.Directory.Set(workspace)
		return &api.WorkspaceOutput{ETag: etagOf(workspace), Body: m.workspace(workspace, m.Directory.Of(identity))}, nil
	}
}

// replaceWorkspace writes the settings over the workspace as it is now, which may be newer than what the cache has.
func (m *Manager) replaceWorkspace(ctx context.Context, identity auth.Identity, in *api.UpdateWorkspaceInput) (*v1alpha1.Workspace, error) {
	workspace := &v1alpha1.Workspace{}
	if err := m.Hub.Get(ctx, client.ObjectKey{Name: in.Workspace}, workspace); err != nil {
		return nil, err
	}
	role := workspaces.RoleIn(workspace, identity)
	if (role == "" && !identity.Admin) || !workspace.DeletionTimestamp.IsZero() {
		return nil, api.NotFound()
	}
	if role != v1alpha1.RoleAdmin && !identity.Admin {
		return nil, huma.Error403Forbidden("Only an Admin of the workspace changes its members.")
	}
	if err := checkMatch(in.IfMatch, workspace, "workspace"); err != nil {
		return nil, err
	}
	before := workspace.Spec
	workspace.Spec = specOf(in.Body)
	if err := m.checkWorkspace(workspace.Spec, before); err != nil {
		return nil, err
	}
	if !identity.Admin {
		if !sameNamespaces(before.Namespaces, workspace.Spec.Namespaces) {
			return nil, huma.Error403Forbidden("Only an administrator of the platform changes the namespaces of a workspace.",
				api.Field("body.namespaces", "must stay as they are"))
		}
		if !hasAdmin(workspace.Spec.Members) {
			return nil, huma.Error409Conflict("A workspace keeps at least one Admin: give somebody else that role first, or ask an administrator of the platform.",
				api.Field("body.members", "has no Admin"))
		}
	}
	return workspace, m.Hub.Update(ctx, workspace)
}

func (m *Manager) deleteWorkspace(ctx context.Context, in *api.WorkspacePath) (*api.NoContent, error) {
	ctx, cancel := context.WithTimeout(ctx, writeTimeout)
	defer cancel()
	workspace := &v1alpha1.Workspace{}
	workspace.Name = in.Workspace
	if err := m.Hub.Delete(ctx, workspace); err != nil {
		return nil, upstream.Problem(err, nil)
	}
	m.Directory.Remove(in.Workspace)
	return &api.NoContent{}, nil
}

// checkWorkspace finds what the resource's own validation can't.
func (m *Manager) checkWorkspace(spec, before v1alpha1.WorkspaceSpec) error {
	for i, n := range spec.Namespaces {
		if slices.Contains(spec.Namespaces[:i], n) {
			return fieldProblem(fmt.Sprintf("body.namespaces[%d]", i), "Namespace %s of cluster %s is listed twice.", n.Namespace, n.Cluster)
		}
		if _, known := m.Registry.Get(n.Cluster); !known && !slices.Contains(before.Namespaces, n) {
			return fieldProblem(fmt.Sprintf("body.namespaces[%d].cluster", i), "There is no cluster %s. Connect it first.", n.Cluster)
		}
	}
	for i, member := range spec.Members {
		if slices.ContainsFunc(spec.Members[:i], func(other v1alpha1.WorkspaceMember) bool {
			return other.Kind == member.Kind && other.Name == member.Name
		}) {
			return fieldProblem(fmt.Sprintf("body.members[%d]", i), "%s %s is listed twice: a member has one role.", member.Kind, member.Name)
		}
	}
	return nil
}

func sameNamespaces(a, b []v1alpha1.WorkspaceNamespace) bool {
	return len(a) == len(b) && !slices.ContainsFunc(a, func(n v1alpha1.WorkspaceNamespace) bool { return !slices.Contains(b, n) })
}

func hasAdmin(members []v1alpha1.WorkspaceMember) bool {
	return slices.ContainsFunc(members, func(m v1alpha1.WorkspaceMember) bool { return m.Role == v1alpha1.RoleAdmin })
}

func specOf(settings api.WorkspaceSettings) v1alpha1.WorkspaceSpec {
	spec := v1alpha1.WorkspaceSpec{DisplayName: settings.DisplayName}
	for _, n := range settings.Namespaces {
		spec.Namespaces = append(spec.Namespaces, v1alpha1.WorkspaceNamespace{Cluster: n.Cluster, Namespace: n.Namespace})
	}
	for _, member := range settings.Members {
		spec.Members = append(spec.Members, v1alpha1.WorkspaceMember{Kind: v1alpha1.MemberKind(member.Kind), Name: member.Name, Role: member.Role})
	}
	return spec
}

// workspace is what somebody with the scope is told of it.
func (m *Manager) workspace(workspace *v1alpha1.Workspace, scope *workspaces.Scope) api.Workspace {
	told := api.Workspace{
		Name: workspace.Name,
		WorkspaceSettings: api.WorkspaceSettings{
			DisplayName: cmp.Or(workspace.Spec.DisplayName, workspace.Name),
			Namespaces:  []api.WorkspaceNamespace{}, Members: []api.Member{},
		},
		ETag: etagOf(workspace), CreatedAt: workspace.CreationTimestamp.Time,
	}
	if membership, member := scope.Membership(workspace.Name); member {
		told.Role = string(membership.Role)
	}
	for _, n := range workspace.Spec.Namespaces {
		told.Namespaces = append(told.Namespaces, api.WorkspaceNamespace{Cluster: n.Cluster, Namespace: n.Namespace})
		if told.Role != "" {
			told.Tasks += m.Tasks.Count(n.Cluster, n.Namespace)
		}
	}
	for _, member := range workspace.Spec.Members {
		told.Members = append(told.Members, api.Member{Kind: string(member.Kind), Name: member.Name, Role: member.Role})
	}
	condition := apimeta.FindStatusCondition(workspace.Status.Conditions, v1alpha1.ConditionReady)
	switch {
	case condition == nil || condition.ObservedGeneration != workspace.Generation:
		told.Message = "Its roles are being put in force."
	case condition.Status == "True":
		told.Ready = true
	default:
		told.Message = condition.Message
	}
	return told
}
