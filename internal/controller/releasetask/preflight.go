package releasetask

import (
	"context"
	"fmt"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	"github.com/workbench-dev/workbench/api/v1alpha1"
	"github.com/workbench-dev/workbench/internal/release"
	"github.com/workbench-dev/workbench/internal/survey"
)

// preflight guards the begin of a take-over: while anything stands in the way nothing is touched. When nothing does,
// it puts on record what is going to be taken over.
func (r *Reconciler) preflight(ctx context.Context, s *scene) error {
	if s.task.Status.TakeOver != nil {
		return nil
	}
	facts, err := survey.Facts(ctx, r.Live, r.Client.RESTMapper(), s.task)
	if err != nil {
		return err
	}
	found, obstacles := release.Preflight(s.task, facts)
	if len(obstacles) > 0 {
		message := sentences(obstacles)
		if s.conditionMessage(v1alpha1.ConditionPreflightPassed) != message {
			s.tell(true, obstacles[0].Reason, "%s", message)
		}
		s.condition(v1alpha1.ConditionPreflightPassed, false, obstacles[0].Reason, message)
		s.condition(v1alpha1.ConditionTakenOver, false, v1alpha1.ReasonNotStarted, "Nothing was touched yet.")
		return wait(blockedRetry, message)
	}
	s.condition(v1alpha1.ConditionPreflightPassed, true, v1alpha1.ReasonPassed, "Nothing stands in the way.")
	s.condition(v1alpha1.ConditionTakenOver, false, v1alpha1.ReasonStartingPods, fmt.Sprintf("The pods of Deployment %s are being taken over; its own serve on.", facts.Deployment.Name))
	s.condition(v1alpha1.ConditionDrifted, false, v1alpha1.ReasonInStep, "Everything is as Workbench set it.")
	if err := r.holdTask(ctx, s); err != nil {
		return err
	}
	s.deployment = facts.Deployment
	s.task.Status.TakeOver = takeOverRecord(s, found)
	s.tell(false, "TakeOver", "take-over of Deployment %s with %d instances begins", facts.Deployment.Name, s.task.Status.TakeOver.Instances)
	return r.persist(ctx, s)
}

func takeOverRecord(s *scene, found release.Found) *v1alpha1.TakeOverStatus {
	record := &v1alpha1.TakeOverStatus{
		StartedAt:   metav1.NewTime(s.now),
		WorkloadUID: string(s.deployment.UID),
		Instances:   *s.deployment.Spec.Replicas,
	}
	if found.Service != nil {
		record.Service = found.Service.Name
	}
	if found.Autoscaler != nil {
		record.Autoscaler = found.Autoscaler.Name
	}
	if s.task.Spec.Strategy.Canary.Traffic.Istio == nil {
		return record
	}
	record.VirtualService, record.DestinationRule = s.task.Name, s.task.Name
	if found.VirtualService != nil {
		record.VirtualService = found.VirtualService.GetName()
	}
	return record
}

// holdTask puts the finalizer on the task, before anything is changed that a hand-back has to undo.
func (r *Reconciler) holdTask(ctx context.Context, s *scene) error {
	if controllerutil.ContainsFinalizer(s.task, v1alpha1.TaskFinalizer) {
		return nil
	}
	held := s.base.DeepCopy()
	controllerutil.AddFinalizer(held, v1alpha1.TaskFinalizer)
	patch := client.MergeFromWithOptions(s.base, client.MergeFromWithOptimisticLock{})
	if err := r.Client.Patch(ctx, held, patch, client.FieldOwner(v1alpha1.FieldManager)); err != nil {
		return err
	}
	status := s.task.Status
	s.base = held.DeepCopy()
	s.task = held
	s.task.Status = status
	return nil
}

func (s *scene) conditionMessage(typ string) string {
	for _, c := range s.task.Status.Conditions {
		if c.Type == typ {
			return c.Message
		}
	}
	return ""
}

func sentences(obstacles []release.Obstacle) string {
	var out []string
	for _, o := range obstacles {
		out = append(out, fmt.Sprintf("%s: %s.", o.Message, o.Mend))
	}
	return strings.Join(out, " ")
}
