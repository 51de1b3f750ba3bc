package hub

import (
	"context"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/workbench-dev/workbench/api/v1alpha1"
	"github.com/workbench-dev/workbench/internal/hub/api"
	"github.com/workbench-dev/workbench/internal/hub/auth"
	"github.com/workbench-dev/workbench/internal/hub/workspaces"
)

// me tells people who they are and what they may do.
type me struct {
	access workspaces.Access
	// expires says when the session or token of a context ends.
	expires func(context.Context) (time.Time, bool)
}

// get carries out the operation.
func (m *me) get(ctx context.Context, _ *struct{}) (*api.MeOutput, error) {
	body, err := m.of(ctx)
	return &api.MeOutput{Body: body}, err
}

// of describes who a context is signed in as.
func (m *me) of(ctx context.Context) (api.Me, error) {
	identity, signedIn := auth.FromContext(ctx)
	if !signedIn {
		return api.Me{}, huma.Error401Unauthorized(auth.Refusal(ctx))
	}
	scope := m.access.Of(identity)
	changes := !identity.ReadOnly
	shown := api.Me{
		Name: identity.Name, DisplayName: identity.DisplayName, Groups: append([]string{}, identity.Groups...),
		Method: string(identity.Method), Admin: identity.Admin, ReadOnly: identity.ReadOnly, Workspaces: []api.Membership{},
		May: api.MeMay{
			ManageClusters: identity.Admin && changes, CreateWorkspaces: identity.Admin && changes, ManageAccounts: identity.Admin && changes,
			ReadAudit:      identity.Admin || scope.Len() > 0,
			ChangePassword: identity.Method == auth.MethodLocal,
			CreateTokens:   identity.Method != auth.MethodToken,
		},
	}
	for _, membership := range scope.Memberships() {
		entry := api.Membership{Workspace: membership.Workspace, DisplayName: membership.DisplayName, Role: membership.Role, Namespaces: []api.WorkspaceNamespace{}}
		for _, n := range membership.Namespaces {
			entry.Namespaces = append(entry.Namespaces, api.WorkspaceNamespace{Cluster: n.Cluster, Namespace: n.Namespace})
		}
		shown.Workspaces = append(shown.Workspaces, entry)
		if membership.Role.AtLeast(v1alpha1.RoleEditor) && changes {
			shown.May.CreateTasks = true
		}
	}
	if end, known := m.expires(ctx); known {
		utc := end.UTC()
		shown.ExpiresAt = &utc
	}
	return shown, nil
}
