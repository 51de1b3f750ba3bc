package release

import (
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	workbench "github.com/workbench-dev/workbench/api/v1alpha1"
)

// Describe derives phase, sentence and the conditions Ready, Released and WaitingForPerson from the rest of a task's
// status. podTrouble says why pods of the canary do not start.
func Describe(task *workbench.ReleaseTask, podTrouble string) {
	status := &task.Status
	status.Phase, status.Message = phase(task, podTrouble)
	if drift := meta.FindStatusCondition(status.Conditions, workbench.ConditionDrifted); drift != nil && drift.Status == metav1.ConditionTrue && status.HandBack == nil {
		status.Message += " " + drift.Message
	}
	set := func(typ string, ok bool, reason, message string) {
		value := metav1.ConditionFalse
		if ok {
			value = metav1.ConditionTrue
		}
		meta.SetStatusCondition(&status.Conditions, metav1.Condition{Type: typ, Status: value, Reason: reason, Message: message, ObservedGeneration: task.Generation})
	}
	waiting := status.Phase == workbench.PhaseWaiting
	set(workbench.ConditionWaitingForPerson, waiting, pick(waiting, workbench.ReasonStepWaits, workbench.ReasonNotWaiting), pick(waiting, status.Message, "Nobody has to act."))
	switch status.Phase {
	case workbench.PhaseHealthy:
		set(workbench.ConditionReleased, true, workbench.ReasonReleased, status.Message)
		set(workbench.ConditionReady, true, workbench.ReasonReady, status.Message)
	case workbench.PhaseReleasing, workbench.PhaseWaiting:
		set(workbench.ConditionReleased, false, workbench.ReasonReleasing, status.Message)
		trouble := podTrouble != ""
		set(workbench.ConditionReady, !trouble, pick(trouble, workbench.ReasonPodsNotStarting, workbench.ReasonReady), status.Message)
	case workbench.PhaseTerminated:
		set(workbench.ConditionReleased, false, workbench.ReasonTerminated, status.Message)
		set(workbench.ConditionReady, true, workbench.ReasonReady, status.Message)
	case workbench.PhaseFailed:
		set(workbench.ConditionReleased, false, workbench.ReasonWentBack, status.Message)
		set(workbench.ConditionReady, false, workbench.ReasonWentBack, status.Message)
	case workbench.PhaseBlocked:
		set(workbench.ConditionReleased, false, workbench.ReasonNotStarted, status.Message)
		set(workbench.ConditionReady, false, workbench.ReasonBlocked, status.Message)
	case workbench.PhaseTakingOver:
		set(workbench.ConditionReleased, false, workbench.ReasonNotStarted, status.Message)
		set(workbench.ConditionReady, false, workbench.ReasonStartingPods, status.Message)
	case workbench.PhaseHandingBack:
		set(workbench.ConditionReady, false, workbench.ReasonHandingBack, status.Message)
	}
}

func pick(first bool, a, b string) string {
	if first {
		return a
	}
	return b
}

