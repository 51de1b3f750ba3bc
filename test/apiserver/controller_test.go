//go:build apiserver

package apiserver

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	rollouts "github.com/argoproj/argo-rollouts/pkg/apis/rollouts/v1alpha1"
	"github.com/go-logr/logr"
	"k8s.io/client-go/tools/events"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/workbench-dev/workbench/api/v1alpha1"
	"github.com/workbench-dev/workbench/internal/apitest"
	"github.com/workbench-dev/workbench/internal/controller/analysisrun"
	"github.com/workbench-dev/workbench/internal/controller/releaseaction"
	"github.com/workbench-dev/workbench/internal/controller/releasetask"
)

// delays are those of the reconcilers in these tests, in the time of the world's clock.
var delays = releasetask.Delays{Propagation: 2 * time.Second, Drain: 5 * time.Second}

// controller is one run of Workbench's controller, with the rights that the chart gives it.
type controller struct {
	*apitest.Process
	tasks   releasetask.Reconciler
	actions releaseaction.Reconciler
	runs    analysisrun.Reconciler
}

// controller starts one whose writes meet a fault. After each of its writes the world is looked at.
func (w *world) controller(fault apitest.Fault, at int) *controller {
	w.t.Helper()
	log.SetLogger(logr.Discard())
	process := apitest.NewProcess(w.t, w.server.Controller(w.t), w.admin, fault, at, func(write string) {
		// The status of tasks and actions moves no request.
		if !strings.Contains(write, "status Release") {
			w.guard("the controller's " + write)
		}
	})
	c := process.Client()
	return &controller{
		Process: process,
		tasks:   releasetask.Reconciler{Client: c, Live: c, Events: &events.FakeRecorder{}, Clock: w.clock, Delays: delays},
		actions: releaseaction.Reconciler{Client: c, Live: c, Events: &events.FakeRecorder{}, Clock: w.clock, Keep: 100},
		runs:    analysisrun.Reconciler{Client: c, Live: c, Events: &events.FakeRecorder{}, Clock: w.clock, Propagation: delays.Propagation, Gather: w.gather},
	}
}

// reconcile lets the controller look once at each analysis run, task and action of the namespace. It fails the test on an error
// that no fault explains.
func (w *world) reconcile(c *controller, excused bool) {
	w.t.Helper()
	var runs rollouts.AnalysisRunList
	w.list(&runs)
	for i := range runs.Items {
		_, err := c.runs.Reconcile(w.t.Context(), ctrl.Request{NamespacedName: client.ObjectKeyFromObject(&runs.Items[i])})
		w.excuse(c, err, excused)
	}
	var tasks v1alpha1.ReleaseTaskList
	w.list(&tasks)
	for i := range tasks.Items {
		_, err := c.tasks.Reconcile(w.t.Context(), ctrl.Request{NamespacedName: client.ObjectKeyFromObject(&tasks.Items[i])})
		w.excuse(c, err, excused)
	}
	var actions v1alpha1.ReleaseActionList
	w.list(&actions)
	for i := range actions.Items {
		_, err := c.actions.Reconcile(w.t.Context(), ctrl.Request{NamespacedName: client.ObjectKeyFromObject(&actions.Items[i])})
		w.excuse(c, err, excused)
	}
}

func (w *world) excuse(c *controller, err error, excused bool) {
	w.t.Helper()
	if err != nil && !errors.Is(err, apitest.ErrKilled) && !(excused && c.Struck()) {
		w.t.Errorf("the reconciler failed: %v", err)
	}
}

// run lets the controller and the world take turns until a state is reached. A controller that is killed is followed
// by another one without faults. It reconciles twice in a row each time: its own writes wake a controller at once.
func (w *world) run(c *controller, what string, until func() bool) {
	w.t.Helper()
	w.turns(c, 2, what, until)
}

