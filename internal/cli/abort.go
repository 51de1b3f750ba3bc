package cli

import (
	"github.com/spf13/cobra"

	"github.com/workbench-dev/workbench/api/v1alpha1"
)

func newAbort(env Env) *cobra.Command {
	return newAction(env, v1alpha1.ActionTerminate, &cobra.Command{
		Use:   "abort NAME",
		Short: "Send all traffic back to the stable version and end the release",
		Long: `Send all traffic back to the stable version at once; the pods of the new version go afterwards. The task stays:
'retry' starts the same version again, 'set-image' another one.`,
		Example: `  workbench release abort shop -n shop`,
	})
}
