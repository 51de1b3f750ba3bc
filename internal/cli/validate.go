package cli

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"

	"github.com/workbench-dev/workbench/api/v1alpha1"
	"github.com/workbench-dev/workbench/internal/analysis"
	"github.com/workbench-dev/workbench/internal/clusterinfo"
	"github.com/workbench-dev/workbench/internal/prometheus"
	"github.com/workbench-dev/workbench/internal/release"
	"github.com/workbench-dev/workbench/internal/survey"
)

type validateFlags struct {
	rules     ruleFlags
	fromFile  string
	address   string
	tokenFile string
	output    outputFlag
}

// validatedRules is what validate prints as JSON and YAML.
type validatedRules struct {
	Namespace string            `json:"namespace"`
	Task      string            `json:"task"`
	OK        bool              `json:"ok"`
	Metrics   []validatedMetric `json:"metrics"`
}

type validatedMetric struct {
	Name    string   `json:"name"`
	Queries []string `json:"queries,omitempty"`
	Value   *float64 `json:"value,omitempty"`
	Unit    string   `json:"unit,omitempty"`
	// BrokenShare is the share of the last 24 hours in which the limit would have been broken, 0 to 1.
	BrokenShare *float64 `json:"brokenShare,omitempty"`
	Problem     string   `json:"problem,omitempty"`
}

func newValidate(env Env) *cobra.Command {
	flags := &validateFlags{}
	command := &cobra.Command{
		Use:   "validate NAME",
		Short: "Try the metrics of a release task on live data",
		Long: `Try by what releases are judged on live data, before a task is created (with --workload, or --from-file) or for one
that is there: what each metric is now, and in which share of the last 24 hours its limit would have been broken by what
runs. Nothing is changed.

Prometheus is found in the cluster and asked through the API server, for which you need the permission to get
services/proxy there; with --prometheus it is asked at its address. Queries of your own see your namespace only.

It ends with code 3 when a metric returns no number.`,
		Example: `  workbench release validate shop -n shop --workload deploy/shop --metric 'success-rate>=99%' --metric 'p99<=500ms'
  workbench release validate -f shop.yaml --prometheus https://prometheus.example.com
  # The rules of a task that is there
  workbench release validate shop -n shop`,
		Args: func(command *cobra.Command, arguments []string) error {
			if flags.fromFile != "" && len(arguments) == 0 {
				return nil
			}
			return exactly("NAME")(command, arguments)
		},
		ValidArgsFunction: env.completeTasks,
		RunE: func(command *cobra.Command, arguments []string) error {
			name := ""
			if len(arguments) > 0 {
				name = arguments[0]
			}
			return env.validate(command.Context(), *flags, name, command.Flags().Changed)
		},
	}
	set := command.Flags()
	set.StringVarP(&flags.rules.workload, "workload", "w", "", "workload of a task that is not created yet, deploy/NAME")
	set.StringVar(&flags.rules.service, "service", "", "Service of the workload (default: the only one that selects its pods)")
	set.StringVar(&flags.rules.analysis, "analysis", "", "try the rules of this name instead of the task's: default")
	set.StringArrayVar(&flags.rules.metrics, "metric", nil, "try this metric, such as success-rate>=99% or p99<=500ms (can be repeated; default: those of the task)")
	set.StringVarP(&flags.fromFile, "from-file", "f", "", "read the task from this YAML or JSON file, '-' for standard input")
	set.StringVar(&flags.address, "prometheus", "", "address of Prometheus, such as https://prometheus.example.com (default: the one found in the cluster)")
	set.StringVar(&flags.tokenFile, "prometheus-token-file", "", "file with the token to sign in with at --prometheus")
	flags.output.add(command, formatTable, formatJSON, formatYAML)
	mustRegister(command, "workload", env.completeWorkloads)
	mustRegister(command, "analysis", completeAnalysis)
	return command
}

func (e Env) validate(ctx context.Context, flags validateFlags, name string, changed func(string) bool) error {
	if err := flags.output.check(); err != nil {
		return err
	}
	c, err := e.connect()
	if err != nil {
		return err
	}
	task, err := e.taskToTry(ctx, c, flags, name, changed)
	if err != nil {
		return err
	}
	if task.Spec.Analysis == nil {
		return exitf(ExitRefused, "release task %s judges nothing: try metrics with --metric, or set them with '%s release update %s --metric …'", task.Name, e.Program, task.Name)
	}
	if problems := release.CheckAnalysis(task); len(problems) > 0 {
		return problems
	}
	source, err := e.prometheusOf(ctx, c, flags)
	if err != nil {
		return err
	}
	stable, canary := hashOf(task.Status.Stable), hashOf(task.Status.Canary)
	subject, err := survey.Subject(ctx, c, task, stable, canary)
	if apierrors.IsForbidden(err) {
		return exitf(ExitRefused, "the Service of the workload cannot be looked up (%v): name it with --service", e.explain(err))
	}
	if err != nil {
		return err
	}
	validated := analysis.Validate(ctx, source, task.Spec.Analysis, subject, e.Clock.Now())
	if err := e.printValidated(flags.output, task, validated); err != nil {
		return err
	}
	if !analysis.OK(validated) {
		return exitf(ExitRefused, "a release could not be judged by these rules as things are")
	}
	return nil
}

