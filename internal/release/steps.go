package release

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"time"

	"github.com/argoproj/argo-rollouts/pkg/apis/rollouts/v1alpha1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	workbench "github.com/workbench-dev/workbench/api/v1alpha1"
)

// SettleTime is how long the canary carries all requests before it becomes the stable version. Only then Argo
// Rollouts exchanges the endpoints of the stable subset; with no request on that subset none can fail.
const SettleTime = 2 * time.Second

// StepPlan says which of a task's steps the steps of its Rollout stand for. A release starts with the zero plan,
// all steps. When the rules change in the middle of it, or a person releases at once, the Rollout gets a shorter list,
// because Argo Rollouts starts at the first step of any list that is new to it.
type StepPlan struct {
	// Offset is how many of the task's steps are left out at the beginning.
	Offset int `json:"offset,omitempty"`
	// Carry is the weight that the canary has already and keeps while the new list begins, in percent; 0 for none.
	Carry int32 `json:"carry,omitempty"`
	// ReleasedBy is the ReleaseAction that asked to release at once.
	ReleasedBy string `json:"releasedBy,omitempty"`
}

// ReadPlan is the plan kept on a Rollout; the zero plan when there is none or it cannot be read.
func ReadPlan(rollout *v1alpha1.Rollout) StepPlan {
	var plan StepPlan
	if err := json.Unmarshal([]byte(rollout.Annotations[workbench.PlanAnnotation]), &plan); err != nil {
		return StepPlan{}
	}
	return plan
}

func (p StepPlan) String() string {
	text, _ := json.Marshal(p) // a struct of numbers and a string always marshals
	return string(text)
}

// RolloutSteps are the steps of the Rollout: for each step of the task a weight and a wait, then all requests for
// SettleTime.
func RolloutSteps(steps []workbench.Step, plan StepPlan) []v1alpha1.CanaryStep {
	var out []v1alpha1.CanaryStep
	if plan.Carry > 0 {
		out = append(out, setWeight(plan.Carry))
	}
	last := int32(0)
	for _, s := range steps[min(plan.Offset, len(steps)):] {
		out = append(out, setWeight(s.Weight), pause(s))
		last = s.Weight
	}
	if last < 100 {
		settle := intstr.FromString(SettleTime.String())
		out = append(out, setWeight(100), v1alpha1.CanaryStep{Pause: &v1alpha1.RolloutPause{Duration: &settle}})
	}
	return out
}

func setWeight(weight int32) v1alpha1.CanaryStep { return v1alpha1.CanaryStep{SetWeight: &weight} }

func pause(s workbench.Step) v1alpha1.CanaryStep {
	if s.Wait == nil || s.Wait.Duration <= 0 {
		return v1alpha1.CanaryStep{Pause: &v1alpha1.RolloutPause{}}
	}
	d := intstr.FromString(s.Wait.Duration.String())
	if whole := s.Wait.Round(time.Second); whole == s.Wait.Duration {
		d = intstr.FromInt32(int32(whole / time.Second))
	}
	return v1alpha1.CanaryStep{Pause: &v1alpha1.RolloutPause{Duration: &d}}
}

// TaskStep is the number, counted from 1, of the task's step that the Rollout's step at index belongs to; count + 1
// when all steps of the task are done and only the last pods are exchanged.
func TaskStep(plan StepPlan, count int, index int32) int32 {
	i := int(index)
	if plan.Carry > 0 {
		i--
	}
	return int32(min(plan.Offset+max(i, 0)/2, count)) + 1
}

// Replan says how a running release whose canary has the given weight goes on when the steps are replaced: at the
// first new step that does not ask for less, or at the last one when all ask for less. The wait of that step starts anew.
func Replan(steps []workbench.Step, weight int32) StepPlan {
	offset := len(steps) - 1
	for i, s := range steps {
		if s.Weight >= weight {
			offset = i
			break
		}
	}
	return StepPlan{Offset: offset, Carry: min(weight, steps[offset].Weight)}
}

// ReleaseNow is the plan of a release that a person wants done at once.
func ReleaseNow(steps []workbench.Step, weight int32, action string) StepPlan {
	return StepPlan{Offset: len(steps), Carry: weight, ReleasedBy: action}
}

// RulesHash changes when the steps do.
func RulesHash(steps []workbench.Step) string { return shortHash(steps) }

// TemplateHash changes when a pod template does.
func TemplateHash(template *corev1.PodTemplateSpec) string { return shortHash(template) }

func shortHash(v any) string {
	text, _ := json.Marshal(v) // API types always marshal, with sorted keys
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:8])
}
