// Package judge decides whether a canary is worse than the stable version, or worse than a fixed limit, from
// counters read again and again while a release runs. It gives one of three outcomes (Pass, Fail, NotEnoughData),
// each with its evidence, and may be asked at every look: the chance that a good version is ever called bad in a
// whole release, over all its metrics and all its looks, is at most Plan.Alpha.
//
// A caller keeps a State between looks (it is small, and JSON) and calls
//
//	state, verdict := plan.Observe(state, sample)
//
// Everything here is a pure function of its arguments: no clock, no randomness, no I/O. Reading Prometheus, acting
// on a verdict and showing it belong elsewhere.
//
// # Why it is valid at every look
//
// Every Fail of a statistical metric rests on a test martingale: a quantity that starts at 1, is never negative and,
// while the canary is no worse, is not expected to grow at any look whatever was seen before (evidence.go). By
// Ville's inequality it ever reaches 1/a with a chance of at most a. So one may look as often as one likes, stop when
// one likes, and go on afterwards. Each metric has its share a of Plan.Alpha (union bound), and a latency histogram
// averages one martingale per bucket bound, which is again a martingale.
//
// Canary and stable are compared within one look at a time, given how many requests each of them answered in it
// (conditional.go). Neither the error rate of stable, which nobody knows, nor its drift from look to look enters, and
// the weight may change between looks: evidence multiplies.
//
// What a look must hold for this: requests are routed to the two versions at random, and both were counted over the
// same time. docs/judge.md names the limits.
package judge
