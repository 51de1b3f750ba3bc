// Package tasks carries out the operations of the hub on release tasks: lists and streams from the index, details,
// changes and actions in the clusters themselves by impersonation, so that the cluster has the last word.
//
// What a task means is internal/release's, who may see what internal/hub/workspaces'. Before an operation of this
// package is entered, the hub has checked that who asks has the role that the operation declares.
package tasks
