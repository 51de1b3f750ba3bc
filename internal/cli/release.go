package cli

import (
	"github.com/spf13/cobra"
)

func newRelease(env Env) *cobra.Command {
	command := group(&cobra.Command{
		Use:   "release",
		Short: "Create, watch and steer canary releases",
		Long: `Create, watch and steer canary releases. A release task belongs to one Deployment and lives on: every change of the
Deployment's pod template, by anyone and any tool, is released by the task's steps.

` + exitCodesHelp,
		Example: `  workbench release create shop -n shop --workload deploy/shop --step 10:5m --step 50:0
  workbench release set-image shop -n shop app=registry.example.com/shop:v2
  workbench release watch shop -n shop`,
	},
		newCreate(env), newList(env), newGet(env), newWatch(env), newSetImage(env), newUpdate(env), newValidate(env),
		newContinue(env), newPromote(env), newAbort(env), newRetry(env), newRollback(env),
		newHistory(env), newActions(env), newDelete(env),
	)
	addClusterFlags(env, command)
	return command
}

// addClusterFlags registers the flags that choose cluster, user and namespace, those of kubectl.
func addClusterFlags(env Env, command *cobra.Command) {
	env.Config.AddFlags(command.PersistentFlags())
	mustRegister(command, "namespace", env.completeNamespaces)
	mustRegister(command, "context", env.completeContexts)
}
