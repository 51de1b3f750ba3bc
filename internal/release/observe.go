package release

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/argoproj/argo-rollouts/pkg/apis/rollouts/v1alpha1"
	appsv1 "k8s.io/api/apps/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	workbench "github.com/workbench-dev/workbench/api/v1alpha1"
)

// RevisionAnnotation is where Argo Rollouts counts revisions, on Rollouts and ReplicaSets.
const RevisionAnnotation = "rollout.argoproj.io/revision"

// World is what Observe reads. Rollout is never nil.
type World struct {
	Rollout     *v1alpha1.Rollout
	ReplicaSets []appsv1.ReplicaSet
	// Actions of the task, in any order.
	Actions []workbench.ReleaseAction
	// PodTrouble says why pods of the canary do not start; empty when nothing is known to be wrong.
	PodTrouble string
	// AbortedBy is the tool outside Workbench that aborted the release, empty when none is known.
	AbortedBy string
	Now       time.Time
}

// Event is a transition worth telling.
type Event struct {
	// Warning says that a person may have to act.
	Warning bool
	Reason  string
	Message string
}

// Observed says whether Argo Rollouts has seen the newest spec of a Rollout.
func Observed(rollout *v1alpha1.Rollout) bool {
	return rollout.Status.ObservedGeneration == strconv.FormatInt(rollout.Generation, 10)
}

// Running says whether a release runs: a version that is not the stable one, and was not sent back.
func Running(rollout *v1alpha1.Rollout) bool {
	s := rollout.Status
	return s.StableRS != "" && s.CurrentPodHash != "" && s.CurrentPodHash != s.StableRS && !s.Abort
}

// Aborted says whether the newest version was sent back.
func Aborted(rollout *v1alpha1.Rollout) bool {
	s := rollout.Status
	return s.Abort && s.CurrentPodHash != s.StableRS
}

// Promoted says whether the newest version is the stable one.
func Promoted(rollout *v1alpha1.Rollout) bool {
	s := rollout.Status
	return s.StableRS != "" && s.CurrentPodHash == s.StableRS
}

// Turning says whether a release begins or ends between what is on record and what the Rollout shows: then it matters
// who asked for it.
func Turning(task *workbench.ReleaseTask, rollout *v1alpha1.Rollout) bool {
	open := task.Status.Release
	if open != nil {
		return !Running(rollout) || rollout.Status.CurrentPodHash != open.Hash
	}
	if Aborted(rollout) {
		return len(task.Status.History) == 0 || task.Status.History[0].Hash != rollout.Status.CurrentPodHash
	}
	return Running(rollout)
}

// Observe brings the versions, step, running release and history of a task's status up to what is seen, and tells the
// transitions. It changes nothing else of the status.
func Observe(task *workbench.ReleaseTask, w World) []Event {
	status := &task.Status
	r := w.Rollout
	status.Stable, status.Canary = versions(task, w)
	var events []Event
	if Observed(r) && r.Status.StableRS != "" {
		events = append(events, endRelease(task, w)...)
		events = append(events, beginRelease(task, w)...)
	}
	before := status.Step
	status.Step = step(task, w)
	if s := status.Step; s != nil && (before == nil || before.Number != s.Number || before.WaitsFor != s.WaitsFor) && status.Release != nil {
		events = append(events, Event{Reason: "Step", Message: fmt.Sprintf("%s: %s", status.Canary.Display, stepSentence(s))})
	}
	if n := int(HistoryLimit(task)); len(status.History) > n {
		status.History = status.History[:n]
	}
	return events
}

func versions(task *workbench.ReleaseTask, w World) (stable, canary *workbench.VersionStatus) {
	s := w.Rollout.Status
	if s.StableRS != "" {
		stable = version(w, s.StableRS)
	}
	if s.CurrentPodHash != "" && s.CurrentPodHash != s.StableRS {
		canary = version(w, s.CurrentPodHash)
	}
	if stable == nil {
		return stable, canary
	}
	stable.Weight = 100
	if canary == nil {
		return stable, nil
	}
	switch {
	case s.Canary.Weights != nil:
		canary.Weight = s.Canary.Weights.Canary.Weight
	case canary.ReadyInstances+stable.ReadyInstances > 0:
		canary.Weight = canary.ReadyInstances * 100 / (canary.ReadyInstances + stable.ReadyInstances)
	}
	stable.Weight = 100 - canary.Weight
	return stable, canary
}

func version(w World, hash string) *workbench.VersionStatus {
	v := &workbench.VersionStatus{Hash: hash}
	rs := FindReplicaSet(w.ReplicaSets, hash)
	if rs == nil {
		v.Revision = revision(w.Rollout.Annotations)
		v.Display = fmt.Sprintf("r%d", v.Revision)
		return v
	}
	v.Revision = revision(rs.Annotations)
	v.Containers = Containers(&rs.Spec.Template)
	if rs.Spec.Replicas != nil {
		v.Instances = *rs.Spec.Replicas
	}
	v.ReadyInstances = rs.Status.AvailableReplicas
	v.Display = Display(v.Revision, v.Containers)
	return v
}

