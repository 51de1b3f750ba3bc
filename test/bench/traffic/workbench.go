package main

import (
	"fmt"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workbench-dev/workbench/api/v1alpha1"
	"github.com/workbench-dev/workbench/test/e2e/cluster"
)

// workbench is a release task and its actions.
type workbench struct{ *bench }

func (w workbench) takeOver() error {
	task := &v1alpha1.ReleaseTask{ObjectMeta: metav1.ObjectMeta{Name: "web", Namespace: w.app.Namespace}}
	task.Spec.WorkloadRef.Name = "web"
	task.Spec.Strategy.Canary = &v1alpha1.CanaryStrategy{
		Traffic: v1alpha1.Traffic{Istio: &v1alpha1.IstioTraffic{}},
		Steps:   []v1alpha1.Step{{Weight: 20}, {Weight: 60}},
	}
	return w.c.Client.Create(w.ctx, task)
}

func (w workbench) ask(spec v1alpha1.ReleaseActionSpec) error {
	review := &authenticationv1.SelfSubjectReview{}
	if err := w.c.Client.Create(w.ctx, review); err != nil {
		return err
	}
	spec.Task, spec.RequestedBy = "web", review.Status.UserInfo.Username
	action := &v1alpha1.ReleaseAction{ObjectMeta: metav1.ObjectMeta{GenerateName: "web-", Namespace: w.app.Namespace}, Spec: spec}
	if err := w.c.Client.Create(w.ctx, action); err != nil {
		return err
	}
	return w.until(time.Minute, func() (bool, error) {
		if err := w.c.Client.Get(w.ctx, client.ObjectKeyFromObject(action), action); err != nil {
			return false, err
		}
		if s := action.Status; s.State == v1alpha1.ActionRefused || s.State == v1alpha1.ActionFailed {
			return false, fmt.Errorf("%s: %s", s.State, s.Message)
		}
		return action.Status.State == v1alpha1.ActionSucceeded, nil
	})
}

func (w workbench) update(version string) error {
	return w.ask(v1alpha1.ReleaseActionSpec{Type: v1alpha1.ActionUpdateVersion, UpdateVersion: &v1alpha1.UpdateVersionSpec{
		Containers: []v1alpha1.ContainerImage{{Name: "app", Image: cluster.AppImage + version}},
	}})
}

// rollback to the first revision, which the take-over made.
func (w workbench) rollback() error {
	return w.ask(v1alpha1.ReleaseActionSpec{Type: v1alpha1.ActionRollback, Rollback: &v1alpha1.RollbackSpec{Revision: 1}})
}

func (w workbench) next() error {
	return w.ask(v1alpha1.ReleaseActionSpec{Type: v1alpha1.ActionContinue})
}
func (w workbench) promote() error {
	return w.ask(v1alpha1.ReleaseActionSpec{Type: v1alpha1.ActionRelease})
}
func (w workbench) abort() error {
	return w.ask(v1alpha1.ReleaseActionSpec{Type: v1alpha1.ActionTerminate})
}

func (w workbench) handBack() error {
	return w.c.Client.Delete(w.ctx, &v1alpha1.ReleaseTask{ObjectMeta: metav1.ObjectMeta{Name: "web", Namespace: w.app.Namespace}})
}

// handedBack also wants the task gone and the route as it was.
func (w workbench) handedBack() (bool, error) {
	if err := w.get(&v1alpha1.ReleaseTask{}); !apierrors.IsNotFound(err) {
		return false, err
	}
	route := &unstructured.Unstructured{}
	route.SetGroupVersionKind(schema.GroupVersionKind{Group: "networking.istio.io", Version: "v1", Kind: "DestinationRule"})
	if err := w.get(route); !apierrors.IsNotFound(err) {
		return false, err
	}
	return w.bench.handedBack()
}
