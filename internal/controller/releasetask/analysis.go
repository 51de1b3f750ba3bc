package releasetask

import (
	"context"
	"fmt"

	rollouts "github.com/argoproj/argo-rollouts/pkg/apis/rollouts/v1alpha1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workbench-dev/workbench/api/v1alpha1"
	"github.com/workbench-dev/workbench/internal/controller/analysisrun"
	"github.com/workbench-dev/workbench/internal/release"
	"github.com/workbench-dev/workbench/internal/survey"
)

// templateKind and runKind are those of the release engine's analysis.
var (
	templateKind = rollouts.SchemeGroupVersion.WithKind("AnalysisTemplate")
	runKind      = rollouts.SchemeGroupVersion.WithKind("AnalysisRun")
)

// template keeps the AnalysisTemplate of a task whose releases are judged: there before the Rollout names it, and gone
// only after the Rollout names it no more.
func (r *Reconciler) template(ctx context.Context, s *scene) error {
	want := release.AnalysisTemplate(s.task)
	if want == nil {
		return r.withdrawTemplate(ctx, s)
	}
	have, err := r.readTemplate(ctx, s, r.reader(s))
	switch {
	case err != nil:
		return err
	case have == nil:
		err := r.Client.Create(ctx, want, client.FieldOwner(v1alpha1.FieldManager))
		if apierrors.IsAlreadyExists(err) {
			return r.foreignTemplate(ctx, s)
		}
		if err != nil {
			return err
		}
		return wait(engineRetry, "Argo Rollouts learns of the AnalysisTemplate")
	case have.Labels[v1alpha1.TaskLabel] != s.task.Name:
		return s.templateTaken()
	case !sameJSON(&have.Spec, &want.Spec):
		changed := have.DeepCopy()
		changed.Spec = want.Spec
		return r.Client.Update(ctx, changed, client.FieldOwner(v1alpha1.FieldManager))
	}
	return nil
}

// withdrawTemplate deletes the template of a task whose releases are no longer judged.
func (r *Reconciler) withdrawTemplate(ctx context.Context, s *scene) error {
	if !s.taken() || s.rollout == nil || s.rollout.Spec.Strategy.Canary == nil || s.rollout.Spec.Strategy.Canary.Analysis != nil {
		return nil
	}
	have, err := r.readTemplate(ctx, s, r.reader(s))
	if err != nil || have == nil || have.Labels[v1alpha1.TaskLabel] != s.task.Name {
		return err
	}
	return client.IgnoreNotFound(r.Client.Delete(ctx, have, client.Preconditions{UID: &have.UID}))
}

// readTemplate is the task's template; nil when there is none.
func (r *Reconciler) readTemplate(ctx context.Context, s *scene, reader client.Reader) (*rollouts.AnalysisTemplate, error) {
	if has, err := survey.Has(r.Client.RESTMapper(), templateKind); err != nil || !has {
		return nil, err
	}
	have := &rollouts.AnalysisTemplate{}
	there, err := get(ctx, reader, s.key(release.TemplateName(s.task)), have)
	if err != nil || !there {
		return nil, err
	}
	return have, nil
}

// foreignTemplate tells a template of somebody else, which the cache does not hold, from one that was made a moment ago.
func (r *Reconciler) foreignTemplate(ctx context.Context, s *scene) error {
	have, err := r.readTemplate(ctx, s, r.Live)
	if err != nil {
		return err
	}
	if have != nil && have.Labels[v1alpha1.TaskLabel] != s.task.Name {
		return s.templateTaken()
	}
	return wait(engineRetry, "the AnalysisTemplate made a moment ago is not in the cache yet")
}

func (s *scene) templateTaken() error {
	message := fmt.Sprintf("AnalysisTemplate %s exists and was not made by Workbench, so releases cannot be judged: delete or rename it.", release.TemplateName(s.task))
	s.condition(v1alpha1.ConditionDrifted, true, v1alpha1.ReasonNameClash, message)
	return stalled{v1alpha1.ReasonNameClash, message}
}

// judged brings what the judge says of the running release into the status. At the end of a release it is read from the
// API server: the end may be seen before what brought it about.
func (r *Reconciler) judged(ctx context.Context, s *scene) error {
	name := release.CurrentRun(s.rollout)
	if s.task.Status.Release == nil || s.task.Status.Release.Hash != s.rollout.Status.CurrentPodHash || name == "" {
		return nil
	}
	reader := client.Reader(r.Client)
	if release.Turning(s.task, s.rollout) {
		reader = r.Live
	}
	run := &rollouts.AnalysisRun{}
	if ok, err := get(ctx, reader, s.key(name), run); err != nil || !ok {
		return err
	}
	if status := analysisrun.StatusOf(run, s.task.Status.Release); status != nil {
		s.task.Status.Analysis = status
	}
	return nil
}

// gate ends a judged step when its wait is over and the verdict allows it.
func (r *Reconciler) gate(ctx context.Context, s *scene) error {
	if !s.taken() || s.rollout == nil || !release.Observed(s.rollout) {
		return nil
	}
	gate := release.AtGate(s.task, s.rollout)
	if gate == nil {
		return nil
	}
	if rest := gate.EndsAt.Sub(s.now); rest > 0 {
		s.again = soonest(s.again, rest)
		return nil
	}
	if err := r.judged(ctx, s); err != nil {
		return err
	}
	leave, why := gate.Leave(s.task, s.rollout.Status.CurrentPodHash)
	if !leave {
		return nil
	}
	if err := r.patchRollout(ctx, s, map[string]any{"pauseConditions": nil}); err != nil {
		return fmt.Errorf("ending step %d: %w", gate.Step, err)
	}
	s.tell(s.task.Status.Analysis.State != v1alpha1.AnalysisPassed, "StepJudged", "%s", why)
	return wait(engineRetry, "Argo Rollouts leaves the step")
}
