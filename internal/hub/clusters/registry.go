package clusters

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/client-go/rest"
	toolscache "k8s.io/client-go/tools/cache"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workbench-dev/workbench/api/v1alpha1"
)

// Why a cluster's context ends; see Registry.Each.
var (
	// ErrRemoved: the Cluster resource is gone.
	ErrRemoved = errors.New("the cluster was removed")
	// ErrReplaced: its credentials changed, and another Cluster of the same name takes its place.
	ErrReplaced = errors.New("the cluster's credentials changed")
)

// Options are what a Registry needs.
type Options struct {
	// Config of the cluster that the hub runs in, for Clusters with inCluster.
	Config *rest.Config
	// Cache over that cluster; it must hold Clusters and, of Secrets, those of Namespace.
	Cache cache.Cache
	// Namespace of the hub, where the Secrets of clusters are.
	Namespace string
	Log       *slog.Logger
	// Intervals of the probes; the zero value means DefaultIntervals.
	Intervals Intervals
}

// Registry holds the clusters. It is safe for use by many goroutines at once.
type Registry struct {
	options Options
	wake    chan struct{}

	mutex    sync.RWMutex
	clusters map[string]*Cluster
	synced   chan struct{}
	changed  chan struct{}
	// followers are what runs for each cluster; see Each.
	followers map[*follower]struct{}
	// secrets are the names of those that clusters name.
	secrets map[string]bool
}

// New returns a registry without clusters; Run fills it.
func New(options Options) *Registry {
	if options.Intervals == (Intervals{}) {
		options.Intervals = DefaultIntervals
	}
	if options.Log == nil {
		options.Log = slog.Default()
	}
	return &Registry{
		options: options, wake: make(chan struct{}, 1),
		clusters: map[string]*Cluster{}, synced: make(chan struct{}), changed: make(chan struct{}),
		followers: map[*follower]struct{}{},
	}
}

// Get returns the cluster of that name.
func (r *Registry) Get(name string) (*Cluster, bool) {
	r.mutex.RLock()
	defer r.mutex.RUnlock()
	c, found := r.clusters[name]
	return c, found
}

// List returns all clusters in order of their names, those that are Unreachable or Invalid too.
func (r *Registry) List() []*Cluster {
	r.mutex.RLock()
	defer r.mutex.RUnlock()
	all := make([]*Cluster, 0, len(r.clusters))
	for _, c := range r.clusters {
		all = append(all, c)
	}
	slices.SortFunc(all, func(a, b *Cluster) int { return cmp.Compare(a.name, b.name) })
	return all
}

// Synced returns a channel that is closed once the clusters that there were at the start are known.
func (r *Registry) Synced() <-chan struct{} { return r.synced }

// Changed returns a channel that is closed at the next change of any cluster: one is added or removed, its state or
// what is installed changes.
func (r *Registry) Changed() <-chan struct{} {
	r.mutex.RLock()
	defer r.mutex.RUnlock()
	return r.changed
}

func (r *Registry) announce() {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	close(r.changed)
	r.changed = make(chan struct{})
}

// Secret returns a Secret of the hub's namespace; it must not be changed.
func (r *Registry) Secret(ctx context.Context, name string) (*corev1.Secret, error) {
	secret := &corev1.Secret{}
	if err := r.options.Cache.Get(ctx, client.ObjectKey{Namespace: r.options.Namespace, Name: name}, secret); err != nil {
		return nil, err
	}
	return secret, nil
}

// Run follows the Cluster resources and their Secrets until the context ends. The cache is started by somebody else.
func (r *Registry) Run(ctx context.Context) error {
	// A cache that was not started yet can't be read; who starts it may be slower.
	if !r.options.Cache.WaitForCacheSync(ctx) {
		return nil
	}
	for _, object := range []client.Object{&v1alpha1.Cluster{}, &corev1.Secret{}} {
		informer, err := r.options.Cache.GetInformer(ctx, object)
		if err != nil {
			return fmt.Errorf("watch the clusters and their Secrets: %w", err)
		}
		registration, err := informer.AddEventHandler(toolscache.ResourceEventHandlerFuncs{
			AddFunc:    r.poke,
			UpdateFunc: func(_, object any) { r.poke(object) },
			DeleteFunc: r.poke,
		})
		if err != nil {
			return fmt.Errorf("watch the clusters and their Secrets: %w", err)
		}
		defer func() { _ = informer.RemoveEventHandler(registration) }()
		if !toolscache.WaitForCacheSync(ctx.Done(), registration.HasSynced) {
			return nil
		}
	}
	defer r.removeAll()
	first := true
	for {
		if err := r.sync(ctx); err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return fmt.Errorf("read the clusters: %w", err)
		}
		if first {
			close(r.synced)
			first = false
		}
		select {
		case <-ctx.Done():
			return nil
		case <-r.wake:
		}
	}
}

