package release

import (
	"fmt"
	"strings"

	"github.com/argoproj/argo-rollouts/pkg/apis/rollouts/v1alpha1"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"

	workbench "github.com/workbench-dev/workbench/api/v1alpha1"
)

// Refusal says why an action does not fit the state of its task and what to do instead.
type Refusal string

func (r Refusal) Error() string { return string(r) }

func refuse(format string, args ...any) error { return Refusal(fmt.Sprintf(format, args...)) }

// NotYet says what an action waits for before it can be resolved.
type NotYet string

func (n NotYet) Error() string { return string(n) }

// Subject is what an action is resolved against.
type Subject struct {
	Task       *workbench.ReleaseTask
	Deployment *appsv1.Deployment
	Rollout    *v1alpha1.Rollout
	// ReplicaSets are those of the Rollout, with their pod templates.
	ReplicaSets []appsv1.ReplicaSet
}

// Resolve decides what an action means for the task as it stands now. The error is a Refusal when it does not fit,
// NotYet when it has to wait.
func Resolve(action *workbench.ReleaseAction, s Subject) (*workbench.ActionTarget, error) {
	if s.Task == nil {
		return nil, refuse("release task %s does not exist in namespace %s", action.Spec.Task, action.Namespace)
	}
	if s.Task.DeletionTimestamp != nil {
		return nil, refuse("release task %s is being deleted: its workload is handed back and can be changed as a Deployment then", s.Task.Name)
	}
	if s.Deployment == nil {
		return nil, refuse("Deployment %s does not exist any more: create it again, or delete the task", s.Task.Spec.WorkloadRef.Name)
	}
	if !takenOver(s) {
		if typ := action.Spec.Type; typ == workbench.ActionUpdateVersion || typ == workbench.ActionRollback {
			if err := checkContainers(action, s.Deployment); err != nil {
				return nil, err
			}
			return nil, NotYet("waits until the workload is taken over")
		}
		return nil, refuse("the workload is not taken over yet, so no release runs: wait, or see the task's conditions for what stands in the way")
	}
	if !Observed(s.Rollout) {
		return nil, NotYet("waits until Argo Rollouts has seen the newest change")
	}
	if err := checkExpectation(action, s.Task); err != nil {
		return nil, err
	}
	switch action.Spec.Type {
	case workbench.ActionContinue:
		return resolveContinue(s)
	case workbench.ActionRelease:
		return resolveRelease(s)
	case workbench.ActionTerminate:
		return resolveTerminate(s)
	case workbench.ActionRetry:
		return resolveRetry(s)
	case workbench.ActionUpdateVersion:
		return resolveUpdate(action, s)
	case workbench.ActionRollback:
		return resolveRollback(action, s)
	}
	return nil, refuse("action type %s is not known to this controller: update Workbench", action.Spec.Type)
}

func takenOver(s Subject) bool {
	return s.Rollout != nil && s.Rollout.DeletionTimestamp == nil && s.Task.Status.HandBack == nil &&
		meta.IsStatusConditionTrue(s.Task.Status.Conditions, workbench.ConditionTakenOver)
}

func checkExpectation(action *workbench.ReleaseAction, task *workbench.ReleaseTask) error {
	e := action.Spec.Expect
	if e == nil {
		return nil
	}
	if e.Revision != nil {
		seen := int64(0)
		if task.Status.Canary != nil {
			seen = task.Status.Canary.Revision
		} else if task.Status.Stable != nil {
			seen = task.Status.Stable.Revision
		}
		if seen != *e.Revision {
			return refuse("the task has moved on: it was meant for revision %d, the newest one is %d. Look again and repeat it if you still want it", *e.Revision, seen)
		}
	}
	if e.Step != nil {
		if task.Status.Step == nil {
			return refuse("the task has moved on: it was meant for step %d, and no release runs any more", *e.Step)
		}
		if task.Status.Step.Number != *e.Step {
			return refuse("the task has moved on: it was meant for step %d, the release stands in step %d. Look again and repeat it if you still want it", *e.Step, task.Status.Step.Number)
		}
	}
	return nil
}

// current is the target of an action on the running release.
func current(s Subject) *workbench.ActionTarget {
	t := &workbench.ActionTarget{Hash: s.Rollout.Status.CurrentPodHash}
	if rs := FindReplicaSet(s.ReplicaSets, t.Hash); rs != nil {
		t.Revision = revision(rs.Annotations)
	}
	if rel := s.Task.Status.Release; rel != nil {
		t.ReleaseStartedAt = rel.StartedAt.DeepCopy()
	}
	return t
}

func mustRun(s Subject, what string) error {
	switch {
	case Aborted(s.Rollout):
		return refuse("there is nothing to %s: the release went back already. Retry it, or set another version", what)
	case !Running(s.Rollout):
		return refuse("there is nothing to %s: no release runs. Set another version to start one", what)
	case s.Task.Status.Release == nil || s.Task.Status.Release.Hash != s.Rollout.Status.CurrentPodHash:
		return NotYet("waits until the release is on record")
	}
	return nil
}

