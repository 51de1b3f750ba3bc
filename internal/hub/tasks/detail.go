package tasks

import (
	"context"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/workbench-dev/workbench/api/v1alpha1"
	"github.com/workbench-dev/workbench/internal/hub/api"
	"github.com/workbench-dev/workbench/internal/hub/index"
)

// Get is a task with everything about it but its history, pods, events and charts.
func (s *Service) Get(ctx context.Context, path *api.TaskPath) (*api.TaskOutput, error) {
	who := s.who(ctx)
	_, task, err := s.task(ctx, who, *path)
	if err != nil {
		return nil, err
	}
	return s.output(path.Cluster, task, who)
}

func (s *Service) output(cluster string, task *v1alpha1.ReleaseTask, who person) (*api.TaskOutput, error) {
	detail, err := s.detail(cluster, task, who)
	if err != nil {
		return nil, err
	}
	return &api.TaskOutput{ETag: detail.ETag, Body: *detail}, nil
}

// detail is what is shown of a task to who asks.
func (s *Service) detail(cluster string, task *v1alpha1.ReleaseTask, who person) (*api.TaskDetail, error) {
	spec, err := FromSpec(task.Spec)
	if err != nil {
		return nil, err
	}
	row := index.Personal(index.Row(cluster, task, s.UserPrefix), who.scope)
	row.Stale = s.stale(cluster)
	role := row.Role
	if who.ReadOnly {
		role = v1alpha1.RoleViewer
	}
	status := &task.Status
	detail := &api.TaskDetail{
		TaskRow: row, ETag: etagOf(task), Spec: spec, Conditions: []api.Condition{}, TakeOver: takeOver(status.TakeOver),
		Actions: offers(task, role),
	}
	for _, condition := range status.Conditions {
		detail.Conditions = append(detail.Conditions, api.Condition{
			Type: condition.Type, Status: string(condition.Status), Reason: condition.Reason,
			Message: s.withoutPrefix(condition.Message), LastTransitionTime: condition.LastTransitionTime.UTC(),
		})
	}
	if handBack := status.HandBack; handBack != nil {
		detail.HandBack = &api.HandBack{Step: string(handBack.Step), Since: handBack.Since.UTC()}
	}
	if status.Release != nil {
		detail.Release = s.record(task, status.Release, role)
	}
	if len(status.History) > 0 {
		detail.LastRelease = s.record(task, &status.History[0], role)
	}
	if c := meta.FindStatusCondition(status.Conditions, v1alpha1.ConditionPreflightPassed); c != nil && c.Status == metav1.ConditionFalse {
		detail.Obstacles = s.withoutPrefix(c.Message)
	}
	if c := meta.FindStatusCondition(status.Conditions, v1alpha1.ConditionDrifted); c != nil && c.Status == metav1.ConditionTrue {
		detail.Drift = s.withoutPrefix(c.Message)
	}
	return detail, nil
}

func takeOver(taken *v1alpha1.TakeOverStatus) *api.TakeOver {
	if taken == nil {
		return nil
	}
	return &api.TakeOver{
		StartedAt: taken.StartedAt.UTC(), FinishedAt: index.Time(taken.FinishedAt), Instances: taken.Instances,
		Service: taken.Service, VirtualService: taken.VirtualService, DestinationRule: taken.DestinationRule, Autoscaler: taken.Autoscaler,
	}
}
