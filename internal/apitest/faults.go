package apitest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"
)

// Fault is what happens to a controller at one of its writes.
type Fault string

const (
	// NoFault lets every write through.
	NoFault Fault = "no fault"
	// KilledBefore ends the controller before the write: neither it nor any later request is sent.
	KilledBefore Fault = "killed before"
	// KilledAfter ends the controller after the write: it is carried out, and no later request is sent.
	KilledAfter Fault = "killed after"
	// AnswerLost carries the write out and tells the controller that it failed, as a broken connection does; the
	// controller goes on.
	AnswerLost Fault = "answer lost at"
	// Unavailable refuses the write, as an API server does that is being restarted; the controller goes on.
	Unavailable Fault = "unavailable at"
	// WrittenBetween lets somebody else write to the same object just before: they add the annotation
	// ForeignAnnotation. The write itself is sent on, and meets a conflict if it was made under a resourceVersion.
	WrittenBetween Fault = "written between"
)

// Faults are all of them but NoFault.
var Faults = []Fault{KilledBefore, KilledAfter, AnswerLost, Unavailable, WrittenBetween}

// ForeignAnnotation is what somebody else wrote under WrittenBetween. Whoever overwrites an object without reading
// it again loses it.
const ForeignAnnotation = "apitest/foreign"

// ErrKilled is the answer to every request of a controller that was ended.
var ErrKilled = errors.New("this controller was killed by the test")

// errLost is what the controller sees of a write whose answer was lost.
var errLost = errors.New("unexpected EOF")

// Process is a controller's connection to the API server, on which one write meets a fault. Writes are counted
// from 1, in the order in which they are sent; status writes count.
type Process struct {
	client client.WithWatch
	other  client.Client
	fault  Fault
	at     int
	after  func(description string)

	mutex  sync.Mutex
	writes []string
	killed bool
}

// NewProcess returns a process over the given client. other is the client of somebody else, for WrittenBetween.
// after, which may be nil, is called after each write that reached the API server.
func NewProcess(t testing.TB, own, other client.WithWatch, fault Fault, at int, after func(description string)) *Process {
	t.Helper()
	p := &Process{other: other, fault: fault, at: at, after: after}
	p.client = interceptor.NewClient(own, p.funcs())
	return p
}

// Client is what the controller reads and writes with.
func (p *Process) Client() client.WithWatch { return p.client }

// Killed says whether the process has ended.
func (p *Process) Killed() bool {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	return p.killed
}

// Writes describes the writes so far, in order: "update Deployment shop".
func (p *Process) Writes() []string {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	return append([]string(nil), p.writes...)
}

// Struck says whether the fault has happened: whether there was a write of that number.
func (p *Process) Struck() bool {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	return p.at > 0 && len(p.writes) >= p.at
}

func (p *Process) alive() error {
	if p.Killed() {
		return ErrKilled
	}
	return nil
}

// write counts one write and carries it out as the fault says.
func (p *Process) write(ctx context.Context, verb string, object client.Object, send func() error) error {
	name := verb
	if object != nil {
		kind := fmt.Sprintf("%T", object)
		if gvk, err := p.other.GroupVersionKindFor(object); err == nil {
			kind = gvk.Kind
		}
		name = fmt.Sprintf("%s %s %s", verb, kind, object.GetName())
	}
	p.mutex.Lock()
	if p.killed {
		p.mutex.Unlock()
		return ErrKilled
	}
	p.writes = append(p.writes, name)
	struck := len(p.writes) == p.at
	p.killed = struck && (p.fault == KilledBefore || p.fault == KilledAfter)
	p.mutex.Unlock()

	if struck {
		switch p.fault {
		case KilledBefore:
			return ErrKilled
		case Unavailable:
			return apierrors.NewServiceUnavailable("the API server is being restarted by the test")
		case WrittenBetween:
			if err := p.writeBetween(ctx, object, verb); err != nil {
				return err
			}
		}
	}
	err := send()
	if p.after != nil {
		p.after(name)
	}
	if struck && err == nil {
		switch p.fault {
		case KilledAfter:
			return ErrKilled
		case AnswerLost:
			return errLost
		}
	}
	return err
}