// FindReplicaSet is the ReplicaSet of a version; nil when it is gone.
func FindReplicaSet(sets []appsv1.ReplicaSet, hash string) *appsv1.ReplicaSet {
	for i := range sets {
		if sets[i].Labels[v1alpha1.DefaultRolloutUniqueLabelKey] == hash {
			return &sets[i]
		}
	}
	return nil
}

func revision(annotations map[string]string) int64 {
	n, _ := strconv.ParseInt(annotations[RevisionAnnotation], 10, 64)
	return n
}

// Display is the short name of a version: the tag of the first image when it has one, else the revision.
func Display(revision int64, containers []workbench.ContainerImage) string {
	if len(containers) > 0 {
		image, _, digest := strings.Cut(containers[0].Image, "@")
		base := image[strings.LastIndex(image, "/")+1:]
		if _, tag, tagged := strings.Cut(base, ":"); tagged && !digest && tag != "latest" && len(tag) <= 24 {
			return tag
		}
	}
	return fmt.Sprintf("r%d", revision)
}

// endRelease closes the running record when its version became stable, was sent back or gave way to another.
func endRelease(task *workbench.ReleaseTask, w World) []Event {
	status, r := &task.Status, w.Rollout
	open := status.Release
	if open == nil || (Running(r) && r.Status.CurrentPodHash == open.Hash) {
		return nil
	}
	record := *open.DeepCopy()
	now := metav1.NewTime(w.Now)
	record.EndedAt = &now
	name := Display(record.Revision, record.Containers)
	var event Event
	superseded := r.Annotations[workbench.SupersededAnnotation] != ""
	switch {
	case Promoted(r) && r.Status.StableRS == open.Hash:
		record.Outcome, record.Reason = workbench.OutcomeReleased, "all steps were done"
		if by := decidedBy(w, open, workbench.ActionRelease); by != "" {
			record.EndedBy, record.Reason = by, "released at once by "+by
		}
		event = Event{Reason: "Released", Message: fmt.Sprintf("%s is released: %s", name, record.Reason)}
	case Promoted(r):
		record.Outcome, record.Reason = workbench.OutcomeSuperseded, "the workload was set back to the version that served"
		event = Event{Reason: "Superseded", Message: fmt.Sprintf("%s was given up: %s", name, record.Reason)}
	case r.Status.CurrentPodHash != open.Hash || superseded:
		record.Outcome, record.Reason = workbench.OutcomeSuperseded, "another version came before it was released"
		record.EndedBy = r.Annotations[workbench.VersionByAnnotation]
		event = Event{Reason: "Superseded", Message: fmt.Sprintf("%s gave way: %s", name, record.Reason)}
	default:
		record.Outcome, record.EndedBy, record.Reason = aborted(task, w, open)
		if r.Status.AbortedAt != nil {
			record.EndedAt = r.Status.AbortedAt.DeepCopy()
		}
		event = Event{Warning: true, Reason: string(record.Outcome), Message: fmt.Sprintf("%s went back: %s", name, record.Reason)}
	}
	record.Analysis = analysisRecord(task, &record)
	status.Release, status.Analysis = nil, nil
	status.History = slices.Insert(status.History, 0, record)
	return []Event{event}
}

func aborted(task *workbench.ReleaseTask, w World, open *workbench.ReleaseRecord) (outcome workbench.Outcome, by, reason string) {
	if by := decidedBy(w, open, workbench.ActionTerminate); by != "" {
		return workbench.OutcomeTerminated, by, "terminated by " + by
	}
	if why := failedAnalysis(task, open.Hash); why != "" {
		return workbench.OutcomeWentBack, "", why
	}
	if w.AbortedBy != "" {
		return workbench.OutcomeTerminated, w.AbortedBy, "terminated with " + w.AbortedBy
	}
	message := w.Rollout.Status.Message
	for _, c := range w.Rollout.Status.Conditions {
		if c.Type == v1alpha1.RolloutProgressing && c.Message != "" {
			message = c.Message
		}
	}
	if w.PodTrouble != "" {
		message = w.PodTrouble
	}
	if message == "" {
		message = "Argo Rollouts aborted it without a reason"
	}
	return workbench.OutcomeWentBack, "", message
}

// decidedBy is the user whose action of that type was carried out on this very release.
func decidedBy(w World, record *workbench.ReleaseRecord, typ workbench.ActionType) string {
	for i := range w.Actions {
		a := &w.Actions[i]
		t := a.Status.Target
		if a.Spec.Type != typ || t == nil || t.Hash != record.Hash || a.Status.State == workbench.ActionFailed {
			continue
		}
		if t.ReleaseStartedAt != nil && t.ReleaseStartedAt.Equal(&record.StartedAt) {
			return a.Spec.RequestedBy
		}
	}
	return ""
}

