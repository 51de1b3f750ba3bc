package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workbench-dev/workbench/api/v1alpha1"
	"github.com/workbench-dev/workbench/internal/loadgen"
)

// pause is how long the demo counts before maria continues, and after the release is over.
const pause = 8 * time.Second

// release makes the task unless there is one, releases the version that does not run yet and returns what the
// customers counted from before to the end.
func (d *demo) release(ctx context.Context, before loadgen.Snapshot) (loadgen.Snapshot, error) {
	s := d.screen
	if err := d.ensureTask(ctx, before); err != nil {
		return loadgen.Snapshot{}, err
	}
	from, to, err := d.versions(ctx)
	if err != nil {
		return loadgen.Snapshot{}, err
	}
	began, gatewayBegan, err := d.countBoth(ctx)
	if err != nil {
		return loadgen.Snapshot{}, err
	}

	s.heading(fmt.Sprintf("Version %s is released step by step", strings.TrimPrefix(to, "v")))
	if err := d.startRelease(ctx, to); err != nil {
		return loadgen.Snapshot{}, err
	}
	if err := d.follow(ctx, from, to); err != nil {
		return loadgen.Snapshot{}, err
	}

	after, gatewayAfter, err := d.countBoth(ctx)
	if err != nil {
		return after, err
	}
	total, during, counted := after.Since(before), after.Since(began), gatewayAfter.since(gatewayBegan)
	s.heading("What came of it")
	if err := d.shown(ctx, "release", "history", checkout, "-n", shop); err != nil {
		return total, err
	}
	s.line("")
	s.line("  During the release")
	s.line("    customers counted  %6d answers: %d of %s, %d of %s; %s failed",
		during.OK+during.Failed, during.Versions[from].Total(), from, during.Versions[to].Total(), to,
		s.style(colorOf(during.Failed), fmt.Sprint(during.Failed)))
	s.line("    the gateway's Envoy %5d answers, %d of them errors", counted.total(), counted.errors)
	if !total.KeptUp() {
		s.line("  %d requests were sent late and %d not at all: this machine was too busy to keep the rate. That is no failure of the release.", total.Late, total.Missed)
	}
	return total, nil
}

// countBoth asks the customers and the gateway at the same time, so that they tell of the same requests but for those
// of a moment.
func (d *demo) countBoth(ctx context.Context) (customers loadgen.Snapshot, gateway gatewayCount, err error) {
	asked := make(chan error, 1)
	go func() {
		var err error
		gateway, err = d.gateway(ctx)
		asked <- err
	}()
	customers, err = d.count(ctx)
	return customers, gateway, errors.Join(err, <-asked)
}

func colorOf(failed int64) string {
	if failed > 0 {
		return red
	}
	return green
}

// ensureTask makes the release task and waits for the take-over, or shows the one that is there.
func (d *demo) ensureTask(ctx context.Context, before loadgen.Snapshot) error {
	s := d.screen
	task, err := d.task(ctx)
	if err == nil && task.DeletionTimestamp == nil {
		s.heading("The release task of checkout is there from an earlier run")
		return d.settle(ctx, task)
	}
	if err == nil {
		err = wait(ctx, 3*time.Minute, "handing the workload back", func(ctx context.Context) (bool, string, error) {
			task, err := d.task(ctx)
			if apierrors.IsNotFound(err) {
				return true, "", nil
			}
			return false, task.Status.Message, err
		})
		if err != nil {
			return err
		}
	} else if !apierrors.IsNotFound(err) {
		return err
	}

	s.heading("Workbench takes the running Deployment over")
	err = d.shown(ctx, "release", "create", checkout, "-n", shop, "--workload", "deploy/"+checkout,
		"--step", "10:10s", "--step", "30:10s", "--step", "60:0", "--wait")
	if err != nil {
		return err
	}
	now, err := d.count(ctx)
	if err != nil {
		return err
	}
	s.line("")
	during := now.Since(before)
	s.line("  The Deployment's pods were replaced by the Rollout's: %d requests meanwhile, %s failed.",
		during.Sent, s.style(colorOf(during.Failed), fmt.Sprint(during.Failed)))
	return nil
}

// settle ends a release that an earlier run, or a person, left under way, and turns off what the run showed last.
func (d *demo) settle(ctx context.Context, task *v1alpha1.ReleaseTask) error {
	if task.Spec.Analysis != nil {
		if err := d.shown(ctx, "release", "update", checkout, "-n", shop, "--analysis", "off"); err != nil {
			return err
		}
	}
	switch task.Status.Phase {
	case v1alpha1.PhaseReleasing, v1alpha1.PhaseWaiting:
		d.screen.line("  A release is under way; it is sent back first.")
		if err := d.shown(ctx, "release", "abort", checkout, "-n", shop); err != nil {
			return err
		}
	default:
		return d.shown(ctx, "release", "get", checkout, "-n", shop)
	}
	return wait(ctx, 2*time.Minute, "sending the release back", func(ctx context.Context) (bool, string, error) {
		task, err := d.task(ctx)
		if err != nil {
			return false, "", err
		}
		phase := task.Status.Phase
		return phase == v1alpha1.PhaseTerminated || phase == v1alpha1.PhaseFailed || phase == v1alpha1.PhaseHealthy, task.Status.Message, nil
	})
}

// versions says which version serves and which is to be released: 2 after any other, 1 after 2.
func (d *demo) versions(ctx context.Context) (from, to string, err error) {
	task, err := d.task(ctx)
	if err != nil {
		return "", "", err
	}
	if task.Status.Stable == nil || len(task.Status.Stable.Containers) == 0 {
		return "", "", fmt.Errorf("release task %s does not say which version serves: %s", checkout, task.Status.Message)
	}
	image := task.Status.Stable.Containers[0].Image
	from = image[strings.LastIndex(image, ":")+1:]
	if from == "v2" {
		return from, "v1", nil
	}
	return from, "v2", nil
}

// startRelease gives the workload the version, or tries it again when it was sent back before.
func (d *demo) startRelease(ctx context.Context, to string) error {
	deployment := &appsv1.Deployment{}
	if err := d.client.Get(ctx, client.ObjectKey{Namespace: shop, Name: checkout}, deployment); err != nil {
		return err
	}
	var err error
	if deployment.Spec.Template.Spec.Containers[0].Image == appImage+to {
		err = d.shown(ctx, "release", "retry", checkout, "-n", shop)
	} else {
		err = d.shown(ctx, "release", "set-image", checkout, "-n", shop, container+"="+appImage+to)
	}
	d.screen.line("")
	return err
}

func (d *demo) task(ctx context.Context) (*v1alpha1.ReleaseTask, error) {
	task := &v1alpha1.ReleaseTask{}
	return task, d.client.Get(ctx, client.ObjectKey{Namespace: shop, Name: checkout}, task)
}