func hashOf(version *v1alpha1.VersionStatus) string {
	if version == nil {
		return ""
	}
	return version.Hash
}

// taskToTry is the task from the file, from the flags, or the one that is there.
func (e Env) taskToTry(ctx context.Context, c *cluster, flags validateFlags, name string, changed func(string) bool) (*v1alpha1.ReleaseTask, error) {
	var task *v1alpha1.ReleaseTask
	var err error
	switch {
	case flags.fromFile != "":
		if i := slices.IndexFunc([]string{"workload", "service", "metric", "analysis"}, changed); i >= 0 {
			return nil, usagef("--from-file and further rules contradict each other: write them into the file")
		}
		if task, err = e.readTask(flags.fromFile); err != nil {
			return nil, err
		}
		return task, c.place(task)
	case flags.rules.workload != "":
		workload, err := release.ParseWorkload(flags.rules.workload)
		if err != nil {
			return nil, err
		}
		task = newTask(name)
		task.Spec.WorkloadRef = workload
		task.Spec.Strategy.Canary = &v1alpha1.CanaryStrategy{Traffic: v1alpha1.Traffic{Instances: &v1alpha1.InstancesTraffic{Service: flags.rules.service}}, Steps: []v1alpha1.Step{{Weight: 100}}}
		// Any task that there is is older and so comes first.
		task.CreationTimestamp = metav1.NewTime(e.Clock.Now())
		if err := c.place(task); err != nil {
			return nil, err
		}
		if flags.rules.analysis == "" && len(flags.rules.metrics) == 0 {
			flags.rules.analysis = analysisDefault
		}
	default:
		if flags.rules.service != "" {
			return nil, usagef("--service needs --workload: a task that is there has its Service already")
		}
		if task, err = c.task(ctx, name); err != nil {
			return nil, err
		}
	}
	return task, flags.rules.judgeBy(task)
}

// prometheusOf is the Prometheus of the flags, or the cluster's, through the API server.
func (e Env) prometheusOf(ctx context.Context, c *cluster, flags validateFlags) (*prometheus.Client, error) {
	config := prometheus.Config{Address: flags.address}
	if flags.tokenFile != "" {
		if flags.address == "" {
			return nil, usagef("--prometheus-token-file needs --prometheus: through the API server you sign in with your kubeconfig")
		}
		token, err := os.ReadFile(flags.tokenFile)
		if err != nil {
			return nil, usagef("the token cannot be read: %w", err)
		}
		config.BearerToken = prometheus.Secret(strings.TrimSpace(string(token)))
	}
	if flags.address == "" {
		found, err := clusterinfo.PrometheusAddress(ctx, c)
		if err != nil {
			return nil, exitf(ExitCluster, "%v; or name one with --prometheus", err)
		}
		if config, err = e.throughAPIServer(found); err != nil {
			return nil, err
		}
	}
	client, err := prometheus.New(config)
	if err != nil {
		return nil, usagef("--prometheus: %w", err)
	}
	return client, nil
}

// throughAPIServer reaches a Service of the cluster by the API server's proxy.
func (e Env) throughAPIServer(service string) (prometheus.Config, error) {
	target, err := url.Parse(service)
	if err != nil {
		return prometheus.Config{}, fmt.Errorf("the address of Prometheus in the cluster: %w", err)
	}
	config, err := e.restConfig()
	if err != nil {
		return prometheus.Config{}, err
	}
	transport, err := rest.TransportFor(config)
	if err != nil {
		return prometheus.Config{}, err
	}
	base, _, err := rest.DefaultServerUrlFor(config)
	if err != nil {
		return prometheus.Config{}, err
	}
	name, rest, _ := strings.Cut(target.Hostname(), ".")
	namespace, _, _ := strings.Cut(rest, ".")
	address := base.JoinPath("api", "v1", "namespaces", namespace, "services", target.Scheme+":"+name+":"+target.Port(), "proxy")
	return prometheus.Config{Address: address.String(), Transport: transport, GetOnly: true}, nil
}

func (e Env) printValidated(output outputFlag, task *v1alpha1.ReleaseTask, validated []analysis.Validated) error {
	if output.format != formatTable {
		all := validatedRules{Namespace: task.Namespace, Task: task.Name, OK: analysis.OK(validated)}
		for _, v := range validated {
			all.Metrics = append(all.Metrics, validatedMetric{Name: v.Name, Queries: v.Queries, Value: v.Value, Unit: v.Unit, BrokenShare: v.BrokenShare, Problem: v.Problem})
		}
		return e.printData(output.format, all)
	}
	var rows [][]string
	var problems []string
	for i, v := range validated {
		broken := "-"
		if v.BrokenShare != nil {
			broken = fmt.Sprintf("%.1f %% of 24h", *v.BrokenShare*100)
		}
		rows = append(rows, []string{v.Name, orElse(v.Display, "no value"), orElse(task.Spec.Analysis.Metrics[i].Limit, "-"), broken})
		if v.Problem != "" {
			problems = append(problems, fmt.Sprintf("%s: %s", v.Name, oneLine(v.Problem)))
		}
	}
	if err := writeTable(e.Out, []string{"METRIC", "NOW", "LIMIT", "BROKEN"}, rows); err != nil {
		return err
	}
	if len(problems) > 0 {
		fmt.Fprintf(e.Out, "\n%s\n", strings.Join(problems, "\n"))
	}
	return nil
}
