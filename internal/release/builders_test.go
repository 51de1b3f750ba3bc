package release

import (
	"strconv"
	"time"

	"github.com/argoproj/argo-rollouts/pkg/apis/rollouts/v1alpha1"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	workbench "github.com/workbench-dev/workbench/api/v1alpha1"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// makeTask is a task that has taken its workload over and splits traffic in the mesh: 20 % until a person continues, 60 %
// for a minute.
func makeTask() *workbench.ReleaseTask {
	task := &workbench.ReleaseTask{
		ObjectMeta: metav1.ObjectMeta{Name: "checkout", Namespace: "shop", Generation: 1},
		Spec: workbench.ReleaseTaskSpec{
			WorkloadRef: workbench.WorkloadRef{Name: "web"},
			Strategy: workbench.Strategy{Canary: &workbench.CanaryStrategy{
				Traffic: workbench.Traffic{Istio: &workbench.IstioTraffic{}},
				Steps:   canarySteps(20, person, 60, time.Minute),
			}},
		},
	}
	task.Status.TakeOver = &workbench.TakeOverStatus{StartedAt: metav1.NewTime(noon), Instances: 4}
	task.Status.Conditions = []metav1.Condition{{Type: workbench.ConditionTakenOver, Status: metav1.ConditionTrue}}
	return task
}

func makeDeployment(image string) *appsv1.Deployment {
	labels := map[string]string{"app": "web"}
	return &appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{Name: "web", Namespace: "shop", UID: "u-1"},
		Spec: appsv1.DeploymentSpec{
			Replicas: ptr.To[int32](4),
			Selector: &metav1.LabelSelector{MatchLabels: labels},
			Template: corev1.PodTemplateSpec{
				ObjectMeta: metav1.ObjectMeta{Labels: labels},
				Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "web", Image: image}}},
			},
		},
		Status: appsv1.DeploymentStatus{UpdatedReplicas: 4, AvailableReplicas: 4},
	}
}

// rolloutMaker builds a Rollout and its ReplicaSets in the state that a test is about.
type rolloutMaker struct {
	rollout *v1alpha1.Rollout
	sets    []appsv1.ReplicaSet
}

// makeRollout has version 1 as its stable and newest one.
func makeRollout() *rolloutMaker {
	m := &rolloutMaker{rollout: &v1alpha1.Rollout{
		ObjectMeta: metav1.ObjectMeta{Name: "web", Namespace: "shop", Generation: 3, Annotations: map[string]string{}},
		Spec: v1alpha1.RolloutSpec{Replicas: ptr.To[int32](4), Strategy: v1alpha1.RolloutStrategy{Canary: &v1alpha1.CanaryStrategy{
			Steps: RolloutSteps(makeTask().Spec.Strategy.Canary.Steps, StepPlan{}),
		}}},
		Status: v1alpha1.RolloutStatus{ObservedGeneration: "3", AvailableReplicas: 4},
	}}
	return m.version(1, 4).stable(1).newest(1)
}

func hashOf(revision int) string { return "h" + strconv.Itoa(revision) }

// version adds the ReplicaSet of revision n with that many pods, all available.
func (m *rolloutMaker) version(n int, pods int32) *rolloutMaker {
	template := makeDeployment("registry/web:v" + strconv.Itoa(n)).Spec.Template
	template.Labels = map[string]string{"app": "web", v1alpha1.DefaultRolloutUniqueLabelKey: hashOf(n)}
	m.sets = append(m.sets, appsv1.ReplicaSet{
		ObjectMeta: metav1.ObjectMeta{
			Name: "web-" + hashOf(n), Labels: map[string]string{v1alpha1.DefaultRolloutUniqueLabelKey: hashOf(n)},
			Annotations: map[string]string{RevisionAnnotation: strconv.Itoa(n)},
		},
		Spec:   appsv1.ReplicaSetSpec{Replicas: ptr.To(pods), Template: template},
		Status: appsv1.ReplicaSetStatus{AvailableReplicas: pods},
	})
	return m
}

func (m *rolloutMaker) stable(n int) *rolloutMaker { m.rollout.Status.StableRS = hashOf(n); return m }
func (m *rolloutMaker) newest(n int) *rolloutMaker {
	m.rollout.Status.CurrentPodHash = hashOf(n)
	return m
}

func (m *rolloutMaker) weight(percent int32) *rolloutMaker {
	m.rollout.Status.Canary.Weights = &v1alpha1.TrafficWeights{
		Canary: v1alpha1.WeightDestination{Weight: percent}, Stable: v1alpha1.WeightDestination{Weight: 100 - percent},
	}
	return m
}

func (m *rolloutMaker) at(index int32) *rolloutMaker {
	m.rollout.Status.CurrentStepIndex = &index
	return m
}

func (m *rolloutMaker) paused(since time.Time) *rolloutMaker {
	m.rollout.Status.PauseConditions = []v1alpha1.PauseCondition{{Reason: v1alpha1.PauseReasonCanaryPauseStep, StartTime: metav1.NewTime(since)}}
	return m
}

func (m *rolloutMaker) aborted(at time.Time) *rolloutMaker {
	m.rollout.Status.Abort = true
	m.rollout.Status.AbortedAt = ptr.To(metav1.NewTime(at))
	return m
}

func (m *rolloutMaker) annotate(key, value string) *rolloutMaker {
	m.rollout.Annotations[key] = value
	return m
}

func (m *rolloutMaker) world(now time.Time, actions ...workbench.ReleaseAction) World {
	return World{Rollout: m.rollout, ReplicaSets: m.sets, Actions: actions, Now: now}
}
