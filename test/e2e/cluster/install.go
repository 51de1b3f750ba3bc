package cluster

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
)

const (
	// SystemNamespace is where Workbench runs.
	SystemNamespace = "workbench-system"
	// ControllerDeployment is the Deployment of its controller, and ControllerAccount the ServiceAccount.
	ControllerDeployment = "workbench-controller"
	// ControllerAccount is the ServiceAccount of the controller.
	ControllerAccount = "workbench-controller"
	// AppImage is the sample application; a version such as v1 is appended.
	AppImage = "docker.io/workbench-demo/app:"
	// TrafficImage is the traffic generator for use in the cluster.
	TrafficImage = "docker.io/workbench-demo/traffic:dev"

	workbenchImage = "docker.io/workbench-dev/workbench"
)

// InstallImages makes the sample application's versions and the traffic generator available in the cluster.
func (c *Cluster) InstallImages(ctx context.Context) error {
	if err := c.load(ctx, TrafficImage, "traffic"); err != nil {
		return err
	}
	for _, v := range []string{"v1", "v2", "v3", "v4"} {
		if err := c.load(ctx, AppImage+v, filepath.Join("app", v, "app")); err != nil {
			return err
		}
	}
	return nil
}

// InstallWorkbench installs bin/workbench with the chart, as users do, and waits until it is ready. values are
// helm's name=value.
func (c *Cluster) InstallWorkbench(ctx context.Context, values ...string) error {
	program, err := os.ReadFile(c.Program("workbench"))
	if err != nil {
		return err
	}
	sum := sha256.Sum256(program)
	tag := "e2e-" + hex.EncodeToString(sum[:6])
	if err := c.load(ctx, workbenchImage+":"+tag, "workbench"); err != nil {
		return err
	}
	args := []string{"upgrade", "--install", "workbench", "charts/workbench", "--namespace", SystemNamespace,
		"--create-namespace", "--set", "image.tag=" + tag, "--wait", "--timeout", "3m"}
	for _, v := range values {
		args = append(args, "--set", v)
	}
	if _, err := c.run(ctx, "", "helm", args...); err != nil {
		return fmt.Errorf("the chart was not installed: %w", err)
	}
	return nil
}

func (c *Cluster) load(ctx context.Context, ref, binary string) error {
	_, err := c.run(ctx, "", "workbench-local", "load-image", "--name", c.Name, "--ref", ref, "--binary", filepath.Join("bin", binary))
	return err
}
