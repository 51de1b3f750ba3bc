package main

import "time"

// way is how a team could do it.
type way struct {
	name, short string
	engine      func(*bench) engine
	// ends is set where only take-over and hand-back differ from another way.
	ends bool
}

var ways = []way{
	{"The naive way (the steps between are those of plain Argo Rollouts)", "naive", func(b *bench) engine { return argo{b, true} }, true},
	{"Plain Argo Rollouts, `progressively`", "argo", func(b *bench) engine { return argo{b, false} }, false},
	{"Workbench", "workbench", func(b *bench) engine { return workbench{b} }, false},
}

const (
	// patience is how long to wait for a transition, driftPatience for a repair: the other ways have none.
	patience      = time.Minute
	driftPatience = 15 * time.Second
	// removalTail is how long to go on counting where Argo Rollouts removes pods 30 s after it switched the traffic.
	removalTail = 34 * time.Second
)

// engine does one transition at a time; the functions that return a bool say whether it has come about.
type engine interface {
	takeOver() error
	takenOver() (bool, error)
	update(version string) error
	// inStep says whether the canary has a share and the release waits in that step.
	inStep(weight int32) (bool, error)
	next() error
	promote() error
	// stable says whether a version has all requests and is the stable one.
	stable(version string) (bool, error)
	abort() error
	aborted() (bool, error)
	// rollback goes back to v1 by the same steps.
	rollback() error
	repaired() (bool, error)
	handBack() error
	handedBack() (bool, error)
}

// walk is the life of a release task, the same for every way: v1 runs, v2 is released by steps and promoted, v1 is rolled
// back to by all steps, v2 is begun once more and aborted; somebody scales the Deployment up; and it is handed back.
func walk(b *bench, e engine) error {
	stable := func(v string) func() (bool, error) { return func() (bool, error) { return e.stable(v) } }
	inStep := func(w int32) func() (bool, error) { return func() (bool, error) { return e.inStep(w) } }
	update := func() error { return e.update("v2") }
	scaleUp := func() error { return b.kubectl("scale", "deployment/web", "--replicas", itoa(b.o.instances)) }
	const (
		// Which walks a transition is part of: all of them; the longest only; or that and the one with the rude application.
		everyWalk = iota
		longWalk
		middle
	)
	for _, t := range []struct {
		name       string
		part       int
		most, tail time.Duration
		do         func() error
		done       func() (bool, error)
	}{
		{"take-over", everyWalk, patience, b.o.tail, e.takeOver, e.takenOver},
		{"step 1: 20 % to v2", middle, patience, b.o.tail, update, inStep(20)},
		{"step 2: 60 % to v2", longWalk, patience, b.o.tail, e.next, inStep(60)},
		{"promote: v2 released at once", middle, patience, removalTail, e.promote, stable("v2")},
		{"rollback to v1, step 1: 20 %", longWalk, patience, b.o.tail, e.rollback, inStep(20)},
		{"rollback to v1, step 2: 60 %", longWalk, patience, b.o.tail, e.next, inStep(60)},
		{"rollback to v1, last step", longWalk, patience, b.o.tail, e.next, stable("v1")},
		{"step 1 of v2 once more: 20 %", longWalk, patience, b.o.tail, update, inStep(20)},
		{"abort: back to v1", longWalk, patience, b.o.tail, e.abort, e.aborted},
		{"drift: the Deployment is scaled up", longWalk, driftPatience, b.o.tail, scaleUp, e.repaired},
		{"hand-back", everyWalk, patience, b.o.tail, e.handBack, e.handedBack},
	} {
		if (b.ends && t.part != everyWalk) || (b.app.Rude && t.part == longWalk) {
			continue
		}
		if err := b.transition(t.name, t.most, t.tail, t.do, t.done); err != nil {
			return err
		}
	}
	return nil
}
