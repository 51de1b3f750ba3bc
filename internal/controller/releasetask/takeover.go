package releasetask

import (
	"context"
	"fmt"

	rollouts "github.com/argoproj/argo-rollouts/pkg/apis/rollouts/v1alpha1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/workbench-dev/workbench/api/v1alpha1"
	"github.com/workbench-dev/workbench/internal/istio"
	"github.com/workbench-dev/workbench/internal/release"
)

// takeOver brings the workload's pods under a Rollout: subsets, routes to them, the Rollout, and only when its pods
// serve all requests are the Deployment's own let go. Each line looks at the world and goes on from there, so that it can be
// cut off anywhere.
func (r *Reconciler) takeOver(ctx context.Context, s *scene) error {
	if s.taken() {
		return nil
	}
	record := s.task.Status.TakeOver
	if s.deployment == nil {
		return stalled{v1alpha1.ReasonWorkloadNotFound, fmt.Sprintf("Deployment %s was deleted during its take-over: create it again, or delete the task.", s.task.Spec.WorkloadRef.Name)}
	}
	if s.mesh() {
		if err := r.splitRoutes(ctx, s); err != nil {
			return err
		}
	}
	if s.rollout == nil {
		return r.createRollout(ctx, s)
	}
	if s.rollout.DeletionTimestamp != nil {
		r.beginHandBack(s, "the Rollout was deleted while it was taking over")
		return r.persist(ctx, s)
	}
	if err := r.rolloutServes(ctx, s); err != nil {
		s.condition(v1alpha1.ConditionTakenOver, false, v1alpha1.ReasonStartingPods, fmt.Sprintf("The pods of Deployment %s are being taken over; its own serve on: %s.", s.deployment.Name, err))
		return err
	}
	if err := r.retargetAutoscaler(ctx, s); err != nil {
		return err
	}
	if record.RoutedAt == nil {
		s.condition(v1alpha1.ConditionTakenOver, false, v1alpha1.ReasonRouting, "The Rollout's pods serve all requests; the proxies are given time to learn it.")
		record.RoutedAt = ptr.To(metav1.NewMicroTime(r.Clock.Now()))
		if err := r.persist(ctx, s); err != nil {
			return err
		}
	}
	if err := r.after(*record.RoutedAt, r.Delays.Propagation); err != nil {
		return err
	}
	if err := r.emptyDeployment(ctx, s); err != nil {
		return err
	}
	record.FinishedAt = ptr.To(metav1.NewTime(s.now))
	s.condition(v1alpha1.ConditionTakenOver, true, v1alpha1.ReasonTakenOver, fmt.Sprintf("The pods of Deployment %s belong to Rollout %s.", s.deployment.Name, s.rollout.Name))
	s.tell(false, "TakenOver", "Deployment %s is taken over; its own pods go", s.deployment.Name)
	return nil
}

// podLabels are what all pods of the workload have, whichever version.
func (r *Reconciler) podLabels(ctx context.Context, s *scene) (map[string]string, error) {
	service := &corev1.Service{}
	ok, err := get(ctx, r.reader(s), s.key(s.task.Status.TakeOver.Service), service)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, stalled{v1alpha1.ReasonServiceNotFound, fmt.Sprintf("Service %s does not exist any more: create it again.", s.task.Status.TakeOver.Service)}
	}
	return service.Spec.Selector, nil
}

// splitRoutes makes the subsets, and when the proxies know them the routes to them.
func (r *Reconciler) splitRoutes(ctx context.Context, s *scene) error {
	record := s.task.Status.TakeOver
	dr, err := r.destinationRule(ctx, s)
	if err != nil {
		return err
	}
	labels, err := r.podLabels(ctx, s)
	if err != nil {
		return err
	}
	missing := dr == nil
	if missing {
		dr = istio.NewDestinationRule(record.DestinationRule, s.task.Namespace, record.Service, s.task.Name, labels)
	}
	if istio.EnsureSubsets(dr, s.task.Name, labels) || missing {
		if err := r.write(ctx, dr); err != nil {
			return err
		}
		record.SubsetsAt = nil
	}
	if record.SubsetsAt == nil {
		record.SubsetsAt = ptr.To(metav1.NewMicroTime(r.Clock.Now()))
		if err := r.persist(ctx, s); err != nil {
			return err
		}
	}
	if err := r.after(*record.SubsetsAt, r.Delays.Propagation); err != nil {
		return err
	}
	_, err = r.ensureSplit(ctx, s)
	return err
}

