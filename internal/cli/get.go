package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/workbench-dev/workbench/api/v1alpha1"
	"github.com/workbench-dev/workbench/internal/cli/picture"
)

func newGet(env Env) *cobra.Command {
	output := &outputFlag{}
	command := &cobra.Command{
		Use:   "get NAME",
		Short: "Show one release task",
		Long:  `Show one release task: as a picture, unless -o says otherwise. 'watch' shows the same picture live.`,
		Example: `  workbench release get shop -n shop
  # The phase alone, for a script
  workbench release get shop -n shop -o json | jq -r .status.phase`,
		Args:              exactly("NAME"),
		ValidArgsFunction: env.completeTasks,
		RunE: func(command *cobra.Command, arguments []string) error {
			return env.get(command.Context(), *output, arguments[0])
		},
	}
	output.add(command, formatPicture, formatTable, formatWide, formatJSON, formatYAML, formatName)
	return command
}

func (e Env) get(ctx context.Context, output outputFlag, name string) error {
	if err := output.check(); err != nil {
		return err
	}
	c, err := e.connect()
	if err != nil {
		return err
	}
	task, err := c.task(ctx, name)
	if err != nil {
		return err
	}
	if handled, err := output.structured(e.Out, withKinds(task)); handled {
		return err
	}
	if output.format != formatPicture {
		header, rows := taskRows([]v1alpha1.ReleaseTask{*task}, e.Clock.Now(), false, output.format == formatWide)
		return writeTable(e.Out, header, rows)
	}
	width, _, terminal := e.Terminal()
	for _, line := range picture.Draw(task, e.Clock.Now(), picture.Style{Width: width, Color: terminal && e.Color, Program: e.Program}) {
		fmt.Fprintln(e.Out, line)
	}
	return nil
}