// turns is run with so many reconciles in a turn.
func (w *world) turns(c *controller, reconciles int, what string, until func() bool) {
	w.t.Helper()
	const rounds = 80
	for range rounds {
		for range reconciles {
			w.reconcile(c, true)
			if c.Killed() {
				c = w.controller(apitest.NoFault, 0)
			}
		}
		w.tick()
		if until() {
			return
		}
	}
	task := w.task()
	w.t.Fatalf("after %d rounds it isn't so that %s; the task says: %s %q, conditions %v, writes %q", rounds, what, task.Status.Phase, task.Status.Message, task.Status.Conditions, c.Writes())
}

// runHealthy runs a controller without faults, as quickly as that can be.
func (w *world) runHealthy(what string, until func() bool) {
	w.t.Helper()
	w.turns(w.controller(apitest.NoFault, 0), 1, what, until)
}

func (w *world) task() *v1alpha1.ReleaseTask {
	w.t.Helper()
	task := &v1alpha1.ReleaseTask{}
	w.get(app, task)
	return task
}

func (w *world) phase(want v1alpha1.Phase) func() bool {
	return func() bool { return w.task().Status.Phase == want }
}

// createTask makes the task for the workload.
func (w *world) createTask(traffic v1alpha1.Traffic, steps ...v1alpha1.Step) {
	w.t.Helper()
	task := &v1alpha1.ReleaseTask{Spec: v1alpha1.ReleaseTaskSpec{
		WorkloadRef: v1alpha1.WorkloadRef{Name: app},
		Strategy:    v1alpha1.Strategy{Canary: &v1alpha1.CanaryStrategy{Traffic: traffic, Steps: steps}},
	}}
	task.Name = app
	w.create(task)
}

var (
	byMesh      = v1alpha1.Traffic{Istio: &v1alpha1.IstioTraffic{}}
	byInstances = v1alpha1.Traffic{Instances: &v1alpha1.InstancesTraffic{}}
)

// strikes says which faults a scenario meets, and at which of its writes.
type strikes struct {
	faults []apitest.Fault
	// spare are writes at which no fault strikes, as Process describes them.
	spare string
}

// thorough is an environment variable that has every scenario meet every fault at every write, which takes the best
// part of an hour. What is left out otherwise differs little from what is tried: the reconcilers keep nothing in
// memory, so that to them a write that fails is like a death before it.
const thorough = "WORKBENCH_ALL_FAULTS"

var (
	// everywhere is a death after every write and somebody else's write before it.
	everywhere = strikes{faults: []apitest.Fault{apitest.KilledAfter, apitest.WrittenBetween}}
	// decisions leaves out the writes by which the status of a task follows what is seen.
	decisions = strikes{faults: []apitest.Fault{apitest.KilledAfter}, spare: "patch status ReleaseTask " + app}
	// none is for scenarios that are part of another one.
	none = strikes{}
)

// run goes through a scenario once without a fault, to learn how many writes it takes, and then anew with each
// fault at each write. prepare makes the world before the controller of the scenario starts; scenario drives it to its
// end and looks whether what is there is right.
func (s strikes) run(t *testing.T, prepare func(*world), scenario func(*world, *controller)) {
	t.Helper()
	if os.Getenv(thorough) != "" {
		s = strikes{faults: apitest.Faults}
	}
	var writes []string
	t.Run(string(apitest.NoFault), func(t *testing.T) {
		w := newWorld(t)
		prepare(w)
		c := w.controller(apitest.NoFault, 0)
		scenario(w, c)
		w.requireServed()
		writes = c.Writes()
		t.Logf("%d writes: %q", len(writes), writes)
	})
	if t.Failed() {
		t.Fatal("the scenario doesn't even work without a fault")
	}
	for _, fault := range s.faults {
		for i, write := range writes {
			if write == s.spare {
				continue
			}
			t.Run(fmt.Sprintf("%s write %d", fault, i+1), func(t *testing.T) {
				t.Parallel()
				w := newWorld(t)
				prepare(w)
				c := w.controller(fault, i+1)
				scenario(w, c)
				w.requireServed()
				if !c.Struck() {
					t.Errorf("the fault never struck: there were only the writes %q", c.Writes())
				}
			})
		}
	}
}

func step(weight int32) v1alpha1.Step { return v1alpha1.Step{Weight: weight} }
