// Package cluster brings up a real local cluster with Workbench installed by its chart, for the end-to-end tests and
// the traffic benchmark. It knows how to reach the cluster and what the sample application looks like there; what is
// tested or measured is its users'.
package cluster

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	rollouts "github.com/argoproj/argo-rollouts/pkg/apis/rollouts/v1alpha1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workbench-dev/workbench/api/v1alpha1"
)

// Cluster is a running local cluster.
type Cluster struct {
	Name string
	// Root is the folder of the project, with its programs in bin.
	Root string
	// Kubeconfig is the path of an administrator's kubeconfig.
	Kubeconfig string
	// Gateway and Prometheus are host:port on this machine; Gateway leads to Istio's ingress gateway.
	Gateway    string
	Prometheus string

	Config     *rest.Config
	Client     client.WithWatch
	Kubernetes kubernetes.Interface
}

// Up brings the cluster of that name up, or verifies it when it runs, and connects to it.
func Up(ctx context.Context, root, name string) (*Cluster, error) {
	c := &Cluster{Name: name, Root: root}
	if _, err := c.run(ctx, "", "workbench-local", "up", "--name", name); err != nil {
		return nil, err
	}
	// It fails when a part does not answer in time, as on a busy machine; what it says is true all the same.
	out, failure := c.run(ctx, "", "workbench-local", "status", "--name", name, "-o", "json")
	var status struct {
		Kubeconfig string `json:"kubeconfig"`
		Gateway    string `json:"gateway"`
		Prometheus string `json:"prometheus"`
	}
	if err := json.Unmarshal([]byte(out), &status); err != nil || status.Gateway == "" {
		return nil, fmt.Errorf("the status of cluster %s can't be read: %w", name, errors.Join(failure, err))
	}
	c.Kubeconfig, c.Gateway, c.Prometheus = status.Kubeconfig, status.Gateway, status.Prometheus
	return c, c.connect()
}

func (c *Cluster) connect() (err error) {
	if c.Config, err = clientcmd.BuildConfigFromFlags("", c.Kubeconfig); err != nil {
		return err
	}
	c.Config.QPS, c.Config.Burst = 100, 200
	c.Config.Timeout = 10 * time.Second
	scheme := runtime.NewScheme()
	if err := errors.Join(clientgoscheme.AddToScheme(scheme), v1alpha1.AddToScheme(scheme), rollouts.AddToScheme(scheme)); err != nil {
		return err
	}
	if c.Client, err = client.NewWithWatch(c.Config, client.Options{Scheme: scheme}); err != nil {
		return err
	}
	c.Kubernetes, err = kubernetes.NewForConfig(c.Config)
	return err
}

// Down removes the cluster and all that was in it.
func (c *Cluster) Down(ctx context.Context) error {
	_, err := c.run(ctx, "", "workbench-local", "down", "--name", c.Name)
	return err
}

// Kubectl runs kubectl as the administrator, as a person or a pipeline would, and returns what it printed.
func (c *Cluster) Kubectl(ctx context.Context, input string, args ...string) (string, error) {
	return c.run(ctx, input, "workbench-local", append([]string{"kubectl", "--name", c.Name, "--"}, args...)...)
}

// Forward brings a port of the cluster to an address of this machine, until the cluster is removed.
func (c *Cluster) Forward(ctx context.Context, address, target string) error {
	_, err := c.run(ctx, "", "workbench-local", "forward", "--name", c.Name, address+"="+target)
	return err
}

// Part stops or starts a part of the node, such as kube-apiserver or kubelet; verb is stop, start or restart.
func (c *Cluster) Part(ctx context.Context, verb, part string) error {
	_, err := c.run(ctx, "", "workbench-local", "part", verb, part, "--name", c.Name)
	return err
}

// Program is the path of one of the project's programs.
func (c *Cluster) Program(name string) string { return filepath.Join(c.Root, "bin", name) }

func (c *Cluster) run(ctx context.Context, input, name string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, c.Program(name), args...)
	cmd.Dir = c.Root
	cmd.Env = os.Environ()
	if c.Kubeconfig != "" {
		cmd.Env = append(cmd.Env, "KUBECONFIG="+c.Kubeconfig)
	}
	var out, messages bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(input), &out, &messages
	cmd.WaitDelay = 10 * time.Second
	if err := cmd.Run(); err != nil {
		return out.String(), fmt.Errorf("`bin/%s %s`: %w: %s", name, strings.Join(args, " "), err, strings.TrimSpace(messages.String()+out.String()))
	}
	return out.String(), nil
}
