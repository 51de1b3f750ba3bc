package cli

import (
	"strings"

	"github.com/spf13/cobra"
)

// exactly wants one argument for each name.
func exactly(names ...string) cobra.PositionalArgs {
	return func(command *cobra.Command, arguments []string) error {
		if len(arguments) > len(names) {
			return usagef("%q is one argument too many: write '%s %s'", arguments[len(names)], command.CommandPath(), strings.Join(names, " "))
		}
		return atLeast(names...)(command, arguments)
	}
}

// atLeast wants one argument for each name, and takes more of the last.
func atLeast(names ...string) cobra.PositionalArgs {
	return func(command *cobra.Command, arguments []string) error {
		if len(arguments) < len(names) {
			return usagef("%s is missing: write '%s %s'", names[len(arguments)], command.CommandPath(), strings.Join(names, " "))
		}
		return nil
	}
}

// group makes a command that only holds others: it shows its help, and knows a mistyped name.
func group(command *cobra.Command, children ...*cobra.Command) *cobra.Command {
	command.AddCommand(children...)
	command.SuggestionsMinimumDistance = 2
	command.Args = func(command *cobra.Command, arguments []string) error {
		if len(arguments) == 0 {
			return nil
		}
		message := "there is no command '" + command.CommandPath() + " " + arguments[0] + "'"
		if similar := command.SuggestionsFor(arguments[0]); len(similar) > 0 {
			message += ", did you mean " + strings.Join(similar, " or ") + "?"
		}
		return usagef("%s: '%s --help' lists those there are", strings.TrimSuffix(message, "?"), command.CommandPath())
	}
	command.RunE = func(command *cobra.Command, _ []string) error { return command.Help() }
	return command
}
