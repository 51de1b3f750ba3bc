// Package promql prepares the queries that users write: it fills their placeholders in, keeps them to the data of one
// namespace and refuses those that would read too much. It only rewrites text; asking Prometheus is
// internal/prometheus, and what a value means is internal/analysis.
//
// A Prometheus usually holds the data of every namespace, and Workbench reads it with an account of its own. So a query
// of a user is never sent as it is: each of its selectors must name the task's namespace, and gets it added when it names
// none, as prom-label-proxy does (https://github.com/prometheus-community/prom-label-proxy).
package promql
