// Package workspaces answers who has which role where, and puts the roles in force.
//
// Access answers from the Workspace resources of the hub's cluster, as a watch brings them; it decides what a person is
// shown. The Projector makes RoleBindings of the same resources in every cluster, so that the clusters decide, too, what
// a person may do: the hub writes by impersonation and has no rights of its own to release anything.
//
// It isn't for who somebody is (internal/hub/auth) nor for how a cluster is reached (internal/hub/clusters).
package workspaces
