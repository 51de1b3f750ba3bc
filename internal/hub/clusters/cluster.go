package clusters

import (
	"cmp"
	"context"
	"log/slog"
	"sync"
	"time"

	apimeta "k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/client-go/discovery"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workbench-dev/workbench/api/v1alpha1"
	"github.com/workbench-dev/workbench/internal/clusterinfo"
	"github.com/workbench-dev/workbench/internal/hub/auth"
)

// Cluster is one cluster with one set of credentials. When these change, another Cluster of the same name takes its place.
type Cluster struct {
	name string
	// key stands for the credentials; two clusters of equal key need not be exchanged.
	key  string
	conn *connection // nil when Invalid
	log  *slog.Logger

	// ctx ends when the cluster is removed or replaced.
	ctx    context.Context
	cancel context.CancelCauseFunc
	done   sync.WaitGroup
	// admitted is true once the followers see it; guarded by the registry's mutex.
	admitted bool

	mutex    sync.RWMutex
	resource *v1alpha1.Cluster
	health   Health
	report   Report
	// identity is what tells whether two names lead to the same cluster: the uid of its namespace kube-system.
	identity string
	notify   func()
}

// Report is what was found to be installed, and when.
type Report struct {
	// Components are empty until the cluster was looked at for the first time.
	Components []clusterinfo.Component
	// At is when it was looked at last; zero for never.
	At time.Time
}

// Name of the Cluster resource.
func (c *Cluster) Name() string { return c.name }

// DisplayName is what people call the cluster.
func (c *Cluster) DisplayName() string {
	return cmp.Or(c.Resource().Spec.DisplayName, c.name)
}

// Resource is the Cluster as it was read last; it must not be changed.
func (c *Cluster) Resource() *v1alpha1.Cluster {
	c.mutex.RLock()
	defer c.mutex.RUnlock()
	return c.resource
}

// Health of the cluster as of the last probe.
func (c *Cluster) Health() Health {
	c.mutex.RLock()
	defer c.mutex.RUnlock()
	return c.health
}

// Report of what is installed, as of the last look; it is kept while the cluster is unreachable.
func (c *Cluster) Report() Report {
	c.mutex.RLock()
	defer c.mutex.RUnlock()
	return c.report
}

// As returns a client that asks in the name of the identity: Kubernetes decides what it may do. It reads and writes
// without a cache; requests that are not watches end after 30 seconds at the latest. The error is an *UnavailableError
// when the cluster is known not to answer.
func (c *Cluster) As(identity auth.Identity) (client.WithWatch, error) {
	if err := c.available(); err != nil {
		return nil, err
	}
	return c.conn.as(identity)
}

// Own returns a client with the hub's own account, for what the hub watches and projects. It is given also while the
// cluster is unreachable, so that what follows the cluster recovers with it; nil when the cluster is Invalid.
func (c *Cluster) Own() client.WithWatch {
	if c.conn == nil {
		return nil
	}
	return c.conn.own
}

// Available returns Own, or an *UnavailableError when the cluster is known not to answer.
func (c *Cluster) Available() (client.WithWatch, error) {
	if err := c.available(); err != nil {
		return nil, err
	}
	return c.conn.own, nil
}

// Discovery asks, with the hub's own account, which resources the cluster serves; nil when the cluster is Invalid.
func (c *Cluster) Discovery() discovery.DiscoveryInterface {
	if c.conn == nil {
		return nil
	}
	return c.conn.discovery
}

func (c *Cluster) available() error {
	if health := c.Health(); !health.Reachable() {
		return &UnavailableError{Cluster: c.name, Health: health}
	}
	return nil
}

func (c *Cluster) setHealth(state State, message string, now time.Time) {
	c.mutex.Lock()
	changed := c.health.State != state || c.health.Message != message
	if c.health.State != state {
		since := now
		if state == Unreachable && c.health.State == Connecting {
			since = c.unreachableSince(now)
		}
		c.health.Since = since
	}
	c.health.State, c.health.Message = state, message
	if state == Reachable {
		c.health.LastSeen = now
	}
	c.mutex.Unlock()
	if changed {
		c.log.Info("cluster", "cluster", c.name, "state", state, "message", message)
		c.notify()
	}
}

// unreachableSince is since when the resource's status, which outlives the hub, says that it doesn't answer.
func (c *Cluster) unreachableSince(now time.Time) time.Time {
	condition := apimeta.FindStatusCondition(c.resource.Status.Conditions, v1alpha1.ConditionReachable)
	if condition == nil || condition.Reason != v1alpha1.ReasonUnreachable {
		return now
	}
	return condition.LastTransitionTime.Time
}

func (c *Cluster) setReport(report Report) {
	c.mutex.Lock()
	c.report = report
	c.mutex.Unlock()
	c.notify()
}

func (c *Cluster) setResource(resource *v1alpha1.Cluster) {
	c.mutex.Lock()
	changed := c.resource.Generation != resource.Generation
	c.resource = resource
	c.mutex.Unlock()
	if changed {
		c.notify()
	}
}

// NewCache returns a cache over the cluster, with the hub's own account, that isn't started yet. It must not be called
// for an Invalid cluster.
func (c *Cluster) NewCache(options cache.Options) (cache.Cache, error) {
	options.HTTPClient, options.Scheme, options.Mapper = c.conn.http, c.conn.scheme, c.conn.mapper
	return cache.New(c.conn.config, options)
}

// Server is the URL of its API server; empty when the cluster is Invalid.
func (c *Cluster) Server() string {
	if c.conn == nil {
		return ""
	}
	return c.conn.config.Host
}
