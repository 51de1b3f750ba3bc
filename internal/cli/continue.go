package cli

import (
	"github.com/spf13/cobra"

	"github.com/workbench-dev/workbench/api/v1alpha1"
)

func newContinue(env Env) *cobra.Command {
	return newAction(env, v1alpha1.ActionContinue, &cobra.Command{
		Use:   "continue NAME",
		Short: "End the wait of the present step and go on to the next one",
		Long: `End the wait of the step in which the release stands, whether it waits for time or for a person, and go on to
the next one. If the release has moved on since this command looked, nothing is done and the command is refused.`,
		Example: `  # Go on, and come back when the next step waits for a person or the release is over
  workbench release continue shop -n shop --wait=release`,
	})
}
