package index

import (
	"maps"

	"github.com/workbench-dev/workbench/internal/hub/api"
)

// maxChanges is how many changes are told at once; after more of them, fetching the list again is less work for all.
const maxChanges = 2000

// Change is what happened to one task.
type Change struct {
	// Row is the task as it is now; nil when it is gone, or doesn't fit the filter any more.
	Row *api.TaskRow
	// Key names the task.
	Key api.TaskKey
	// Cursor after this change.
	Cursor Cursor
}

// Position is how far a stream is.
type Position struct {
	cursor Cursor
	// epochs of the clusters by key.
	epochs map[string]int
}

// Cursor of the position.
func (p *Position) Cursor() Cursor { return p.cursor }

// Now is the position from which only what changes from now on is told.
func (x *Index) Now(view *View) *Position {
	x.mutex.RLock()
	defer x.mutex.RUnlock()
	return x.position(view, x.cursor(view))
}

// Resume is the position of a cursor; whether it can be gone on from, Since tells.
func (x *Index) Resume(view *View, cursor Cursor) *Position {
	x.mutex.RLock()
	defer x.mutex.RUnlock()
	return x.position(view, Cursor{versions: maps.Clone(cursor.versions)})
}

func (x *Index) position(view *View, cursor Cursor) *Position {
	p := &Position{cursor: cursor, epochs: map[string]int{}}
	for name := range view.clusters {
		if c := x.clusters[name]; c != nil {
			p.epochs[c.key] = c.epoch
		}
	}
	return p
}

// Since returns what changed after a position, oldest first within each cluster, and moves the position to now. It
// returns false when that can't be told: the clusters that the view shows are others now or were rewritten, deletions
// since then are not remembered, or it is too much.
func (x *Index) Since(view *View, p *Position) ([]Change, bool) {
	x.mutex.RLock()
	defer x.mutex.RUnlock()
	now := x.cursor(view)
	if len(now.versions) != len(p.cursor.versions) {
		return nil, false
	}
	var behind []*clusterIndex
	for name := range view.clusters {
		c := x.clusters[name]
		if c == nil || !c.loaded {
			continue
		}
		version, known := p.cursor.versions[c.key]
		if !known || version < c.floor || p.epochs[c.key] != c.epoch {
			return nil, false
		}
		if version < c.version {
			behind = append(behind, c)
		}
	}
	var changes []Change
	for _, c := range behind {
		if !c.changes(view, p, &changes) {
			return nil, false
		}
	}
	return changes, true
}

func (c *clusterIndex) changes(view *View, p *Position, changes *[]Change) bool {
	for e := c.log.after(p.cursor.versions[c.key]); e != nil; e = e.after {
		role, fits := view.namespaceFits(c.name, e.row.Namespace)
		if !fits {
			continue
		}
		if len(*changes) == maxChanges {
			return false
		}
		change := Change{Key: api.TaskKey{Cluster: c.name, Namespace: e.row.Namespace, Name: e.row.Name, UID: e.row.UID}}
		if !e.deleted && view.filter.fits(e, role) {
			row := Personal(e.row, view.scope)
			change.Row = &row
		}
		p.cursor.versions[c.key] = e.version
		change.Cursor = Cursor{versions: maps.Clone(p.cursor.versions)}
		*changes = append(*changes, change)
	}
	p.cursor.versions[c.key] = c.version
	return true
}