// beginRelease opens a record for a version that is newly released, and closes at once the books on one whose release
// was missed altogether, while no controller ran.
func beginRelease(task *workbench.ReleaseTask, w World) []Event {
	status, r := &task.Status, w.Rollout
	if status.Release != nil {
		return nil
	}
	now := metav1.NewTime(w.Now)
	switch {
	case Running(r) && status.Canary != nil && r.Annotations[workbench.SupersededAnnotation] == "":
		record := newRecord(status.Canary, r, now)
		for i := range w.Actions {
			a := &w.Actions[i]
			if a.Spec.Type == workbench.ActionRetry && a.Status.Target != nil && a.Status.Target.Hash == record.Hash && a.Status.StartedAt != nil &&
				(len(status.History) == 0 || status.History[0].EndedAt == nil || !a.Status.StartedAt.Before(status.History[0].EndedAt)) {
				record.StartedBy = a.Spec.RequestedBy
			}
		}
		status.Release = &record
		return []Event{{Reason: "Releasing", Message: fmt.Sprintf("release of %s begins, brought by %s", status.Canary.Display, record.StartedBy)}}
	case Promoted(r) && status.Stable != nil && r.Status.AvailableReplicas > 0 && !known(status.History, status.Stable.Hash):
		record := newRecord(status.Stable, r, now)
		record.EndedAt = &now
		record.Outcome, record.Reason = workbench.OutcomeReleased, "seen only after it had been released"
		if len(status.History) == 0 {
			record.Outcome, record.Reason = workbench.OutcomeTakenOver, "the version that ran when the workload was taken over"
		}
		status.History = slices.Insert(status.History, 0, record)
	case Aborted(r) && status.Canary != nil && len(status.History) > 0 && status.History[0].Hash != status.Canary.Hash:
		record := newRecord(status.Canary, r, now)
		record.EndedAt = &now
		record.Outcome, record.EndedBy, record.Reason = aborted(task, w, &record)
		status.History = slices.Insert(status.History, 0, record)
	}
	return nil
}

// known says whether the stable version is the last that is on record as serving.
func known(history []workbench.ReleaseRecord, hash string) bool {
	for _, h := range history {
		if h.Outcome == workbench.OutcomeReleased || h.Outcome == workbench.OutcomeTakenOver {
			return h.Hash == hash
		}
	}
	return false
}

func newRecord(v *workbench.VersionStatus, r *v1alpha1.Rollout, now metav1.Time) workbench.ReleaseRecord {
	return workbench.ReleaseRecord{
		Revision: v.Revision, Hash: v.Hash, Containers: v.Containers,
		StartedAt: now, StartedBy: r.Annotations[workbench.VersionByAnnotation],
	}
}

func step(task *workbench.ReleaseTask, w World) *workbench.StepStatus {
	r := w.Rollout
	if !Running(r) || r.Status.CurrentStepIndex == nil {
		return nil
	}
	steps := task.Spec.Strategy.Canary.Steps
	index := *r.Status.CurrentStepIndex
	list := r.Spec.Strategy.Canary.Steps
	s := &workbench.StepStatus{Number: TaskStep(ReadPlan(r), len(steps), index), Count: int32(len(steps)), Weight: 100, WaitsFor: workbench.WaitsForNothing}
	for i := int32(0); i <= index && int(i) < len(list); i++ {
		if list[i].SetWeight != nil {
			s.Weight = *list[i].SetWeight
		}
	}
	s.Display = fmt.Sprintf("%d/%d", min(s.Number, s.Count), s.Count)
	canary := FindReplicaSet(w.ReplicaSets, r.Status.CurrentPodHash)
	if cond := pauseCondition(r); cond != nil && int(index) < len(list) && list[index].Pause != nil {
		start := cond.StartTime
		s.StartedAt = &start
		if seconds := list[index].Pause.DurationSeconds(); list[index].Pause.Duration != nil && seconds >= 0 {
			end := metav1.NewTime(start.Add(time.Duration(seconds) * time.Second))
			s.EndsAt, s.WaitsFor = &end, workbench.WaitsForTime
		} else if gate := AtGate(task, r); gate != nil {
			end := metav1.NewTime(gate.EndsAt)
			s.EndsAt, s.WaitsFor = &end, workbench.WaitsForTime
			if !w.Now.Before(gate.EndsAt) {
				s.EndsAt, s.WaitsFor = nil, workbench.WaitsForAnalysis
			}
		} else {
			s.WaitsFor = workbench.WaitsForPerson
		}
		if int(s.Number) > len(steps) {
			s.WaitsFor = workbench.WaitsForNothing
		}
		return s
	}
	if canary == nil || canary.Status.AvailableReplicas == 0 || (canary.Spec.Replicas != nil && canary.Status.AvailableReplicas < *canary.Spec.Replicas) {
		s.WaitsFor = workbench.WaitsForPods
	}
	return s
}

func pauseCondition(r *v1alpha1.Rollout) *v1alpha1.PauseCondition {
	for i := range r.Status.PauseConditions {
		if r.Status.PauseConditions[i].Reason == v1alpha1.PauseReasonCanaryPauseStep {
			return &r.Status.PauseConditions[i]
		}
	}
	return nil
}
