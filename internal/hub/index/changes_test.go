package index

import (
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/workbench-dev/workbench/api/v1alpha1"
	"github.com/workbench-dev/workbench/internal/hub/api"
)

// told is what a stream is told, as "eu/shop/cart Waiting" or "eu/shop/cart gone".
func told(changes []Change) []string {
	got := []string{}
	for _, change := range changes {
		what := "gone"
		if change.Row != nil {
			what = string(change.Row.Phase)
		}
		got = append(got, change.Key.Cluster+"/"+change.Key.Namespace+"/"+change.Key.Name+" "+what)
	}
	return got
}

func tells(t *testing.T, x *Index, view *View, p *Position, want ...string) []Change {
	t.Helper()
	changes, ok := x.Since(view, p)
	if !ok {
		t.Fatal("what happened can't be told")
	}
	if diff := cmp.Diff(append([]string{}, want...), told(changes)); diff != "" {
		t.Fatalf("told (-want +got):\n%s", diff)
	}
	return changes
}

func TestSince(t *testing.T) {
	x, eu, _ := filled(t)
	view := NewView(all, api.TaskFilter{Cluster: "eu"})
	p := x.Now(view)
	tells(t, x, view, p)

	x.put(eu, task("shop", "cart", 21, 0, v1alpha1.PhaseReleasing))
	x.put(eu, task("hidden", "secret", 22, 0, v1alpha1.PhaseFailed))
	x.put(eu, task("shop", "cart", 23, 0, v1alpha1.PhaseHealthy))
	x.delete(eu, "find", "search", "24")
	changes := tells(t, x, view, p, "eu/shop/cart Healthy", "eu/find/search gone")
	tells(t, x, view, p)

	// From the middle, as a client does whose connection broke there.
	middle := x.Resume(view, changes[0].Cursor)
	tells(t, x, view, middle, "eu/find/search gone")
	// A version that was seen by another way is no news.
	x.put(eu, task("shop", "cart", 23, 0, v1alpha1.PhaseHealthy))
	x.advance(eu, "30")
	tells(t, x, view, p)
}

// TestFilteredSince tells of a task that doesn't fit any more, once it did or may have.
func TestFilteredSince(t *testing.T) {
	x, eu, us := filled(t)
	view := NewView(all, api.TaskFilter{Phase: []string{"Waiting"}, Namespace: "shop"})
	p := x.Now(view)
	x.put(eu, task("shop", "cart", 21, 0, v1alpha1.PhaseHealthy))
	x.put(eu, task("find", "search", 22, 0, v1alpha1.PhaseHealthy))
	x.put(us, task("shop", "cart", 21, 0, v1alpha1.PhaseWaiting))
	changes, ok := x.Since(view, p)
	if !ok || len(changes) != 2 {
		t.Fatalf("told %v", told(changes))
	}
	for _, change := range changes {
		if gone := change.Row == nil; gone != (change.Key.Cluster == "eu") {
			t.Errorf("told %v", told(changes))
		}
	}
}

// TestReplica: what one replica gave, another goes on from, though it learnt of everything by a list.
func TestReplica(t *testing.T) {
	x, eu, _ := filled(t)
	view := NewView(all, api.TaskFilter{})
	p := x.Now(view)
	x.put(eu, task("shop", "cart", 25, 0, v1alpha1.PhaseReleasing))
	last := tells(t, x, view, p, "eu/shop/cart Releasing")[0].Cursor.String(view.Fingerprint())

	y := New("workbench:")
	eu, us := y.begin("eu", "a", nil), y.begin("us", "b", nil)
	cursor, fingerprint, err := ParseCursor(last)
	if err != nil || fingerprint != NewView(all, api.TaskFilter{}).Fingerprint() {
		t.Fatalf("id %s: fingerprint %s, %v", last, fingerprint, err)
	}
	if err := y.replace(us, []*v1alpha1.ReleaseTask{task("shop", "cart", 7, 3, v1alpha1.PhaseFailed)}, "19"); err != nil {
		t.Fatal(err)
	}
	if err := y.replace(eu, []*v1alpha1.ReleaseTask{task("shop", "cart", 25, 0, v1alpha1.PhaseReleasing), task("shop", "pay", 10, 0, v1alpha1.PhaseHealthy)}, "25"); err != nil {
		t.Fatal(err)
	}
	y.put(eu, task("shop", "pay", 26, 0, v1alpha1.PhaseFailed))
	view = NewView(all, api.TaskFilter{})
	tells(t, y, view, y.Resume(view, cursor), "eu/shop/pay Failed")
}

