// Package evidence shows how releases are judged: the charts of a task's metrics, and what rules would say before a task
// exists. It is no proxy to Prometheus: charts ask what the task's own rules ask, in a namespace that the caller may see,
// and a query of a user sees the data of that namespace only (internal/promql). What is asked is bounded in time, size and
// number, and what was drawn is kept for as long as a point of the chart lasts.
//
// What the evidence means is in internal/analysis; before an operation of this package is entered, the hub has checked
// that who asks has the role that the operation declares.
package evidence
