package cli

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/workbench-dev/workbench/api/v1alpha1"
)

// stand is where a release is, for who waits for it.
type stand struct {
	// over: the release ended; standing: it waits for a person. Neither: it moves, or was not seen yet.
	over, standing bool
	// released is true when it ended with its version as the stable one.
	released bool
	// message is a sentence.
	message string
}

// standOf tells where a task stands, whatever release it is about.
func standOf(task *v1alpha1.ReleaseTask) stand {
	now := stand{message: task.Status.Message}
	switch task.Status.Phase {
	case v1alpha1.PhaseHealthy:
		now.over, now.released = true, true
	case v1alpha1.PhaseTerminated, v1alpha1.PhaseFailed:
		now.over = true
	case v1alpha1.PhaseWaiting, v1alpha1.PhaseBlocked:
		now.standing = true
	}
	return now
}

// releaseSought is the release that a command started or moved, told apart from all others by what the task showed
// before: clocks of machines differ, so times are only compared with themselves.
type releaseSought struct {
	before *v1alpha1.ReleaseTask
	// fresh: the release began after before was read; otherwise it is the one that ran then.
	fresh bool
	// leaves is the number of the step that the command ended the wait of; 0 when it ended none.
	leaves int32
	// images that are the version sought; a release that goes back to the stable version may leave no record.
	images []v1alpha1.ContainerImage
}

// stand tells where the release sought is, from a later reading of the task.
func (s releaseSought) stand(task *v1alpha1.ReleaseTask) stand {
	if running := task.Status.Release; running != nil && s.isSought(*running) {
		now := standOf(task)
		waits := now.standing && (task.Status.Step == nil || task.Status.Step.Number > s.leaves)
		failed := now.over && !now.released
		return stand{over: failed, standing: waits, message: now.message}
	}
	for _, ended := range task.Status.History {
		if s.isSought(ended) && ended.EndedAt != nil {
			return stand{over: true, released: ended.Outcome == v1alpha1.OutcomeReleased, message: endSentence(ended)}
		}
	}
	if task.Status.Phase == v1alpha1.PhaseHealthy && len(s.images) > 0 && serves(task.Status.Stable, s.images) {
		return stand{over: true, released: true, message: task.Status.Message}
	}
	return stand{message: task.Status.Message}
}

func (s releaseSought) isSought(record v1alpha1.ReleaseRecord) bool {
	ran := s.before.Status.Release
	if ran != nil && sameRelease(*ran, record) {
		return !s.fresh
	}
	switch {
	case !s.fresh, record.Outcome == v1alpha1.OutcomeTakenOver, !hasImages(record.Containers, s.images):
		return false
	}
	for _, known := range s.before.Status.History {
		if sameRelease(known, record) && (record.EndedAt == nil) == (known.EndedAt == nil) &&
			(record.EndedAt == nil || record.EndedAt.Equal(known.EndedAt)) {
			return false
		}
	}
	return true
}

func sameRelease(a, b v1alpha1.ReleaseRecord) bool {
	return a.Revision == b.Revision && a.Hash == b.Hash && a.StartedAt.Equal(&b.StartedAt)
}

// serves says whether a version has all the images.
func serves(version *v1alpha1.VersionStatus, images []v1alpha1.ContainerImage) bool {
	return version != nil && hasImages(version.Containers, images)
}

func hasImages(containers, images []v1alpha1.ContainerImage) bool {
	runs := map[string]string{}
	for _, container := range containers {
		runs[container.Name] = container.Image
	}
	for _, image := range images {
		if runs[image.Name] != image.Image {
			return false
		}
	}
	return true
}

// endSentence says how a release ended. Reasons often begin with the outcome: it is not said twice then.
func endSentence(record v1alpha1.ReleaseRecord) string {
	end := outcomeWords(record.Outcome)
	switch {
	case strings.HasPrefix(record.Reason, end):
		end = record.Reason
	case record.Reason != "":
		end += ", " + record.Reason
	}
	return sentence(fmt.Sprintf("release of revision %d (%s) ended: %s", record.Revision, imagePairs(record.Containers), end))
}

// sentence begins with a capital and ends with a full stop.
func sentence(text string) string {
	first, size := utf8.DecodeRuneInString(text)
	if size == 0 {
		return text
	}
	text = string(unicode.ToUpper(first)) + text[size:]
	if !strings.HasSuffix(text, ".") {
		text += "."
	}
	return text
}

// outcomeWords is an outcome as people say it.
func outcomeWords(outcome v1alpha1.Outcome) string {
	switch outcome {
	case "":
		return "running"
	case v1alpha1.OutcomeWentBack:
		return "went back"
	case v1alpha1.OutcomeTakenOver:
		return "taken over"
	default:
		return strings.ToLower(string(outcome))
	}
}

// isTakenOver says whether the workload's pods belong to the task's Rollout.
func isTakenOver(task *v1alpha1.ReleaseTask) bool {
	return meta.IsStatusConditionTrue(task.Status.Conditions, v1alpha1.ConditionTakenOver)
}

// waitsFor is, in one word or two, what a task waits for; empty when for nothing.
func waitsFor(task *v1alpha1.ReleaseTask) string {
	switch {
	case task.Status.Phase == v1alpha1.PhaseBlocked:
		return "mending"
	case task.Status.Step == nil:
		return ""
	case task.Status.Step.WaitsFor == v1alpha1.WaitsForPerson:
		return "person"
	case task.Status.Step.WaitsFor == v1alpha1.WaitsForTime:
		return "time"
	case task.Status.Step.WaitsFor == v1alpha1.WaitsForPods:
		return "pods"
	case task.Status.Step.WaitsFor == v1alpha1.WaitsForAnalysis:
		return "verdict"
	default:
		return ""
	}
}
