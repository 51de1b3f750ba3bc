package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workbench-dev/workbench/internal/release"
)

func newUpdate(env Env) *cobra.Command {
	flags := &ruleFlags{}
	command := &cobra.Command{
		Use:   "update NAME",
		Short: "Change the rules of a release task",
		Long: `Change the rules of a release task: its steps (all of them are replaced by those given), number of instances,
limits, and by what its releases are judged. What is not given stays. 'set-image' changes the version instead.

If somebody else changes the rules in the same moment, nothing is done and the command is refused.`,
		Example: `  workbench release update shop -n shop --step 5:10m --step 25:10m --step 50:0
  workbench release update shop -n shop --instances 6
  # Judge releases by these metrics from now on
  workbench release update shop -n shop --metric 'success-rate>=99%' --metric 'p99<=500ms'`,
		Args:              exactly("NAME"),
		ValidArgsFunction: env.completeTasks,
		RunE: func(command *cobra.Command, arguments []string) error {
			return env.update(command.Context(), *flags, arguments[0], command.Flags().Changed)
		},
	}
	flags.addRules(command.Flags())
	mustRegister(command, "analysis", completeAnalysis)
	return command
}

func (e Env) update(ctx context.Context, flags ruleFlags, name string, changed func(flag string) bool) error {
	if err := flags.checkGiven(changed); err != nil {
		return err
	}
	if len(flags.steps) == 0 && flags.instances == 0 && flags.maxSurge == "" && flags.historyLimit == 0 && flags.analysis == "" && len(flags.metrics) == 0 {
		return usagef("nothing to change was given: use --step, --instances, --max-surge, --history-limit, --analysis or --metric")
	}
	// What was typed is checked before the cluster is asked for anything.
	if err := flags.apply(newTaskWithCanary(name)); err != nil {
		return err
	}
	c, err := e.connect()
	if err != nil {
		return err
	}
	return e.updateTask(ctx, c, flags, name)
}

// updateTask writes under the resource version that it read. The controller's own writes to the status change that
// version too: they are no reason to refuse, so only a change of the spec since the first reading is.
func (e Env) updateTask(ctx context.Context, c *cluster, flags ruleFlags, name string) error {
	var generation int64
	for {
		task, err := c.task(ctx, name)
		if err != nil {
			return err
		}
		if generation != 0 && task.Generation != generation {
			return exitf(ExitRefused, "somebody else changed the rules of %s in the same moment: look at them with '%s release get %s -n %s -o yaml', then repeat the command",
				name, e.Program, name, c.namespace)
		}
		generation = task.Generation
		if task.Spec.Strategy.Canary == nil {
			return exitf(ExitRefused, "release task %s has no canary strategy whose rules could change", name)
		}
		if err := flags.apply(task); err != nil {
			return err
		}
		if err := release.CheckTask(task).AsError(); err != nil {
			return err
		}
		err = c.Update(ctx, task, client.FieldOwner("workbench-cli"))
		if apierrors.IsConflict(err) {
			continue
		}
		if err != nil {
			return err
		}
		e.printUpdated(task.Generation != generation, name, rulesInWords(task), task.Status.Release != nil)
		return nil
	}
}

func (e Env) printUpdated(changed bool, name, steps string, running bool) {
	switch {
	case !changed:
		fmt.Fprintf(e.Out, "Release task %s has these rules already: %s.\n", name, steps)
	case running:
		fmt.Fprintf(e.Out, "Rules of release task %s changed: %s. The release that runs goes on by them.\n", name, steps)
	default:
		fmt.Fprintf(e.Out, "Rules of release task %s changed: %s. The next release goes by them.\n", name, steps)
	}
}
