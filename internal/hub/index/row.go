package index

import (
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/workbench-dev/workbench/api/v1alpha1"
	"github.com/workbench-dev/workbench/internal/hub/api"
)

// PhasePending is that of a task which no controller has looked at yet.
const PhasePending = "Pending"

// Phases are all phases of rows.
var Phases = []api.Phase{
	PhasePending, api.Phase(v1alpha1.PhaseBlocked), api.Phase(v1alpha1.PhaseTakingOver), api.Phase(v1alpha1.PhaseHealthy),
	api.Phase(v1alpha1.PhaseReleasing), api.Phase(v1alpha1.PhaseWaiting), api.Phase(v1alpha1.PhaseTerminated),
	api.Phase(v1alpha1.PhaseFailed), api.Phase(v1alpha1.PhaseHandingBack),
}

// What a person has to do.
const (
	needsNothing  = "Nothing"
	needsContinue = "Continue"
	needsMend     = "Mend"
)

// Row is what a list shows of a task, without what depends on who asks. userPrefix is taken from names of people.
func Row(cluster string, task *v1alpha1.ReleaseTask, userPrefix string) api.TaskRow {
	status := &task.Status
	row := api.TaskRow{
		Cluster: cluster, Namespace: task.Namespace, Name: task.Name, UID: string(task.UID),
		Workspaces: []string{},
		Workload:   api.WorkloadRef{Kind: "Deployment", Name: task.Spec.WorkloadRef.Name},
		Strategy:   "Canary", Traffic: "Istio",
		Analysed: task.Spec.Analysis != nil,
		Phase:    api.Phase(status.Phase), Message: withoutPrefix(status.Message, userPrefix), Since: since(task), Needs: needs(task),
		Steps:  []api.Step{},
		Stable: versionRow(status.Stable),
		Canary: versionRow(status.Canary),

		FailedCheck: failedCheck(status),
		CreatedAt:   task.CreationTimestamp.UTC(), Deleting: task.DeletionTimestamp != nil,
		ResourceVersion: task.ResourceVersion,
	}
	if row.Phase == "" {
		row.Phase = PhasePending
	}
	if canary := task.Spec.Strategy.Canary; canary != nil {
		if canary.Traffic.Instances != nil {
			row.Traffic = "Instances"
		}
		for _, step := range canary.Steps {
			row.Steps = append(row.Steps, Step(step))
		}
	}
	if step := status.Step; step != nil {
		row.Step = &api.StepState{
			Number: step.Number, Count: step.Count, Weight: step.Weight, WaitsFor: string(step.WaitsFor),
			StartedAt: Time(step.StartedAt), EndsAt: Time(step.EndsAt),
		}
	}
	return row
}

func withoutPrefix(sentence, prefix string) string {
	if prefix == "" {
		return sentence
	}
	return strings.ReplaceAll(sentence, prefix, "")
}

// Step is a step of the rules; one that waits for a person has no wait.
func Step(step v1alpha1.Step) api.Step {
	shown := api.Step{Weight: step.Weight}
	if step.Wait != nil && step.Wait.Duration > 0 {
		shown.Wait = Duration(step.Wait.Duration)
	}
	return shown
}

// Duration is written as people do: 10m, not 10m0s.
func Duration(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// Time is nil when there is none.
func Time(t *metav1.Time) *time.Time {
	if t == nil || t.IsZero() {
		return nil
	}
	utc := t.UTC()
	return &utc
}

func versionRow(version *v1alpha1.VersionStatus) *api.VersionRow {
	if version == nil {
		return nil
	}
	return &api.VersionRow{
		Revision: version.Revision, Display: version.Display, Containers: Images(version.Containers),
		Instances: version.Instances, Ready: version.ReadyInstances, Weight: version.Weight,
	}
}

// Images are the images of containers; never nil.
func Images(containers []v1alpha1.ContainerImage) []api.ContainerImage {
	images := make([]api.ContainerImage, 0, len(containers))
	for _, container := range containers {
		images = append(images, api.ContainerImage{Name: container.Name, Image: container.Image})
	}
	return images
}

// since is when the task came to stand as it does.
func since(task *v1alpha1.ReleaseTask) time.Time {
	if step := task.Status.Step; step != nil && step.StartedAt != nil {
		return step.StartedAt.UTC()
	}
	latest := task.CreationTimestamp.UTC()
	for _, name := range []string{v1alpha1.ConditionReady, v1alpha1.ConditionReleased, v1alpha1.ConditionTakenOver, v1alpha1.ConditionWaitingForPerson} {
		if condition := meta.FindStatusCondition(task.Status.Conditions, name); condition != nil && condition.LastTransitionTime.UTC().After(latest) {
			latest = condition.LastTransitionTime.UTC()
		}
	}
	return latest
}

func needs(task *v1alpha1.ReleaseTask) string {
	switch task.Status.Phase {
	case v1alpha1.PhaseWaiting:
		return needsContinue
	case v1alpha1.PhaseFailed, v1alpha1.PhaseBlocked:
		return needsMend
	}
	if ready := meta.FindStatusCondition(task.Status.Conditions, v1alpha1.ConditionReady); ready != nil &&
		slices.Contains([]string{v1alpha1.ReasonPodsNotStarting, v1alpha1.ReasonStalled}, ready.Reason) {
		return needsMend
	}
	return needsNothing
}

// searchText is what the words of a search are looked for in.
func searchText(row *api.TaskRow) string {
	parts := []string{row.Name, row.Workload.Name, row.Namespace, row.Cluster}
	for _, version := range []*api.VersionRow{row.Stable, row.Canary} {
		if version == nil {
			continue
		}
		for _, container := range version.Containers {
			parts = append(parts, container.Image)
		}
	}
	return strings.ToLower(strings.Join(parts, "\n"))
}

// trim takes away what rows don't need before a task is kept for a moment.
func trim(task *v1alpha1.ReleaseTask) {
	task.ManagedFields, task.Annotations, task.Labels, task.OwnerReferences = nil, nil, nil, nil
	task.Status.Release = nil
	// The last release says why the task stands as failed.
	task.Status.History = slices.Clip(task.Status.History[:min(len(task.Status.History), 1)])
}