func TestCantBeTold(t *testing.T) {
	for _, c := range []struct {
		name   string
		happen func(x *Index, eu *clusterIndex)
	}{
		{"the cluster was removed", func(x *Index, eu *clusterIndex) { x.remove(eu) }},
		{"another cluster has the name", func(x *Index, _ *clusterIndex) {
			if err := x.replace(x.begin("eu", "another", nil), nil, "99"); err != nil {
				t.Error(err)
			}
		}},
		{"the cluster was set back to an earlier state", func(x *Index, eu *clusterIndex) {
			if err := x.replace(eu, nil, "15"); err != nil {
				t.Error(err)
			}
		}},
		{"a cluster came", func(x *Index, _ *clusterIndex) {
			if err := x.replace(x.begin("new", "c", nil), nil, "1"); err != nil {
				t.Error(err)
			}
		}},
		{"too much happened", func(x *Index, eu *clusterIndex) {
			for i := range maxChanges + 1 {
				x.put(eu, task("shop", "many-"+strconv.Itoa(i), 100+i, 0, v1alpha1.PhaseHealthy))
			}
		}},
		{"the deletions are forgotten", func(x *Index, eu *clusterIndex) {
			// Where nothing is seen of them: else they would be too many to be told.
			for i := range maxTraces + 1 {
				x.put(eu, task("hidden", "short", 100+2*i, 0, v1alpha1.PhaseHealthy))
				x.delete(eu, "hidden", "short", strconv.Itoa(101+2*i))
			}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			x, eu, _ := filled(t)
			scope := roles{"new/shop": v1alpha1.RoleViewer}
			for key, role := range all {
				scope[key] = role
			}
			view := NewView(scope, api.TaskFilter{})
			p := x.Now(view)
			c.happen(x, eu)
			if changes, ok := x.Since(view, p); ok {
				t.Errorf("told %v", told(changes))
			}
			// From now on it goes on.
			tells(t, x, view, x.Now(view))
		})
	}
}

// TestRelist: a watch that broke is followed by a list, from which deletions are seen by what is missing.
func TestRelist(t *testing.T) {
	x, eu, _ := filled(t)
	view := NewView(all, api.TaskFilter{Cluster: "eu"})
	p := x.Now(view)
	if err := x.replace(eu, []*v1alpha1.ReleaseTask{
		task("shop", "new", 31, 0, v1alpha1.PhaseHealthy), task("shop", "cart", 30, 0, v1alpha1.PhaseFailed), task("shop", "pay", 10, 1, v1alpha1.PhaseHealthy),
	}, "40"); err != nil {
		t.Fatal(err)
	}
	tells(t, x, view, p, "eu/shop/cart Failed", "eu/shop/new Healthy", "eu/find/search gone")
}

// TestFingerprint changes with all that a list depends on.
func TestFingerprint(t *testing.T) {
	base := NewView(all, api.TaskFilter{}).Fingerprint()
	less := roles{"eu/shop": v1alpha1.RoleEditor}
	lower := roles{"eu/shop": v1alpha1.RoleViewer, "eu/find": v1alpha1.RoleViewer, "us/shop": v1alpha1.RoleAdmin}
	for name, view := range map[string]*View{
		"fewer namespaces": NewView(less, api.TaskFilter{}), "another role": NewView(lower, api.TaskFilter{}),
		"a phase": NewView(all, api.TaskFilter{Phase: []string{"Failed"}}), "words": NewView(all, api.TaskFilter{Query: "x"}),
		"waits for me": NewView(all, api.TaskFilter{WaitsForMe: true}), "a namespace": NewView(all, api.TaskFilter{Namespace: "shop"}),
	} {
		if view.Fingerprint() == base {
			t.Errorf("%s: the fingerprint is the same", name)
		}
	}
	if NewView(all, api.TaskFilter{}).Fingerprint() != base {
		t.Error("the same view has another fingerprint")
	}
}

func FuzzParseCursor(f *testing.F) {
	x := New("")
	if err := x.replace(x.begin("eu", "a", nil), nil, "20"); err != nil {
		f.Fatal(err)
	}
	view := NewView(all, api.TaskFilter{})
	for _, seed := range []string{x.Now(view).Cursor().String(view.Fingerprint()), "", "1.abcdefgh", "1.abcdefgh.abcdefgh:zz.abcdefgh:1", "2.abcdefgh", "1.abcdefgh.abcdefgh:-1"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		cursor, fingerprint, err := ParseCursor(text)
		if err != nil {
			return
		}
		// What is read is written the same, but for the order of clusters and the form of numbers.
		again, same, err := ParseCursor(cursor.String(fingerprint))
		if err != nil || same != fingerprint || !cmp.Equal(again.versions, cursor.versions) {
			t.Errorf("%q is read as %v and again as %v: %v", text, cursor, again, err)
		}
		x.Since(view, x.Resume(view, cursor))
	})
}

func FuzzFilter(f *testing.F) {
	f.Add("cart", "Waiting", "eu", "shop", "of-shop", true)
	f.Add(" \x00 ", "", "", "", "", false)
	f.Fuzz(func(t *testing.T, query, phase, cluster, namespace, workspace string, waits bool) {
		x := New("")
		eu := x.begin("eu", "a", nil)
		if err := x.replace(eu, []*v1alpha1.ReleaseTask{task("shop", "cart", 1, 0, v1alpha1.PhaseWaiting), task("hidden", "secret", 2, 0, v1alpha1.PhaseWaiting)}, "2"); err != nil {
			t.Fatal(err)
		}
		view := NewView(all, api.TaskFilter{Cluster: cluster, Namespace: namespace, Workspace: workspace, Phase: []string{phase}, Query: query, WaitsForMe: waits})
		for _, row := range x.List(view, Order{}, 0, 10).Rows {
			if row.Namespace == "hidden" {
				t.Errorf("%q shows what must not be seen", query)
			}
		}
		view.Fingerprint()
	})
}
