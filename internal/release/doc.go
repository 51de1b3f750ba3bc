// Package release says what a release task means: what may stand in its way (Preflight), what Rollout it makes
// (BuildRollout, RolloutSteps), what an action asks of it (Resolve), what is seen of it (Observe) and how that is
// told to people (Describe). It is pure: it reads what it is given and writes nothing. Making it true is
// internal/controller's, asking for it the command line's and the hub's.
package release
