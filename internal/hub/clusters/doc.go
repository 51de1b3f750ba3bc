// Package clusters holds the connections of the hub to the clusters that its Cluster resources name: clients by the
// hub's own account and, by impersonation, by the account of who asks; how each cluster is; and what is installed there.
//
// Clusters come, go and change their credentials while the hub runs. Each has connections, limits and timeouts of its
// own, so that one that is down, slow or lying never slows another.
//
// It keeps nothing of what is in a cluster (the hub's index does), and it isn't for who may do what
// (internal/hub/workspaces).
package clusters
