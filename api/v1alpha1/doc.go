// Package v1alpha1 holds the custom resources of Workbench, group workbench.dev:
// ReleaseTask (how a workload is released) and ReleaseAction (what a person asked of a task) in every cluster;
// Workspace (who may do what where) and Cluster (how a cluster is reached) in that of the hub.
// It holds types, validation and names; what they mean is in internal/release.
//
// +kubebuilder:object:generate=true
// +groupName=workbench.dev
package v1alpha1
