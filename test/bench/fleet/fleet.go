package fleet

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"strings"
	"sync"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/workbench-dev/workbench/internal/apitest"
	"github.com/workbench-dev/workbench/internal/release"
)

// What the local cluster had for one task of four pods behind a VirtualService, in the order in which it can be created.
var (
	//go:embed golden/rest.yaml
	atRest string
	//go:embed golden/releasing-status.yaml
	releasing string
)

// writers is how many tasks are written at the same time.
const writers = 16

// Fleet is many release tasks with all that belongs to them, spread over namespaces.
type Fleet struct {
	Client     client.Client
	Namespaces int
	// Tasks is how many there are.
	Tasks int
}

// newFleet returns a fleet that has its namespaces, and no tasks yet.
func newFleet(ctx context.Context, config *rest.Config, namespaces int) (*Fleet, error) {
	c, err := client.New(config, client.Options{Scheme: apitest.Scheme()})
	if err != nil {
		return nil, err
	}
	f := &Fleet{Client: c, Namespaces: namespaces}
	for i := range namespaces {
		namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: f.Namespace(i)}}
		if err := c.Create(ctx, namespace); err != nil && !apierrors.IsAlreadyExists(err) {
			return nil, err
		}
	}
	return f, nil
}

// Namespace is that of task i.
func (f *Fleet) Namespace(i int) string { return fmt.Sprintf("team-%03d", i%f.Namespaces) }

// Name is that of task i and of what belongs to it.
func (f *Fleet) Name(i int) string { return fmt.Sprintf("service-%05d", i) }

// Grow creates what is missing of so many tasks, as they are when nothing is being released, with all that belongs to them.
func (f *Fleet) Grow(ctx context.Context, tasks int) error {
	return f.grow(ctx, tasks, func(int) bool { return false })
}

// GrowListed creates what is missing of so many tasks for those who only list them: what belongs to a task exists in the
// first namespace alone. It takes an eighth of the time.
func (f *Fleet) GrowListed(ctx context.Context, tasks int) error {
	return f.grow(ctx, tasks, func(i int) bool { return i%f.Namespaces != 0 })
}

func (f *Fleet) grow(ctx context.Context, tasks int, alone func(i int) bool) error {
	from := f.Tasks
	f.Tasks = max(tasks, from)
	return each(f.Tasks-from, func(i int) error { return f.create(ctx, from+i, alone(from+i)) })
}

// each calls do for 0 to n-1, some at the same time, and stops at the first error.
func each(n int, do func(i int) error) error {
	var group sync.WaitGroup
	next := make(chan int)
	failed := make(chan error, writers)
	for range writers {
		group.Go(func() {
			for i := range next {
				if err := do(i); err != nil {
					failed <- err
					return
				}
			}
		})
	}
	var errs error
	for i := 0; i < n && errs == nil; i++ {
		select {
		case next <- i:
		case errs = <-failed:
		}
	}
	close(next)
	group.Wait()
	close(failed)
	for err := range failed {
		errs = errors.Join(errs, err)
	}
	return errs
}

// create writes one task and, unless it is to be alone, what belongs to it.
func (f *Fleet) create(ctx context.Context, i int, alone bool) error {
	text := strings.NewReplacer("checkout", f.Name(i), "shop", f.Namespace(i)).Replace(atRest)
	uids, template := map[string]string{}, ""
	for _, document := range strings.Split(text, "\n---\n") {
		for kind, uid := range uids {
			document = strings.ReplaceAll(document, "UID-OF-"+kind, uid)
		}
		document = strings.ReplaceAll(document, "HASH-OF-TEMPLATE", template)
		object := &unstructured.Unstructured{}
		if err := yaml.Unmarshal([]byte(document), object); err != nil {
			return err
		}
		if alone && object.GetKind() != "ReleaseTask" {
			continue
		}
		status, hasStatus := object.Object["status"]
		kept := object.DeepCopy()
		if err := f.Client.Create(ctx, object); err != nil {
			return fmt.Errorf("%s %s: %w", kept.GetKind(), kept.GetName(), err)
		}
		uids[strings.ToUpper(kept.GetKind())] = string(object.GetUID())
		if kept.GetKind() == "Deployment" {
			deployment := &appsv1.Deployment{}
			if err := runtime.DefaultUnstructuredConverter.FromUnstructured(object.Object, deployment); err != nil {
				return err
			}
			template = release.TemplateHash(&deployment.Spec.Template)
		}
		if !hasStatus {
			continue
		}
		object.Object["status"] = status
		if err := f.Client.Status().Update(ctx, object); err != nil {
			return fmt.Errorf("status of %s %s: %w", kept.GetKind(), kept.GetName(), err)
		}
	}
	return nil
}

// Stir lets some tasks release: of each hundred two wait for time and one for a person.
func (f *Fleet) Stir(ctx context.Context) error {
	return each(f.Tasks, func(i int) error {
		if i%100 >= 3 {
			return nil
		}
		return f.SetStatus(ctx, i, func(status map[string]any) {
			if i%100 == 0 {
				WaitForPerson(status)
			}
		})
	})
}

// WaitForPerson makes the status of a running release one of a release that goes on when a person says so.
func WaitForPerson(status map[string]any) {
	status["phase"] = "Waiting"
	step := status["step"].(map[string]any)
	step["waitsFor"] = "Person"
	// In a merge patch this removes it.
	step["endsAt"] = nil
}

// SetStatus gives one task the status of a running release, changed by change.
func (f *Fleet) SetStatus(ctx context.Context, i int, change func(status map[string]any)) error {
	text := strings.NewReplacer("checkout", f.Name(i), "shop", f.Namespace(i)).Replace(releasing)
	status := map[string]any{}
	if err := yaml.Unmarshal([]byte(text), &status); err != nil {
		return err
	}
	change(status)
	task := &unstructured.Unstructured{}
	task.SetAPIVersion("workbench.dev/v1alpha1")
	task.SetKind("ReleaseTask")
	task.SetNamespace(f.Namespace(i))
	task.SetName(f.Name(i))
	task.Object["status"] = status
	return f.Client.Status().Patch(ctx, task, client.Merge)
}