// writeBetween is somebody else's write to an object that exists.
func (p *Process) writeBetween(ctx context.Context, object client.Object, verb string) error {
	if object == nil || verb == "create" {
		return nil
	}
	patch := client.RawPatch("application/merge-patch+json",
		fmt.Appendf(nil, `{"metadata":{"annotations":{%q:%q}}}`, ForeignAnnotation, time.Now().Format(time.RFC3339Nano)))
	copied, _ := object.DeepCopyObject().(client.Object)
	return client.IgnoreNotFound(p.other.Patch(ctx, copied, patch))
}

func (p *Process) funcs() interceptor.Funcs {
	return interceptor.Funcs{
		Get: func(ctx context.Context, c client.WithWatch, key client.ObjectKey, object client.Object, options ...client.GetOption) error {
			if err := p.alive(); err != nil {
				return err
			}
			return c.Get(ctx, key, object, options...)
		},
		List: func(ctx context.Context, c client.WithWatch, list client.ObjectList, options ...client.ListOption) error {
			if err := p.alive(); err != nil {
				return err
			}
			return c.List(ctx, list, options...)
		},
		Watch: func(ctx context.Context, c client.WithWatch, list client.ObjectList, options ...client.ListOption) (watch.Interface, error) {
			if err := p.alive(); err != nil {
				return nil, err
			}
			return c.Watch(ctx, list, options...)
		},
		Create: func(ctx context.Context, c client.WithWatch, object client.Object, options ...client.CreateOption) error {
			return p.write(ctx, "create", object, func() error { return c.Create(ctx, object, options...) })
		},
		Update: func(ctx context.Context, c client.WithWatch, object client.Object, options ...client.UpdateOption) error {
			return p.write(ctx, "update", object, func() error { return c.Update(ctx, object, options...) })
		},
		Patch: func(ctx context.Context, c client.WithWatch, object client.Object, patch client.Patch, options ...client.PatchOption) error {
			return p.write(ctx, "patch", object, func() error { return c.Patch(ctx, object, patch, options...) })
		},
		Delete: func(ctx context.Context, c client.WithWatch, object client.Object, options ...client.DeleteOption) error {
			return p.write(ctx, "delete", object, func() error { return c.Delete(ctx, object, options...) })
		},
		DeleteAllOf: func(ctx context.Context, c client.WithWatch, object client.Object, options ...client.DeleteAllOfOption) error {
			return p.write(ctx, "delete all", object, func() error { return c.DeleteAllOf(ctx, object, options...) })
		},
		Apply: func(ctx context.Context, c client.WithWatch, object runtime.ApplyConfiguration, options ...client.ApplyOption) error {
			return p.write(ctx, "apply", nil, func() error { return c.Apply(ctx, object, options...) })
		},
		SubResourceCreate: func(ctx context.Context, c client.Client, name string, object, sub client.Object, options ...client.SubResourceCreateOption) error {
			return p.write(ctx, "create "+name, object, func() error { return c.SubResource(name).Create(ctx, object, sub, options...) })
		},
		SubResourceUpdate: func(ctx context.Context, c client.Client, name string, object client.Object, options ...client.SubResourceUpdateOption) error {
			return p.write(ctx, "update "+name, object, func() error { return c.SubResource(name).Update(ctx, object, options...) })
		},
		SubResourcePatch: func(ctx context.Context, c client.Client, name string, object client.Object, patch client.Patch, options ...client.SubResourcePatchOption) error {
			return p.write(ctx, "patch "+name, object, func() error { return c.SubResource(name).Patch(ctx, object, patch, options...) })
		},
		SubResourceApply: func(ctx context.Context, c client.Client, name string, object runtime.ApplyConfiguration, options ...client.SubResourceApplyOption) error {
			return p.write(ctx, "apply "+name, nil, func() error { return c.SubResource(name).Apply(ctx, object, options...) })
		},
	}
}
