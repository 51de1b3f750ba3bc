// Package cli is the command line of Workbench: it reads what a person types, asks the cluster for it with the
// person's own kubeconfig, waits, and says what became of it in sentences and exit codes.
//
// It decides nothing about releases: what may be typed is in internal/release, what a task does is the controller's,
// what a cluster has is gathered by internal/clusterinfo. It keeps no state between commands.
package cli
