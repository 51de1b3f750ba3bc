//go:build e2e

package e2e

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workbench-dev/workbench/api/v1alpha1"
	"github.com/workbench-dev/workbench/test/e2e/cluster"
)

// then is what comes of it.
type then struct{ *scenario }

// When goes on to what happens next.
func (th *then) When() *when { return &when{th.scenario} }

// task waits until the task is as wanted.
func (th *then) taskIs(what string, wanted func(*v1alpha1.ReleaseTask) bool) {
	th.t.Helper()
	th.eventually(what, func() (bool, string, error) {
		task, err := th.getTask()
		if err != nil {
			return false, "", err
		}
		return wanted(task), fmt.Sprintf("%s, step %+v: %s", task.Status.Phase, task.Status.Step, task.Status.Message), nil
	})
}

// Phase waits for a phase of the task.
func (th *then) Phase(phase v1alpha1.Phase) *then {
	th.t.Helper()
	th.taskIs("phase "+string(phase), func(t *v1alpha1.ReleaseTask) bool {
		return t.Status.Phase == phase && t.Status.ObservedGeneration == t.Generation
	})
	return th
}

// Says waits until the task's sentence holds the words.
func (th *then) Says(words string) *then {
	th.t.Helper()
	th.taskIs("the sentence to say "+words, func(t *v1alpha1.ReleaseTask) bool { return strings.Contains(t.Status.Message, words) })
	return th
}

// Condition waits for a condition with a reason and words in its sentence.
func (th *then) Condition(typ string, status metav1.ConditionStatus, reason, words string) *then {
	th.t.Helper()
	th.eventually(sentence("condition %s=%s, reason %s, with %q", typ, status, reason, words), func() (bool, string, error) {
		task, err := th.getTask()
		if err != nil {
			return false, "", err
		}
		c := meta.FindStatusCondition(task.Status.Conditions, typ)
		if c == nil {
			return false, "no such condition", nil
		}
		return c.Status == status && c.Reason == reason && strings.Contains(c.Message, words), fmt.Sprintf("%+v", *c), nil
	})
	return th
}

// TakenOver waits for the end of a take-over: the Deployment has no pod left, and as many of the Rollout's are ready.
func (th *then) TakenOver() *then {
	th.t.Helper()
	th.taskIs("the take-over", func(t *v1alpha1.ReleaseTask) bool {
		return meta.IsStatusConditionTrue(t.Status.Conditions, v1alpha1.ConditionTakenOver)
	})
	return th.RolloutHasThePods()
}

// RolloutHasThePods reads the objects: the Deployment wants and has no pod, the Rollout has those that it wants.
func (th *then) RolloutHasThePods() *then {
	th.t.Helper()
	th.eventually("the Rollout to have the pods", func() (bool, string, error) {
		d, err := th.getDeployment()
		if err != nil {
			return false, "", err
		}
		r, err := th.getRollout()
		if err != nil {
			return false, "", err
		}
		return *d.Spec.Replicas == 0 && d.Status.Replicas == 0 && r.Status.AvailableReplicas >= *r.Spec.Replicas && *r.Spec.Replicas >= int32(th.app.Instances),
			fmt.Sprintf("Deployment wants %d and has %d pods, Rollout wants %d and has %d", *d.Spec.Replicas, d.Status.Replicas, *r.Spec.Replicas, r.Status.AvailableReplicas), nil
	})
	return th
}

// WaitsInStep waits until the release waits for a person in a step.
func (th *then) WaitsInStep(number int32) *then {
	th.t.Helper()
	th.taskIs(sentence("step %d to wait for a person", number), func(t *v1alpha1.ReleaseTask) bool {
		return t.Status.Phase == v1alpha1.PhaseWaiting && t.Status.Step != nil && t.Status.Step.Number == number
	})
	return th
}

// InStep waits until the release stands in a step, whatever that step waits for.
func (th *then) InStep(number int32) *then {
	th.t.Helper()
	th.taskIs(sentence("step %d", number), func(t *v1alpha1.ReleaseTask) bool {
		return t.Status.Step != nil && t.Status.Step.Number == number
	})
	return th
}

// Released waits until a version is the stable one and has all requests: by the status, by the pods, and by the answers.
func (th *then) Released(version string) *then {
	th.t.Helper()
	th.taskIs(version+" to be released", func(t *v1alpha1.ReleaseTask) bool {
		return t.Status.Phase == v1alpha1.PhaseHealthy && t.Status.Stable != nil && t.Status.Stable.Display == version && t.Status.Release == nil
	})
	return th.OnlyAnswersOf(version)
}

// WentBack waits until all requests go to the stable version again, in the phase that says why.
func (th *then) WentBack(phase v1alpha1.Phase, stable string) *then {
	th.t.Helper()
	th.Phase(phase)
	return th.OnlyAnswersOf(stable)
}

// window is how many answers are counted to tell the shares of versions.
const window = 150

