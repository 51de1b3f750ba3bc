package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workbench-dev/workbench/api/v1alpha1"
)

func newDelete(env Env) *cobra.Command {
	flags := &waitFlags{}
	dryRun := false
	command := &cobra.Command{
		Use:   "delete NAME",
		Short: "Hand the workload back to its Deployment and remove what Workbench made",
		Long: `Delete a release task. Its workload goes on serving: the Deployment gets its own pods back, with the stable
version, and only when these serve, what Workbench made is removed and what it changed is restored. A release that
runs ends, and its version does not become the stable one.`,
		Example: `  # What would happen?
  workbench release delete shop -n shop --dry-run
  workbench release delete shop -n shop --wait`,
		Args:              exactly("NAME"),
		ValidArgsFunction: env.completeTasks,
		RunE: func(command *cobra.Command, arguments []string) error {
			if flags.mode.followsRelease() {
				return usagef("--wait=%s is not possible here: choose none, or outcome to wait until the workload is handed back", flags.mode)
			}
			return env.delete(command.Context(), *flags, arguments[0], dryRun)
		},
	}
	flags.add(command.Flags(), waitNone, "what to wait for: none; outcome: until the workload is handed back and the task is gone")
	command.Flags().BoolVar(&dryRun, "dry-run", false, "only say what would happen")
	return command
}

func (e Env) delete(ctx context.Context, flags waitFlags, name string, dryRun bool) error {
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
	for _, sentence := range deletionInWords(task) {
		fmt.Fprintln(e.Out, sentence)
	}
	if dryRun {
		return nil
	}
	// Bound to the task that was read: one created anew under the same name meanwhile is another one.
	err = c.Delete(ctx, task, client.Preconditions{UID: &task.UID})
	if err != nil && !apierrors.IsNotFound(err) {
		return err
	}
	if flags.mode == waitNone {
		fmt.Fprintf(e.Out, "Release task %s is being deleted; '%s release watch %s -n %s' shows how far it is.\n", name, e.Program, name, c.namespace)
		return nil
	}
	return e.awaitHandBack(ctx, c, flags, task)
}

// deletionInWords says what a deletion will do.
func deletionInWords(task *v1alpha1.ReleaseTask) []string {
	workload := task.Spec.WorkloadRef.Name
	if task.DeletionTimestamp != nil {
		return []string{fmt.Sprintf("Release task %s is being deleted already: %s", task.Name, task.Status.Message)}
	}
	if task.Status.TakeOver == nil {
		return []string{fmt.Sprintf("Deployment %s was not taken over: nothing of it changes.", workload)}
	}
	var sentences []string
	if running := task.Status.Release; running != nil {
		sentences = append(sentences, fmt.Sprintf("The release of revision %d (%s) ends; its version does not become the stable one.", running.Revision, imagePairs(running.Containers)))
	}
	stable := "the stable version"
	if task.Status.Stable != nil {
		stable += fmt.Sprintf(", revision %d (%s)", task.Status.Stable.Revision, imagePairs(task.Status.Stable.Containers))
	}
	return append(sentences, fmt.Sprintf("Deployment %s starts its own pods with %s. Once these serve, the Rollout's pods go and routes and autoscaler get their originals back.", workload, stable))
}

func (e Env) awaitHandBack(ctx context.Context, c *cluster, flags waitFlags, task *v1alpha1.ReleaseTask) error {
	ctx, cancel := flags.limit(ctx, takeOverTimeout)
	defer cancel()
	last := ""
	err := awaitTask(ctx, e, c, task.Name, func(now *v1alpha1.ReleaseTask, found bool) (bool, error) {
		if !found || now.UID != task.UID {
			fmt.Fprintf(e.Out, "Release task %s is deleted.\n", task.Name)
			return true, nil
		}
		if now.Status.Phase == v1alpha1.PhaseHandingBack {
			last = now.Status.Message
		}
		return false, nil
	})
	if timedOut(err) && last == "" {
		return exitf(ExitTimeout, "timed out: no controller has begun the hand-back; '%s check' says whether one runs", e.Program)
	}
	if timedOut(err) {
		return exitf(ExitTimeout, "timed out; the hand-back goes on: %s", last)
	}
	return err
}
