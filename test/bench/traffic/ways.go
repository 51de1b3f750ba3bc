package main

import "time"

// way is how a team could do it.
type way struct {
	name, short string
	walk        func(*bench) error
}

var ways = []way{
	{"The naive way", "naive", func(b *bench) error { return walk(b, argo{b, true}) }},
	{"Plain Argo Rollouts, `progressively`", "argo", func(b *bench) error { return walk(b, argo{b, false}) }},
	{"Workbench", "workbench", func(b *bench) error { return walk(b, workbench{b}) }},
}

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
	// Nobody repairs drift the other ways, so there is no use in waiting for it long.
	const driftLimit = 20 * time.Second
	scaleUp := func() error {
		return b.kubectl("scale", "deployment/web", "--replicas", itoa(b.o.instances))
	}
	for _, t := range []struct {
		name       string
		most, tail time.Duration
		do         func() error
		done       func() (bool, error)
	}{
		{"take-over", 0, b.o.tail, e.takeOver, e.takenOver},
		{"step 1: 20 % to v2", 0, b.o.tail, update, inStep(20)},
		{"step 2: 60 % to v2", 0, b.o.tail, e.next, inStep(60)},
		{"promote: v2 released at once", 0, longTail, e.promote, stable("v2")},
		{"rollback to v1, step 1: 20 %", 0, b.o.tail, e.rollback, inStep(20)},
		{"rollback to v1, step 2: 60 %", 0, b.o.tail, e.next, inStep(60)},
		{"rollback to v1, last step", 0, longTail, e.next, stable("v1")},
		{"step 1 of v2 once more: 20 %", 0, b.o.tail, update, inStep(20)},
		{"abort: back to v1", 0, longTail, e.abort, e.aborted},
		{"drift: the Deployment is scaled up", driftLimit, b.o.tail, scaleUp, e.repaired},
		{"hand-back", 0, b.o.tail, e.handBack, e.handedBack},
	} {
		most := t.most
		if most == 0 {
			most = 2 * time.Minute
		}
		if err := b.observed(t.name, most, t.tail, t.do, t.done); err != nil {
			return err
		}
	}
	return nil
}
