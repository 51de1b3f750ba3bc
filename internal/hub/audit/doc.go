// Package audit answers who did what, when, from where, to what and with what result. What was done to a release task
// is read from its ReleaseActions, which the clusters vouch for, however it was asked; what only the hub sees (sign-ins,
// accounts, tokens, workspaces, clusters, tasks made and deleted) is written as AuditRecords in the hub's namespace.
// All of it goes to the log too.
//
// It isn't for metrics or for finding faults, and nothing secret is ever put in.
package audit
