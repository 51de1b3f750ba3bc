package audit

import (
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	mathrand "math/rand/v2"
	"strings"
	"sync"
	"time"

	"github.com/spf13/pflag"
	"golang.org/x/time/rate"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/tools/cache"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workbench-dev/workbench/api/v1alpha1"
	"github.com/workbench-dev/workbench/internal/hub/api"
)

const (
	// DefaultKeep is how many AuditRecords are kept, some 10 MB in Kubernetes.
	DefaultKeep = 10_000
	// DefaultRetention is how long they are kept at most.
	DefaultRetention = 90 * 24 * time.Hour

	// queueLength is how many records wait for being written at most.
	queueLength = 1000
	// writeTimeout bounds one try to write a record, of writeTries.
	writeTimeout = 5 * time.Second
	writeTries   = 5
	// pruneInterval is how often old records are removed, by each replica, pruneBatch how many at once.
	pruneInterval = time.Minute
	pruneBatch    = 500
)

// Options are how much of what only the hub saw is kept.
type Options struct {
	// Keep is how many AuditRecords, Retention how long at most.
	Keep      int
	Retention time.Duration
}

// AddFlags makes every setting a flag.
func (o *Options) AddFlags(f *pflag.FlagSet) {
	f.IntVar(&o.Keep, "audit-keep", DefaultKeep, "how many audit records are kept; each replica holds them in memory")
	f.DurationVar(&o.Retention, "audit-retention", DefaultRetention, "how long audit records are kept at most")
}

// Viewer is who reads the audit, and what they may see of it.
type Viewer struct {
	// Name of the person: they see what was done in their own name outside of namespaces, also by others who tried.
	Name string
	// All is true for platform administrators.
	All bool
	// Sees says whether they have a role in a namespace.
	Sees func(cluster, namespace string) bool
}

// Config is what a Log works with.
type Config struct {
	// Client of the hub's own cluster, with the rights to list, watch, create and delete AuditRecords in Namespace.
	Client client.WithWatch
	// Namespace of the hub.
	Namespace string
	// Prefix of the names of people in clusters.
	Prefix string
	// Options are how much is kept; the defaults where 0.
	Options Options
	// Viewer says who reads; false when nobody is signed in.
	Viewer func(context.Context) (Viewer, bool)
	// Clusters says how each cluster does that the reader may see something of.
	Clusters func(context.Context) []api.ClusterState
	Log      *slog.Logger
	// Clock is the real one when nil.
	Clock clock.PassiveClock
}

// Log keeps what was done and tells it. It is safe for use by many goroutines at once.
type Log struct {
	config  Config
	records *table
	queue   chan *v1alpha1.AuditRecord
	// refusals bounds the records of refused sign-ins: who guesses must not be able to push everything else out.
	refusals *rate.Limiter

	mu      sync.RWMutex
	actions map[string]*table // by cluster
}

var _ Recorder = &Log{}

// New makes a Log; Run fills it.
func New(c Config) *Log {
	if c.Clock == nil {
		c.Clock = clock.RealClock{}
	}
	c.Options.Keep = cmp.Or(c.Options.Keep, DefaultKeep)
	c.Options.Retention = cmp.Or(c.Options.Retention, DefaultRetention)
	return &Log{
		config: c, queue: make(chan *v1alpha1.AuditRecord, queueLength), actions: map[string]*table{},
		refusals: rate.NewLimiter(rate.Every(10*time.Second), 100),
		records: newTable(func(object any) (row, error) {
			record, ok := object.(*v1alpha1.AuditRecord)
			if !ok {
				return row{}, unexpected(object)
			}
			return rowOfRecord(record), nil
		}),
	}
}

// Run follows the records, writes new ones and removes old ones until the context ends; then it writes what waits.
func (l *Log) Run(ctx context.Context) {
	var running sync.WaitGroup
	running.Go(func() {
		l.follow(ctx, l.config.Client, &v1alpha1.AuditRecordList{}, &v1alpha1.AuditRecord{}, l.records, l.config.Namespace)
	})
	running.Go(func() { l.write(ctx) })
	running.Go(func() { l.pruneAlways(ctx) })
	running.Wait()
}

// Follow reads the ReleaseActions of a cluster until the context ends; then nothing of the cluster is told any more.
func (l *Log) Follow(ctx context.Context, cluster string, clusterClient client.WithWatch) {
	t := newTable(func(object any) (row, error) {
		action, ok := object.(*v1alpha1.ReleaseAction)
		if !ok {
			return row{}, unexpected(object)
		}
		return rowOfAction(cluster, l.config.Prefix, action), nil
	})
	l.mu.Lock()
	l.actions[cluster] = t
	l.mu.Unlock()
	defer func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		if l.actions[cluster] == t {
			delete(l.actions, cluster)
		}
	}()
	l.follow(ctx, clusterClient, &v1alpha1.ReleaseActionList{}, &v1alpha1.ReleaseAction{}, t, metav1.NamespaceAll)
}

