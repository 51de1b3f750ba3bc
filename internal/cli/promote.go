package cli

import (
	"github.com/spf13/cobra"

	"github.com/workbench-dev/workbench/api/v1alpha1"
)

func newPromote(env Env) *cobra.Command {
	return newAction(env, v1alpha1.ActionRelease, &cobra.Command{
		Use:   "promote NAME",
		Short: "Give the new version all traffic now and make it the stable one",
		Long: `Skip the steps that are left: the new version gets all its pods, then all traffic, and becomes the stable one.
No pod of the old version goes before the new ones serve.`,
		Example: `  workbench release promote shop -n shop`,
	})
}
