package api

import "github.com/workbench-dev/workbench/api/v1alpha1"

// Access is who may call an operation. Every operation declares one; the hub enforces it before the operation is
// entered.
type Access string

const (
	// Public: anybody, without signing in.
	Public Access = "public"
	// SignedIn: anybody who signed in.
	SignedIn Access = "signedIn"
	// ForViewer, ForEditor, ForAdmin: who has that role, or a higher one, in what the path names: the namespace where it
	// names one, else the workspace, else any namespace of the cluster. A platform administrator also passes for a
	// cluster or a workspace, but sees no namespace without a role in it. Whoever has no role there gets 404.
	ForViewer Access = "viewer"
	ForEditor Access = "editor"
	ForAdmin  Access = "admin"
	// ForPlatformAdmin: platform administrators, who look after clusters, workspaces and accounts.
	ForPlatformAdmin Access = "platformAdmin"
)

// AccessKey is where an operation's Access is kept: in its metadata and, as an extension, in the OpenAPI document.
const AccessKey = "x-workbench-access"

// Role of a person in a workspace and so in its namespaces; the empty role is none.
type Role = v1alpha1.Role
