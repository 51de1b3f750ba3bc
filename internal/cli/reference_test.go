package cli

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

const (
	reference      = "../../docs/cli.md"
	referenceBegin = "<!-- commands begin -->\n"
	referenceEnd   = "<!-- commands end -->\n"
)

// TestReference holds the list of commands in docs/cli.md to the commands there are; with -update it writes it.
func TestReference(t *testing.T) {
	env, _ := testEnv()
	text, err := os.ReadFile(reference)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(text), referenceBegin)
	_, after, foundEnd := strings.Cut(rest, referenceEnd)
	if !found || !foundEnd {
		t.Fatalf("%s has no place for the commands: it must hold %q and %q", reference, referenceBegin, referenceEnd)
	}
	want := before + referenceBegin + describe(NewCommand(env)) + referenceEnd + after
	if *update {
		if err := os.WriteFile(reference, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(want, string(text)); diff != "" {
		t.Errorf("%s does not match the commands; run go test ./internal/cli -run TestReference -args -update\n%s", reference, diff)
	}
}

// describe is the reference of a command and those below it.
func describe(command *cobra.Command) string {
	var text strings.Builder
	for _, child := range command.Commands() {
		if child.Name() == "help" || child.Name() == "completion" || child.Hidden {
			continue
		}
		if child.HasSubCommands() {
			text.WriteString(describe(child))
			continue
		}
		fmt.Fprintf(&text, "\n### %s\n\n%s.\n\n```\n%s\n```\n", child.CommandPath(), child.Short, strings.TrimSuffix(child.UseLine(), " [flags]"))
		rows := ""
		child.LocalNonPersistentFlags().VisitAll(func(flag *pflag.Flag) {
			if flag.Name != "help" {
				rows += flagRow(flag)
			}
		})
		if rows != "" {
			text.WriteString("\n| flag | |\n|---|---|\n" + rows)
		}
	}
	return text.String() + "\n"
}

func flagRow(flag *pflag.Flag) string {
	name := "--" + flag.Name
	if flag.Shorthand != "" {
		name = "-" + flag.Shorthand + ", " + name
	}
	return fmt.Sprintf("| `%s` | %s |\n", name, strings.ReplaceAll(flag.Usage, "|", "\\|"))
}