// poke has the clusters looked at again, unless the object is a Secret that none of them names.
func (r *Registry) poke(object any) {
	if secret, is := object.(*corev1.Secret); is {
		r.mutex.RLock()
		named := r.secrets[secret.Name]
		r.mutex.RUnlock()
		if !named {
			return
		}
	}
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// sync makes the registry what the resources say.
func (r *Registry) sync(ctx context.Context) error {
	list := &v1alpha1.ClusterList{}
	if err := r.options.Cache.List(ctx, list); err != nil {
		return err
	}
	named, secrets := map[string]bool{}, map[string]bool{}
	for i := range list.Items {
		if ref := list.Items[i].Spec.KubeconfigSecretRef; ref != nil {
			secrets[ref.Name] = true
		}
	}
	r.mutex.Lock()
	r.secrets = secrets // before the Secrets are read, so that no change of one is missed
	r.mutex.Unlock()
	for i := range list.Items {
		resource := &list.Items[i]
		if !resource.DeletionTimestamp.IsZero() {
			continue
		}
		named[resource.Name] = true
		found := r.credentials(ctx, resource)
		if known, there := r.Get(resource.Name); there && known.key == found.key {
			known.setResource(resource)
			continue
		}
		r.start(ctx, resource, found)
	}
	for _, c := range r.List() {
		if !named[c.name] {
			r.remove(c, ErrRemoved)
		}
	}
	return nil
}

// start begins to use a cluster, in place of the one of the same name if there is one.
func (r *Registry) start(ctx context.Context, resource *v1alpha1.Cluster, with credentials) {
	c := &Cluster{name: resource.Name, key: with.key, log: r.options.Log, resource: resource, notify: r.announce}
	c.health = Health{State: Connecting, Since: time.Now()}
	var problem string
	if c.conn, problem = r.connect(with); problem != "" {
		c.health.State, c.health.Message = Invalid, problem
		c.log.Warn("cluster", "cluster", c.name, "state", Invalid, "message", problem)
	}
	old, found := r.Get(c.name)
	if found {
		c.report, c.health.LastSeen = old.Report(), old.Health().LastSeen
	}
	// Its life is longer than the call's, and ends with Run.
	c.ctx, c.cancel = context.WithCancelCause(context.WithoutCancel(ctx))
	r.mutex.Lock()
	r.clusters[c.name] = c
	r.mutex.Unlock()
	if found {
		r.end(old, ErrReplaced)
	}
	if c.conn != nil {
		c.done.Go(func() { c.probe(r.options.Intervals, r.admit) })
		c.done.Go(func() { c.look(r.options.Intervals) })
	}
	r.announce()
}

func (r *Registry) remove(c *Cluster, why error) {
	r.mutex.Lock()
	delete(r.clusters, c.name)
	r.mutex.Unlock()
	r.end(c, why)
	r.announce()
}

// end stops what runs for a cluster that nobody finds any more.
func (r *Registry) end(c *Cluster, why error) {
	c.cancel(why)
	if c.conn != nil {
		c.conn.close()
	}
}

func (r *Registry) removeAll() {
	for _, c := range r.List() {
		r.remove(c, context.Canceled)
		c.done.Wait()
	}
}

// admit lets the followers see a cluster once it has answered. When it is one that has another name already, it isn't
// admitted, and that name is returned: its tasks would be listed twice, and each name would take away the roles that
// the other gives.
func (r *Registry) admit(c *Cluster) (same string) {
	identity := c.Identity()
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if c.admitted || r.clusters[c.name] != c {
		return ""
	}
	for _, other := range r.clusters {
		if other != c && other.admitted && identity != "" && other.Identity() == identity {
			return other.name
		}
	}
	c.admitted = true
	for f := range r.followers {
		f.follow(c)
	}
	return ""
}

// credentials are how to reach a cluster.
type credentials struct {
	// key changes with them.
	key string
	// inCluster says that they are those of the hub itself.
	inCluster  bool
	kubeconfig []byte
	// problem is a sentence when there are none.
	problem string
}

func (r *Registry) credentials(ctx context.Context, resource *v1alpha1.Cluster) credentials {
	ref := resource.Spec.KubeconfigSecretRef
	if ref == nil {
		return credentials{key: "in-cluster", inCluster: true}
	}
	name := ref.KeyOr(v1alpha1.DefaultKubeconfigKey)
	secret, err := r.Secret(ctx, ref.Name)
	var problem string
	switch {
	case apierrors.IsNotFound(err):
		problem = fmt.Sprintf("Secret %s, which is to hold its kubeconfig, is not in namespace %s.", ref.Name, r.options.Namespace)
	case err != nil:
		problem = fmt.Sprintf("Secret %s can't be read: %s.", ref.Name, err)
	case len(secret.Data[name]) == 0:
		problem = fmt.Sprintf("Secret %s has nothing under the key %s, where the kubeconfig is to be.", ref.Name, name)
	default:
		return credentials{key: fingerprint(secret.Data[name]), kubeconfig: secret.Data[name]}
	}
	return credentials{key: "none: " + problem, problem: problem}
}

// connect makes the connection, or says in a sentence why there can be none.
func (r *Registry) connect(found credentials) (*connection, string) {
	config := r.options.Config
	switch {
	case found.problem != "":
		return nil, found.problem
	case !found.inCluster:
		var err error
		if config, err = ParseKubeconfig(found.kubeconfig); err != nil {
			return nil, capitalised(err.Error()) + "."
		}
	}
	made, err := connect(config, Scheme())
	if err != nil {
		return nil, "No connection can be made of its kubeconfig: " + innermost(err)
	}
	return made, ""
}

func capitalised(sentence string) string { return strings.ToUpper(sentence[:1]) + sentence[1:] }
