package tasks

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workbench-dev/workbench/internal/hub/api"
	"github.com/workbench-dev/workbench/internal/hub/upstream"
)

const (
	// maxEvents is how many events are shown, readEvents how many of each kind are read.
	maxEvents  = 200
	readEvents = 500
)

// Events is what the cluster tells of a task, its actions, its Deployment and its Rollout, newest first.
func (s *Service) Events(ctx context.Context, path *api.TaskPath) (*api.GetEventsOutput, error) {
	asked, task, err := s.task(ctx, s.who(ctx), *path)
	if err != nil {
		return nil, err
	}
	// The Rollout has the name of its Deployment.
	workload := task.Spec.WorkloadRef.Name
	wanted := []struct {
		kind, name string
	}{{"ReleaseTask", task.Name}, {"Rollout", workload}, {"Deployment", workload}, {"ReleaseAction", ""}}
	var found []corev1.Event
	for _, w := range wanted {
		fields := client.MatchingFields{"involvedObject.kind": w.kind}
		if w.name != "" {
			fields["involvedObject.name"] = w.name
		}
		list := &corev1.EventList{}
		if err := asked.List(ctx, list, client.InNamespace(task.Namespace), fields, client.Limit(readEvents)); err != nil {
			return nil, upstream.Problem(err, nil)
		}
		for _, event := range list.Items {
			if w.name != "" || strings.HasPrefix(event.InvolvedObject.Name, task.Name+"-") {
				found = append(found, event)
			}
		}
	}
	slices.SortFunc(found, func(a, b corev1.Event) int {
		return cmp.Or(eventTime(&b).Compare(eventTime(&a)), cmp.Compare(a.Name, b.Name))
	})
	out := &api.GetEventsOutput{}
	for i := range found[:min(len(found), maxEvents)] {
		out.Body.Items = append(out.Body.Items, s.event(&found[i]))
	}
	return out, nil
}

func (s *Service) event(event *corev1.Event) api.Event {
	count := max(event.Count, 1)
	if event.Series != nil {
		count = event.Series.Count
	}
	typ := event.Type
	if typ != corev1.EventTypeWarning {
		typ = corev1.EventTypeNormal
	}
	return api.Event{
		Type: typ, Reason: event.Reason, Message: s.withoutPrefix(event.Message),
		Object: event.InvolvedObject.Kind + "/" + event.InvolvedObject.Name,
		Source: cmp.Or(event.ReportingController, event.Source.Component), Count: count, At: eventTime(event).UTC(),
	}
}

// eventTime is when an event happened last, by whichever of its times its maker fills.
func eventTime(event *corev1.Event) time.Time {
	switch {
	case event.Series != nil && !event.Series.LastObservedTime.IsZero():
		return event.Series.LastObservedTime.Time
	case !event.LastTimestamp.IsZero():
		return event.LastTimestamp.Time
	case !event.EventTime.IsZero():
		return event.EventTime.Time
	}
	return event.CreationTimestamp.Time
}
