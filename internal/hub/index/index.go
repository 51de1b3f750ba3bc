package index

import (
	"cmp"
	"slices"
	"strconv"
	"sync"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workbench-dev/workbench/api/v1alpha1"
	"github.com/workbench-dev/workbench/internal/hub/api"
)

// maxTraces is how many deleted tasks of a cluster are remembered for streams that resume.
const maxTraces = 10_000

// Index holds the rows of all clusters. It is safe for use by many goroutines at once; rows are never changed, only
// replaced.
type Index struct {
	mutex    sync.RWMutex
	clusters map[string]*clusterIndex
	changed  chan struct{}
	// userPrefix stands before names of people in clusters.
	userPrefix string
}

// New returns an index without clusters. People are shown without the prefix that their names have in clusters.
func New(userPrefix string) *Index {
	return &Index{userPrefix: userPrefix, clusters: map[string]*clusterIndex{}, changed: make(chan struct{})}
}

// clusterIndex holds the rows of one cluster.
type clusterIndex struct {
	name string
	// identity tells whether another cluster has the name now; key stands for name and identity in event ids.
	identity, key string
	// epoch rises when what streams know of this cluster can't be continued.
	epoch int
	// loaded says whether the tasks were listed since the start.
	loaded bool
	// version up to which everything is in here.
	version uint64
	// floor is the version up to which deletions are not remembered.
	floor uint64
	// source is where the tasks come from; recalling is the attempt under way to lower the floor.
	source     client.WithWatch
	recalling  *recall
	namespaces map[string]*namespaceIndex
	log        log
}

// namespaceIndex holds the rows of one namespace.
type namespaceIndex struct {
	cluster, name string
	tasks         map[string]*entry
	phases        map[api.Phase]int
}

// entry is a row, or the trace of a deleted one, with its place in the log.
type entry struct {
	row     api.TaskRow
	search  string
	rank    int
	version uint64
	deleted bool

	before, after *entry
}

// Changed returns a channel that is closed at the next change.
func (x *Index) Changed() <-chan struct{} {
	x.mutex.RLock()
	defer x.mutex.RUnlock()
	return x.changed
}

// announce must be called with the mutex held.
func (x *Index) announce() {
	close(x.changed)
	x.changed = make(chan struct{})
}

// Count is how many tasks a namespace has.
func (x *Index) Count(cluster, namespace string) int {
	x.mutex.RLock()
	defer x.mutex.RUnlock()
	if c := x.clusters[cluster]; c != nil && c.namespaces[namespace] != nil {
		return len(c.namespaces[namespace].tasks)
	}
	return 0
}

// Len is how many tasks there are in all clusters.
func (x *Index) Len() int {
	x.mutex.RLock()
	defer x.mutex.RUnlock()
	sum := 0
	for _, c := range x.clusters {
		for _, namespace := range c.namespaces {
			sum += len(namespace.tasks)
		}
	}
	return sum
}

// Get returns the row of a task.
func (x *Index) Get(cluster, namespace, name string) (api.TaskRow, bool) {
	x.mutex.RLock()
	defer x.mutex.RUnlock()
	if c := x.clusters[cluster]; c != nil && c.namespaces[namespace] != nil {
		if e := c.namespaces[namespace].tasks[name]; e != nil {
			return e.row, true
		}
	}
	return api.TaskRow{}, false
}

// Loaded says whether the tasks of a cluster were read since the start.
func (x *Index) Loaded(cluster string) bool {
	x.mutex.RLock()
	defer x.mutex.RUnlock()
	c := x.clusters[cluster]
	return c != nil && c.loaded
}

// begin makes room for a cluster, or goes on with the rows that are there when it is still the same one.
func (x *Index) begin(name, identity string, source client.WithWatch) *clusterIndex {
	x.mutex.Lock()
	defer x.mutex.Unlock()
	c := x.clusters[name]
	if c != nil && c.identity == identity {
		c.source = source
		return c
	}
	fresh := &clusterIndex{name: name, identity: identity, key: clusterKey(name, identity), source: source, namespaces: map[string]*namespaceIndex{}}
	if c != nil {
		fresh.epoch = c.epoch + 1
	}
	x.clusters[name] = fresh
	x.announce()
	return fresh
}

// remove forgets a cluster.
func (x *Index) remove(c *clusterIndex) {
	x.mutex.Lock()
	defer x.mutex.Unlock()
	if x.clusters[c.name] == c {
		delete(x.clusters, c.name)
		x.announce()
	}
}

