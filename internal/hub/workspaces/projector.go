package workspaces

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	toolscache "k8s.io/client-go/tools/cache"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workbench-dev/workbench/api/v1alpha1"
	"github.com/workbench-dev/workbench/internal/hub/clusters"
)

const (
	// firstRetry and lastRetry bound how long after a failure it is tried again; it doubles from try to try.
	firstRetry = time.Second
	lastRetry  = time.Minute
	// resync is how often everything is compared although no watch told of a change.
	resync = 10 * time.Minute
)

// Projector keeps the RoleBindings of all clusters what the workspaces say. One replica of the hub runs it at a time.
type Projector struct {
	// Hub reads from the cache of, and HubClient writes to, the cluster that holds the workspaces.
	Hub       cache.Cache
	HubClient client.Client
	Registry  *clusters.Registry
	Rules     Rules
	Log       *slog.Logger

	mutex    sync.Mutex
	outcomes map[string]Outcome
	wakers   map[chan struct{}]struct{}
}

// Run projects until the context ends. The cache is started by somebody else.
func (p *Projector) Run(ctx context.Context) error {
	p.outcomes, p.wakers = map[string]Outcome{}, map[chan struct{}]struct{}{}
	informer, err := p.Hub.GetInformer(ctx, &v1alpha1.Workspace{})
	if err != nil {
		return fmt.Errorf("watch the workspaces: %w", err)
	}
	registration, err := informer.AddEventHandler(wakeOnEvent(p.wakeAll))
	if err != nil {
		return fmt.Errorf("watch the workspaces: %w", err)
	}
	defer func() { _ = informer.RemoveEventHandler(registration) }()
	if !toolscache.WaitForCacheSync(ctx.Done(), registration.HasSynced) {
		return nil
	}
	var running sync.WaitGroup
	running.Go(func() { p.Registry.Each(ctx, p.follow) })
	running.Go(func() { p.passOnHealth(ctx) })
	p.repeat(ctx, p.record)
	running.Wait()
	return nil
}

// passOnHealth wakes everything when a cluster comes, goes or changes its state.
func (p *Projector) passOnHealth(ctx context.Context) {
	for {
		changed := p.Registry.Changed()
		p.wakeAll()
		select {
		case <-ctx.Done():
			return
		case <-changed:
		}
	}
}

// repeat calls once and again: when woken, when it failed, and now and then.
func (p *Projector) repeat(ctx context.Context, once func(context.Context) error) {
	wake := make(chan struct{}, 1)
	wake <- struct{}{}
	p.mutex.Lock()
	p.wakers[wake] = struct{}{}
	p.mutex.Unlock()
	defer func() {
		p.mutex.Lock()
		delete(p.wakers, wake)
		p.mutex.Unlock()
	}()
	retry := firstRetry
	next := time.NewTimer(resync)
	defer next.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-wake:
		case <-next.C:
		}
		if err := once(ctx); err != nil {
			p.Log.Debug("projection is tried again", "error", err, "after", retry)
			next.Reset(retry)
			retry = min(2*retry, lastRetry)
			continue
		}
		retry = firstRetry
		next.Reset(resync)
	}
}

func (p *Projector) wakeAll() {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	for wake := range p.wakers {
		select {
		case wake <- struct{}{}:
		default:
		}
	}
}

// follow keeps one cluster what the workspaces say.
func (p *Projector) follow(ctx context.Context, c *clusters.Cluster) {
	defer func() {
		if errors.Is(context.Cause(ctx), clusters.ErrRemoved) {
			p.mutex.Lock()
			delete(p.outcomes, c.Name())
			p.mutex.Unlock()
			p.wakeAll()
		}
	}()
	found, err := p.watch(ctx, c)
	if err != nil {
		if ctx.Err() == nil {
			p.Log.Error("the roles of a cluster can't be followed", "cluster", c.Name(), "error", err)
		}
		return
	}
	p.repeat(ctx, func(ctx context.Context) error {
		target, err := c.Available()
		if err != nil {
			return nil // the registry tells when it is back
		}
		workspaces, err := p.workspaces(ctx)
		if err != nil {
			return err
		}
		now, err := Read(ctx, found)
		if err != nil {
			return err
		}
		outcome := p.Rules.Project(ctx, target, c.Name(), now, workspaces)
		if ctx.Err() != nil {
			return nil
		}
		p.mutex.Lock()
		known, had := p.outcomes[c.Name()]
		p.outcomes[c.Name()] = outcome
		p.mutex.Unlock()
		if !had || !known.equal(outcome) {
			p.wakeAll()
		}
		if outcome.Retry() {
			return fmt.Errorf("cluster %s: %d namespaces have problems", c.Name(), len(outcome.problems))
		}
		return nil
	})
}

