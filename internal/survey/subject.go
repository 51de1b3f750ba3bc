package survey

import (
	"context"
	"fmt"

	rollouts "github.com/argoproj/argo-rollouts/pkg/apis/rollouts/v1alpha1"
	appsv1 "k8s.io/api/apps/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workbench-dev/workbench/api/v1alpha1"
	"github.com/workbench-dev/workbench/internal/analysis"
	"github.com/workbench-dev/workbench/internal/release"
)

// Subject is what charts and the trial of rules are about: a task that exists, or one that is only thought of and names
// its workload. stable and canary are the hashes of the versions' pods; they may be empty.
func Subject(ctx context.Context, reader client.Client, task *v1alpha1.ReleaseTask, stable, canary string) (analysis.Subject, error) {
	subject := analysis.Subject{Task: task.Name, Namespace: task.Namespace, Service: namedService(task)}
	if subject.Service == "" && task.Status.TakeOver == nil && task.Spec.Strategy.Canary != nil {
		facts, err := Facts(ctx, reader, reader.RESTMapper(), task)
		if err != nil {
			return subject, err
		}
		if found, _ := release.Preflight(task, facts); found.Service != nil {
			subject.Service = found.Service.Name
		}
		for i := range facts.Tasks {
			// The workload is released already: by the Service of that task.
			if other := &facts.Tasks[i]; other.Spec.WorkloadRef.Name == task.Spec.WorkloadRef.Name && other.Status.TakeOver != nil {
				subject.Service = other.Status.TakeOver.Service
			}
		}
	}
	var err error
	if subject.Stable, err = version(ctx, reader, task, stable); err != nil {
		return subject, err
	}
	subject.Canary, err = version(ctx, reader, task, canary)
	return subject, err
}

func namedService(task *v1alpha1.ReleaseTask) string {
	if taken := task.Status.TakeOver; taken != nil {
		return taken.Service
	}
	canary := task.Spec.Strategy.Canary
	switch {
	case canary == nil:
		return ""
	case canary.Traffic.Istio != nil:
		return canary.Traffic.Istio.Service
	case canary.Traffic.Instances != nil:
		return canary.Traffic.Instances.Service
	}
	return ""
}

// version reads the ReplicaSet of a version. One that is gone, or that the reader may not see, is known by its hash alone.
func version(ctx context.Context, reader client.Reader, task *v1alpha1.ReleaseTask, hash string) (analysis.Version, error) {
	if hash == "" {
		return analysis.Version{}, nil
	}
	known := analysis.Version{Hash: hash, PodPrefix: fmt.Sprintf("%s-%s-", task.Spec.WorkloadRef.Name, hash)}
	set := &appsv1.ReplicaSet{}
	err := reader.Get(ctx, client.ObjectKey{Namespace: task.Namespace, Name: task.Spec.WorkloadRef.Name + "-" + hash}, set)
	switch {
	case apierrors.IsNotFound(err), apierrors.IsForbidden(err):
		return known, nil
	case err != nil:
		return known, fmt.Errorf("reading the ReplicaSet of version %s: %w", hash, err)
	case set.Labels[rollouts.DefaultRolloutUniqueLabelKey] != hash:
		return known, nil
	}
	return analysis.VersionOf(set), nil
}