func phase(task *workbench.ReleaseTask, podTrouble string) (workbench.Phase, string) {
	status := &task.Status
	deployment := task.Spec.WorkloadRef.Name
	taken := meta.FindStatusCondition(status.Conditions, workbench.ConditionTakenOver)
	if status.HandBack != nil {
		return workbench.PhaseHandingBack, handBackSentence(status.HandBack, deployment)
	}
	if task.DeletionTimestamp != nil {
		return workbench.PhaseHandingBack, "The task is being removed."
	}
	if status.TakeOver == nil {
		if p := meta.FindStatusCondition(status.Conditions, workbench.ConditionPreflightPassed); p != nil && p.Status == metav1.ConditionFalse {
			return workbench.PhaseBlocked, "Nothing was touched: " + p.Message
		}
		return workbench.PhaseTakingOver, "The take-over is being prepared; nothing was touched yet."
	}
	if taken == nil || taken.Status != metav1.ConditionTrue {
		if taken != nil {
			return workbench.PhaseTakingOver, taken.Message
		}
		return workbench.PhaseTakingOver, fmt.Sprintf("The pods of Deployment %s are being taken over; its own serve on.", deployment)
	}
	if status.Canary == nil || status.Stable == nil {
		if status.Stable == nil {
			return workbench.PhaseTakingOver, "Argo Rollouts has not told of any version yet."
		}
		return workbench.PhaseHealthy, fmt.Sprintf("%s serves all requests with %d of %d instances ready.", status.Stable.Display, status.Stable.ReadyInstances, status.Stable.Instances)
	}
	stable, canary := status.Stable.Display, status.Canary.Display
	if status.Release == nil {
		return wentBack(status, stable, canary)
	}
	s := status.Step
	if s == nil {
		return workbench.PhaseReleasing, fmt.Sprintf("Release of %s begins; %s serves.", canary, stable)
	}
	share := fmt.Sprintf("%d %% of requests go to %s, the rest to %s.", status.Canary.Weight, canary, stable)
	judged := analysisSentence(task)
	switch s.WaitsFor {
	case workbench.WaitsForPerson:
		return workbench.PhaseWaiting, fmt.Sprintf("%s Step %d of %d waits for a person: %s%s", share, s.Number, s.Count, next(task, s), judged)
	case workbench.WaitsForTime:
		return workbench.PhaseReleasing, fmt.Sprintf("%s Step %d of %d lasts until %s; %s%s", share, s.Number, s.Count, s.EndsAt.UTC().Format(time.RFC3339), next(task, s), judged)
	case workbench.WaitsForAnalysis:
		return workbench.PhaseReleasing, fmt.Sprintf("%s Step %d of %d is over and holds until the analysis passes, or a person continues.%s", share, s.Number, s.Count, judged)
	case workbench.WaitsForPods:
		if podTrouble != "" {
			return workbench.PhaseReleasing, fmt.Sprintf("%s The pods of %s do not start: %s. %s serves; correct the version or terminate.", share, canary, podTrouble, stable)
		}
		return workbench.PhaseReleasing, fmt.Sprintf("%s Step %d of %d waits for %d of %d pods of %s to be ready.", share, min(s.Number, s.Count), s.Count, status.Canary.Instances-status.Canary.ReadyInstances, status.Canary.Instances, canary)
	}
	return workbench.PhaseReleasing, fmt.Sprintf("%s The release moves to %d %%.", share, s.Weight)
}

func wentBack(status *workbench.ReleaseTaskStatus, stable, canary string) (workbench.Phase, string) {
	if len(status.History) == 0 || status.History[0].Hash != status.Canary.Hash {
		return workbench.PhaseReleasing, fmt.Sprintf("Release of %s begins; %s serves.", canary, stable)
	}
	last := status.History[0]
	switch last.Outcome {
	case workbench.OutcomeTerminated:
		return workbench.PhaseTerminated, fmt.Sprintf("Release of %s was %s; %s serves all requests. Retry, or set another version.", canary, last.Reason, stable)
	case workbench.OutcomeWentBack:
		return workbench.PhaseFailed, fmt.Sprintf("Release of %s went back by itself: %s. %s serves all requests. Set another version, or retry.", canary, last.Reason, stable)
	}
	return workbench.PhaseReleasing, fmt.Sprintf("%s makes room for another version; %s serves.", canary, stable)
}

func next(task *workbench.ReleaseTask, s *workbench.StepStatus) string {
	steps := task.Spec.Strategy.Canary.Steps
	if int(s.Number) < len(steps) {
		return fmt.Sprintf("the next step is %d %%.", steps[s.Number].Weight)
	}
	return "then it gets all requests."
}

func stepSentence(s *workbench.StepStatus) string {
	at := fmt.Sprintf("step %d of %d (%d %%)", min(s.Number, s.Count), s.Count, s.Weight)
	switch s.WaitsFor {
	case workbench.WaitsForPerson:
		return at + " waits for a person"
	case workbench.WaitsForTime:
		return at + " waits until " + s.EndsAt.UTC().Format(time.RFC3339)
	case workbench.WaitsForPods:
		return at + " waits for pods"
	case workbench.WaitsForAnalysis:
		return at + " holds until the analysis passes"
	}
	return at + " goes on"
}

func handBackSentence(h *workbench.HandBackStatus, deployment string) string {
	switch h.Step {
	case workbench.HandBackFreezing:
		return "Hand-back begins: the Rollout is being frozen; its pods serve."
	case workbench.HandBackStarting:
		return fmt.Sprintf("Hand-back: Deployment %s starts %d pods of the stable version; the Rollout's pods serve until they are ready.", deployment, h.Instances)
	case workbench.HandBackSubset, workbench.HandBackRouting:
		return fmt.Sprintf("Hand-back: requests are being led to the pods of Deployment %s.", deployment)
	case workbench.HandBackDraining:
		return "Hand-back: requests under way at the Rollout's pods may end."
	case workbench.HandBackRemoving:
		return fmt.Sprintf("Hand-back: Deployment %s serves; the Rollout's pods are being removed.", deployment)
	}
	return fmt.Sprintf("Hand-back: Deployment %s serves; routes and autoscaler get their originals back.", deployment)
}
