package tasks

import (
	"cmp"
	"context"
	"slices"

	rollouts "github.com/argoproj/argo-rollouts/pkg/apis/rollouts/v1alpha1"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workbench-dev/workbench/api/v1alpha1"
	"github.com/workbench-dev/workbench/internal/hub/api"
	"github.com/workbench-dev/workbench/internal/hub/upstream"
)

// maxPods is how many pods are shown.
const maxPods = 500

// The versions that a pod can belong to, in the order in which they are shown.
var podVersions = []string{"Canary", "Stable", "Deployment", "Other"}

// Pods is the pods of the workload, of all its versions.
func (s *Service) Pods(ctx context.Context, path *api.TaskPath) (*api.GetPodsOutput, error) {
	asked, task, err := s.task(ctx, s.who(ctx), *path)
	if err != nil {
		return nil, err
	}
	out := &api.GetPodsOutput{}
	deployment := &appsv1.Deployment{}
	err = asked.Get(ctx, client.ObjectKey{Namespace: task.Namespace, Name: task.Spec.WorkloadRef.Name}, deployment)
	if apierrors.IsNotFound(err) {
		return out, nil // the task's sentence tells that it is gone
	}
	if err != nil {
		return nil, upstream.Problem(err, nil)
	}
	selector, err := metav1.LabelSelectorAsSelector(deployment.Spec.Selector)
	if err != nil || selector.Empty() {
		return out, nil
	}
	pods := &corev1.PodList{}
	if err := asked.List(ctx, pods, client.InNamespace(task.Namespace), client.MatchingLabelsSelector{Selector: selector}); err != nil {
		return nil, upstream.Problem(err, nil)
	}
	for i := range pods.Items {
		out.Body.Items = append(out.Body.Items, shownPod(&pods.Items[i], task))
	}
	out.Body.Total = len(pods.Items)
	slices.SortFunc(out.Body.Items, func(a, b api.Pod) int {
		return cmp.Or(cmp.Compare(slices.Index(podVersions, a.Version), slices.Index(podVersions, b.Version)), cmp.Compare(a.Name, b.Name))
	})
	out.Body.Items = out.Body.Items[:min(len(out.Body.Items), maxPods)]
	return out, nil
}

func shownPod(pod *corev1.Pod, task *v1alpha1.ReleaseTask) api.Pod {
	shown := api.Pod{
		Name: pod.Name, Phase: string(pod.Status.Phase), State: string(pod.Status.Phase), Node: pod.Spec.NodeName, IP: pod.Status.PodIP,
		Deleting: pod.DeletionTimestamp != nil, CreatedAt: pod.CreationTimestamp.UTC(), Containers: []api.PodContainer{},
	}
	shown.Version, shown.Revision = versionOf(pod, task)
	for _, condition := range pod.Status.Conditions {
		switch {
		case condition.Type == corev1.PodReady:
			shown.Ready = condition.Status == corev1.ConditionTrue
		case condition.Type == corev1.PodScheduled && condition.Status == corev1.ConditionFalse:
			shown.State, shown.Message = condition.Reason, condition.Message
		}
	}
	for _, status := range slices.Concat(pod.Status.InitContainerStatuses, pod.Status.ContainerStatuses) {
		if reason, message := trouble(status); reason != "" {
			shown.State, shown.Message = reason, message
		}
	}
	for _, status := range pod.Status.ContainerStatuses {
		shown.Restarts += status.RestartCount
		shown.Containers = append(shown.Containers, shownContainer(status))
	}
	if pod.Status.Reason != "" { // such as Evicted
		shown.State, shown.Message = pod.Status.Reason, pod.Status.Message
	}
	if shown.Deleting {
		shown.State = "Terminating"
	}
	return shown
}

func versionOf(pod *corev1.Pod, task *v1alpha1.ReleaseTask) (string, int64) {
	hash := pod.Labels[rollouts.DefaultRolloutUniqueLabelKey]
	switch {
	case hash == "":
		return "Deployment", 0
	case task.Status.Canary != nil && task.Status.Canary.Hash == hash:
		return "Canary", task.Status.Canary.Revision
	case task.Status.Stable != nil && task.Status.Stable.Hash == hash:
		return "Stable", task.Status.Stable.Revision
	}
	return "Other", 0
}

// trouble is why a container waits or has ended; empty when it runs, or has ended well.
func trouble(status corev1.ContainerStatus) (reason, message string) {
	switch {
	case status.State.Waiting != nil && status.State.Waiting.Reason != "PodInitializing" && status.State.Waiting.Reason != "ContainerCreating":
		return status.State.Waiting.Reason, status.State.Waiting.Message
	case status.State.Terminated != nil && status.State.Terminated.ExitCode != 0:
		return cmp.Or(status.State.Terminated.Reason, "Error"), status.State.Terminated.Message
	}
	return "", ""
}

func shownContainer(status corev1.ContainerStatus) api.PodContainer {
	shown := api.PodContainer{Name: status.Name, Image: status.Image, Ready: status.Ready, Restarts: status.RestartCount}
	switch {
	case status.State.Running != nil:
		shown.State = "Running"
	case status.State.Terminated != nil:
		shown.State, shown.Reason, shown.Message = "Terminated", status.State.Terminated.Reason, status.State.Terminated.Message
	default:
		shown.State = "Waiting"
		if status.State.Waiting != nil {
			shown.Reason, shown.Message = status.State.Waiting.Reason, status.State.Waiting.Message
		}
	}
	return shown
}