// shares counts answers by version in a window that begins now.
func (th *then) shares() (map[string]float64, string) {
	th.t.Helper()
	before, err := th.traffic.count(th.ctx)
	th.must(err)
	share := map[string]float64{}
	var seen string
	th.eventually("answers to be counted", func() (bool, string, error) {
		now, err := th.traffic.count(th.ctx)
		if err != nil {
			return false, "", err
		}
		d := now.Since(before)
		total := int64(0)
		for _, c := range d.Versions {
			total += c.Total()
		}
		for v, c := range d.Versions {
			share[v] = 100 * float64(c.Total()) / float64(max(total, 1))
		}
		seen = byVersion(d)
		return total >= window, seen, nil
	})
	return share, seen
}

// OnlyAnswersOf waits until all answers come from one version.
func (th *then) OnlyAnswersOf(version string) *then {
	th.t.Helper()
	if th.traffic == nil {
		return th
	}
	th.eventually("answers of "+version+" only", func() (bool, string, error) {
		share, seen := th.shares()
		return share[version] == 100, seen, nil
	})
	return th
}

// ShareOf waits until a version gives so many percent of the answers, and, where the mesh splits them, holds the
// weights of the VirtualService and the counters of the gateway's Envoy against it.
func (th *then) ShareOf(version string, percent int) *then {
	th.t.Helper()
	// Five standard deviations of a share counted over one window, and never less than 5 points.
	const slack = 18.0
	th.eventually(sentence("%s to give %d %% of the answers", version, percent), func() (bool, string, error) {
		before, err := world.GatewayCounts(th.ctx, th.app.Name, th.namespace)
		if err != nil {
			return false, "", err
		}
		share, seen := th.shares()
		if share[version] < float64(percent)-slack || share[version] > float64(percent)+slack || (percent > 0 && share[version] == 0) {
			return false, seen, nil
		}
		if th.app.Host == "" || !th.split() {
			return true, seen, nil
		}
		after, err := world.GatewayCounts(th.ctx, th.app.Name, th.namespace)
		if err != nil {
			return false, "", err
		}
		canary, stable := after.Subsets["canary"]-before.Subsets["canary"], after.Subsets["stable"]-before.Subsets["stable"]
		counted := 100 * float64(canary) / float64(max(canary+stable, 1))
		return counted > float64(percent)-slack && counted < float64(percent)+slack, fmt.Sprintf("%s; Envoy counted %d for canary, %d for stable", seen, canary, stable), nil
	})
	return th
}

// split says whether the VirtualService of the application is split.
func (th *then) split() bool {
	u, err := th.object("virtualservice", th.app.Name)
	return err == nil && strings.Contains(fmt.Sprint(u.Object["spec"]), "subset:canary")
}

// Weights waits until the VirtualService of that name has these weights.
func (th *then) Weights(name string, stable, canary int64) *then {
	th.t.Helper()
	th.eventually(sentence("weights %d and %d", stable, canary), func() (bool, string, error) {
		u, err := th.object("virtualservice", name)
		if err != nil {
			return false, "", err
		}
		have := map[string]int64{}
		http, _, _ := unstructured.NestedSlice(u.Object, "spec", "http")
		for _, h := range http {
			route, _, _ := unstructured.NestedSlice(h.(map[string]any), "route")
			for _, d := range route {
				subset, _, _ := unstructured.NestedString(d.(map[string]any), "destination", "subset")
				weight, _, _ := unstructured.NestedInt64(d.(map[string]any), "weight")
				have[subset] = weight
			}
		}
		return have["stable"] == stable && have["canary"] == canary, fmt.Sprint(have), nil
	})
	return th
}

// PodsOf waits until exactly these ready pods are there, by version.
func (th *then) PodsOf(want map[string]int) *then {
	th.t.Helper()
	th.eventually(sentence("ready pods %v", want), func() (bool, string, error) {
		have, err := th.pods()
		return maps.Equal(have, want), fmt.Sprint(have), err
	})
	return th
}

// History waits until the newest ended release has an outcome, with words about who began and who ended it.
func (th *then) History(outcome v1alpha1.Outcome, startedBy, endedBy string) *then {
	th.t.Helper()
	th.eventually(sentence("history: %s, begun by %q, ended by %q", outcome, startedBy, endedBy), func() (bool, string, error) {
		task, err := th.getTask()
		if err != nil {
			return false, "", err
		}
		if len(task.Status.History) == 0 {
			return false, "no history", nil
		}
		h := task.Status.History[0]
		return h.Outcome == outcome && strings.Contains(h.StartedBy, startedBy) && strings.Contains(h.EndedBy, endedBy), fmt.Sprintf("%+v", h), nil
	})
	return th
}

// Outcomes waits until the history holds these outcomes, newest first.
func (th *then) Outcomes(want ...v1alpha1.Outcome) *then {
	th.t.Helper()
	th.eventually(sentence("outcomes %v", want), func() (bool, string, error) {
		task, err := th.getTask()
		if err != nil {
			return false, "", err
		}
		var have []v1alpha1.Outcome
		for _, h := range task.Status.History {
			have = append(have, h.Outcome)
		}
		return slices.Equal(have, want), fmt.Sprint(have), nil
	})
	return th
}