// follow keeps a table equal to what a cluster has; it tries again, ever more slowly, when the cluster can't be reached.
func (l *Log) follow(ctx context.Context, c client.WithWatch, list client.ObjectList, expected any, into *table, namespace string) {
	source := cache.ToListWatcherWithWatchListSemantics(&cache.ListWatch{
		ListWithContextFunc: func(ctx context.Context, o metav1.ListOptions) (runtime.Object, error) {
			found := list.DeepCopyObject().(client.ObjectList)
			return found, c.List(ctx, found, &client.ListOptions{Raw: &o, Namespace: namespace})
		},
		WatchFuncWithContext: func(ctx context.Context, o metav1.ListOptions) (watch.Interface, error) {
			return c.Watch(ctx, list.DeepCopyObject().(client.ObjectList), &client.ListOptions{Raw: &o, Namespace: namespace})
		},
	}, c)
	reflector := cache.NewReflectorWithOptions(source, expected, into, cache.ReflectorOptions{Name: fmt.Sprintf("audit of %T", expected)})
	reflector.RunWithContext(ctx)
}

// Record implements Recorder.
func (l *Log) Record(ctx context.Context, e Event) {
	source := FromContext(ctx)
	source.Actor, source.Method = cmp.Or(e.Actor, source.Actor), cmp.Or(e.Method, source.Method)
	record := &v1alpha1.AuditRecord{Spec: v1alpha1.AuditRecordSpec{
		At: metav1.NewMicroTime(l.config.Clock.Now().UTC()), Who: clean(source.Actor, 256),
		Method: source.Method, Token: source.Token, Address: clean(source.Address, 64), UserAgent: clean(source.UserAgent, 256),
		Action: clean(e.Action, 64), Kind: clean(e.Kind, 64), Cluster: clean(e.Cluster, 63), Namespace: clean(e.Namespace, 63),
		Name: clean(e.Name, 256), ReleaseAction: clean(e.ReleaseAction, 253), Result: string(e.Result), Message: clean(e.Message, 1024),
	}}
	s := record.Spec
	l.config.Log.LogAttrs(ctx, slog.LevelInfo, "audit",
		slog.Time("at", s.At.Time), slog.String("who", s.Who), slog.String("method", s.Method), slog.String("token", s.Token),
		slog.String("from", s.Address), slog.String("userAgent", s.UserAgent), slog.String("action", s.Action), slog.String("kind", s.Kind),
		slog.String("cluster", s.Cluster), slog.String("namespace", s.Namespace), slog.String("name", s.Name),
		slog.String("releaseAction", s.ReleaseAction), slog.String("result", s.Result), slog.String("message", s.Message))
	if e.Result == Refused && e.Kind == "Session" && !l.refusals.Allow() {
		return
	}
	record.Namespace = l.config.Namespace
	// Names in the order of time, so that kubectl lists them so.
	record.Name = s.At.Format("20060102-150405.000000") + "-" + strings.ToLower(rand.Text()[:8])
	select {
	case l.queue <- record:
	default:
		l.config.Log.Error("an audit record was not kept, only logged: too many wait to be written", "record", record.Name)
	}
}

// write writes the records that wait, one after the other.
func (l *Log) write(ctx context.Context) {
	for {
		select {
		case record := <-l.queue:
			l.writeOne(ctx, record)
			continue
		default:
		}
		select {
		case record := <-l.queue:
			l.writeOne(ctx, record)
		case <-ctx.Done():
			if len(l.queue) == 0 {
				return
			}
		}
	}
}

// writeOne tries some times; after the end of the context only once, so that a stop doesn't take long.
func (l *Log) writeOne(ctx context.Context, record *v1alpha1.AuditRecord) {
	var err error
	for try := range writeTries {
		attempt, cancel := context.WithTimeout(context.WithoutCancel(ctx), writeTimeout)
		err = l.config.Client.Create(attempt, record.DeepCopy())
		cancel()
		if err == nil || apierrors.IsAlreadyExists(err) {
			return
		}
		select {
		case <-time.After(time.Second << try):
		case <-ctx.Done():
		}
		if ctx.Err() != nil {
			break
		}
	}
	l.config.Log.Error("an audit record was not kept, only logged", "record", record.Name, "error", err)
}

func (l *Log) pruneAlways(ctx context.Context) {
	for {
		// Not all replicas at the same moment.
		select {
		case <-ctx.Done():
			return
		case <-time.After(pruneInterval/2 + mathrand.N(pruneInterval)):
		}
		if err := l.prune(ctx); err != nil && ctx.Err() == nil {
			l.config.Log.Warn("old audit records could not be removed", "error", err)
		}
	}
}

// prune removes the oldest records beyond those to keep.
func (l *Log) prune(ctx context.Context) error {
	var all []row
	l.records.each(func(_ string, r row) { all = append(all, r) })
	for _, name := range superfluous(all, l.config.Options.Keep, l.config.Clock.Now().Add(-l.config.Options.Retention), pruneBatch) {
		record := &v1alpha1.AuditRecord{ObjectMeta: metav1.ObjectMeta{Namespace: l.config.Namespace, Name: name}}
		if err := l.config.Client.Delete(ctx, record); client.IgnoreNotFound(err) != nil {
			return err
		}
	}
	return nil
}
