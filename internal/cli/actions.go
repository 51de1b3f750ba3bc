package cli

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workbench-dev/workbench/api/v1alpha1"
)

func newActions(env Env) *cobra.Command {
	output := &outputFlag{}
	command := &cobra.Command{
		Use:   "actions NAME",
		Short: "Show what people asked of a task, and what became of it",
		Long: `Show what people asked of a task, newest first: the audit log. The cluster itself vouches for each name. Actions of
a task that was deleted are shown too, as long as they are kept.`,
		Example:           `  workbench release actions shop -n shop`,
		Args:              exactly("NAME"),
		ValidArgsFunction: env.completeTasks,
		RunE: func(command *cobra.Command, arguments []string) error {
			return env.actions(command.Context(), *output, arguments[0])
		},
	}
	output.add(command, formatTable, formatWide, formatJSON, formatYAML, formatName)
	return command
}

func (e Env) actions(ctx context.Context, output outputFlag, name string) error {
	if err := output.check(); err != nil {
		return err
	}
	c, err := e.connect()
	if err != nil {
		return err
	}
	actions := &v1alpha1.ReleaseActionList{}
	if err := c.List(ctx, actions, client.InNamespace(c.namespace), client.MatchingFields{"spec.task": name}); err != nil {
		return err
	}
	if len(actions.Items) == 0 {
		// No action and no task is most likely a mistyped name.
		if _, err := c.task(ctx, name); err != nil {
			return err
		}
	}
	slices.SortFunc(actions.Items, func(a, b v1alpha1.ReleaseAction) int {
		return cmp.Or(b.CreationTimestamp.Compare(a.CreationTimestamp.Time), cmp.Compare(a.Name, b.Name))
	})
	if handled, err := output.structured(e.Out, withKinds(actions)); handled {
		return err
	}
	if len(actions.Items) == 0 {
		fmt.Fprintf(e.ErrOut, "Nobody has asked anything of release task %s yet.\n", name)
		return nil
	}
	header, rows := actionRows(actions.Items, e.Clock.Now(), output.format == formatWide)
	return writeTable(e.Out, header, rows)
}

func actionRows(actions []v1alpha1.ReleaseAction, now time.Time, wide bool) (header []string, rows [][]string) {
	header = []string{"AGE", "ACTION", "BY", "STATE", "MESSAGE"}
	if wide {
		header = append(header, "NAME")
	}
	for _, action := range actions {
		row := []string{
			ago(now, action.CreationTimestamp), actionWords(action.Spec), action.Spec.RequestedBy,
			orElse(string(action.Status.State), string(v1alpha1.ActionPending)), action.Status.Message,
		}
		if wide {
			row = append(row, action.Name)
		}
		rows = append(rows, row)
	}
	return header, rows
}

// actionWords is an action with what it is about.
func actionWords(spec v1alpha1.ReleaseActionSpec) string {
	switch {
	case spec.Rollback != nil:
		return fmt.Sprintf("%s to %d", spec.Type, spec.Rollback.Revision)
	case spec.UpdateVersion != nil:
		return fmt.Sprintf("%s %s", spec.Type, imagePairs(spec.UpdateVersion.Containers))
	default:
		return string(spec.Type)
	}
}
