package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workbench-dev/workbench/internal/loadgen"
)

// certificates of Debian; a fresh machine has them, because fetching Go modules needs them.
const certificates = "/etc/ssl/certs/ca-certificates.crt"

func (d *demo) installWorkbench(ctx context.Context) error {
	s := d.screen
	done := s.begin("Images")
	tag, err := d.loadImages(ctx)
	if err != nil {
		return err
	}
	done("workbench, app v1 to v4, traffic")

	done = s.begin("helm install workbench charts/workbench")
	if err := d.removeHalfInstalled(ctx); err != nil {
		return err
	}
	hub, err := d.hubValues(ctx)
	if err != nil {
		return err
	}
	args := append([]string{"upgrade", "--install", helmRelease, "charts/workbench",
		"--namespace", system, "--create-namespace", "--set", "image.tag=" + tag, "--wait", "--timeout", "3m"}, hub...)
	if _, err := d.output(ctx, "helm", args...); err != nil {
		return fmt.Errorf("the chart was not installed: %w", err)
	}
	deployment := &appsv1.Deployment{}
	if err := d.client.Get(ctx, client.ObjectKey{Namespace: system, Name: controller}, deployment); err != nil {
		return err
	}
	done(fmt.Sprintf("hub, and %d of %d controllers ready, one leads", deployment.Status.ReadyReplicas, *deployment.Spec.Replicas))
	return nil
}

// loadImages makes the images of the programs in bin available to the cluster and returns the tag of ours. The tag
// is a hash of the program, so that a changed program replaces the running one and an unchanged one does not.
func (d *demo) loadImages(ctx context.Context) (tag string, err error) {
	program, err := os.ReadFile(filepath.Join(d.root, "bin", "workbench"))
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(program)
	tag = "dev-" + hex.EncodeToString(sum[:6])
	load := func(ref, binary string, more ...string) error {
		args := append([]string{"load-image", "--name", d.cluster, "--ref", ref, "--binary", filepath.Join("bin", binary)}, more...)
		_, err := d.output(ctx, "workbench-local", args...)
		return err
	}
	ours := []string{}
	if _, err := os.Stat(certificates); err == nil {
		ours = []string{"--file", certificates + "=" + certificates}
	}
	err = errors.Join(load(ourImage+":"+tag, "workbench", ours...), load(trafficImage, traffic))
	for _, v := range []string{"v1", "v2", "v3", "v4"} {
		err = errors.Join(err, load(appImage+v, filepath.Join("app", v, "app")))
	}
	return tag, err
}

// removeHalfInstalled clears away what an interrupted helm left, which would make it refuse to go on. Definitions,
// and so all tasks, stay.
func (d *demo) removeHalfInstalled(ctx context.Context) error {
	out, err := d.output(ctx, "helm", "status", helmRelease, "--namespace", system, "-o", "json")
	if err != nil {
		return nil // nothing there yet; if helm fails for another reason, the installation will say so
	}
	var release struct {
		Info struct {
			Status string `json:"status"`
		} `json:"info"`
	}
	if err := json.Unmarshal([]byte(out), &release); err != nil {
		return fmt.Errorf("helm's status can't be read: %w", err)
	}
	if !strings.HasPrefix(release.Info.Status, "pending") {
		return nil
	}
	_, err = d.output(ctx, "helm", "uninstall", helmRelease, "--namespace", system, "--wait")
	return err
}

// installShop brings up the application and its customers, unless they are there, and returns what was counted
// until it all ran well.
func (d *demo) installShop(ctx context.Context) (loadgen.Snapshot, error) {
	s := d.screen
	done := s.begin("Deployment, Service and route of checkout")
	deployment := &appsv1.Deployment{}
	err := d.client.Get(ctx, client.ObjectKey{Namespace: shop, Name: checkout}, deployment)
	switch {
	case apierrors.IsNotFound(err):
		if err := d.apply(ctx, "shop.yaml"); err != nil {
			return loadgen.Snapshot{}, err
		}
	case err != nil:
		return loadgen.Snapshot{}, err
	}
	if err := wait(ctx, 2*time.Minute, "starting checkout", d.deploymentReady(shop, checkout)); err != nil {
		return loadgen.Snapshot{}, err
	}
	if deployment.Name == "" {
		done("4 pods of version 1")
	} else {
		done("there already")
	}

	done = s.begin("Customers")
	if err := errors.Join(d.apply(ctx, "people.yaml"), d.apply(ctx, "traffic.yaml")); err != nil {
		return loadgen.Snapshot{}, err
	}
	if err := wait(ctx, 2*time.Minute, "starting the traffic", d.deploymentReady(customers, traffic)); err != nil {
		return loadgen.Snapshot{}, err
	}
	before, err := d.steady(ctx)
	if err != nil {
		return before, err
	}
	done(fmt.Sprintf("%.0f requests a second through the gateway, all answered", 100.0))
	return before, nil
}

func (d *demo) apply(ctx context.Context, manifest string) error {
	file, err := os.Open(filepath.Join(d.root, "demo", "manifests", manifest))
	if err != nil {
		return err
	}
	defer file.Close()
	_, err = d.kubectl(ctx, file, "apply", "-f", "-")
	return err
}

func (d *demo) deploymentReady(namespace, name string) func(context.Context) (bool, string, error) {
	return func(ctx context.Context) (bool, string, error) {
		deployment := &appsv1.Deployment{}
		if err := d.client.Get(ctx, client.ObjectKey{Namespace: namespace, Name: name}, deployment); err != nil {
			return false, "", err
		}
		status := deployment.Status
		state := fmt.Sprintf("%d of %d pods ready", status.ReadyReplicas, *deployment.Spec.Replicas)
		ok := status.ObservedGeneration == deployment.Generation && status.UpdatedReplicas == *deployment.Spec.Replicas &&
			status.ReadyReplicas == *deployment.Spec.Replicas && status.Replicas == *deployment.Spec.Replicas
		return ok, state, nil
	}
}

// steady waits until two seconds of traffic in a row went well.
func (d *demo) steady(ctx context.Context) (loadgen.Snapshot, error) {
	var since, now loadgen.Snapshot
	err := wait(ctx, time.Minute, "steady traffic", func(ctx context.Context) (bool, string, error) {
		var err error
		if now, err = d.count(ctx); err != nil {
			return false, "", err
		}
		window := now.Since(since)
		if since.To.IsZero() || window.Failed > 0 || window.Sent < 0 {
			since = now
			return false, fmt.Sprintf("%d of %d requests failed: %s", window.Failed, window.Sent, reasons(window)), nil
		}
		return now.To.Sub(since.To) >= 2*time.Second && window.OK > 0, fmt.Sprintf("%d requests answered", window.OK), nil
	})
	return now, err
}
