package index

import (
	"cmp"
	"container/heap"
	"slices"

	"github.com/workbench-dev/workbench/api/v1alpha1"
	"github.com/workbench-dev/workbench/internal/hub/api"
)

// Page is what a list answers with.
type Page struct {
	Rows []api.TaskRow
	// Total is how many rows fit.
	Total  int
	Counts api.TaskCounts
	// Cursor is where a stream goes on that misses nothing.
	Cursor Cursor
}

// Order says how rows are sorted.
type Order struct {
	// By is one of the values of api.ListTasksInput.Sort.
	By         string
	Descending bool
}

// List returns rows [from, from+size) of those that fit, in order.
func (x *Index) List(view *View, order Order, from, size int) Page {
	x.mutex.RLock()
	defer x.mutex.RUnlock()
	f := &view.filter
	page := Page{Counts: newCounts(), Cursor: x.cursor(view)}
	var fitting []*entry
	x.each(view, func(namespace *namespaceIndex, role v1alpha1.Role) {
		if len(f.words) == 0 {
			namespace.countAll(&page.Counts, role)
		}
		for _, e := range namespace.tasks {
			if len(f.words) > 0 {
				if !f.found(e) {
					continue
				}
				count(&page.Counts, e, role)
			}
			if f.phaseFits(e.row.Phase) && (!f.waitsForMe || waitsFor(e, role)) {
				fitting = append(fitting, e)
			}
		}
	})
	page.Total = len(fitting)
	shown := firsts(fitting, from+size, order.compare())
	for _, e := range shown[min(from, len(shown)):] {
		page.Rows = append(page.Rows, Personal(e.row, view.scope))
	}
	return page
}

// Counts counts what fits all but the filter by phase.
func (x *Index) Counts(view *View) api.TaskCounts {
	x.mutex.RLock()
	defer x.mutex.RUnlock()
	f := &view.filter
	counts := newCounts()
	x.each(view, func(namespace *namespaceIndex, role v1alpha1.Role) {
		if len(f.words) == 0 {
			namespace.countAll(&counts, role)
			return
		}
		for _, e := range namespace.tasks {
			if f.found(e) {
				count(&counts, e, role)
			}
		}
	})
	return counts
}

func (x *Index) each(view *View, visit func(*namespaceIndex, v1alpha1.Role)) {
	for cluster := range view.clusters {
		c := x.clusters[cluster]
		if c == nil {
			continue
		}
		for _, namespace := range c.namespaces {
			if role, fits := view.namespaceFits(c.name, namespace.name); fits {
				visit(namespace, role)
			}
		}
	}
}

func newCounts() api.TaskCounts {
	counts := api.TaskCounts{Phases: make(map[string]int, len(Phases))}
	for _, phase := range Phases {
		counts.Phases[string(phase)] = 0
	}
	return counts
}

func (n *namespaceIndex) countAll(counts *api.TaskCounts, role v1alpha1.Role) {
	counts.Total += len(n.tasks)
	for phase, number := range n.phases {
		counts.Phases[string(phase)] += number
	}
	if mayContinue(role) {
		counts.WaitsForMe += n.phases[api.Phase(v1alpha1.PhaseWaiting)]
	}
}

func count(counts *api.TaskCounts, e *entry, role v1alpha1.Role) {
	counts.Total++
	counts.Phases[string(e.row.Phase)]++
	if waitsFor(e, role) {
		counts.WaitsForMe++
	}
}

// Personal adds to a row what depends on who asks.
func Personal(row api.TaskRow, scope Scope) api.TaskRow {
	row.Role = scope.Role(row.Cluster, row.Namespace)
	row.Workspaces = append([]string{}, scope.WorkspacesOf(row.Cluster, row.Namespace)...)
	row.WaitsForMe = row.Needs == needsContinue && mayContinue(row.Role)
	return row
}

// attention ranks rows by how much they need a person.
func attention(row *api.TaskRow) int {
	switch {
	case row.Needs == needsContinue:
		return 0
	case row.Needs == needsMend:
		return 1
	}
	switch v1alpha1.Phase(row.Phase) {
	case v1alpha1.PhaseHealthy:
		return 4
	case v1alpha1.PhaseTerminated:
		return 3
	}
	return 2
}

// compare returns how to order two rows; the same for every page, since the key decides last.
func (o Order) compare() func(a, b *entry) int {
	by := func(a, b *entry) int {
		if a.rank != b.rank {
			return cmp.Compare(a.rank, b.rank)
		}
		return a.row.Since.Compare(b.row.Since)
	}
	switch o.By {
	case "name":
		by = func(a, b *entry) int { return cmp.Compare(a.row.Name, b.row.Name) }
	case "workload":
		by = func(a, b *entry) int { return cmp.Compare(a.row.Workload.Name, b.row.Workload.Name) }
	case "namespace":
		by = func(a, b *entry) int { return cmp.Compare(a.row.Namespace, b.row.Namespace) }
	case "cluster":
		by = func(a, b *entry) int { return cmp.Compare(a.row.Cluster, b.row.Cluster) }
	case "phase":
		by = func(a, b *entry) int { return cmp.Compare(a.row.Phase, b.row.Phase) }
	case "since":
		by = func(a, b *entry) int { return a.row.Since.Compare(b.row.Since) }
	case "created":
		by = func(a, b *entry) int { return a.row.CreatedAt.Compare(b.row.CreatedAt) }
	}
	return func(a, b *entry) int {
		// Most pairs are told apart here; cmp.Or would compare all the rest for each of them.
		if order := by(a, b); order != 0 {
			if o.Descending {
				return -order
			}
			return order
		}
		return cmp.Or(cmp.Compare(a.row.Name, b.row.Name), cmp.Compare(a.row.Namespace, b.row.Namespace), cmp.Compare(a.row.Cluster, b.row.Cluster))
	}
}

// firsts returns the first k in order. Most of a long list is never sorted: a heap keeps the k best so far.
func firsts(entries []*entry, k int, compare func(a, b *entry) int) []*entry {
	if k < len(entries)/4 {
		best := &worstFirst{entries: slices.Clone(entries[:k]), compare: compare}
		heap.Init(best)
		for _, e := range entries[k:] {
			if k > 0 && compare(e, best.entries[0]) < 0 {
				best.entries[0] = e
				heap.Fix(best, 0)
			}
		}
		entries = best.entries
	}
	slices.SortFunc(entries, compare)
	return entries[:min(k, len(entries))]
}

type worstFirst struct {
	entries []*entry
	compare func(a, b *entry) int
}

func (h *worstFirst) Len() int           { return len(h.entries) }
func (h *worstFirst) Less(i, j int) bool { return h.compare(h.entries[i], h.entries[j]) > 0 }
func (h *worstFirst) Swap(i, j int)      { h.entries[i], h.entries[j] = h.entries[j], h.entries[i] }
func (h *worstFirst) Push(any)           { panic("the heap has a fixed size") }
func (h *worstFirst) Pop() any           { panic("the heap has a fixed size") }
