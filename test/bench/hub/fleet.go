package main

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

// fleet is many release tasks with all that belongs to them.
type fleet struct {
	client     client.Client
	namespaces int
	tasks      int
}

func newFleet(config *rest.Config, tasks, namespaces int) (*fleet, error) {
	c, err := client.New(config, client.Options{Scheme: apitest.Scheme()})
	return &fleet{client: c, tasks: tasks, namespaces: namespaces}, err
}

func (f *fleet) namespace(i int) string { return fmt.Sprintf("team-%03d", i%f.namespaces) }
func (f *fleet) name(i int) string      { return fmt.Sprintf("service-%05d", i) }

// settle creates the whole fleet as it is when nothing is being released.
func (f *fleet) settle(ctx context.Context) error {
	for i := range f.namespaces {
		namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: f.namespace(i)}}
		if err := f.client.Create(ctx, namespace); err != nil && !apierrors.IsAlreadyExists(err) {
			return err
		}
	}
	return f.each(f.tasks, func(i int) error { return f.create(ctx, i) })
}

// each calls do for 0 to n-1, some at the same time, and stops at the first error.
func (f *fleet) each(n int, do func(i int) error) error {
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

// create writes one task and what belongs to it.
func (f *fleet) create(ctx context.Context, i int) error {
	text := strings.NewReplacer("checkout", f.name(i), "shop", f.namespace(i)).Replace(atRest)
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
		status, hasStatus := object.Object["status"]
		kept := object.DeepCopy()
		if err := f.client.Create(ctx, object); err != nil {
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
		if err := f.client.Status().Update(ctx, object); err != nil {
			return fmt.Errorf("status of %s %s: %w", kept.GetKind(), kept.GetName(), err)
		}
	}
	return nil
}

// stir lets some tasks release: of each hundred two wait for time and one for a person.
func (f *fleet) stir(ctx context.Context) error {
	return f.each(f.tasks, func(i int) error {
		if i%100 >= 3 {
			return nil
		}
		return f.setStatus(ctx, i, func(status map[string]any) {
			if i%100 == 0 {
				step := status["step"].(map[string]any)
				step["waitsFor"] = "Person"
				delete(step, "endsAt")
			}
		})
	})
}

// setStatus gives one task the status of a running release, changed by change.
func (f *fleet) setStatus(ctx context.Context, i int, change func(status map[string]any)) error {
	text := strings.NewReplacer("checkout", f.name(i), "shop", f.namespace(i)).Replace(releasing)
	status := map[string]any{}
	if err := yaml.Unmarshal([]byte(text), &status); err != nil {
		return err
	}
	change(status)
	task := &unstructured.Unstructured{}
	task.SetAPIVersion("workbench.dev/v1alpha1")
	task.SetKind("ReleaseTask")
	task.SetNamespace(f.namespace(i))
	task.SetName(f.name(i))
	task.Object["status"] = status
	return f.client.Status().Patch(ctx, task, client.Merge)
}
