//go:build apiserver

package hub

import (
	"context"
	"net/http"
	"sync"
	"testing"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workbench-dev/workbench/api/v1alpha1"
	"github.com/workbench-dev/workbench/internal/hub/api"
)

func testActions(t *testing.T, w *world) {
	w.task(t, "home", shop, "acted", v1alpha1.PhaseWaiting)
	path := shopTasks + "/acted/actions"
	body := map[string]any{"type": "Continue", "expect": map[string]any{"step": 1}}

	// The same request, sent many times at once to two replicas, is one action.
	second := w.replica(t, false)
	defer second.stop()
	var mutex sync.Mutex
	found, statuses := map[string]bool{}, map[int]int{}
	var asking sync.WaitGroup
	for i := range 8 {
		asking.Go(func() {
			got := w.askReplica(t, []*replica{w.first, second}[i%2], editor, "POST", path, body, "Idempotency-Key", "one")
			var action api.Action
			got.into(t, &action)
			mutex.Lock()
			defer mutex.Unlock()
			found[action.Name] = true
			statuses[got.status]++
		})
	}
	asking.Wait()
	if len(found) != 1 || statuses[http.StatusCreated] != 1 || statuses[http.StatusOK] != 7 {
		t.Fatalf("actions %v, statuses %v", found, statuses)
	}
	list := &v1alpha1.ReleaseActionList{}
	if err := w.admins["home"].List(context.Background(), list, client.InNamespace(shop)); err != nil {
		t.Fatal(err)
	}
	if len(list.Items) != 1 || list.Items[0].Spec.RequestedBy != "workbench:"+editor {
		t.Fatalf("in the cluster: %+v", list.Items)
	}

	// Another request with the key is refused; another person's key is another one.
	w.must(t, http.StatusUnprocessableEntity, editor, "POST", path, map[string]any{"type": "Terminate"}, "Idempotency-Key", "one")
	w.must(t, http.StatusCreated, admin, "POST", path, body, "Idempotency-Key", "one")
	w.must(t, http.StatusUnprocessableEntity, editor, "POST", path, map[string]any{"type": "Rollback"})
	w.must(t, http.StatusUnprocessableEntity, editor, "POST", path, map[string]any{"type": "UpdateVersion", "updateVersion": map[string]any{"containers": []map[string]any{{"name": "app", "image": "no image"}}}})

	action := list.Items[0]
	action.Status.State, action.Status.Message = v1alpha1.ActionSucceeded, "done for workbench:"+editor
	if err := w.controllers["home"].Status().Update(context.Background(), &action); err != nil {
		t.Fatal(err)
	}
	var got api.Action
	w.must(t, http.StatusOK, viewer, "GET", path+"/"+action.Name, nil).into(t, &got)
	if got.State != "Succeeded" || got.RequestedBy != editor || got.Message != "done for "+editor {
		t.Errorf("the outcome: %+v", got)
	}
	var all struct{ Items []api.Action }
	w.must(t, http.StatusOK, viewer, "GET", path, nil).into(t, &all)
	if len(all.Items) != 2 {
		t.Errorf("%d actions are listed", len(all.Items))
	}
	w.must(t, http.StatusNotFound, viewer, "GET", path+"/nothing", nil)
}
