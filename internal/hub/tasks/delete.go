package tasks

import (
	"context"
	"net/http"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workbench-dev/workbench/internal/hub/api"
	"github.com/workbench-dev/workbench/internal/hub/audit"
	"github.com/workbench-dev/workbench/internal/hub/upstream"
)

// Delete begins the hand-back of the workload to its Deployment; the task goes when that is done.
func (s *Service) Delete(ctx context.Context, in *api.DeleteTaskInput) (*api.DeleteTaskOutput, error) {
	err := s.delete(ctx, in)
	event := audit.Event{Action: "Delete", Kind: "ReleaseTask", Cluster: in.Cluster, Namespace: in.Namespace, Name: in.Name, Result: audit.Succeeded, Message: "The workload goes back to its Deployment."}
	if err != nil {
		event.Result, event.Message = refusedOrFailed(err), err.Error()
	}
	s.Audit.Record(ctx, event)
	if err != nil {
		return nil, err
	}
	return &api.DeleteTaskOutput{Status: http.StatusAccepted}, nil
}

func (s *Service) delete(ctx context.Context, in *api.DeleteTaskInput) error {
	asked, task, err := s.task(ctx, s.who(ctx), in.TaskPath)
	if err != nil {
		return err
	}
	if in.IfMatch != "" && !etagMatches(in.IfMatch, etagOf(task)) {
		return changedMeanwhile()
	}
	// A task of the same name that was made meanwhile is another one.
	return upstream.Problem(asked.Delete(ctx, task, client.Preconditions{UID: &task.UID}), nil)
}