// put adds or replaces a task.
func (x *Index) put(c *clusterIndex, task *v1alpha1.ReleaseTask) {
	e := x.newEntry(c.name, task)
	if e == nil {
		return
	}
	x.mutex.Lock()
	defer x.mutex.Unlock()
	if c.put(e) {
		x.announce()
	}
}

// delete leaves a trace of a task that is gone.
func (x *Index) delete(c *clusterIndex, namespace, name, resourceVersion string) {
	version, err := strconv.ParseUint(resourceVersion, 10, 64)
	if err != nil {
		return
	}
	x.mutex.Lock()
	defer x.mutex.Unlock()
	if c.drop(namespace, name, version) {
		x.announce()
	}
}

// advance records that everything up to a version was seen.
func (x *Index) advance(c *clusterIndex, resourceVersion string) {
	version, err := strconv.ParseUint(resourceVersion, 10, 64)
	if err != nil {
		return
	}
	x.mutex.Lock()
	defer x.mutex.Unlock()
	c.version = max(c.version, version)
}

// replace makes the cluster what was listed at a version.
func (x *Index) replace(c *clusterIndex, tasks []*v1alpha1.ReleaseTask, resourceVersion string) error {
	version, err := strconv.ParseUint(resourceVersion, 10, 64)
	if err != nil {
		return err
	}
	entries := make([]*entry, 0, len(tasks))
	for _, task := range tasks {
		if e := x.newEntry(c.name, task); e != nil {
			entries = append(entries, e)
		}
	}
	slices.SortFunc(entries, func(a, b *entry) int { return cmp.Compare(a.version, b.version) })

	x.mutex.Lock()
	defer x.mutex.Unlock()
	if c.loaded && version < c.version {
		// The cluster's past was rewritten, as by a restored backup: its versions can't be compared with the old ones.
		c.forget()
	}
	if !c.loaded {
		c.floor = version
	}
	there := map[namespacedName]bool{}
	for _, e := range entries {
		there[namespacedName{e.row.Namespace, e.row.Name}] = true
		c.put(e)
	}
	for _, namespace := range c.namespaces {
		for name := range namespace.tasks {
			if !there[namespacedName{namespace.name, name}] {
				c.drop(namespace.name, name, version)
			}
		}
	}
	c.version, c.loaded = max(c.version, version), true
	x.announce()
	return nil
}

type namespacedName struct{ namespace, name string }

func (x *Index) newEntry(cluster string, task *v1alpha1.ReleaseTask) *entry {
	version, err := strconv.ParseUint(task.ResourceVersion, 10, 64)
	if err != nil {
		return nil
	}
	e := &entry{row: Row(cluster, task, x.userPrefix), version: version}
	e.search, e.rank = searchText(&e.row), attention(&e.row)
	return e
}

// put says whether that changed anything.
func (c *clusterIndex) put(e *entry) bool {
	namespace := c.namespaces[e.row.Namespace]
	if namespace == nil {
		namespace = &namespaceIndex{cluster: c.name, name: e.row.Namespace, tasks: map[string]*entry{}, phases: map[api.Phase]int{}}
		c.namespaces[e.row.Namespace] = namespace
	}
	if old := namespace.tasks[e.row.Name]; old != nil {
		if e.version <= old.version {
			return false
		}
		c.log.remove(old)
		namespace.phases[old.row.Phase]--
	}
	namespace.tasks[e.row.Name] = e
	namespace.phases[e.row.Phase]++
	c.log.add(e)
	c.version = max(c.version, e.version)
	return true
}

func (c *clusterIndex) drop(namespaceName, name string, version uint64) bool {
	c.version = max(c.version, version)
	namespace := c.namespaces[namespaceName]
	if namespace == nil || namespace.tasks[name] == nil {
		return false
	}
	old := namespace.tasks[name]
	c.log.remove(old)
	delete(namespace.tasks, name)
	namespace.phases[old.row.Phase]--
	if len(namespace.tasks) == 0 {
		delete(c.namespaces, namespaceName)
	}
	trace := &entry{row: api.TaskRow{Cluster: c.name, Namespace: namespaceName, Name: name, UID: old.row.UID}, version: version, deleted: true}
	c.log.add(trace)
	if forgotten := c.log.trimTraces(); forgotten > c.floor {
		c.floor = forgotten
	}
	return true
}

func (c *clusterIndex) forget() {
	c.namespaces, c.log = map[string]*namespaceIndex{}, log{}
	c.version, c.floor, c.loaded = 0, 0, false
	c.epoch++
}