func resolveContinue(s Subject) (*workbench.ActionTarget, error) {
	if err := mustRun(s, "continue"); err != nil {
		return nil, err
	}
	if step := s.Task.Status.Step; step != nil && step.WaitsFor == workbench.WaitsForNothing && step.Number <= step.Count {
		return nil, NotYet("waits until the release has reached its step")
	}
	if pauseCondition(s.Rollout) == nil || s.Rollout.Status.CurrentStepIndex == nil {
		return nil, refuse("step %d does not wait: its weight is not reached yet. Wait until it is, or release at once", stepNumber(s))
	}
	t := current(s)
	index, number := *s.Rollout.Status.CurrentStepIndex, stepNumber(s)
	t.RolloutStep, t.Step = &index, &number
	t.PausedAt = pauseCondition(s.Rollout).StartTime.DeepCopy()
	return t, nil
}

func stepNumber(s Subject) int32 { return StepNumber(s.Task, s.Rollout) }

func resolveRelease(s Subject) (*workbench.ActionTarget, error) {
	if err := mustRun(s, "release"); err != nil {
		return nil, err
	}
	if by := ReadPlan(s.Rollout).ReleasedBy; by != "" {
		return nil, refuse("it is being released at once already, as action %s asked", by)
	}
	return current(s), nil
}

func resolveTerminate(s Subject) (*workbench.ActionTarget, error) {
	if err := mustRun(s, "terminate"); err != nil {
		return nil, err
	}
	return current(s), nil
}

func resolveRetry(s Subject) (*workbench.ActionTarget, error) {
	if !Aborted(s.Rollout) {
		if Running(s.Rollout) {
			return nil, refuse("there is nothing to retry: the release runs")
		}
		return nil, refuse("there is nothing to retry: the newest version serves")
	}
	t := current(s)
	t.AbortedAt = s.Rollout.Status.AbortedAt.DeepCopy()
	return t, nil
}

func checkContainers(action *workbench.ReleaseAction, d *appsv1.Deployment) error {
	if action.Spec.UpdateVersion == nil {
		return nil
	}
	have := Containers(&d.Spec.Template)
	var names []string
	for _, c := range have {
		names = append(names, c.Name)
	}
	for _, want := range action.Spec.UpdateVersion.Containers {
		if FindContainer(have, want.Name) == nil {
			return refuse("Deployment %s has no container %s: it has %s", d.Name, want.Name, strings.Join(names, ", "))
		}
		if err := CheckImage(want.Image); err != nil {
			return refuse("container %s: %s", want.Name, err)
		}
	}
	return nil
}

// FindContainer is the container of that name; nil when there is none.
func FindContainer(list []workbench.ContainerImage, name string) *workbench.ContainerImage {
	for i := range list {
		if list[i].Name == name {
			return &list[i]
		}
	}
	return nil
}

func resolveUpdate(action *workbench.ReleaseAction, s Subject) (*workbench.ActionTarget, error) {
	if err := checkContainers(action, s.Deployment); err != nil {
		return nil, err
	}
	if !SetImages(s.Deployment.Spec.Template.DeepCopy(), action.Spec.UpdateVersion.Containers) {
		return nil, refuse("nothing changes: Deployment %s has these images already", s.Deployment.Name)
	}
	return &workbench.ActionTarget{Template: TemplateHash(&s.Deployment.Spec.Template)}, nil
}

func resolveRollback(action *workbench.ReleaseAction, s Subject) (*workbench.ActionTarget, error) {
	n := action.Spec.Rollback.Revision
	var hash string
	for _, h := range s.Task.Status.History {
		if h.Revision == n {
			hash = h.Hash
			break
		}
	}
	var rs *appsv1.ReplicaSet
	for i := range s.ReplicaSets {
		if revision(s.ReplicaSets[i].Annotations) == n || (hash != "" && s.ReplicaSets[i].Labels[v1alpha1.DefaultRolloutUniqueLabelKey] == hash) {
			rs = &s.ReplicaSets[i]
		}
	}
	if rs == nil {
		return nil, refuse("revision %d is not there any more: the history of this task tells which revisions can be rolled back to", n)
	}
	if TemplateHash(DeploymentTemplate(rs)) == TemplateHash(&s.Deployment.Spec.Template) {
		if Aborted(s.Rollout) {
			return nil, refuse("revision %d is the one that went back: retry it instead", n)
		}
		return nil, refuse("revision %d is the newest version already", n)
	}
	return &workbench.ActionTarget{Hash: rs.Labels[v1alpha1.DefaultRolloutUniqueLabelKey], Revision: n, Template: TemplateHash(&s.Deployment.Spec.Template)}, nil
}

// SetImages gives the containers of a pod template their images and returns whether that changed anything.
func SetImages(template *corev1.PodTemplateSpec, images []workbench.ContainerImage) bool {
	changed := false
	for i := range template.Spec.Containers {
		c := &template.Spec.Containers[i]
		if want := FindContainer(images, c.Name); want != nil && c.Image != want.Image {
			c.Image = want.Image
			changed = true
		}
	}
	return changed
}
