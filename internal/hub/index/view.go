package index

import (
	"fmt"
	"slices"
	"strings"

	"github.com/workbench-dev/workbench/api/v1alpha1"
	"github.com/workbench-dev/workbench/internal/hub/api"
)

// Scope is what somebody may see; workspaces.Scope is one. It must not change.
type Scope interface {
	// Role in a namespace; empty when it must not be seen.
	Role(cluster, namespace string) v1alpha1.Role
	// WorkspacesOf are the names of those workspaces with a role that hold the namespace.
	WorkspacesOf(cluster, namespace string) []string
	// Clusters that hold a namespace that may be seen, in order.
	Clusters() []string
	// Namespaces of a cluster that may be seen, in order.
	Namespaces(cluster string) []string
}

// View is what somebody looks at: what they may see, through a filter. A row is looked at only when the scope gives a
// role in its namespace.
type View struct {
	scope  Scope
	filter filter
	// clusters of which it can show something.
	clusters map[string]bool
}

// NewView looks through the filter.
func NewView(scope Scope, asked api.TaskFilter) *View {
	view := &View{scope: scope, filter: newFilter(asked), clusters: map[string]bool{}}
	for _, cluster := range scope.Clusters() {
		if asked.Cluster == "" || asked.Cluster == cluster {
			view.clusters[cluster] = true
		}
	}
	return view
}

// Shows says whether the view can show something of a cluster.
func (v *View) Shows(cluster string) bool { return v.clusters[cluster] }

// Fingerprint stands for what the view shows, as far as an event id depends on it: the same somebody sees by the same
// filter on any replica.
func (v *View) Fingerprint() string {
	f := &v.filter
	var text strings.Builder
	fmt.Fprintf(&text, "%q %q %q %q %q %t", f.cluster, f.namespace, f.workspace, f.phases, f.words, f.waitsForMe)
	for _, cluster := range v.scope.Clusters() {
		for _, namespace := range v.scope.Namespaces(cluster) {
			if role, fits := v.namespaceFits(cluster, namespace); fits {
				fmt.Fprintf(&text, " %q %q %s", cluster, namespace, role)
			}
		}
	}
	return shortHash(text.String())
}

// namespaceFits says whether rows of a namespace can fit at all, and the role there.
func (v *View) namespaceFits(cluster, namespace string) (v1alpha1.Role, bool) {
	f := &v.filter
	if f.cluster != "" && f.cluster != cluster || f.namespace != "" && f.namespace != namespace {
		return "", false
	}
	role := v.scope.Role(cluster, namespace)
	if role == "" {
		return "", false
	}
	return role, f.workspace == "" || slices.Contains(v.scope.WorkspacesOf(cluster, namespace), f.workspace)
}

// filter selects rows.
type filter struct {
	cluster, namespace, workspace string
	phases                        []api.Phase
	words                         []string
	waitsForMe                    bool
}

// maxWords is how many words of a search count.
const maxWords = 10

func newFilter(asked api.TaskFilter) filter {
	f := filter{cluster: asked.Cluster, namespace: asked.Namespace, workspace: asked.Workspace, waitsForMe: asked.WaitsForMe}
	for _, phase := range asked.Phase {
		f.phases = append(f.phases, api.Phase(phase))
	}
	f.words = strings.Fields(strings.ToLower(asked.Query))
	if len(f.words) > maxWords {
		f.words = f.words[:maxWords]
	}
	return f
}

// found says whether the words are in the row.
func (f *filter) found(e *entry) bool {
	for _, word := range f.words {
		if !strings.Contains(e.search, word) {
			return false
		}
	}
	return true
}

func (f *filter) phaseFits(phase api.Phase) bool {
	return len(f.phases) == 0 || slices.Contains(f.phases, phase)
}

// fits says whether a row of a namespace that fits does.
func (f *filter) fits(e *entry, role v1alpha1.Role) bool {
	return f.phaseFits(e.row.Phase) && (!f.waitsForMe || waitsFor(e, role)) && f.found(e)
}

// waitsFor says whether somebody with the role may end the wait of a row.
func waitsFor(e *entry, role v1alpha1.Role) bool {
	return e.row.Needs == needsContinue && mayContinue(role)
}

func mayContinue(role v1alpha1.Role) bool { return role != "" && role.AtLeast(v1alpha1.RoleEditor) }
