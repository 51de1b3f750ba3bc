//go:build e2e

package e2e

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workbench-dev/workbench/api/v1alpha1"
	"github.com/workbench-dev/workbench/test/e2e/cluster"
)

// when is what somebody does.
type when struct{ *scenario }

// Then goes on to what comes of it.
func (w *when) Then() *then { return &then{w.scenario} }

// change adjusts a task before it is made.
type change func(*v1alpha1.ReleaseTask)

// byInstances splits traffic by the number of pods instead of by the mesh.
func byInstances(task *v1alpha1.ReleaseTask) {
	task.Spec.Strategy.Canary.Traffic = v1alpha1.Traffic{Instances: &v1alpha1.InstancesTraffic{}}
}

// steps reads steps such as 20 (waits for a person) or 60:5s.
func steps(texts ...string) []v1alpha1.Step {
	var out []v1alpha1.Step
	for _, text := range texts {
		weight, wait, timed := strings.Cut(text, ":")
		n, err := strconv.Atoi(weight)
		if err != nil {
			panic(err) // written in a test
		}
		step := v1alpha1.Step{Weight: int32(n)}
		if timed {
			d, err := time.ParseDuration(wait)
			if err != nil {
				panic(err)
			}
			step.Wait = &metav1.Duration{Duration: d}
		}
		out = append(out, step)
	}
	return out
}

// TaskCreated makes the release task.
func (w *when) TaskCreated(steps []v1alpha1.Step, changes ...change) *when {
	w.t.Helper()
	task := &v1alpha1.ReleaseTask{ObjectMeta: metav1.ObjectMeta{Name: w.task, Namespace: w.namespace}}
	task.Spec.WorkloadRef.Name = w.app.Name
	task.Spec.Strategy.Canary = &v1alpha1.CanaryStrategy{Traffic: v1alpha1.Traffic{Istio: &v1alpha1.IstioTraffic{}}, Steps: steps}
	for _, c := range changes {
		c(task)
	}
	w.must(world.Client.Create(w.ctx, task))
	return w
}

// TaskDeleted asks for the hand-back.
func (w *when) TaskDeleted() *when {
	w.t.Helper()
	w.must(world.Client.Delete(w.ctx, &v1alpha1.ReleaseTask{ObjectMeta: metav1.ObjectMeta{Name: w.task, Namespace: w.namespace}}))
	return w
}

// StepsChanged gives the task other steps.
func (w *when) StepsChanged(steps []v1alpha1.Step) *when {
	w.t.Helper()
	w.eventually("the steps to be changed", func() (bool, string, error) {
		task, err := w.getTask()
		if err != nil {
			return false, "", err
		}
		task.Spec.Strategy.Canary.Steps = steps
		return true, "", world.Client.Update(w.ctx, task)
	})
	return w
}

// ask records what a person asks.
func (w *when) ask(spec v1alpha1.ReleaseActionSpec) *v1alpha1.ReleaseAction {
	w.t.Helper()
	spec.Task, spec.RequestedBy = w.task, administrator
	action := &v1alpha1.ReleaseAction{ObjectMeta: metav1.ObjectMeta{GenerateName: w.task + "-", Namespace: w.namespace}, Spec: spec}
	w.must(world.Client.Create(w.ctx, action))
	w.last = action
	return action
}

// Asked records what a person asks and does not wait; see then.Refused and then.Carried.
func (w *when) Asked(typ v1alpha1.ActionType) *when {
	w.t.Helper()
	w.ask(v1alpha1.ReleaseActionSpec{Type: typ})
	return w
}

func (w *when) done(spec v1alpha1.ReleaseActionSpec) *when {
	w.t.Helper()
	w.ask(spec)
	w.Then().Carried()
	return w
}

// VersionUpdated asks for another version of the application and waits until the Deployment has it.
func (w *when) VersionUpdated(version string) *when {
	w.t.Helper()
	return w.done(v1alpha1.ReleaseActionSpec{Type: v1alpha1.ActionUpdateVersion, UpdateVersion: images("app", cluster.AppImage+version)})
}

// ImageAsked asks for any image of any container and does not wait.
func (w *when) ImageAsked(container, image string) *when {
	w.t.Helper()
	w.ask(v1alpha1.ReleaseActionSpec{Type: v1alpha1.ActionUpdateVersion, UpdateVersion: images(container, image)})
	return w
}

func images(container, image string) *v1alpha1.UpdateVersionSpec {
	return &v1alpha1.UpdateVersionSpec{Containers: []v1alpha1.ContainerImage{{Name: container, Image: image}}}
}

