package evidence

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	appsv1 "k8s.io/api/apps/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workbench-dev/workbench/api/v1alpha1"
	"github.com/workbench-dev/workbench/internal/analysis"
	"github.com/workbench-dev/workbench/internal/hub/api"
	"github.com/workbench-dev/workbench/internal/hub/upstream"
	"github.com/workbench-dev/workbench/internal/release"
	"github.com/workbench-dev/workbench/internal/survey"
)

// Validate tries rules on live data. Who asks must be able to see the workload in the cluster.
func (s *Service) Validate(ctx context.Context, in *api.ValidateAnalysisInput) (*api.ValidateAnalysisOutput, error) {
	cluster, asked, err := s.as(ctx, in.Cluster)
	if err != nil {
		return nil, err
	}
	if err := asked.Get(ctx, client.ObjectKey{Namespace: in.Namespace, Name: in.Body.Workload}, &appsv1.Deployment{}); err != nil {
		return nil, upstream.Problem(err, nil)
	}
	task, err := proposed(in)
	if err != nil {
		return nil, err
	}
	out := &api.ValidateAnalysisOutput{}
	out.Body.Metrics = []api.ValidatedMetric{}
	source, err := s.source(ctx, in.Cluster, cluster.Resource().Spec.Prometheus)
	if err != nil {
		out.Body.Problem = sentence(err)
		return out, nil
	}
	ctx, leave, err := s.enter(ctx)
	if err != nil {
		return nil, err
	}
	defer leave()
	stable, err := runningVersion(ctx, asked, task)
	if err != nil {
		return nil, err
	}
	subject, err := survey.Subject(ctx, asked, task, stable, "")
	if err != nil {
		return nil, upstream.Problem(err, nil)
	}
	if subject.Task == "" {
		subject.Task = in.Body.Workload // as a task is usually called; it isn't created yet
	}
	validated := analysis.Validate(ctx, source, task.Spec.Analysis, subject, s.clock.Now())
	out.Body.OK = analysis.OK(validated)
	for _, v := range validated {
		queries := v.Queries
		if queries == nil {
			queries = []string{}
		}
		out.Body.Metrics = append(out.Body.Metrics, api.ValidatedMetric{
			Name: v.Name, Queries: queries, Value: v.Value, Display: v.Display, Unit: v.Unit, BrokenShare: v.BrokenShare, Problem: v.Problem,
		})
	}
	return out, nil
}

// proposed is the task that the rules would belong to. What is wrong with a query is told with the other results, since
// queries are what is tried here.
func proposed(in *api.ValidateAnalysisInput) (*v1alpha1.ReleaseTask, error) {
	rules := in.Body.Analysis
	interval := rules.Interval
	rules.Interval = ""
	text, err := json.Marshal(rules)
	if err != nil {
		return nil, huma.Error500InternalServerError("The rules can't be read.")
	}
	spec := &v1alpha1.Analysis{}
	if err := json.Unmarshal(text, spec); err != nil {
		return nil, huma.Error500InternalServerError("The rules can't be read.")
	}
	if interval != "" {
		parsed, err := time.ParseDuration(interval)
		if err != nil {
			return nil, huma.Error422UnprocessableEntity("The interval is not a duration: write it as 10s or 1m.", api.Field("body.analysis.interval", "not a duration"))
		}
		spec.Interval = &metav1.Duration{Duration: parsed}
	}
	task := &v1alpha1.ReleaseTask{}
	task.Namespace = in.Namespace
	// Any task that there is is older and so comes first.
	task.CreationTimestamp = metav1.NewTime(time.Now().Add(time.Hour))
	task.Spec = v1alpha1.ReleaseTaskSpec{WorkloadRef: v1alpha1.WorkloadRef{APIVersion: "apps/v1", Kind: "Deployment", Name: in.Body.Workload}, Analysis: spec}
	var problems release.FieldErrors
	for _, problem := range release.CheckAnalysis(task) {
		if !strings.HasSuffix(problem.Field, ".promql") && !strings.HasSuffix(problem.Field, ".fromStep") {
			problems = append(problems, problem)
		}
	}
	if len(problems) > 0 {
		return nil, upstream.Problem(problems, upstream.Fields{"spec.analysis": "body.analysis"})
	}
	task.Spec.Strategy.Canary = &v1alpha1.CanaryStrategy{Traffic: v1alpha1.Traffic{Instances: &v1alpha1.InstancesTraffic{Service: in.Body.Service}}}
	return task, nil
}

// runningVersion finds the task that releases the workload already, if there is one, and takes its name, Service and
// stable version over.
func runningVersion(ctx context.Context, asked client.Client, task *v1alpha1.ReleaseTask) (stable string, err error) {
	tasks := &v1alpha1.ReleaseTaskList{}
	if err := asked.List(ctx, tasks, client.InNamespace(task.Namespace)); err != nil {
		return "", upstream.Problem(err, nil)
	}
	for i := range tasks.Items {
		other := &tasks.Items[i]
		if other.Spec.WorkloadRef.Name != task.Spec.WorkloadRef.Name || other.Status.TakeOver == nil {
			continue
		}
		task.Name, task.Status.TakeOver = other.Name, other.Status.TakeOver
		if other.Status.Stable != nil {
			stable = other.Status.Stable.Hash
		}
	}
	return stable, nil
}

// sentence is an error as a sentence.
func sentence(err error) string {
	text := strings.TrimSuffix(err.Error(), ".") + "."
	return strings.ToUpper(text[:1]) + text[1:]
}
