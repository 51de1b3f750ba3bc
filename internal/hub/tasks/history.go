package tasks

import (
	"context"

	"github.com/workbench-dev/workbench/api/v1alpha1"
	"github.com/workbench-dev/workbench/internal/hub/api"
	"github.com/workbench-dev/workbench/internal/hub/index"
	"github.com/workbench-dev/workbench/internal/release"
)

// History is the running release and those that ended, newest first.
func (s *Service) History(ctx context.Context, path *api.TaskPath) (*api.GetHistoryOutput, error) {
	who := s.who(ctx)
	_, task, err := s.task(ctx, who, *path)
	if err != nil {
		return nil, err
	}
	role := who.scope.Role(path.Cluster, path.Namespace)
	if who.ReadOnly {
		role = v1alpha1.RoleViewer
	}
	out := &api.GetHistoryOutput{}
	if task.Status.Release != nil {
		out.Body.Items = append(out.Body.Items, *s.record(task, task.Status.Release, role))
	}
	for i := range task.Status.History {
		out.Body.Items = append(out.Body.Items, *s.record(task, &task.Status.History[i], role))
	}
	return out, nil
}

// record is a release as it is shown to somebody with a role.
func (s *Service) record(task *v1alpha1.ReleaseTask, record *v1alpha1.ReleaseRecord, role v1alpha1.Role) *api.ReleaseRecord {
	newest := newestRevision(task)
	notBack, _ := offer(task, role, string(v1alpha1.ActionRollback))
	return &api.ReleaseRecord{
		Revision: record.Revision, Display: release.Display(record.Revision, record.Containers), Hash: record.Hash, Containers: index.Images(record.Containers),
		StartedAt: record.StartedAt.UTC(), StartedBy: s.withoutPrefix(record.StartedBy),
		EndedAt: index.Time(record.EndedAt), Outcome: string(record.Outcome), Reason: s.withoutPrefix(record.Reason), EndedBy: s.withoutPrefix(record.EndedBy),
		Check:       index.DecidingCheck(record),
		CanRollBack: record.Outcome != "" && record.Revision != newest && notBack == "",
	}
}

// newestRevision is that of the version which the Deployment has now; 0 when it isn't known.
func newestRevision(task *v1alpha1.ReleaseTask) int64 {
	switch {
	case task.Status.Canary != nil:
		return task.Status.Canary.Revision
	case task.Status.Stable != nil:
		return task.Status.Stable.Revision
	}
	return 0
}
