package workspaces

import (
	"context"
	"fmt"

	toolscache "k8s.io/client-go/tools/cache"
	"sigs.k8s.io/controller-runtime/pkg/cache"

	"github.com/workbench-dev/workbench/api/v1alpha1"
)

// Follow keeps the directory what the Workspaces of the hub's cluster are, as the cache brings them, until the context
// ends. It returns once those that there are now are known. The cache is started by somebody else.
func (d *Directory) Follow(ctx context.Context, hub cache.Cache) error {
	informer, err := hub.GetInformer(ctx, &v1alpha1.Workspace{})
	if err != nil {
		return fmt.Errorf("watch the workspaces: %w", err)
	}
	registration, err := informer.AddEventHandler(toolscache.ResourceEventHandlerFuncs{
		AddFunc:    func(object any) { d.Set(object.(*v1alpha1.Workspace)) },
		UpdateFunc: func(_, object any) { d.Set(object.(*v1alpha1.Workspace)) },
		DeleteFunc: func(object any) {
			if last, unknown := object.(toolscache.DeletedFinalStateUnknown); unknown {
				object = last.Obj
			}
			d.Remove(object.(*v1alpha1.Workspace).Name)
		},
	})
	if err != nil {
		return fmt.Errorf("watch the workspaces: %w", err)
	}
	context.AfterFunc(ctx, func() { _ = informer.RemoveEventHandler(registration) })
	if !toolscache.WaitForCacheSync(ctx.Done(), registration.HasSynced) {
		return ctx.Err()
	}
	return nil
}
