package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/spf13/cobra"
	"sigs.k8s.io/yaml"

	"github.com/workbench-dev/workbench/api/v1alpha1"
)

// taskHistory is what history prints as JSON and YAML.
type taskHistory struct {
	Namespace string `json:"namespace"`
	Task      string `json:"task"`
	// Releases, newest first; one that runs is the first and has no outcome.
	Releases []v1alpha1.ReleaseRecord `json:"releases"`
}

func newHistory(env Env) *cobra.Command {
	output := &outputFlag{}
	command := &cobra.Command{
		Use:   "history NAME",
		Short: "Show the releases of a task with outcome, reason and who",
		Long: `Show the releases of a task, newest first: version, when, by whom, how it ended and why. With -o name only the
revisions, one a line.`,
		Example:           `  workbench release history shop -n shop -o wide`,
		Args:              exactly("NAME"),
		ValidArgsFunction: env.completeTasks,
		RunE: func(command *cobra.Command, arguments []string) error {
			return env.history(command.Context(), *output, arguments[0])
		},
	}
	output.add(command, formatTable, formatWide, formatJSON, formatYAML, formatName)
	return command
}

func (e Env) history(ctx context.Context, output outputFlag, name string) error {
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
	history := historyOf(task)
	switch output.format {
	case formatJSON, formatYAML:
		return e.printData(output.format, history)
	case formatName:
		for _, record := range history.Releases {
			fmt.Fprintln(e.Out, record.Revision)
		}
		return nil
	}
	if len(history.Releases) == 0 {
		fmt.Fprintf(e.ErrOut, "Release task %s has no release yet.\n", name)
		return nil
	}
	header, rows := historyRows(history.Releases, e.Clock.Now(), output.format == formatWide)
	return writeTable(e.Out, header, rows)
}

func historyOf(task *v1alpha1.ReleaseTask) taskHistory {
	history := taskHistory{Namespace: task.Namespace, Task: task.Name, Releases: []v1alpha1.ReleaseRecord{}}
	if task.Status.Release != nil {
		history.Releases = append(history.Releases, *task.Status.Release)
	}
	history.Releases = append(history.Releases, task.Status.History...)
	return history
}

func historyRows(records []v1alpha1.ReleaseRecord, now time.Time, wide bool) (header []string, rows [][]string) {
	header = []string{"REVISION", "IMAGES", "OUTCOME", "STARTED", "BY", "TOOK", "REASON"}
	if wide {
		header = append(header, "ENDED BY", "JUDGED", "HASH")
	}
	for _, record := range records {
		took := ago(now, record.StartedAt)
		if record.EndedAt != nil {
			took = ago(record.EndedAt.Time, record.StartedAt)
		}
		row := []string{
			fmt.Sprint(record.Revision), imagePairs(record.Containers), outcomeWords(record.Outcome),
			ago(now, record.StartedAt) + " ago", record.StartedBy, took, record.Reason,
		}
		if wide {
			row = append(row, record.EndedBy, judgedWords(record.Analysis), record.Hash)
		}
		rows = append(rows, row)
	}
	return header, rows
}

// judgedWords is how a release was judged, in a word or two.
func judgedWords(record *v1alpha1.AnalysisRecord) string {
	if record == nil {
		return ""
	}
	words := map[v1alpha1.AnalysisState]string{
		v1alpha1.AnalysisNotStarted: "not begun", v1alpha1.AnalysisNotEnoughData: "not enough data", v1alpha1.AnalysisPassed: "passed",
		v1alpha1.AnalysisFailed: "failed", v1alpha1.AnalysisError: "could not be read",
	}[record.State]
	if record.DryRun {
		words += " (dry run)"
	}
	return words
}

// printData prints what is no resource as JSON or YAML.
func (e Env) printData(format string, data any) error {
	text, err := json.MarshalIndent(data, "", "    ")
	if err == nil && format == formatYAML {
		text, err = yaml.JSONToYAML(text)
	} else {
		text = append(text, '\n')
	}
	if err != nil {
		return fmt.Errorf("print as %s: %w", format, err)
	}
	_, err = e.Out.Write(text)
	return err
}
