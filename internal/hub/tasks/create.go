package tasks

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workbench-dev/workbench/api/v1alpha1"
	"github.com/workbench-dev/workbench/internal/hub/api"
	"github.com/workbench-dev/workbench/internal/hub/audit"
	"github.com/workbench-dev/workbench/internal/hub/index"
	"github.com/workbench-dev/workbench/internal/hub/upstream"
	"github.com/workbench-dev/workbench/internal/release"
	"github.com/workbench-dev/workbench/internal/survey"
)

var createFields = upstream.Fields{"metadata.name": "body.name", "spec": "body.spec"}

// Create makes a task, or says what would become of it.
func (s *Service) Create(ctx context.Context, in *api.CreateTaskInput) (*api.CreateTaskOutput, error) {
	who := s.who(ctx)
	out, err := s.create(ctx, who, in)
	if in.DryRun {
		return out, err
	}
	event := audit.Event{Action: "Create", Kind: "ReleaseTask", Cluster: in.Cluster, Namespace: in.Namespace, Name: in.Body.Name, Result: audit.Succeeded, Message: "A release task was made for Deployment " + in.Body.Spec.WorkloadRef.Name + "."}
	if err != nil {
		event.Result, event.Message = refusedOrFailed(err), err.Error()
	}
	s.Audit.Record(ctx, event)
	return out, err
}

func (s *Service) create(ctx context.Context, who person, in *api.CreateTaskInput) (*api.CreateTaskOutput, error) {
	spec, err := ToSpec(in.Body.Spec)
	if err != nil {
		return nil, upstream.Problem(err, createFields)
	}
	task := &v1alpha1.ReleaseTask{
		TypeMeta:   metav1.TypeMeta{APIVersion: v1alpha1.GroupVersion.String(), Kind: "ReleaseTask"},
		ObjectMeta: metav1.ObjectMeta{Namespace: in.Namespace, Name: in.Body.Name},
		Spec:       spec,
	}
	if err := release.CheckTask(task).AsError(); err != nil {
		return nil, upstream.Problem(err, createFields)
	}
	asked, err := s.as(who, in.Cluster)
	if err != nil {
		return nil, err
	}
	if in.DryRun {
		return rehearse(ctx, asked, task)
	}
	if err := asked.Create(ctx, task, fieldManager); err != nil {
		return nil, creationProblem(err)
	}
	detail, err := s.detail(in.Cluster, task, who)
	if err != nil {
		return nil, err
	}
	return &api.CreateTaskOutput{
		Status: http.StatusCreated, Location: taskPath(in.Cluster, in.Namespace, task.Name), ETag: detail.ETag,
		Body: api.CreatedTask{Task: detail},
	}, nil
}

// creationProblem names a namespace that isn't there: whoever has a role in it may know.
func creationProblem(err error) error {
	if apierrors.IsNotFound(err) {
		return huma.Error422UnprocessableEntity("The namespace doesn't exist in this cluster: create it, or take it out of the workspace.")
	}
	return upstream.Problem(err, createFields)
}

func taskPath(cluster, namespace, name string) string {
	return api.Base + "/clusters/" + cluster + "/namespaces/" + namespace + "/release-tasks/" + name
}

// rehearse has the cluster check a task without keeping it, and says what would stand in the way of the take-over, by
// the controller's own preflight but with the rights of the person.
func rehearse(ctx context.Context, asked client.WithWatch, task *v1alpha1.ReleaseTask) (*api.CreateTaskOutput, error) {
	if err := asked.Create(ctx, task, fieldManager, client.DryRunAll); err != nil {
		return nil, creationProblem(err)
	}
	preflight := &api.Preflight{Obstacles: []api.Obstacle{}, Found: api.Found{Containers: []api.ContainerImage{}}}
	facts, err := survey.Facts(ctx, asked, asked.RESTMapper(), task)
	switch {
	case apierrors.IsForbidden(err):
		preflight.Unknown = cantLook(err)
	case err != nil:
		return nil, upstream.Problem(err, nil)
	default:
		found, obstacles := release.Preflight(task, facts)
		preflight.Obstacles, preflight.Ready = shownObstacles(obstacles, createFields), len(obstacles) == 0
		preflight.Found = shownFound(found, facts)
	}
	text, err := toYAML(withoutServerFields(task))
	if err != nil {
		return nil, err
	}
	preflight.YAML = string(text)
	return &api.CreateTaskOutput{Status: http.StatusOK, Body: api.CreatedTask{Preflight: preflight}}, nil
}

func cantLook(err error) string {
	return "What stands in the way of the take-over is known only when it begins, since you may not look: " + upstream.Problem(err, nil).Error()
}

func shownObstacles(obstacles []release.Obstacle, fields upstream.Fields) []api.Obstacle {
	shown := make([]api.Obstacle, 0, len(obstacles))
	for _, obstacle := range obstacles {
		shown = append(shown, api.Obstacle{Reason: obstacle.Reason, Field: fields.Location(obstacle.Field), Message: obstacle.Message, Mend: obstacle.Mend})
	}
	return shown
}

func shownFound(found release.Found, facts release.Facts) api.Found {
	shown := api.Found{Containers: []api.ContainerImage{}}
	if found.Service != nil {
		shown.Service = found.Service.Name
	}
	if found.VirtualService != nil {
		shown.VirtualService = found.VirtualService.GetName()
	}
	if found.Autoscaler != nil {
		shown.Autoscaler = found.Autoscaler.Name
	}
	if d := facts.Deployment; d != nil {
		shown.Containers = index.Images(release.Containers(&d.Spec.Template))
		shown.Instances = replicas(d)
	}
	return shown
}

// withoutServerFields is the resource as a person would write it.
func withoutServerFields(task *v1alpha1.ReleaseTask) *v1alpha1.ReleaseTask {
	shown := &v1alpha1.ReleaseTask{Spec: task.Spec}
	shown.Namespace, shown.Name = task.Namespace, task.Name
	return shown
}
