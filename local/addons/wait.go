package addons

import (
	"context"
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

var (
	deployments = schema.GroupVersionResource{Group: "apps", Version: "v1", Resource: "deployments"}
	pods        = schema.GroupVersionResource{Version: "v1", Resource: "pods"}
	nodes       = schema.GroupVersionResource{Version: "v1", Resource: "nodes"}
)

const pollInterval = 100 * time.Millisecond

// WaitNode waits until the node says that it is ready.
func (c *Client) WaitNode(ctx context.Context, name string, timeout time.Duration) error {
	return poll(ctx, timeout, "the node "+name+" to become ready", func() (bool, string) {
		node, err := c.dynamic.Resource(nodes).Get(ctx, name, metav1.GetOptions{})
		if err != nil {
			return false, err.Error()
		}
		status, message := condition(node, "Ready")
		return status == "True", message
	})
}

// WaitWorkload waits until a workload's current version is fully available, by
// containers started after the given time: when a node was started anew, what the
// API server tells of pods is of the old one until the kubelet has looked.
func (c *Client) WaitWorkload(ctx context.Context, w Workload, since time.Time, timeout time.Duration) error {
	return poll(ctx, timeout, "the Deployment "+w.Namespace+"/"+w.Name+" to become available", func() (bool, string) {
		d, pods, err := c.Workload(ctx, w)
		if err != nil {
			return false, err.Error()
		}
		return Available(d) && StartedAfter(pods, since), "see `workbench-local kubectl -- -n " + w.Namespace + " describe deployment,pods`"
	})
}

// StartedAfter tells whether every running container of the pods was started after
// that time.
func StartedAfter(pods []unstructured.Unstructured, since time.Time) bool {
	for _, pod := range pods {
		containers, _, _ := unstructured.NestedSlice(pod.Object, "status", "containerStatuses")
		for _, c := range containers {
			container, _ := c.(map[string]any)
			started, found, _ := unstructured.NestedString(container, "state", "running", "startedAt")
			at, err := time.Parse(time.RFC3339, started)
			// The API server tells whole seconds.
			if found && err == nil && at.Before(since.Truncate(time.Second)) {
				return false
			}
		}
	}
	return true
}

// Available tells whether a Deployment's status is of its current version and all
// its pods of that version are available.
func Available(d *unstructured.Unstructured) bool {
	number := func(fields ...string) int64 {
		n, _, _ := unstructured.NestedInt64(d.Object, fields...)
		return n
	}
	want := int64(1)
	if n, found, _ := unstructured.NestedInt64(d.Object, "spec", "replicas"); found {
		want = n
	}
	return number("status", "observedGeneration") >= d.GetGeneration() &&
		number("status", "updatedReplicas") == want &&
		number("status", "replicas") == want &&
		number("status", "availableReplicas") == want
}

func condition(o *unstructured.Unstructured, kind string) (status, message string) {
	conditions, _, _ := unstructured.NestedSlice(o.Object, "status", "conditions")
	for _, c := range conditions {
		if m, ok := c.(map[string]any); ok && m["type"] == kind {
			status, _ = m["status"].(string)
			message, _ = m["message"].(string)
		}
	}
	return status, message
}

func poll(ctx context.Context, timeout time.Duration, what string, done func() (bool, string)) error {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	for {
		ok, hint := done()
		if ok {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("waited %s for %s in vain: %s", timeout, what, hint)
		case <-time.After(pollInterval):
		}
	}
}

// Workload returns an add-on's Deployment and its pods.
func (c *Client) Workload(ctx context.Context, w Workload) (*unstructured.Unstructured, []unstructured.Unstructured, error) {
	d, err := c.dynamic.Resource(deployments).Namespace(w.Namespace).Get(ctx, w.Name, metav1.GetOptions{})
	if err != nil {
		return nil, nil, err
	}
	labels, _, err := unstructured.NestedStringMap(d.Object, "spec", "selector", "matchLabels")
	if err != nil {
		return nil, nil, err
	}
	selector := metav1.FormatLabelSelector(&metav1.LabelSelector{MatchLabels: labels})
	list, err := c.dynamic.Resource(pods).Namespace(w.Namespace).List(ctx, metav1.ListOptions{LabelSelector: selector})
	if err != nil {
		return nil, nil, err
	}
	return d, list.Items, nil
}
