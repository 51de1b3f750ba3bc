package cli

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
)

// NewCommand makes the whole command line; roles are further subcommands, such as the controller.
func NewCommand(env Env, roles ...*cobra.Command) *cobra.Command {
	root := group(&cobra.Command{
		Use:   "workbench",
		Short: "Canary releases on Kubernetes without YAML",
		Long: `Release new versions of a service on Kubernetes gradually and safely, over Argo Rollouts, Istio and Prometheus.

` + exitCodesHelp,
		Version:       env.Version,
		SilenceUsage:  true,
		SilenceErrors: true,
		Annotations:   map[string]string{cobra.CommandDisplayNameAnnotation: env.Program},
	}, newRelease(env), newCheck(env))
	root.AddCommand(roles...)
	root.SetIn(env.In)
	root.SetOut(env.Out)
	root.SetErr(env.ErrOut)
	root.SetVersionTemplate("{{.DisplayName}} {{.Version}}\n")
	root.SetFlagErrorFunc(func(command *cobra.Command, err error) error {
		return usagef("%w: '%s --help' lists the flags", err, command.CommandPath())
	})
	root.InitDefaultCompletionCmd()
	callBy(root, env.Program)
	return root
}

// callBy writes commands in examples the way the person calls the program.
func callBy(command *cobra.Command, program string) {
	command.Example = strings.ReplaceAll(command.Example, "workbench ", program+" ")
	for _, child := range command.Commands() {
		callBy(child, program)
	}
}

// Run carries a command line out, tells errors as sentences on ErrOut, and returns the exit code.
func Run(ctx context.Context, env Env, arguments []string, roles ...*cobra.Command) ExitCode {
	root := NewCommand(env, roles...)
	root.SetArgs(arguments)
	err := env.explain(root.ExecuteContext(ctx))
	if ctx.Err() != nil && err != nil {
		return ExitInterrupted
	}
	if err != nil {
		fmt.Fprintf(env.ErrOut, "Error: %s\n", strings.ReplaceAll(err.Error(), "\n", "\n       "))
	}
	return CodeOf(err)
}

// Arguments is the command line of a process, without the program. Installed as kubectl_complete-workbench, which
// kubectl asks for completions, the program completes.
func Arguments(processArguments []string) []string {
	arguments := processArguments[1:]
	if strings.HasPrefix(filepath.Base(processArguments[0]), "kubectl_complete-") {
		return append([]string{cobra.ShellCompRequestCmd}, arguments...)
	}
	return arguments
}
