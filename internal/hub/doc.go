// Package hub is `workbench server`: the REST API, the streams of changes, and the console, for people and programs in
// front of all clusters. It puts its parts together (who asks: auth; who may see what: workspaces; which clusters:
// clusters; what is shown of tasks: index and tasks; who did what: audit), and holds every request to its limits and to
// the access that its operation declares.
//
// It keeps nothing itself: Kubernetes is the only store, so that replicas come and go. Releases go on without it; that is
// the controller's.
package hub
