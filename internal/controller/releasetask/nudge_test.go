package releasetask

import (
	"testing"

	rollouts "github.com/argoproj/argo-rollouts/pkg/apis/rollouts/v1alpha1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func TestOverlooked(t *testing.T) {
	now := metav1.Now()
	paused := []rollouts.PauseCondition{{Reason: rollouts.PauseReasonCanaryPauseStep, StartTime: now}}
	weights := &rollouts.TrafficWeights{Canary: rollouts.WeightDestination{Weight: 20}}
	for name, c := range map[string]struct {
		generation int64
		status     rollouts.RolloutStatus
		want       bool
	}{
		"new spec":                     {2, rollouts.RolloutStatus{ObservedGeneration: "1"}, true},
		"waits for a person":           {1, rollouts.RolloutStatus{ControllerPause: true, PauseConditions: paused}, false},
		"was continued":                {1, rollouts.RolloutStatus{ControllerPause: true}, true},
		"moves":                        {1, rollouts.RolloutStatus{}, false},
		"aborted, requests not back":   {1, rollouts.RolloutStatus{Abort: true, AbortedAt: &now, Canary: rollouts.CanaryStatus{Weights: weights}}, true},
		"aborted, requests back":       {1, rollouts.RolloutStatus{Abort: true, AbortedAt: &now, Canary: rollouts.CanaryStatus{Weights: &rollouts.TrafficWeights{}}}, false},
		"tried again, not yet noticed": {1, rollouts.RolloutStatus{AbortedAt: &now}, true},
	} {
		r := &rollouts.Rollout{ObjectMeta: metav1.ObjectMeta{Generation: c.generation}, Status: c.status}
		r.Status.StableRS, r.Status.CurrentPodHash = "stable", "canary"
		if r.Status.ObservedGeneration == "" {
			r.Status.ObservedGeneration = "1"
		}
		if got := overlooked(r); got != c.want {
			t.Errorf("%s: overlooked is %t, want %t", name, got, c.want)
		}
	}
}
