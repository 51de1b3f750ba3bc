// Package analysis reads the evidence about a release and says what follows from it: it turns the rules of a task
// (v1alpha1.Analysis) into queries and into a plan of the judge, the answers of Prometheus into the judge's samples, and
// the judge's verdict into a task's status. It also says what the rules would have said about the past (validate.go) and
// draws the charts (chart.go).
//
//	look := analysis.Gather(ctx, prometheus, rules, subject, now)
//	state, verdict := analysis.Judge(rules, state, look)
//	status := analysis.Report(rules, previous, look, verdict)
//
// The only I/O is in Gather, Validate and Chart, through Source. What cannot be read is never a number: each of them says
// so in a sentence that names what to mend, and the judge makes neither a pass nor a fail of it. The statistics are in
// internal/judge; acting on a verdict is the controller's.
package analysis
