package release

import (
	"fmt"
	"testing"
	"time"

	"github.com/argoproj/argo-rollouts/pkg/apis/rollouts/v1alpha1"
	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	workbench "github.com/workbench-dev/workbench/api/v1alpha1"
)

func canarySteps(pairs ...any) []workbench.Step {
	var steps []workbench.Step
	for i := 0; i < len(pairs); i += 2 {
		s := workbench.Step{Weight: int32(pairs[i].(int))}
		if d := pairs[i+1].(time.Duration); d > 0 {
			s.Wait = &metav1.Duration{Duration: d}
		}
		steps = append(steps, s)
	}
	return steps
}

const person = time.Duration(0)

// drawing writes steps the way a person would: 20 wait 100 wait(2s).
func drawing(steps []v1alpha1.CanaryStep) string {
	text := ""
	for _, s := range steps {
		switch {
		case s.SetWeight != nil:
			text += fmt.Sprintf("%d ", *s.SetWeight)
		case s.Pause.Duration == nil:
			text += "person "
		default:
			text += fmt.Sprintf("%ds ", s.Pause.DurationSeconds())
		}
	}
	return text
}

func TestRolloutSteps(t *testing.T) {
	steps := canarySteps(10, 5*time.Minute, 50, person)
	cases := map[string]struct {
		steps []workbench.Step
		plan  StepPlan
		want  string
	}{
		"a release has all steps and settles at 100":                {steps, StepPlan{}, "10 300s 50 person 100 2s "},
		"a last step of 100 needs no other one":                     {canarySteps(20, person, 100, 9*time.Second), StepPlan{}, "20 person 100 9s "},
		"rules that changed go on without a fall of the weight":     {steps, StepPlan{Offset: 1, Carry: 20}, "20 50 person 100 2s "},
		"released at once: the weight it has, then all":             {steps, StepPlan{Offset: 2, Carry: 10}, "10 100 2s "},
		"released at once before it had any weight":                 {steps, StepPlan{Offset: 2}, "100 2s "},
		"an offset beyond the steps, left by rules since shortened": {steps, StepPlan{Offset: 9, Carry: 10}, "10 100 2s "},
		"a fraction of a second is kept as text":                    {canarySteps(10, 1500*time.Millisecond), StepPlan{}, "10 1s 100 2s "},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, drawing(RolloutSteps(c.steps, c.plan))); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestTaskStep(t *testing.T) {
	cases := map[string]struct {
		plan  StepPlan
		index int32
		want  int32
	}{
		"the first weight":                 {StepPlan{}, 0, 1},
		"the first wait":                   {StepPlan{}, 1, 1},
		"the second weight":                {StepPlan{}, 2, 2},
		"settling":                         {StepPlan{}, 5, 3},
		"past the end":                     {StepPlan{}, 6, 3},
		"carrying the weight into step 2":  {StepPlan{Offset: 1, Carry: 20}, 0, 2},
		"the wait of step 2 after a carry": {StepPlan{Offset: 1, Carry: 20}, 2, 2},
		"released at once":                 {StepPlan{Offset: 2, Carry: 20}, 1, 3},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if got := TaskStep(c.plan, 2, c.index); got != c.want {
				t.Errorf("TaskStep(%+v, 2, %d) = %d, want %d", c.plan, c.index, got, c.want)
			}
		})
	}
}

func TestReplan(t *testing.T) {
	steps := canarySteps(10, person, 40, person, 80, person)
	cases := map[string]struct {
		weight int32
		want   StepPlan
	}{
		"no weight yet begins at the start":               {0, StepPlan{Offset: 0, Carry: 0}},
		"between two steps goes up":                       {20, StepPlan{Offset: 1, Carry: 20}},
		"on a step stays there, its wait anew":            {40, StepPlan{Offset: 1, Carry: 40}},
		"above all steps comes down to the last, no more": {90, StepPlan{Offset: 2, Carry: 80}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, Replan(steps, c.weight)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestPlanSurvivesTheAnnotation(t *testing.T) {
	plan := StepPlan{Offset: 2, Carry: 30, ReleasedBy: "action-x"}
	r := &v1alpha1.Rollout{ObjectMeta: metav1.ObjectMeta{Annotations: map[string]string{workbench.PlanAnnotation: plan.String()}}}
	if diff := cmp.Diff(plan, ReadPlan(r)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(StepPlan{}, ReadPlan(&v1alpha1.Rollout{})); diff != "" {
		t.Errorf("a Rollout without one has the zero plan:\n%s", diff)
	}
}