// watch begins to follow the RoleBindings and namespaces of a cluster; of namespaces, only that they are there.
func (p *Projector) watch(ctx context.Context, c *clusters.Cluster) (cache.Cache, error) {
	found, err := c.NewCache(cache.Options{
		DefaultTransform: cache.TransformStripManagedFields(),
		ByObject: map[client.Object]cache.ByObject{
			&rbacv1.RoleBinding{}: {Label: labels.SelectorFromSet(labels.Set{ProjectedLabel: "true"})},
		},
	})
	if err != nil {
		return nil, err
	}
	for _, object := range []client.Object{&rbacv1.RoleBinding{}, namespaceMetadata()} {
		informer, err := found.GetInformer(ctx, object, cache.BlockUntilSynced(false))
		if err != nil {
			return nil, err
		}
		if _, err := informer.AddEventHandler(wakeOnEvent(p.wakeAll)); err != nil {
			return nil, err
		}
	}
	go func() { _ = found.Start(ctx) }()
	if !found.WaitForCacheSync(ctx) {
		return nil, context.Cause(ctx)
	}
	return found, nil
}

func namespaceMetadata() *metav1.PartialObjectMetadata {
	namespace := &metav1.PartialObjectMetadata{}
	namespace.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind("Namespace"))
	return namespace
}

// Read takes what there is in a cluster, out of its cache or from itself.
func Read(ctx context.Context, from client.Reader) (Found, error) {
	bindings := &rbacv1.RoleBindingList{}
	if err := from.List(ctx, bindings, client.MatchingLabels{ProjectedLabel: "true"}); err != nil {
		return Found{}, err
	}
	namespaces := &metav1.PartialObjectMetadataList{}
	namespaces.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind("NamespaceList"))
	if err := from.List(ctx, namespaces); err != nil {
		return Found{}, err
	}
	found := Found{Bindings: bindings.Items, Namespaces: map[string]bool{}}
	for i := range namespaces.Items {
		if namespaces.Items[i].DeletionTimestamp.IsZero() {
			found.Namespaces[namespaces.Items[i].Name] = true
		}
	}
	return found, nil
}

func (p *Projector) workspaces(ctx context.Context) ([]*v1alpha1.Workspace, error) {
	list := &v1alpha1.WorkspaceList{}
	if err := p.Hub.List(ctx, list); err != nil {
		return nil, err
	}
	all := make([]*v1alpha1.Workspace, 0, len(list.Items))
	for i := range list.Items {
		all = append(all, &list.Items[i])
	}
	return all, nil
}

// record writes finalizers and status of all workspaces.
func (p *Projector) record(ctx context.Context) error {
	workspaces, err := p.workspaces(ctx)
	if err != nil {
		return err
	}
	known := p.clusters()
	var failed []error
	for _, workspace := range workspaces {
		err := Record(ctx, p.HubClient, workspace, known)
		if err == nil || apierrors.IsConflict(err) {
			continue // what it conflicted with comes by the watch
		}
		failed = append(failed, fmt.Errorf("workspace %s: %w", workspace.Name, err))
	}
	return errors.Join(failed...)
}

func (p *Projector) clusters() Clusters {
	known := Clusters{Exists: map[string]bool{}, Trouble: map[string]string{}}
	for _, c := range p.Registry.List() {
		known.Exists[c.Name()] = true
		if health := c.Health(); !health.Reachable() {
			known.Trouble[c.Name()] = health.Message
		}
	}
	p.mutex.Lock()
	known.Outcomes = maps.Clone(p.outcomes)
	p.mutex.Unlock()
	return known
}

// wakeOnEvent calls wake at every event but those of a resync.
func wakeOnEvent(wake func()) toolscache.ResourceEventHandler {
	return toolscache.ResourceEventHandlerFuncs{
		AddFunc:    func(any) { wake() },
		UpdateFunc: func(any, any) { wake() },
		DeleteFunc: func(any) { wake() },
	}
}
