package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"k8s.io/client-go/discovery"

	"github.com/workbench-dev/workbench/internal/clusterinfo"
)

// requirable is what --require can name, by the word for it.
var requirable = map[string]clusterinfo.Name{
	"istio":      clusterinfo.Istio,
	"prometheus": clusterinfo.Prometheus,
}

func newCheck(env Env) *cobra.Command {
	output := &outputFlag{}
	var required []string
	command := &cobra.Command{
		Use:   "check",
		Short: "Say what the cluster has and lacks, and how to mend it",
		Long: `Say what the cluster has of what Workbench needs, in which version, what it lacks and how to mend that, and what
the present user may do in the namespace. Nothing is changed.

It ends with code 7 when something is lacking that is always needed (Kubernetes, Workbench, Argo Rollouts) or named
with --require, and with 3 when the user may not see release tasks.`,
		Example: `  workbench check -n shop
  # Canaries by weights of the mesh need Istio
  workbench check --require istio -o json`,
		Args: exactly(),
		RunE: func(command *cobra.Command, _ []string) error {
			return env.check(command.Context(), *output, required)
		},
	}
	output.add(command, formatTable, formatJSON, formatYAML)
	command.Flags().StringSliceVar(&required, "require", nil, "also fail when this is lacking: istio, prometheus")
	mustRegister(command, "require", cobra.FixedCompletions([]string{"istio", "prometheus"}, cobra.ShellCompDirectiveNoFileComp))
	addClusterFlags(env, command)
	return command
}

func (e Env) check(ctx context.Context, output outputFlag, required []string) error {
	if err := output.check(); err != nil {
		return err
	}
	var names []clusterinfo.Name
	for _, word := range required {
		name, known := requirable[word]
		if !known {
			return usagef("--require %q is not possible: choose istio or prometheus", word)
		}
		names = append(names, name)
	}
	report, err := e.gather(ctx)
	if err != nil {
		return err
	}
	if output.format != formatTable {
		err = e.printData(output.format, report)
	} else {
		err = e.printReport(report)
	}
	if err != nil {
		return err
	}
	return verdict(report, names)
}

func (e Env) gather(ctx context.Context) (clusterinfo.Report, error) {
	c, err := e.connect()
	if err != nil {
		return clusterinfo.Report{}, err
	}
	config, err := e.restConfig()
	if err != nil {
		return clusterinfo.Report{}, err
	}
	discovery, err := discovery.NewDiscoveryClientForConfig(config)
	if err != nil {
		return clusterinfo.Report{}, err
	}
	return clusterinfo.Gather(ctx, clusterinfo.Source{Client: c, Discovery: discovery, Namespace: c.namespace})
}

// printReport prints what was found, and below it how to mend what is lacking.
func (e Env) printReport(report clusterinfo.Report) error {
	var rows [][]string
	var mend []string
	for _, component := range report.Components {
		rows = append(rows, []string{
			string(component.Name), string(component.State), orElse(component.Version, "-"), orElse(component.Namespace, "-"),
			string(component.NeededFor), component.Message,
		})
		if component.Mend != "" {
			mend = append(mend, fmt.Sprintf("%s: %s", component.Name, component.Mend))
		}
	}
	if err := writeTable(e.Out, []string{"COMPONENT", "STATE", "VERSION", "NAMESPACE", "NEEDED FOR", "FOUND"}, rows); err != nil {
		return err
	}
	rows = nil
	for _, permission := range report.Permissions {
		allowed := "yes"
		if !permission.Allowed {
			allowed = "no"
			mend = append(mend, fmt.Sprintf("%s: %s", permission.To, permission.Mend))
		}
		rows = append(rows, []string{permission.To, allowed, orElse(strings.Join(permission.Lacks, ", "), "-")})
	}
	fmt.Fprintf(e.Out, "\nUser %s in namespace %s:\n", report.User, report.Namespace)
	if err := writeTable(e.Out, []string{"MAY", "ALLOWED", "LACKS"}, rows); err != nil {
		return err
	}
	if len(mend) > 0 {
		fmt.Fprintf(e.Out, "\nTo mend:\n  %s\n", strings.Join(mend, "\n  "))
	}
	return nil
}

// verdict is the exit code of a report.
func verdict(report clusterinfo.Report, required []clusterinfo.Name) error {
	if lacking := report.Lacking(required...); len(lacking) > 0 {
		names := make([]string, len(lacking))
		for i, component := range lacking {
			names[i] = fmt.Sprintf("%s (%s)", component.Name, component.State)
		}
		return exitf(ExitCluster, "the cluster lacks %s", strings.Join(names, ", "))
	}
	for _, permission := range report.Permissions {
		if permission.To == clusterinfo.ToSee && !permission.Allowed {
			return exitf(ExitRefused, "user %s may not see release tasks in namespace %s", report.User, report.Namespace)
		}
	}
	return nil
}
