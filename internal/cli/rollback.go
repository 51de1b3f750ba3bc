package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/workbench-dev/workbench/api/v1alpha1"
)

func newRollback(env Env) *cobra.Command {
	flags := &waitFlags{}
	var revision int64
	command := &cobra.Command{
		Use:   "rollback NAME --to REVISION",
		Short: "Release a version of the history again, by the same steps",
		Long: `Release a version of the history again. It goes through the same steps as any release, since what was good
once may not be today; 'promote' skips them. 'history' lists the revisions.`,
		Example: `  workbench release history shop -n shop
  workbench release rollback shop -n shop --to 3`,
		Args:              exactly("NAME"),
		ValidArgsFunction: env.completeTasks,
		RunE: func(command *cobra.Command, arguments []string) error {
			if revision < 1 {
				return usagef("--to must name a revision of the history, 1 or more: '%s release history %s' lists them", env.Program, arguments[0])
			}
			return env.ask(command.Context(), *flags, arguments[0], ask{
				action: v1alpha1.ActionRollback,
				specify: func(_ context.Context, c *cluster, task *v1alpha1.ReleaseTask, spec *v1alpha1.ReleaseActionSpec) error {
					spec.Rollback = &v1alpha1.RollbackSpec{Revision: revision}
					return checkRevision(c, task, revision)
				},
			})
		},
	}
	flags.add(command.Flags(), waitOutcome, waitActionUsage)
	command.Flags().Int64Var(&revision, "to", 0, "revision of the history to go to (required)")
	mustRegister(command, "to", env.completeRevisions)
	return command
}

// checkRevision refuses what the history does not hold, naming what it holds.
func checkRevision(c *cluster, task *v1alpha1.ReleaseTask, revision int64) error {
	revisions := revisionsOf(task)
	if slices.Contains(revisions, revision) {
		return nil
	}
	if len(revisions) == 0 {
		return exitf(ExitNotFound, "release task %s has no history yet: there is no revision to go back to", task.Name)
	}
	return exitf(ExitNotFound, "the history of release task %s has no revision %d, only %s: '%s release history %s -n %s' tells more",
		task.Name, revision, strings.Trim(strings.ReplaceAll(fmt.Sprint(revisions), " ", ", "), "[]"), c.program, task.Name, c.namespace)
}

// revisionsOf is the revisions of the history, newest first, each once.
func revisionsOf(task *v1alpha1.ReleaseTask) []int64 {
	var revisions []int64
	for _, record := range task.Status.History {
		if !slices.Contains(revisions, record.Revision) {
			revisions = append(revisions, record.Revision)
		}
	}
	slices.SortFunc(revisions, func(a, b int64) int { return int(b - a) })
	return revisions
}