// Continued, Promoted, Aborted, Retried and RolledBackTo ask and wait until it is carried out.
func (w *when) Continued() *when {
	return w.done(v1alpha1.ReleaseActionSpec{Type: v1alpha1.ActionContinue})
}
func (w *when) Promoted() *when {
	return w.done(v1alpha1.ReleaseActionSpec{Type: v1alpha1.ActionRelease})
}
func (w *when) Aborted() *when {
	return w.done(v1alpha1.ReleaseActionSpec{Type: v1alpha1.ActionTerminate})
}
func (w *when) Retried() *when { return w.done(v1alpha1.ReleaseActionSpec{Type: v1alpha1.ActionRetry}) }
func (w *when) RolledBackTo(revision int64) *when {
	return w.done(v1alpha1.ReleaseActionSpec{Type: v1alpha1.ActionRollback, Rollback: &v1alpha1.RollbackSpec{Revision: revision}})
}

// Kubectl is what somebody does by hand, in the scenario's namespace.
func (w *when) Kubectl(args ...string) *when {
	w.t.Helper()
	w.kubectl("", args...)
	return w
}

// ImageSetByHand changes the Deployment with kubectl.
func (w *when) ImageSetByHand(version string) *when {
	w.t.Helper()
	return w.Kubectl("set", "image", "deployment/"+w.app.Name, "app="+cluster.AppImage+version)
}

// ManifestApplied is the team's pipeline, which applies its manifests as they are in Git.
func (w *when) ManifestApplied(version string, instances int) *when {
	w.t.Helper()
	app := w.app
	app.Version, app.Instances = version, instances
	w.apply(app.Deployment())
	return w
}

// RouteApplied is the pipeline applying the VirtualService as it is in Git, which knows nothing of subsets.
func (w *when) RouteApplied() *when {
	w.t.Helper()
	u, err := w.object("virtualservice", w.app.Name)
	w.must(err)
	// A pipeline that replaces, as Argo CD and Flux do with all fields of their manifest.
	w.must(world.Client.Patch(w.ctx, u, client.RawPatch(types.MergePatchType, fmt.Appendf(nil,
		`{"spec":{"http":[{"name":"all","route":[{"destination":{"host":"%s.%s.svc.cluster.local","port":{"number":80}}}]}]}}`, w.app.Name, w.namespace)),
		client.FieldOwner("pipeline")))
	return w
}

// WeightsEdited is somebody who edits the weights of the VirtualService.
func (w *when) WeightsEdited(stable, canary int) *when {
	w.t.Helper()
	u, err := w.object("virtualservice", w.app.Name)
	w.must(err)
	patch := fmt.Sprintf(`[{"op":"replace","path":"/spec/http/0/route/0/weight","value":%d},{"op":"replace","path":"/spec/http/0/route/1/weight","value":%d}]`, stable, canary)
	w.must(world.Client.Patch(w.ctx, u, client.RawPatch(types.JSONPatchType, []byte(patch)), client.FieldOwner("kubectl-edit")))
	return w
}

// PluginPatched is what Argo Rollouts' own kubectl plugin does: a patch of the Rollout's status.
func (w *when) PluginPatched(status string) *when {
	w.t.Helper()
	r, err := w.getRollout()
	w.must(err)
	w.must(world.Client.Status().Patch(w.ctx, r, client.RawPatch(types.MergePatchType, []byte(`{"status":`+status+`}`)), client.FieldOwner("kubectl-argo-rollouts")))
	return w
}

// RollbackAsked asks for a rollback and does not wait.
func (w *when) RollbackAsked(revision int64) *when {
	w.t.Helper()
	w.ask(v1alpha1.ReleaseActionSpec{Type: v1alpha1.ActionRollback, Rollback: &v1alpha1.RollbackSpec{Revision: revision}})
	return w
}

// AutoscalerTargetEdited is a pipeline that leads the autoscaler to another kind.
func (w *when) AutoscalerTargetEdited(kind string) *when {
	w.t.Helper()
	version := map[string]string{"Deployment": "apps/v1", "Rollout": "argoproj.io/v1alpha1"}[kind]
	return w.Kubectl("patch", "hpa", "web-scaler", "--type=merge", "-p", fmt.Sprintf(`{"spec":{"scaleTargetRef":{"apiVersion":%q,"kind":%q,"name":"web"}}}`, version, kind))
}

// instances is the number that the task asks for.
func instances(n int32) change {
	return func(t *v1alpha1.ReleaseTask) { t.Spec.Instances = &n }
}
