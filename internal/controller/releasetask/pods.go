package releasetask

import (
	"context"
	"fmt"
	"slices"

	rollouts "github.com/argoproj/argo-rollouts/pkg/apis/rollouts/v1alpha1"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// maxPods is how many pods of a version are looked at for what is wrong with them; the first few tell.
const maxPods = 20

// badWaits are the reasons of a waiting container that do not pass by themselves.
var badWaits = []string{"ImagePullBackOff", "ErrImagePull", "InvalidImageName", "ErrImageNeverPull", "CrashLoopBackOff", "CreateContainerConfigError", "CreateContainerError", "RunContainerError"}

// trouble says in a few words why pods of a ReplicaSet do not start; empty when nothing is known to be wrong. Pods are read from
// the API server, only of a version that is not ready: there is no watch of pods.
func (r *Reconciler) trouble(ctx context.Context, s *scene, rs *appsv1.ReplicaSet) string {
	for _, c := range rs.Status.Conditions {
		if c.Type == appsv1.ReplicaSetReplicaFailure && c.Status == corev1.ConditionTrue {
			return "pods cannot be created: " + c.Message
		}
	}
	var pods corev1.PodList
	hash := rs.Labels[rollouts.DefaultRolloutUniqueLabelKey]
	if err := r.Live.List(ctx, &pods, client.InNamespace(s.task.Namespace), client.MatchingLabels{rollouts.DefaultRolloutUniqueLabelKey: hash}, client.Limit(maxPods)); err != nil {
		return "" // the sentence is a help; without it the counts still tell
	}
	for i := range pods.Items {
		if t := podTrouble(&pods.Items[i]); t != "" {
			return t
		}
	}
	return ""
}

func podTrouble(pod *corev1.Pod) string {
	for _, c := range slices.Concat(pod.Status.InitContainerStatuses, pod.Status.ContainerStatuses) {
		if w := c.State.Waiting; w != nil && slices.Contains(badWaits, w.Reason) {
			return fmt.Sprintf("container %s of pod %s: %s (%s, image %s)", c.Name, pod.Name, w.Reason, shorten(w.Message), c.Image)
		}
	}
	for _, c := range pod.Status.Conditions {
		if c.Type == corev1.PodScheduled && c.Status == corev1.ConditionFalse && c.Reason == corev1.PodReasonUnschedulable {
			return fmt.Sprintf("pod %s cannot be scheduled: %s", pod.Name, shorten(c.Message))
		}
	}
	return ""
}

// shorten keeps a message of the container runtime readable in a sentence.
func shorten(text string) string {
	const most = 200
	if len(text) <= most {
		return text
	}
	return text[:most] + "…"
}
