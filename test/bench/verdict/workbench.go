package main

import (
	"fmt"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workbench-dev/workbench/api/v1alpha1"
	"github.com/workbench-dev/workbench/test/e2e/cluster"
)

// way is how releases are judged.
type way interface {
	// prepare takes the application over, with v1 as the stable version.
	prepare() error
	release(version string) error
	// sentBack says whether the release went back and all requests go to the stable version.
	sentBack() (bool, error)
	// verdictAt is when the release that was sent back was found bad; zero when nobody noted it.
	verdictAt() time.Time
	released(version string) (bool, error)
	// abort sends a release back that nobody found bad.
	abort() error
	// why is what is known of a release that was sent back; empty when none was.
	why() string
	// recover makes the next release possible.
	recover() error
}

var ways = map[string]func(*bench) way{
	"workbench": func(b *bench) way { return workbench{b} },
	"argo":      func(b *bench) way { return &argo{bench: b} },
	"flagger":   func(b *bench) way { return &argo{bench: b, flagger: true} },
}

// workbench judges errors and latency against the stable version.
type workbench struct{ *bench }

func (w workbench) prepare() error {
	task := &v1alpha1.ReleaseTask{ObjectMeta: metav1.ObjectMeta{Name: "web", Namespace: w.app.Namespace}}
	task.Spec.WorkloadRef.Name = "web"
	wait := func(d time.Duration) *metav1.Duration { return &metav1.Duration{Duration: d} }
	task.Spec.Strategy.Canary = &v1alpha1.CanaryStrategy{
		Traffic: v1alpha1.Traffic{Istio: &v1alpha1.IstioTraffic{}},
		Steps:   []v1alpha1.Step{{Weight: 10, Wait: wait(20 * time.Second)}, {Weight: 50, Wait: wait(5 * time.Second)}},
	}
	task.Spec.Analysis = &v1alpha1.Analysis{
		Interval: wait(5 * time.Second),
		Metrics: []v1alpha1.AnalysisMetric{
			{Name: "success-rate", Predefined: &v1alpha1.PredefinedMetric{Type: v1alpha1.MetricSuccessRate}},
			{Name: "latency", Predefined: &v1alpha1.PredefinedMetric{Type: v1alpha1.MetricLatency}},
		},
	}
	if err := w.c.Client.Create(w.ctx, task); err != nil {
		return err
	}
	return w.until(2*time.Minute, "the take-over", func() (bool, error) {
		task, err := w.task()
		return meta.IsStatusConditionTrue(task.Status.Conditions, v1alpha1.ConditionTakenOver), err
	})
}

func (w workbench) task() (*v1alpha1.ReleaseTask, error) {
	task := &v1alpha1.ReleaseTask{}
	return task, w.c.Client.Get(w.ctx, types.NamespacedName{Namespace: w.app.Namespace, Name: "web"}, task)
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
	return w.until(time.Minute, string(spec.Type), func() (bool, error) {
		err := w.c.Client.Get(w.ctx, client.ObjectKeyFromObject(action), action)
		if s := action.Status; s.State == v1alpha1.ActionRefused || s.State == v1alpha1.ActionFailed {
			return false, fmt.Errorf("%s: %s", s.State, s.Message)
		}
		return action.Status.State == v1alpha1.ActionSucceeded, err
	})
}

// release returns when the release is on record, so that the one before is not taken for it.
func (w workbench) release(version string) error {
	if err := w.ask(v1alpha1.ReleaseActionSpec{Type: v1alpha1.ActionUpdateVersion, UpdateVersion: &v1alpha1.UpdateVersionSpec{
		Containers: []v1alpha1.ContainerImage{{Name: "app", Image: cluster.AppImage + version}},
	}}); err != nil {
		return err
	}
	return w.until(time.Minute, "the release to begin", func() (bool, error) {
		task, err := w.task()
		return task.Status.Release != nil && task.Status.Canary != nil && task.Status.Canary.Display == version, err
	})
}

func (w workbench) sentBack() (bool, error) {
	task, err := w.task()
	return task.Status.Phase == v1alpha1.PhaseFailed && task.Status.Canary != nil && task.Status.Canary.Weight == 0, err
}

func (w workbench) verdictAt() time.Time {
	task, err := w.task()
	if err != nil || len(task.Status.History) == 0 {
		return time.Time{}
	}
	if newest := task.Status.History[0]; newest.Analysis != nil && newest.Analysis.VerdictAt != nil {
		return newest.Analysis.VerdictAt.Time
	}
	return time.Time{}
}

func (w workbench) released(version string) (bool, error) {
	task, err := w.task()
	return task.Status.Phase == v1alpha1.PhaseHealthy && task.Status.Stable != nil && task.Status.Stable.Display == version && task.Status.Release == nil, err
}

func (w workbench) abort() error {
	return w.ask(v1alpha1.ReleaseActionSpec{Type: v1alpha1.ActionTerminate})
}

func (w workbench) why() string {
	task, err := w.task()
	if err != nil || task.Status.Phase != v1alpha1.PhaseFailed {
		return ""
	}
	return ": " + task.Status.Message
}

// recover sets the version back that serves; the next release begins from rest.
func (w workbench) recover() error {
	task, err := w.task()
	if err != nil {
		return err
	}
	stable := task.Status.Stable.Display
	if err := w.kubectl("set", "image", "deployment/web", "app="+cluster.AppImage+stable); err != nil {
		return err
	}
	return w.until(2*time.Minute, "the task to be at rest", func() (bool, error) { return w.released(stable) })
}
