package hub

import (
	"github.com/danielgtaylor/huma/v2"

	"github.com/workbench-dev/workbench/api/v1alpha1"
	"github.com/workbench-dev/workbench/internal/hub/api"
	"github.com/workbench-dev/workbench/internal/hub/auth"
	"github.com/workbench-dev/workbench/internal/hub/workspaces"
)

// authorize lets a request into an operation only when who asks has the access that the operation declares. It is the
// one place where that is decided; what an operation allows more finely, it checks itself.
func authorize(humaAPI huma.API, access workspaces.Access) func(huma.Context, func(huma.Context)) {
	return func(ctx huma.Context, next func(huma.Context)) {
		if err := permit(ctx, access); err != nil {
			status := err.(huma.StatusError)
			// The client has gone when this fails.
			_ = huma.WriteErr(humaAPI, ctx, status.GetStatus(), status.Error())
			return
		}
		next(ctx)
	}
}

// permit says why not; nil when the request may go on.
func permit(ctx huma.Context, access workspaces.Access) error {
	declared, _ := ctx.Operation().Metadata[api.AccessKey].(api.Access)
	if declared == api.Public {
		return nil
	}
	identity, signedIn := auth.FromContext(ctx.Context())
	if !signedIn {
		return huma.Error401Unauthorized(auth.Refusal(ctx.Context()))
	}
	switch declared {
	case api.SignedIn:
		return nil
	case api.ForPlatformAdmin:
		if !identity.Admin {
			return forbidden("Only a platform administrator may do this.")
		}
		return nil
	case api.ForViewer:
		return permitRole(ctx, identity, access, v1alpha1.RoleViewer)
	case api.ForEditor:
		return permitRole(ctx, identity, access, v1alpha1.RoleEditor)
	case api.ForAdmin:
		return permitRole(ctx, identity, access, v1alpha1.RoleAdmin)
	}
	return forbidden("This operation declares no access, so nobody may call it.")
}

func permitRole(ctx huma.Context, identity auth.Identity, access workspaces.Access, needed v1alpha1.Role) error {
	role, certain := roleIn(ctx, identity, access.Of(identity))
	switch {
	case role == "" && !certain:
		return api.NotFound()
	case role != "" && !role.AtLeast(needed):
		return forbidden("You have the role " + string(role) + " here: this needs " + string(needed) + ".")
	}
	return nil
}

// roleIn is the role of somebody in what the path names. certain says that they may pass without one: a platform
// administrator looks after every cluster and workspace, but sees no namespace that none holds.
func roleIn(ctx huma.Context, identity auth.Identity, scope *workspaces.Scope) (role v1alpha1.Role, certain bool) {
	if namespace := ctx.Param("namespace"); namespace != "" {
		return scope.Role(ctx.Param("cluster"), namespace), false
	}
	if identity.Admin {
		return "", true
	}
	if workspace := ctx.Param("workspace"); workspace != "" {
		membership, _ := scope.Membership(workspace)
		return membership.Role, false
	}
	cluster := ctx.Param("cluster")
	for _, namespace := range scope.Namespaces(cluster) {
		if in := scope.Role(cluster, namespace); role == "" || in.AtLeast(role) {
			role = in
		}
	}
	return role, false
}

func forbidden(sentence string) error { return huma.Error403Forbidden(sentence) }
