package audit

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/workbench-dev/workbench/internal/hub/api"
)

// List is a page of the audit, newest first.
func (l *Log) List(ctx context.Context, in *api.ListAuditInput) (*api.ListAuditOutput, error) {
	viewer, ok := l.config.Viewer(ctx)
	if !ok {
		return nil, huma.Error401Unauthorized("Sign in to read the audit.")
	}
	if !in.From.IsZero() && !in.To.IsZero() && !in.From.Before(in.To) {
		return nil, huma.Error422UnprocessableEntity("The time from is not before to.", api.Field("query.from", "is not before to"))
	}
	found := l.find(viewer, in)
	out := &api.ListAuditOutput{}
	out.Body.Total, out.Body.Page, out.Body.PageSize = len(found), in.Page, in.PageSize
	out.Body.Items = []api.AuditEntry{}
	begin := min((in.Page-1)*in.PageSize, len(found))
	for _, r := range found[begin:min(begin+in.PageSize, len(found))] {
		out.Body.Items = append(out.Body.Items, r.entry())
	}
	out.Body.Clusters = []api.ClusterState{}
	if l.config.Clusters != nil {
		out.Body.Clusters = append(out.Body.Clusters, l.config.Clusters(ctx)...)
	}
	return out, nil
}

// find returns the rows that fit and that the viewer may see, newest first.
func (l *Log) find(viewer Viewer, in *api.ListAuditInput) []row {
	l.mu.RLock()
	tables := make(map[string]*table, len(l.actions))
	for cluster, t := range l.actions {
		tables[cluster] = t
	}
	l.mu.RUnlock()

	// What was asked through the hub is told once: by the record, which knows from where, with the outcome that the
	// cluster tells.
	type place struct{ cluster, namespace, name string }
	recorded := map[place]row{}
	var found []row
	l.records.each(func(_ string, r row) {
		if r.releaseAction != "" {
			recorded[place{r.cluster, r.namespace, r.releaseAction}] = r
		} else if viewer.sees(r) && fits(r, in) {
			found = append(found, r)
		}
	})
	for cluster, t := range tables {
		t.each(func(_ string, r row) {
			at := place{cluster, r.namespace, r.name}
			if record, ok := recorded[at]; ok && record.who == r.who {
				record.result, record.message = r.result, r.message
				r = record
				delete(recorded, at)
			}
			if viewer.sees(r) && fits(r, in) {
				found = append(found, r)
			}
		})
	}
	// Actions that are gone by now.
	for _, r := range recorded {
		if viewer.sees(r) && fits(r, in) {
			found = append(found, r)
		}
	}
	slices.SortFunc(found, newestFirst)
	return found
}

func newestFirst(a, b row) int {
	if order := b.at.Compare(a.at); order != 0 {
		return order
	}
	return strings.Compare(b.cluster+"/"+b.namespace+"/"+b.name, a.cluster+"/"+a.namespace+"/"+a.name)
}

// sees says whether the viewer may see a row: all of it or nothing.
func (v Viewer) sees(r row) bool {
	switch {
	case v.All:
		return true
	case r.namespace != "":
		return v.Sees != nil && v.Sees(r.cluster, r.namespace)
	case r.kind == "Session", r.kind == "Token":
		return r.who != "" && r.who == v.Name
	}
	return false
}

func fits(r row, in *api.ListAuditInput) bool {
	return (in.Cluster == "" || in.Cluster == r.cluster) &&
		(in.Namespace == "" || in.Namespace == r.namespace) &&
		(in.Task == "" || (r.kind == "ReleaseTask" && in.Task == r.target)) &&
		(in.Who == "" || in.Who == r.who) &&
		(in.Action == "" || in.Action == r.action) &&
		(in.Result == "" || in.Result == string(r.result)) &&
		(in.From.IsZero() || !r.at.Before(in.From)) &&
		(in.To.IsZero() || r.at.Before(in.To))
}

func (r row) entry() api.AuditEntry {
	id := r.name
	if r.cluster != "" {
		id = r.cluster + "/" + r.namespace + "/" + r.name
	}
	return api.AuditEntry{
		ID: id, At: r.at.UTC(), Who: r.who, From: r.address, Via: r.method, Action: r.action,
		Target: api.AuditTarget{Kind: r.kind, Cluster: r.cluster, Namespace: r.namespace, Name: r.target},
		Result: string(r.result), Message: r.message,
	}
}

// superfluous are the names of the records to remove, oldest first, at most so many: all beyond those to keep, and all
// from before a moment.
func superfluous(all []row, keep int, before time.Time, most int) []string {
	slices.SortFunc(all, newestFirst)
	var names []string
	for i := len(all) - 1; i >= 0 && len(names) < most; i-- {
		if i < keep && !all[i].at.Before(before) {
			break
		}
		names = append(names, all[i].name)
	}
	return names
}
