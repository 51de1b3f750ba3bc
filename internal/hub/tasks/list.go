package tasks

import (
	"context"

	"github.com/workbench-dev/workbench/internal/hub/api"
	"github.com/workbench-dev/workbench/internal/hub/index"
)

// List is a page of the tasks that who asks may see, from memory.
func (s *Service) List(ctx context.Context, in *api.ListTasksInput) (*api.ListTasksOutput, error) {
	view := index.NewView(s.who(ctx).scope, in.TaskFilter)
	page := s.Index.List(view, index.Order{By: in.Sort, Descending: in.Order == "desc"}, (in.Page-1)*in.PageSize, in.PageSize)
	out := &api.ListTasksOutput{Body: api.TaskList{
		Items: page.Rows, Total: page.Total, Page: in.Page, PageSize: in.PageSize, Counts: page.Counts,
		Clusters: s.states(view), EventID: page.Cursor.String(view.Fingerprint()),
	}}
	s.markStale(out.Body.Items)
	return out, nil
}

func (s *Service) markStale(rows []api.TaskRow) {
	stale := map[string]bool{}
	for i := range rows {
		cluster := rows[i].Cluster
		if _, known := stale[cluster]; !known {
			stale[cluster] = s.stale(cluster)
		}
		rows[i].Stale = stale[cluster]
	}
}
