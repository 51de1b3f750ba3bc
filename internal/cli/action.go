package cli

import (
	"context"
	"fmt"
	"math"
	"strings"

	"github.com/spf13/cobra"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/rand"

	"github.com/workbench-dev/workbench/api/v1alpha1"
)

const waitActionUsage = "what to wait for: none; outcome: until the action is carried out or refused; release: then until the release ends or waits for a person; end: then until it ends"

// ask is an action that a person wants of a task.
type ask struct {
	action v1alpha1.ActionType
	// specify adds what the action needs besides its type, and checks it against the task as it is.
	specify func(ctx context.Context, c *cluster, task *v1alpha1.ReleaseTask, spec *v1alpha1.ReleaseActionSpec) error
}

// newAction makes the command of an action without arguments of its own.
func newAction(env Env, action v1alpha1.ActionType, command *cobra.Command) *cobra.Command {
	flags := &waitFlags{}
	command.Args = exactly("NAME")
	command.ValidArgsFunction = env.completeTasks
	flags.add(command.Flags(), waitOutcome, waitActionUsage)
	command.RunE = func(command *cobra.Command, arguments []string) error {
		return env.ask(command.Context(), *flags, arguments[0], ask{action: action})
	}
	return command
}

// ask records an action on a task, bound to what the task shows now and to the user's own name, and waits for what
// becomes of it.
func (e Env) ask(ctx context.Context, flags waitFlags, name string, ask ask) error {
	if err := flags.check(); err != nil {
		return err
	}
	c, err := e.connect()
	if err != nil {
		return err
	}
	task, err := c.task(ctx, name)
	if err != nil {
		return err
	}
	return e.askOf(ctx, c, flags, task, ask)
}

// askOf is ask for a task that was read already.
func (e Env) askOf(ctx context.Context, c *cluster, flags waitFlags, task *v1alpha1.ReleaseTask, ask ask) error {
	user, err := c.userName(ctx)
	if err != nil {
		return err
	}
	action := newReleaseAction(task, ask.action, user)
	if ask.specify != nil {
		if err := ask.specify(ctx, c, task, &action.Spec); err != nil {
			return err
		}
	}
	if err := c.Create(ctx, action); err != nil {
		return err
	}
	if flags.mode == waitNone {
		fmt.Fprintf(e.Out, "%s asked of release task %s (releaseaction %s).\n", ask.action, task.Name, action.Name)
		return nil
	}
	if err := e.awaitAction(ctx, c, flags, action); err != nil || !flags.mode.followsRelease() {
		return err
	}
	return e.awaitRelease(ctx, c, flags, task.Name, soughtBy(action, task), ask.action == v1alpha1.ActionTerminate)
}

// newReleaseAction is an action on a task as it was seen. Its name is chosen here, so that a request that is sent
// twice, because the answer to the first was lost, makes one action.
func newReleaseAction(task *v1alpha1.ReleaseTask, action v1alpha1.ActionType, user string) *v1alpha1.ReleaseAction {
	return &v1alpha1.ReleaseAction{
		TypeMeta: metav1.TypeMeta{APIVersion: v1alpha1.GroupVersion.String(), Kind: "ReleaseAction"},
		ObjectMeta: metav1.ObjectMeta{
			Namespace: task.Namespace,
			Name:      fmt.Sprintf("%s-%s-%s", task.Name, strings.ToLower(string(action)), rand.String(8)),
			Labels:    map[string]string{v1alpha1.TaskLabel: task.Name},
		},
		Spec: v1alpha1.ReleaseActionSpec{
			Task: task.Name, Type: action, RequestedBy: user,
			Expect: expectation(task, action),
		},
	}
}

// expectation is what the person saw, as far as the action is about it.
func expectation(task *v1alpha1.ReleaseTask, action v1alpha1.ActionType) *v1alpha1.Expectation {
	seen := &v1alpha1.Expectation{}
	switch {
	case task.Status.Release != nil:
		seen.Revision = &task.Status.Release.Revision
	case action == v1alpha1.ActionRetry && task.Status.Canary != nil:
		seen.Revision = &task.Status.Canary.Revision
	default:
		return nil
	}
	if action == v1alpha1.ActionContinue && task.Status.Step != nil {
		seen.Step = &task.Status.Step.Number
	}
	return seen
}

// soughtBy is the release that an action is about.
func soughtBy(action *v1alpha1.ReleaseAction, before *v1alpha1.ReleaseTask) releaseSought {
	sought := releaseSought{before: before}
	switch action.Spec.Type {
	case v1alpha1.ActionContinue:
		if action.Spec.Expect != nil && action.Spec.Expect.Step != nil {
			sought.leaves = *action.Spec.Expect.Step
		}
	case v1alpha1.ActionRelease, v1alpha1.ActionTerminate:
		// All steps are left: that one still waits only means that it is not seen yet.
		sought.leaves = math.MaxInt32
	case v1alpha1.ActionUpdateVersion:
		sought.fresh, sought.images = true, action.Spec.UpdateVersion.Containers
	case v1alpha1.ActionRetry, v1alpha1.ActionRollback:
		sought.fresh = true
	}
	return sought
}

// stepsOf is the steps of a task; a task that was never valid may have none.
func stepsOf(task *v1alpha1.ReleaseTask) []v1alpha1.Step {
	if task.Spec.Strategy.Canary == nil {
		return nil
	}
	return task.Spec.Strategy.Canary.Steps
}

// awaitAction waits until the state of an action is final and says what became of it.
func (e Env) awaitAction(ctx context.Context, c *cluster, flags waitFlags, action *v1alpha1.ReleaseAction) error {
	usual := actionTimeout
	if flags.mode.followsRelease() {
		usual = releaseTimeout
	}
	ctx, cancel := flags.limit(ctx, usual)
	defer cancel()
	last := v1alpha1.ReleaseActionStatus{}
	err := await(ctx, e, c, &v1alpha1.ReleaseActionList{}, action.Name, func(action *v1alpha1.ReleaseAction, found bool) (bool, error) {
		if !found {
			return false, exitf(ExitError, "the record of the action was deleted before it was carried out: look at the task, then ask again")
		}
		last = action.Status
		switch {
		case !last.State.IsFinal():
			return false, nil
		case last.State == v1alpha1.ActionSucceeded:
			fmt.Fprintln(e.Out, sentence(orElse(last.Message, string(action.Spec.Type)+" was carried out")))
			return true, nil
		case last.State == v1alpha1.ActionRefused:
			return false, exitf(ExitRefused, "refused: %s", last.Message)
		default:
			return false, exitf(ExitError, "failed: %s", last.Message)
		}
	})
	if timedOut(err) {
		return exitf(ExitTimeout, "%s", e.actionTimedOut(action, last))
	}
	return err
}

func (e Env) actionTimedOut(action *v1alpha1.ReleaseAction, last v1alpha1.ReleaseActionStatus) string {
	if last.State == "" {
		return fmt.Sprintf("timed out: no controller has looked at %s yet; '%s check' says whether one runs. It will be carried out when one does: '%s release actions %s -n %s' shows what became of it",
			action.Name, e.Program, e.Program, action.Spec.Task, action.Namespace)
	}
	return fmt.Sprintf("timed out: %s is still %s (%s); '%s release actions %s -n %s' shows what becomes of it",
		action.Name, strings.ToLower(string(last.State)), orElse(last.Message, "no reason given"), e.Program, action.Spec.Task, action.Namespace)
}

func orElse(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}
