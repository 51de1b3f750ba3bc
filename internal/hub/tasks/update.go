package tasks

import (
	"context"

	"github.com/danielgtaylor/huma/v2"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/workbench-dev/workbench/internal/hub/api"
	"github.com/workbench-dev/workbench/internal/hub/audit"
	"github.com/workbench-dev/workbench/internal/hub/upstream"
	"github.com/workbench-dev/workbench/internal/release"
)

// updateAttempts is how often an update is tried anew because the controller wrote the status in between.
const updateAttempts = 8

var updateFields = upstream.Fields{"spec": "body"}

// Update replaces the rules of a task. What the person saw of the rules must still be so; that the status moved on
// meanwhile is no reason to refuse.
func (s *Service) Update(ctx context.Context, in *api.UpdateTaskInput) (*api.TaskOutput, error) {
	if in.IfMatch == "" {
		return nil, huma.NewError(428, "If-Match is missing: send the ETag of the rules that you looked at, so that you don't undo somebody else's change unseen.")
	}
	who := s.who(ctx)
	out, err := s.update(ctx, who, in)
	event := audit.Event{Action: "Update", Kind: "ReleaseTask", Cluster: in.Cluster, Namespace: in.Namespace, Name: in.Name, Result: audit.Succeeded, Message: "The rules were changed."}
	if err != nil {
		event.Result, event.Message = refusedOrFailed(err), err.Error()
	}
	s.Audit.Record(ctx, event)
	return out, err
}

func (s *Service) update(ctx context.Context, who person, in *api.UpdateTaskInput) (*api.TaskOutput, error) {
	for attempt := 1; ; attempt++ {
		asked, task, err := s.task(ctx, who, in.TaskPath)
		if err != nil {
			return nil, err
		}
		if !etagMatches(in.IfMatch, etagOf(task)) {
			return nil, changedMeanwhile()
		}
		spec, err := ToSpec(api.TaskSpec{WorkloadRef: api.WorkloadRef{Name: task.Spec.WorkloadRef.Name}, TaskRules: in.Body})
		if err != nil {
			return nil, upstream.Problem(err, updateFields)
		}
		spec.WorkloadRef = task.Spec.WorkloadRef
		task.Spec = spec
		if err := release.CheckTask(task).AsError(); err != nil {
			return nil, upstream.Problem(err, updateFields)
		}
		err = asked.Update(ctx, task, fieldManager)
		if apierrors.IsConflict(err) && attempt < updateAttempts {
			continue
		}
		if err != nil {
			return nil, upstream.Problem(err, updateFields)
		}
		return s.output(in.Cluster, task, who)
	}
}

func changedMeanwhile() error {
	return huma.Error412PreconditionFailed("Somebody changed the rules since you looked at them: look again, then repeat your change.")
}

// refusedOrFailed says for the audit whether a request was not allowed or went wrong.
func refusedOrFailed(err error) audit.Result {
	if status, ok := err.(huma.StatusError); ok && status.GetStatus() < 500 {
		return audit.Refused
	}
	return audit.Failed
}
