// Package prometheus asks a Prometheus, or anything that answers its HTTP API (Thanos, Mimir, VictoriaMetrics), over the
// client library of the Prometheus project, and turns everything that can go wrong into a sentence that names what to
// mend. Answers are bounded in time and size, credentials go to the one configured host only and are never printed.
//
// What to ask and what an answer means is in internal/analysis; where the Prometheus of a cluster is, in
// internal/clusterinfo.
package prometheus