// ensureSplit splits the routes that are not; it returns whether it had to.
func (r *Reconciler) ensureSplit(ctx context.Context, s *scene) (bool, error) {
	record := s.task.Status.TakeOver
	vs, err := r.virtualService(ctx, s)
	if err != nil {
		return false, err
	}
	if vs == nil {
		vs = istio.NewVirtualService(record.VirtualService, s.task.Namespace, record.Service, s.task.Name)
		return true, r.write(ctx, vs)
	}
	changed, err := istio.Split(vs, record.Service, s.task.Namespace, s.task.Name, s.task.Spec.Strategy.Canary.Traffic.Istio.Routes)
	if err != nil {
		return false, stalled{v1alpha1.ReasonRouteNotFound, err.Error() + "."}
	}
	if len(istio.RouteNames(vs)) == 0 {
		return false, stalled{v1alpha1.ReasonRouteNotFound, fmt.Sprintf("VirtualService %s has no HTTP route to Service %s any more: add one, or delete the task.", vs.GetName(), record.Service)}
	}
	if !changed {
		return false, nil
	}
	return true, r.write(ctx, vs)
}

// wanted is the Rollout as it is to be for a version and a plan.
func (r *Reconciler) wanted(ctx context.Context, s *scene, version release.Version, plan release.StepPlan) (*rollouts.Rollout, error) {
	record := s.task.Status.TakeOver
	var routing release.Routing
	if s.mesh() {
		vs, err := r.virtualService(ctx, s)
		if err != nil {
			return nil, err
		}
		if vs == nil {
			return nil, wait(engineRetry, "the routes are being made again")
		}
		routing = release.Routing{VirtualService: vs.GetName(), Routes: istio.RouteNames(vs), DestinationRule: record.DestinationRule}
	}
	instances := ptr.To(release.Instances(s.task, record.Instances))
	if record.Autoscaler != "" && s.rollout != nil && s.rollout.Spec.Replicas != nil {
		instances = s.rollout.Spec.Replicas
	}
	return release.BuildRollout(s.task, s.deployment, version, plan, routing, instances), nil
}

func (r *Reconciler) createRollout(ctx context.Context, s *scene) error {
	version := release.Version{Template: s.deployment.Spec.Template, Hash: release.TemplateHash(&s.deployment.Spec.Template), By: "the take-over"}
	rollout, err := r.wanted(ctx, s, version, release.StepPlan{})
	if err != nil {
		return err
	}
	if err := r.write(ctx, rollout); err != nil {
		if apierrors.IsAlreadyExists(err) {
			return wait(engineRetry, "the Rollout made a moment ago is not in the cache yet")
		}
		return err
	}
	return wait(engineRetry, "Argo Rollouts starts the pods")
}

// rolloutServes is nil when the Rollout's pods can carry all requests and, with a mesh, do so. It reads from the
// API server: pods go on the strength of it.
func (r *Reconciler) rolloutServes(ctx context.Context, s *scene) error {
	if err := r.loadRollout(ctx, s, r.Live); err != nil {
		return err
	}
	if s.rollout == nil {
		return wait(engineRetry, "the Rollout is not there")
	}
	want := ptr.Deref(s.rollout.Spec.Replicas, 1)
	stable := release.FindReplicaSet(s.sets, s.rollout.Status.StableRS)
	if !release.Observed(s.rollout) || stable == nil {
		return wait(engineRetry, "Argo Rollouts has not started any pod yet")
	}
	if stable.Status.AvailableReplicas < want {
		s.podTrouble = r.trouble(ctx, s, stable)
		why := fmt.Sprintf("%d of %d new pods are ready", stable.Status.AvailableReplicas, want)
		if s.podTrouble != "" {
			why += "; " + s.podTrouble
		}
		return wait(engineRetry, why)
	}
	if !s.mesh() {
		return nil
	}
	dr, err := r.destinationRule(ctx, s)
	if err != nil {
		return err
	}
	if dr == nil || istio.SubsetLabels(dr, v1alpha1.SubsetStable)[rollouts.DefaultRolloutUniqueLabelKey] != s.rollout.Status.StableRS {
		return wait(engineRetry, "Argo Rollouts has not yet led the subset to the new pods")
	}
	return nil
}
