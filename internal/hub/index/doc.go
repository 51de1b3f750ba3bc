// Package index holds the compact rows of the release tasks of all clusters in memory, as watches bring them, and answers
// lists and streams from them alone: filtered by what somebody may see before anything else, sorted, paged and counted.
//
// For streams it keeps, for each cluster, rows and traces of deleted ones in the order of their resource versions, so
// that all that changed after a given one is found from the end, on any replica of the hub.
//
// It holds no details, asks no cluster but for tasks, and isn't for who may see what (internal/hub/workspaces).
package index
