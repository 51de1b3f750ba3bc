package clusters

import (
	"context"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"net/http"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/discovery"

	"github.com/workbench-dev/workbench/internal/clusterinfo"
)

// Intervals of the probes, before a fifth is added or taken away at random, so that 50 clusters aren't asked at once.
type Intervals struct {
	// Probe is how often a cluster is asked whether it is ready.
	Probe time.Duration
	// Timeout of one such question.
	Timeout time.Duration
	// Again is when a question that failed for the first time is repeated, before the cluster counts as unreachable.
	Again time.Duration
	// Look is how often it is looked at what is installed.
	Look time.Duration
}

// DefaultIntervals find a cluster that refuses connections within about 6 seconds, one that swallows them within about 16.
var DefaultIntervals = Intervals{Probe: 5 * time.Second, Timeout: 5 * time.Second, Again: time.Second, Look: time.Minute}

// probe asks the cluster how it is until it is removed or replaced.
func (c *Cluster) probe(intervals Intervals, admit func(*Cluster) string) {
	failures := 0
	for {
		err := c.ask(intervals.Timeout)
		if c.ctx.Err() != nil {
			return
		}
		wait := jitter(intervals.Probe)
		switch {
		case err == nil:
			failures = 0
			if other := admit(c); other != "" {
				c.setHealth(Invalid, "It is the same cluster as "+other+": delete one of the two.", time.Now())
				break
			}
			c.setHealth(Reachable, "", time.Now())
		case failures == 0 && c.Health().State == Reachable:
			// One lost answer of a cluster that was well is no news yet.
			failures++
			wait = jitter(intervals.Again)
		default:
			failures++
			c.setHealth(Unreachable, describe(err), time.Now())
		}
		if !c.sleep(wait) {
			return
		}
	}
}

// ask is one probe; once in a connection's life it also learns which cluster it is.
func (c *Cluster) ask(timeout time.Duration) error {
	ctx, cancel := context.WithTimeout(c.ctx, timeout)
	defer cancel()
	err := c.conn.discovery.RESTClient().Get().AbsPath("/readyz").Do(ctx).Error()
	if err != nil && !apierrors.IsForbidden(err) { // who may not ask is answered all the same
		return err
	}
	if c.Identity() != "" {
		return nil
	}
	// Asked for plainly: a client would first have to learn which resources the cluster serves.
	text, err := c.conn.discovery.RESTClient().Get().AbsPath("/api/v1/namespaces/" + metav1.NamespaceSystem).Do(ctx).Raw()
	var status apierrors.APIStatus
	if errors.As(err, &status) && status.Status().Code < http.StatusInternalServerError && !apierrors.IsUnauthorized(err) {
		return nil // it may not be read, or isn't there: then two names for one cluster aren't noticed
	}
	if err != nil {
		return err
	}
	namespace := &metav1.PartialObjectMetadata{}
	if err := json.Unmarshal(text, namespace); err != nil {
		return errors.New("its server answers what no Kubernetes does")
	}
	c.mutex.Lock()
	c.identity = string(namespace.UID)
	c.mutex.Unlock()
	return nil
}

// Identity is the same for two names of the same cluster, and empty while it isn't known.
func (c *Cluster) Identity() string {
	c.mutex.RLock()
	defer c.mutex.RUnlock()
	return c.identity
}

// look refreshes the report of what is installed, while the cluster answers.
func (c *Cluster) look(intervals Intervals) {
	for {
		wait := jitter(intervals.Probe)
		if c.Health().State == Reachable {
			if err := c.gather(); err == nil {
				wait = jitter(intervals.Look)
			} else if c.ctx.Err() == nil {
				c.log.Debug("what is installed can't be seen", "cluster", c.name, "error", err)
			}
		}
		if !c.sleep(wait) {
			return
		}
	}
}

func (c *Cluster) gather() error {
	ctx, cancel := context.WithTimeout(c.ctx, requestTimeout)
	defer cancel()
	report, err := clusterinfo.Gather(ctx, clusterinfo.Source{
		Client: c.conn.own, Discovery: discovery.NewDiscoveryClient(c.conn.discovery.RESTClient()), Namespace: metav1.NamespaceDefault,
	})
	if err != nil {
		return err
	}
	c.setReport(Report{Components: report.Components, At: time.Now()})
	return nil
}

// sleep waits, and says whether the cluster is still in use.
func (c *Cluster) sleep(wait time.Duration) bool {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-c.ctx.Done():
		return false
	}
}

func jitter(around time.Duration) time.Duration {
	return time.Duration(float64(around) * (0.8 + 0.4*rand.Float64()))
}
