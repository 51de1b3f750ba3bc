package audit

import (
	"fmt"
	"strings"
	"sync"
	"time"
	"unique"

	"k8s.io/client-go/tools/cache"

	"github.com/workbench-dev/workbench/api/v1alpha1"
)

// maxMessage is how many characters of a message are kept in memory and shown.
const maxMessage = 300

// row is one thing that was done, as it is kept in memory.
type row struct {
	name          string // of the object that tells it
	at            time.Time
	who           string
	method        string
	address       string
	action        string
	kind          string
	cluster       string
	namespace     string
	target        string
	releaseAction string
	result        Result
	message       string
}

// shared keeps one copy of a text that many rows hold.
func shared(text string) string { return unique.Make(text).Value() }

func rowOfRecord(record *v1alpha1.AuditRecord) row {
	s := record.Spec
	return row{
		name: record.Name, at: s.At.Time, who: shared(s.Who), method: shared(s.Method), address: shared(s.Address),
		action: shared(s.Action), kind: shared(s.Kind), cluster: shared(s.Cluster), namespace: shared(s.Namespace),
		target: s.Name, releaseAction: s.ReleaseAction, result: Result(shared(s.Result)), message: clean(s.Message, maxMessage),
	}
}

// rowOfAction reads what was asked of a task. Who asked through the hub has the prefix in the cluster; who has none
// asked the cluster itself.
func rowOfAction(cluster, prefix string, action *v1alpha1.ReleaseAction) row {
	r := row{
		name: action.Name, at: action.CreationTimestamp.Time, action: shared(string(action.Spec.Type)),
		kind: "ReleaseTask", cluster: cluster, namespace: shared(action.Namespace), target: shared(action.Spec.Task),
		message: clean(action.Status.Message, maxMessage),
	}
	who, throughHub := strings.CutPrefix(action.Spec.RequestedBy, prefix)
	r.who = shared(who)
	if !throughHub {
		r.method = "Cluster"
	}
	switch action.Status.State {
	case v1alpha1.ActionSucceeded:
		r.result = Succeeded
	case v1alpha1.ActionRefused:
		r.result = Refused
	case v1alpha1.ActionFailed:
		r.result = Failed
	default:
		r.result = Pending
	}
	return r
}

// table holds the rows of one kind of object in one cluster. A reflector fills it; the objects themselves aren't kept.
type table struct {
	rowOf func(any) (row, error)

	mu   sync.RWMutex
	rows map[string]row // by namespace and name of the object
}

var _ cache.TransformingStore = &table{}

func newTable(rowOf func(any) (row, error)) *table {
	return &table{rowOf: rowOf, rows: map[string]row{}}
}

// Transformer takes from objects, before a list of them is complete, what no row needs.
func (t *table) Transformer() cache.TransformFunc {
	return func(object any) (any, error) {
		switch o := object.(type) {
		case *v1alpha1.ReleaseAction:
			o.ManagedFields, o.Annotations, o.Labels, o.Status.Target = nil, nil, nil, nil
			o.Spec.UpdateVersion, o.Spec.Rollback, o.Spec.Expect = nil, nil, nil
		case *v1alpha1.AuditRecord:
			o.ManagedFields = nil
		}
		return object, nil
	}
}

func (t *table) put(object any) error {
	key, err := cache.MetaNamespaceKeyFunc(object)
	if err != nil {
		return err
	}
	r, err := t.rowOf(object)
	if err != nil {
		return err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.rows[key] = r
	return nil
}

// Add implements cache.ReflectorStore.
func (t *table) Add(object any) error { return t.put(object) }

// Update implements cache.ReflectorStore.
func (t *table) Update(object any) error { return t.put(object) }

// Delete implements cache.ReflectorStore.
func (t *table) Delete(object any) error {
	key, err := cache.MetaNamespaceKeyFunc(object)
	if err != nil {
		return err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.rows, key)
	return nil
}

// Replace implements cache.ReflectorStore.
func (t *table) Replace(objects []any, _ string) error {
	rows := make(map[string]row, len(objects))
	for _, object := range objects {
		key, err := cache.MetaNamespaceKeyFunc(object)
		if err != nil {
			return err
		}
		if rows[key], err = t.rowOf(object); err != nil {
			return err
		}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.rows = rows
	return nil
}

// Resync implements cache.ReflectorStore.
func (t *table) Resync() error { return nil }

// each calls the function for every row.
func (t *table) each(call func(key string, r row)) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	for key, r := range t.rows {
		call(key, r)
	}
}

func unexpected(object any) error { return fmt.Errorf("a %T came where it can't", object) }
