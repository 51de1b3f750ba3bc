package analysisrun

import (
	"context"
	"fmt"
	"time"

	rollouts "github.com/argoproj/argo-rollouts/pkg/apis/rollouts/v1alpha1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
	"sigs.k8s.io/controller-runtime/pkg/source"

	"github.com/workbench-dev/workbench/api/v1alpha1"
	"github.com/workbench-dev/workbench/internal/analysis"
	"github.com/workbench-dev/workbench/internal/release"
	"github.com/workbench-dev/workbench/internal/survey"
)

// askAgain is how often a cluster without Argo Rollouts is asked whether it has it now.
const askAgain = 5 * time.Second

// Setup adds the reconciler to a manager; it starts when the cluster serves AnalysisRuns. concurrency is how many looks
// are taken at the same time: a slow Prometheus holds up no more than these.
func Setup(mgr ctrl.Manager, evidence analysis.Source, propagation time.Duration, concurrency int) error {
	r := &Reconciler{
		Client: mgr.GetClient(), Live: mgr.GetAPIReader(), Events: mgr.GetEventRecorder("workbench"), Clock: clock.RealClock{}, Propagation: propagation,
		Gather: func(ctx context.Context, rules *v1alpha1.Analysis, subject analysis.Subject, now time.Time) analysis.Look {
			return analysis.Gather(ctx, evidence, rules, subject, now)
		},
	}
	c, err := controller.New("analysisrun", mgr, controller.Options{Reconciler: r, MaxConcurrentReconciles: concurrency})
	if err != nil {
		return err
	}
	return mgr.Add(manager.RunnableFunc(func(ctx context.Context) error { return watch(ctx, mgr, c) }))
}

// watch begins to watch AnalysisRuns and Rollouts once the cluster serves them: Argo Rollouts may be installed after
// Workbench. It is the leader's.
func watch(ctx context.Context, mgr ctrl.Manager, c controller.Controller) error {
	runKind := rollouts.SchemeGroupVersion.WithKind("AnalysisRun")
	ticker := time.NewTicker(askAgain)
	defer ticker.Stop()
	for {
		has, err := survey.Has(mgr.GetRESTMapper(), runKind)
		if err == nil && has {
			break
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
	if err := c.Watch(source.Kind(mgr.GetCache(), client.Object(&rollouts.AnalysisRun{}), &handler.EnqueueRequestForObject{})); err != nil {
		return fmt.Errorf("watching analysis runs: %w", err)
	}
	if err := c.Watch(source.Kind(mgr.GetCache(), client.Object(&rollouts.Rollout{}), handler.EnqueueRequestsFromMapFunc(currentRun))); err != nil {
		return fmt.Errorf("watching Rollouts: %w", err)
	}
	return nil
}

// currentRun leads from a Rollout whose release runs to the run that judges it.
func currentRun(_ context.Context, o client.Object) []reconcile.Request {
	rollout, ok := o.(*rollouts.Rollout)
	if !ok || rollout.Labels[v1alpha1.TaskLabel] == "" || !release.Running(rollout) || release.CurrentRun(rollout) == "" {
		return nil
	}
	return []reconcile.Request{{NamespacedName: types.NamespacedName{Namespace: rollout.Namespace, Name: release.CurrentRun(rollout)}}}
}