// Event waits until an event with that reason was told about the task.
func (th *then) Event(reason string) *then {
	th.t.Helper()
	th.eventually("event "+reason, func() (bool, string, error) {
		var list corev1.EventList
		if err := world.Client.List(th.ctx, &list, client.InNamespace(th.namespace)); err != nil {
			return false, "", err
		}
		var seen []string
		for _, e := range list.Items {
			if e.InvolvedObject.Kind == "ReleaseTask" {
				seen = append(seen, e.Reason)
			}
		}
		return slices.Contains(seen, reason), fmt.Sprint(seen), nil
	})
	return th
}

// Carried waits until the last action succeeded.
func (th *then) Carried() *then { th.t.Helper(); return th.ended(v1alpha1.ActionSucceeded, "") }

// Refused waits until the last action was refused with the words in its sentence.
func (th *then) Refused(words string) *then {
	th.t.Helper()
	return th.ended(v1alpha1.ActionRefused, words)
}

func (th *then) ended(state v1alpha1.ActionState, words string) *then {
	th.t.Helper()
	action := &v1alpha1.ReleaseAction{}
	th.eventually(sentence("action %s to be %s", th.last.Spec.Type, state), func() (bool, string, error) {
		err := world.Client.Get(th.ctx, client.ObjectKeyFromObject(th.last), action)
		return action.Status.State.IsFinal(), fmt.Sprintf("%s: %s", action.Status.State, action.Status.Message), err
	})
	if action.Status.State != state || !strings.Contains(action.Status.Message, words) {
		th.t.Fatalf("action %s ended as %s: %q; want %s with %q", action.Spec.Type, action.Status.State, action.Status.Message, state, words)
	}
	return th
}

// HandedBack waits until the task is gone and reads the world: the Deployment runs the version with its instances, what
// was there before is as it was, and nothing of Workbench is left.
func (th *then) HandedBack(version string, instances int32) *then {
	th.t.Helper()
	th.eventually("the task to be gone", func() (bool, string, error) {
		task, err := th.getTask()
		if apierrors.IsNotFound(err) {
			return true, "", nil
		}
		return false, fmt.Sprintf("%s: %s", task.Status.Phase, task.Status.Message), err
	})
	d, err := th.getDeployment()
	th.must(err)
	if image := d.Spec.Template.Spec.Containers[0].Image; image != cluster.AppImage+version || *d.Spec.Replicas != instances || d.Status.AvailableReplicas != instances {
		th.t.Errorf("the Deployment runs %d of %d pods of %s; want %d of %s", d.Status.AvailableReplicas, *d.Spec.Replicas, image, instances, version)
	}
	th.NothingLeft()
	return th.OnlyAnswersOf(version)
}

// NothingLeft reads that no object bears a trace of Workbench and that what was there before is as it was.
func (th *then) NothingLeft() *then {
	th.t.Helper()
	if _, err := th.getRollout(); !apierrors.IsNotFound(err) {
		th.t.Errorf("the Rollout is still there: %v", err)
	}
	th.eventually("the Rollout's pods to be gone", func() (bool, string, error) {
		var sets appsv1.ReplicaSetList
		err := world.Client.List(th.ctx, &sets, client.InNamespace(th.namespace), client.HasLabels{"rollouts-pod-template-hash"})
		return len(sets.Items) == 0, fmt.Sprintf("%d ReplicaSets", len(sets.Items)), err
	})
	for name, want := range th.originals {
		kind, object, _ := strings.Cut(name, "/")
		u, err := th.object(kind, object)
		if err != nil {
			th.t.Errorf("%s: %v", name, err)
			continue
		}
		if diff := cmp.Diff(want, written(u)); diff != "" {
			th.t.Errorf("%s is not as it was (-before +now):\n%s", name, diff)
		}
	}
	// ReplicaSets are left out: the Deployment controller copies the annotations of a Deployment to them, for good.
	all := th.kubectl("", "get", "deployment,service,virtualservice,destinationrule,rollout,hpa", "-o", "yaml", "--show-managed-fields=false")
	for line := range strings.SplitSeq(all, "\n") {
		if strings.Contains(line, "workbench.dev/") {
			th.t.Errorf("a trace of Workbench is left: %s", strings.TrimSpace(line))
		}
	}
	return th
}

// Untouched reads that nothing but the task exists that was not there before.
func (th *then) Untouched() *then { th.t.Helper(); return th.NothingLeft() }

// NoRequestFailed looks at the traffic so far.
func (th *then) NoRequestFailed() *then {
	th.t.Helper()
	count, err := th.traffic.count(th.ctx)
	th.must(err)
	if count.Failed > 0 {
		th.t.Errorf("%d of %d requests failed:\n%s", count.Failed, count.Sent, failures(count))
	}
	return th
}
