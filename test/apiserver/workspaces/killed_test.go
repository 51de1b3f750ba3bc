//go:build apiserver

package workspaces

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workbench-dev/workbench/api/v1alpha1"
	"github.com/workbench-dev/workbench/internal/apitest"
	"github.com/workbench-dev/workbench/internal/hub/workspaces"
)

// maxRounds is far more than a projection takes to come to rest.
const maxRounds = 30

// TestKilledAtEveryWrite drives a projection round by round through the life of a workspace, over and over: each time
// another one of its writes meets a fault. When it is killed, another one goes on. RoleBindings must never be where
// nothing records them, and in the end all is as it should be.
func TestKilledAtEveryWrite(t *testing.T) {
	w := prepare(t)
	for _, faulty := range []string{"hub", "far"} {
		for _, fault := range []apitest.Fault{apitest.KilledBefore, apitest.KilledAfter, apitest.AnswerLost, apitest.Unavailable} {
			t.Run(fmt.Sprintf("%s a write to %s", fault, faulty), func(t *testing.T) {
				for at := 1; ; at++ {
					if !(&life{world: w, t: t, faulty: faulty}).run(fault, at) {
						if at < 3 {
							t.Errorf("there were only %d writes", at-1)
						}
						return
					}
				}
			})
		}
	}
}

// life is that of one workspace, under a projection with a fault.
type life struct {
	*world
	t      *testing.T
	faulty string
	// clients of the process that lives now.
	hub, far client.Client
	process  *apitest.Process
	struck   bool
	rest     map[string]workspaces.Outcome
}

// run says whether the fault happened.
func (l *life) run(fault apitest.Fault, at int) bool {
	l.start(fault, at)
	// The Namespace API of a server without controller-manager never ends a deletion: each life has its own.
	shop, side := l.namespaces(), l.namespaces()
	name := "life-" + shop[len(shop)-5:]
	wanted := map[string][]string{}

	l.workspace(name, append(in(shop, "home", "far"), in(side, "far")...), "Admin User ada", "Editor Group crew")
	l.settle(name)
	wanted[shop] = []string{"workbench-admins → workbench-admin: User workbench:ada", "workbench-editors → workbench-editor: Group workbench:crew"}
	wanted[side] = wanted[shop]
	l.check("after it was made", wanted)

	foreign := &rbacv1.RoleBinding{}
	l.must(l.admin["far"].Get(l.t.Context(), client.ObjectKey{Namespace: shop, Name: "workbench-editors"}, foreign))
	l.must(l.admin["far"].Delete(l.t.Context(), foreign))
	foreign.ResourceVersion, foreign.UID, foreign.RoleRef.Name = "", "", "cluster-admin"
	l.must(l.admin["far"].Create(l.t.Context(), foreign))
	l.change(name, func(spec *v1alpha1.WorkspaceSpec) {
		spec.Namespaces = in(shop, "home", "far")
		spec.Members = membersOf("Editor User ada", "Editor Group crew")
	})
	l.settle(name)
	wanted[shop] = []string{"workbench-editors → workbench-editor: Group workbench:crew, User workbench:ada"}
	wanted[side] = nil
	l.check("after it was changed", wanted)

	l.must(l.admin["home"].Delete(l.t.Context(), &v1alpha1.Workspace{ObjectMeta: metav1.ObjectMeta{Name: name}}))
	l.settle(name)
	wanted[shop] = nil
	l.check("after it was deleted", wanted)
	err := l.admin["home"].Get(l.t.Context(), client.ObjectKey{Name: name}, &v1alpha1.Workspace{})
	if !apierrors.IsNotFound(err) {
		l.t.Fatalf("the workspace must be gone, but: %v", err)
	}
	return l.struck
}

