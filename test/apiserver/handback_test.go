//go:build apiserver

package apiserver

import (
	"sync"
	"testing"

	rollouts "github.com/argoproj/argo-rollouts/pkg/apis/rollouts/v1alpha1"
	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workbench-dev/workbench/api/v1alpha1"
	"github.com/workbench-dev/workbench/internal/apitest"
	"github.com/workbench-dev/workbench/internal/istio"
)

// belongings are the objects of a team before Workbench touched any: what they say, by kind and name. Objects that
// Workbench makes aren't among them.
type belongings map[string]any

// own reads what the team has now.
func (w *world) own() belongings {
	w.t.Helper()
	found := belongings{}
	var deployment appsv1.Deployment
	if w.get(app, &deployment) {
		// kubectl and the Deployment controller note their own things there.
		annotations := map[string]string{}
		for key, value := range deployment.Annotations {
			if key != "deployment.kubernetes.io/revision" && key != apitest.ForeignAnnotation {
				annotations[key] = value
			}
		}
		found["Deployment"] = map[string]any{"spec": deployment.Spec, "labels": deployment.Labels, "annotations": annotations, "finalizers": deployment.Finalizers}
	}
	var autoscalers autoscalingv2.HorizontalPodAutoscalerList
	w.list(&autoscalers)
	for _, autoscaler := range autoscalers.Items {
		delete(autoscaler.Annotations, apitest.ForeignAnnotation)
		found["HorizontalPodAutoscaler "+autoscaler.Name] = map[string]any{"spec": autoscaler.Spec, "labels": autoscaler.Labels, "annotations": nilIfEmpty(autoscaler.Annotations)}
	}
	for _, kind := range []*unstructured.UnstructuredList{unstructuredList(istio.VirtualServiceKind), unstructuredList(istio.DestinationRuleKind)} {
		w.list(kind)
		for i := range kind.Items {
			object := &kind.Items[i]
			annotations := object.GetAnnotations()
			delete(annotations, apitest.ForeignAnnotation)
			// Argo Rollouts takes this one away by itself when no Rollout names the object any more.
			delete(annotations, rollouts.ManagedByRolloutsKey)
			found[object.GetKind()+" "+object.GetName()] = map[string]any{
				"spec": object.Object["spec"], "labels": nilIfEmpty(object.GetLabels()),
				"annotations": nilIfEmpty(annotations), "finalizers": object.GetFinalizers(),
			}
		}
	}
	return found
}

func nilIfEmpty(m map[string]string) map[string]string {
	if len(m) == 0 {
		return nil
	}
	return m
}

// requireHandedBack checks the end of a hand-back: everything is as the team had it, and nothing of Workbench is left.
func (w *world) requireHandedBack(before belongings) {
	w.t.Helper()
	if diff := cmp.Diff(before, w.own()); diff != "" {
		w.t.Errorf("the team's objects aren't as they were (-before +after):\n%s", diff)
	}
	var rollout rollouts.Rollout
	if w.get(app, &rollout) {
		w.t.Errorf("the Rollout is left, finalizers %v", rollout.Finalizers)
	}
	var deployment appsv1.Deployment
	w.get(app, &deployment)
	if deployment.Status.AvailableReplicas != ptr.Deref(deployment.Spec.Replicas, 1) {
		w.t.Errorf("the Deployment has %d of %d pods", deployment.Status.AvailableReplicas, *deployment.Spec.Replicas)
	}
}

// gone says whether the task and the pods of its Rollout are.
func (w *world) gone() bool {
	w.t.Helper()
	return !w.get(app, &v1alpha1.ReleaseTask{}) && !w.get(app, &rollouts.Rollout{})
}

func (w *world) deleteTask() {
	w.t.Helper()
	task := w.task()
	if err := w.admin.Delete(w.t.Context(), task); client.IgnoreNotFound(err) != nil {
		w.t.Fatal(err)
	}
}

// createAutoscaler makes an autoscaler of the workload.
func (w *world) createAutoscaler() {
	w.t.Helper()
	w.create(parse(w.t, `
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: shop-scaler, labels: {team: retail}}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: shop}
  minReplicas: 4
  maxReplicas: 9
  metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 70}}}]
`))
}

// handingBack is a scenario: a workload that was taken over is handed back.
func handingBack(t *testing.T, faults strikes, prepare func(*world)) {
	t.Helper()
	var mutex sync.Mutex
	before := map[*world]belongings{}
	faults.run(t,
		func(w *world) {
			prepare(w)
			mutex.Lock()
			before[w] = w.own()
			mutex.Unlock()
			w.runHealthy("the workload is taken over", w.takenOver)
			w.requireTakenOver()
			w.podsTake = slowPods
			w.deleteTask()
		},
		func(w *world, c *controller) {
			w.run(c, "the workload is handed back", w.gone)
			mutex.Lock()
			defer mutex.Unlock()
			w.requireHandedBack(before[w])
		})
}

func TestHandBackWithoutMesh(t *testing.T) {
	handingBack(t, none, func(w *world) { w.createTask(byInstances, step(50)) })
}

func TestHandBackOfMadeRoutes(t *testing.T) {
	handingBack(t, none, func(w *world) { w.createTask(byMesh, step(50)) })
}

func TestHandBackOfAdoptedRoutesAndAutoscaler(t *testing.T) {
	handingBack(t, everywhere, func(w *world) {
		w.createRoutes()
		w.createAutoscaler()
		w.createTask(byMesh, step(50))
	})
}
