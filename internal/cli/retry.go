package cli

import (
	"github.com/spf13/cobra"

	"github.com/workbench-dev/workbench/api/v1alpha1"
)

func newRetry(env Env) *cobra.Command {
	return newAction(env, v1alpha1.ActionRetry, &cobra.Command{
		Use:     "retry NAME",
		Short:   "Start the release that was sent back again, from its first step",
		Example: `  workbench release retry shop -n shop --wait=release`,
	})
}