// start begins a process, the first with the fault, later ones without.
func (l *life) start(fault apitest.Fault, at int) {
	own, _ := l.registry.Get("far")
	hub, far := l.world.hub, own.Own()
	l.rest = map[string]workspaces.Outcome{}
	if l.faulty == "hub" {
		l.process = apitest.NewProcess(l.t, hub, l.admin["home"], fault, at, l.invariant)
		l.hub, l.far = l.process.Client(), far
		return
	}
	l.process = apitest.NewProcess(l.t, far, l.admin["far"], fault, at, l.invariant)
	l.hub, l.far = hub, l.process.Client()
}

// settle runs rounds until one has nothing left to do.
func (l *life) settle(name string) {
	l.t.Helper()
	for range maxRounds {
		before := l.fingerprint(name)
		failed := l.round(name)
		l.struck = l.struck || l.process.Struck()
		if l.process.Killed() {
			l.start(apitest.NoFault, 0)
			continue
		}
		if failed == nil && before == l.fingerprint(name) {
			return
		}
	}
	l.t.Fatalf("not at rest after %d rounds; writes: %v", maxRounds, l.process.Writes())
}

// round is what the projector does when it is woken, one after the other.
func (l *life) round(name string) error {
	ctx := l.t.Context()
	list := &v1alpha1.WorkspaceList{}
	l.must(l.admin["home"].List(ctx, list))
	var all []*v1alpha1.Workspace
	for i := range list.Items {
		if list.Items[i].Name == name {
			all = append(all, &list.Items[i])
		}
	}
	home, _ := l.registry.Get("home")
	var failed []error
	for cluster, target := range map[string]client.Client{"home": home.Own(), "far": l.far} {
		found, err := workspaces.Read(ctx, l.admin[cluster])
		l.must(err)
		l.rest[cluster] = l.rules.Project(ctx, target, cluster, found, all)
		if l.rest[cluster].Retry() {
			failed = append(failed, errors.New("there are problems in cluster "+cluster))
		}
	}
	known := workspaces.Clusters{Exists: map[string]bool{"home": true, "far": true}, Outcomes: l.rest}
	for _, workspace := range all {
		failed = append(failed, workspaces.Record(ctx, l.hub, workspace, known))
	}
	return errors.Join(failed...)
}

// fingerprint changes with everything that a round could write.
func (l *life) fingerprint(name string) string {
	workspace := &v1alpha1.Workspace{}
	if err := l.admin["home"].Get(l.t.Context(), client.ObjectKey{Name: name}, workspace); err != nil {
		l.must(client.IgnoreNotFound(err))
	}
	marks := []string{workspace.ResourceVersion}
	for _, cluster := range []string{"home", "far"} {
		found, err := workspaces.Read(l.t.Context(), l.admin[cluster])
		l.must(err)
		for _, b := range found.Bindings {
			marks = append(marks, string(b.UID)+b.ResourceVersion)
		}
	}
	return strings.Join(marks, " ")
}

func (l *life) check(when string, wanted map[string][]string) {
	l.t.Helper()
	for namespace, want := range wanted {
		if diff := cmp.Diff(want, l.bindings("far", namespace)); diff != "" {
			l.t.Fatalf("RoleBindings of %s %s (-want +got):\n%s", namespace, when, diff)
		}
	}
}

// invariant: a RoleBinding is only where a Workspace, held by the finalizer, records its cluster.
func (l *life) invariant(after string) {
	ctx := context.WithoutCancel(l.t.Context())
	for _, cluster := range []string{"home", "far"} {
		found, err := workspaces.Read(ctx, l.admin[cluster])
		l.must(err)
		for _, b := range found.Bindings {
			owner := &v1alpha1.Workspace{}
			name := b.Annotations[workspaces.WorkspacesAnnotation]
			err := l.admin["home"].Get(ctx, client.ObjectKey{Name: name}, owner)
			if err != nil || !workspaces.Prepared(owner, cluster) {
				l.t.Errorf("after %s: %s/%s in cluster %s is recorded nowhere (%v; clusters %v, finalizers %v)",
					after, b.Namespace, b.Name, cluster, err, slices.Clone(owner.Status.Clusters), owner.Finalizers)
			}
		}
	}
}
