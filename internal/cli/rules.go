package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/json"
	"sigs.k8s.io/yaml"

	"github.com/workbench-dev/workbench/api/v1alpha1"
	"github.com/workbench-dev/workbench/internal/cli/picture"
	"github.com/workbench-dev/workbench/internal/release"
)

const (
	trafficIstio     = "istio"
	trafficInstances = "instances"
)

// ruleFlags are the flags that say how a workload is released.
type ruleFlags struct {
	workload       string
	traffic        string
	service        string
	virtualService string
	routes         []string
	instances      int32
	steps          []string
	maxSurge       string
	historyLimit   int32
	analysis       string
	metrics        []string
}

// ruleFlagNames are all flags of ruleFlags.
var ruleFlagNames = []string{"workload", "traffic", "service", "virtual-service", "route", "instances", "step", "max-surge", "history-limit", "analysis", "metric"}

// addTarget registers the flags that can be set only when a task is created.
func (f *ruleFlags) addTarget(flags *pflag.FlagSet) {
	flags.StringVarP(&f.workload, "workload", "w", "", "workload to release, deploy/NAME")
	flags.StringVar(&f.traffic, "traffic", trafficIstio, "how requests are split: istio (weights in the mesh) or instances (by number of pods, no mesh needed)")
	flags.StringVar(&f.service, "service", "", "Service of the workload (default: the only one that selects its pods)")
	flags.StringVar(&f.virtualService, "virtual-service", "", "VirtualService whose routes are split (default: the only one that routes to the Service, or a new one)")
	flags.StringArrayVar(&f.routes, "route", nil, "name of an HTTP route of the VirtualService to split (can be repeated; default: all that lead to the Service)")
}

// addRules registers the flags that can be changed later.
func (f *ruleFlags) addRules(flags *pflag.FlagSet) {
	flags.StringArrayVar(&f.steps, "step", nil, "step WEIGHT:WAIT, such as 10:5m, or 50:0 to wait for a person (can be repeated)")
	flags.Int32Var(&f.instances, "instances", 0, "number of pods of the workload (default: as many as it has)")
	flags.StringVar(&f.maxSurge, "max-surge", "", "pods above the number of instances while pods are replaced, a number or a share such as 25% (only for --traffic instances)")
	flags.StringVar(&f.analysis, "analysis", "", "judge releases: default (success rate and latency against stable, restarts, memory), dry-run (the same, without acting on it), off")
	flags.StringArrayVar(&f.metrics, "metric", nil, "judge releases by this metric, such as success-rate>=99%, p99<=500ms, error-rate-4xx<=5%, restarts<=0 or latency (can be repeated; instead of the default ones)")
	flags.Int32Var(&f.historyLimit, "history-limit", 0, "how many releases the history keeps, 1 to 50 (default 10)")
}

// task is the task that the flags describe.
func (f *ruleFlags) task(name string) (*v1alpha1.ReleaseTask, error) {
	if err := release.CheckTaskName(name); err != nil {
		return nil, err
	}
	if f.workload == "" {
		return nil, usagef("--workload is missing: say what to release, such as --workload deploy/%s", name)
	}
	workload, err := release.ParseWorkload(f.workload)
	if err != nil {
		return nil, err
	}
	if len(f.steps) == 0 {
		return nil, usagef("--step is missing: give at least one, such as --step 10:5m --step 50:0")
	}
	traffic, err := f.splitBy()
	if err != nil {
		return nil, err
	}
	task := newTask(name)
	task.Spec.WorkloadRef = workload
	task.Spec.Strategy.Canary = &v1alpha1.CanaryStrategy{Traffic: traffic}
	if err := f.apply(task); err != nil {
		return nil, err
	}
	return task, release.CheckTask(task).AsError()
}

// splitBy is the union that --traffic and the names that belong to it choose.
func (f *ruleFlags) splitBy() (v1alpha1.Traffic, error) {
	switch f.traffic {
	case trafficIstio:
		return v1alpha1.Traffic{Istio: &v1alpha1.IstioTraffic{Service: f.service, VirtualService: f.virtualService, Routes: f.routes}}, nil
	case trafficInstances:
		if f.virtualService != "" || len(f.routes) > 0 {
			return v1alpha1.Traffic{}, usagef("--virtual-service and --route need --traffic istio: without the mesh there are no routes to split")
		}
		return v1alpha1.Traffic{Instances: &v1alpha1.InstancesTraffic{Service: f.service}}, nil
	default:
		return v1alpha1.Traffic{}, usagef("--traffic %q is not possible: choose istio (weights in the mesh) or instances (by number of pods)", f.traffic)
	}
}

// apply sets the rules that were given. A number of 0 counts as given only through checkGiven.
func (f *ruleFlags) apply(task *v1alpha1.ReleaseTask) error {
	canary := task.Spec.Strategy.Canary
	if len(f.steps) > 0 {
		steps, err := release.ParseSteps(f.steps)
		if err != nil {
			return err
		}
		canary.Steps = steps
	}
	if f.maxSurge != "" {
		surge, err := release.ParseMaxSurge(f.maxSurge)
		if err != nil {
			return err
		}
		canary.MaxSurge = surge
	}
	if f.instances != 0 {
		task.Spec.Instances = ptr.To(f.instances)
	}
	if f.historyLimit != 0 {
		task.Spec.HistoryLimit = f.historyLimit
	}
	return f.judgeBy(task)
}

