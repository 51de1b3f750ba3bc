package cli

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/labels"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workbench-dev/workbench/api/v1alpha1"
)

// phases is every phase that --phase can filter by.
var phases = []v1alpha1.Phase{
	v1alpha1.PhaseBlocked, v1alpha1.PhaseTakingOver, v1alpha1.PhaseHealthy, v1alpha1.PhaseReleasing,
	v1alpha1.PhaseWaiting, v1alpha1.PhaseTerminated, v1alpha1.PhaseFailed, v1alpha1.PhaseHandingBack,
}

// listPage is how many tasks are asked for at once, as kubectl does it.
const listPage = 500

type listFlags struct {
	output        outputFlag
	allNamespaces bool
	phases        []string
	selector      string
}

func newList(env Env) *cobra.Command {
	flags := &listFlags{}
	command := &cobra.Command{
		Use:     "list",
		Aliases: []string{"ls"},
		Short:   "List release tasks",
		Example: `  workbench release list -A
  # Those that wait for a person, or went wrong
  workbench release list -A --phase Waiting --phase Failed`,
		Args: exactly(),
		RunE: func(command *cobra.Command, _ []string) error { return env.list(command.Context(), *flags) },
	}
	flags.output.add(command, formatTable, formatWide, formatJSON, formatYAML, formatName)
	command.Flags().BoolVarP(&flags.allNamespaces, "all-namespaces", "A", false, "list the tasks of all namespaces")
	command.Flags().StringSliceVar(&flags.phases, "phase", nil, "only tasks in this phase (can be repeated): "+phaseNames())
	command.Flags().StringVarP(&flags.selector, "selector", "l", "", "only tasks with these labels, as for kubectl get")
	mustRegister(command, "phase", cobra.FixedCompletions(strings.Split(phaseNames(), ", "), cobra.ShellCompDirectiveNoFileComp))
	return command
}

func phaseNames() string {
	names := make([]string, len(phases))
	for i, phase := range phases {
		names[i] = string(phase)
	}
	return strings.Join(names, ", ")
}

func (e Env) list(ctx context.Context, flags listFlags) error {
	if err := flags.output.check(); err != nil {
		return err
	}
	wanted, err := parsePhases(flags.phases)
	if err != nil {
		return err
	}
	selector, err := labels.Parse(flags.selector)
	if err != nil {
		return usagef("--selector %q is not a label selector (%w): write it as app=shop,tier!=test", flags.selector, err)
	}
	c, err := e.connect()
	if err != nil {
		return err
	}
	namespace := c.namespace
	if flags.allNamespaces {
		namespace = ""
	}
	tasks, err := c.tasks(ctx, namespace, selector, wanted)
	if err != nil {
		return err
	}
	if handled, err := flags.output.structured(e.Out, withKinds(tasks)); handled {
		return err
	}
	if len(tasks.Items) == 0 {
		fmt.Fprintln(e.ErrOut, nothingFound(namespace, flags, e.Program))
		return nil
	}
	header, rows := taskRows(tasks.Items, e.Clock.Now(), flags.allNamespaces, flags.output.format == formatWide)
	return writeTable(e.Out, header, rows)
}

// tasks lists page by page, so that ten thousand tasks need no answer of one piece.
func (c *cluster) tasks(ctx context.Context, namespace string, selector labels.Selector, wanted []v1alpha1.Phase) (*v1alpha1.ReleaseTaskList, error) {
	all := &v1alpha1.ReleaseTaskList{Items: []v1alpha1.ReleaseTask{}}
	for next := ""; ; {
		page := &v1alpha1.ReleaseTaskList{}
		err := c.List(ctx, page, client.InNamespace(namespace), client.MatchingLabelsSelector{Selector: selector}, client.Limit(listPage), client.Continue(next))
		if err != nil {
			return nil, err
		}
		for _, task := range page.Items {
			if len(wanted) == 0 || slices.Contains(wanted, task.Status.Phase) {
				all.Items = append(all.Items, task)
			}
		}
		all.ResourceVersion = page.ResourceVersion
		if next = page.Continue; next == "" {
			break
		}
	}
	slices.SortFunc(all.Items, func(a, b v1alpha1.ReleaseTask) int {
		return cmp.Or(cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Name, b.Name))
	})
	return all, nil
}

// parsePhases accepts phases in any case.
func parsePhases(texts []string) ([]v1alpha1.Phase, error) {
	var wanted []v1alpha1.Phase
	for _, text := range texts {
		at := slices.IndexFunc(phases, func(phase v1alpha1.Phase) bool { return strings.EqualFold(string(phase), text) })
		if at < 0 {
			return nil, usagef("--phase %q is not a phase: choose from %s", text, phaseNames())
		}
		wanted = append(wanted, phases[at])
	}
	return wanted, nil
}

func nothingFound(namespace string, flags listFlags, program string) string {
	where := "in namespace " + namespace
	if namespace == "" {
		where = "in any namespace"
	}
	if len(flags.phases) > 0 || flags.selector != "" {
		return "No release task " + where + " fits the filters."
	}
	return fmt.Sprintf("No release task %s. '%s release create --help' says how to make one.", where, program)
}

// taskRows is the table of tasks.
func taskRows(tasks []v1alpha1.ReleaseTask, now time.Time, withNamespace, wide bool) (header []string, rows [][]string) {
	header = []string{"NAME", "WORKLOAD", "PHASE", "STEP", "WEIGHT", "STABLE", "CANARY", "WAITS FOR", "AGE"}
	if wide {
		header = append(header, "IMAGES", "MESSAGE")
	}
	if withNamespace {
		header = append([]string{"NAMESPACE"}, header...)
	}
	for _, task := range tasks {
		row := taskRow(task, now)
		if wide {
			row = append(row, newestImages(task), task.Status.Message)
		}
		if withNamespace {
			row = append([]string{task.Namespace}, row...)
		}
		rows = append(rows, row)
	}
	return header, rows
}

func taskRow(task v1alpha1.ReleaseTask, now time.Time) []string {
	status := task.Status
	step, weight := "-", "-"
	if status.Step != nil {
		step = status.Step.Display
	}
	if status.Canary != nil && status.Step != nil {
		weight = fmt.Sprintf("%d%%", status.Canary.Weight)
	}
	return []string{
		task.Name, task.Spec.WorkloadRef.Name, orElse(string(status.Phase), "Pending"), step, weight,
		versionName(status.Stable), versionName(status.Canary), orElse(waitsFor(&task), "-"), ago(now, task.CreationTimestamp),
	}
}

// versionName is the short form of a version, "-" when there is none.
func versionName(version *v1alpha1.VersionStatus) string {
	if version == nil {
		return "-"
	}
	return orElse(version.Display, fmt.Sprintf("r%d", version.Revision))
}

// newestImages is the images of the canary, or of the stable version where there is none.
func newestImages(task v1alpha1.ReleaseTask) string {
	for _, version := range []*v1alpha1.VersionStatus{task.Status.Canary, task.Status.Stable} {
		if version != nil {
			return imagePairs(version.Containers)
		}
	}
	return ""
}