// Values of --analysis.
const (
	analysisDefault = "default"
	analysisDryRun  = "dry-run"
	analysisOff     = "off"
)

// judgeBy sets by what releases are judged. Metrics alone turn the analysis on; what a task has besides metrics stays.
func (f *ruleFlags) judgeBy(task *v1alpha1.ReleaseTask) error {
	switch f.analysis {
	case "":
		if len(f.metrics) == 0 {
			return nil
		}
	case analysisOff:
		if len(f.metrics) > 0 {
			return usagef("--analysis off and --metric contradict each other: leave one of them out")
		}
		task.Spec.Analysis = nil
		return nil
	case analysisDefault, analysisDryRun:
	default:
		return usagef("--analysis %q is not possible: choose default, dry-run or off", f.analysis)
	}
	rules := task.Spec.Analysis
	if rules == nil || f.analysis == analysisDefault {
		rules = release.DefaultAnalysis()
	}
	if f.analysis != "" {
		rules.DryRun = f.analysis == analysisDryRun
	}
	if len(f.metrics) > 0 {
		metrics, err := release.ParseMetrics(f.metrics)
		if err != nil {
			return err
		}
		rules.Metrics = metrics
	}
	task.Spec.Analysis = rules
	return nil
}

// checkGiven refuses a 0 that was typed: it would otherwise be taken for nothing.
func (f *ruleFlags) checkGiven(changed func(flag string) bool) error {
	if changed("instances") && f.instances == 0 {
		return usagef("--instances 0 is not possible: give at least 1; to stop releasing the workload, delete the task")
	}
	if changed("history-limit") && f.historyLimit == 0 {
		return usagef("--history-limit 0 is not possible: give 1 to %d", release.MaxHistory)
	}
	return nil
}

// maxFile is how large a file with a task may be; the API server takes no more either.
const maxFile = 1 << 20

// readTask reads one task from a file, or from standard input for "-". Fields that a task does not have are errors.
func (e Env) readTask(path string) (*v1alpha1.ReleaseTask, error) {
	content, err := e.readFile(path)
	if err != nil {
		return nil, err
	}
	// A leading or trailing separator is fine, a second document is not.
	documents := 0
	for _, document := range strings.Split("\n"+string(content), "\n---") {
		if strings.TrimSpace(strings.TrimLeft(document, "-")) != "" {
			documents++
		}
	}
	if documents > 1 {
		return nil, usagef("%s holds %d documents: give one ReleaseTask a file", path, documents)
	}
	task := &v1alpha1.ReleaseTask{}
	text, err := yaml.YAMLToJSONStrict(content)
	if err != nil {
		return nil, usagef("%s is not YAML: %w", path, err)
	}
	strict, err := json.UnmarshalStrict(text, task)
	if err = errors.Join(append(strict, err)...); err != nil {
		return nil, usagef("%s is not a ReleaseTask: %w", path, err)
	}
	want := newTask("").TypeMeta
	if task.TypeMeta != want {
		return nil, usagef("%s holds %q of %q: it must hold apiVersion %s and kind %s", path, task.Kind, task.APIVersion, want.APIVersion, want.Kind)
	}
	task.Status = v1alpha1.ReleaseTaskStatus{}
	return task, nil
}

func (e Env) readFile(path string) ([]byte, error) {
	source := e.In
	if path != "-" {
		file, err := os.Open(path)
		if errors.Is(err, os.ErrNotExist) {
			return nil, exitf(ExitNotFound, "there is no file %s", path)
		}
		if err != nil {
			return nil, usagef("the file cannot be read: %w", err)
		}
		defer file.Close()
		source = file
	}
	var content bytes.Buffer
	if _, err := io.Copy(&content, io.LimitReader(source, maxFile+1)); err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	if content.Len() > maxFile {
		return nil, usagef("%s is larger than 1 MiB: it cannot be a ReleaseTask", path)
	}
	return content.Bytes(), nil
}

// rulesInWords is the steps of a task, and by what its releases are judged, in one phrase.
func rulesInWords(task *v1alpha1.ReleaseTask) string {
	words := stepsInWords(task)
	rules := task.Spec.Analysis
	if rules == nil {
		return words
	}
	metrics := make([]string, len(rules.Metrics))
	for i, metric := range rules.Metrics {
		metrics[i] = release.MetricInWords(metric)
	}
	judged := "; judged by "
	if rules.DryRun {
		judged = "; judged, without acting on it, by "
	}
	return words + judged + strings.Join(metrics, ", ")
}

// stepsInWords is the steps of a task in one phrase.
func stepsInWords(task *v1alpha1.ReleaseTask) string {
	var words []string
	for _, step := range stepsOf(task) {
		wait := "until a person continues"
		if step.Wait != nil && step.Wait.Duration > 0 {
			wait = "for " + picture.Short(step.Wait.Duration)
		}
		words = append(words, fmt.Sprintf("%d %% %s", step.Weight, wait))
	}
	return strings.Join(append(words, "then all"), ", ")
}

// newTaskWithCanary is a task that rules can be applied to, to see whether they can be read.
func newTaskWithCanary(name string) *v1alpha1.ReleaseTask {
	task := newTask(name)
	task.Spec.Strategy.Canary = &v1alpha1.CanaryStrategy{}
	return task
}

// completeAnalysis completes --analysis.
var completeAnalysis = cobra.FixedCompletions([]string{analysisDefault, analysisDryRun, analysisOff}, cobra.ShellCompDirectiveNoFileComp)
