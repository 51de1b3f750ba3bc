package main

import (
	"fmt"
	"os"
	"os/exec"

	"github.com/spf13/cobra"

	"github.com/workbench-dev/workbench/local/build"
	"github.com/workbench-dev/workbench/local/cluster"
	"github.com/workbench-dev/workbench/local/forward"
	"github.com/workbench-dev/workbench/local/layout"
	"github.com/workbench-dev/workbench/local/progress"
)

func kubeconfigCommand(o *options) *cobra.Command {
	var content bool
	cmd := &cobra.Command{
		Use:   "kubeconfig",
		Short: "Print the path of the cluster's kubeconfig",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			c, err := o.cluster()
			if err != nil {
				return err
			}
			data, err := os.ReadFile(c.Kubeconfig())
			if err != nil {
				return c.NotRunning()
			}
			if content {
				_, err = os.Stdout.Write(data)
				return err
			}
			fmt.Println(c.Kubeconfig())
			return nil
		},
	}
	cmd.Flags().BoolVar(&content, "content", false, "print what is in it instead of its path")
	return cmd
}

func kubectlCommand(o *options) *cobra.Command {
	var path bool
	cmd := &cobra.Command{
		Use:     "kubectl ARGUMENT…",
		Short:   "Run kubectl on the cluster",
		Example: "  workbench-local kubectl --name demo get pods --all-namespaces",
		Long: `Kubectl runs the kubectl of the cluster's own Kubernetes version with the
cluster's kubeconfig. With --path it prints where a kubectl lies that can be linked
to or called directly.`,
		RunE: func(cmd *cobra.Command, args []string) error {
			kubectl, err := o.kubectl(cmd)
			if err != nil {
				return err
			}
			if path {
				fmt.Println(kubectl)
				return nil
			}
			c, err := o.cluster()
			if err != nil {
				return err
			}
			run := exec.CommandContext(cmd.Context(), kubectl, append([]string{"--kubeconfig", c.Kubeconfig()}, args...)...)
			run.Stdin, run.Stdout, run.Stderr = os.Stdin, os.Stdout, os.Stderr
			return run.Run()
		},
	}
	cmd.Flags().BoolVar(&path, "path", false, "print kubectl's path instead of running it")
	// What follows the first word is kubectl's, flags included.
	cmd.Flags().SetInterspersed(false)
	return cmd
}

// kubectl returns the path of a link named kubectl to the Kubernetes binary, which
// is built if need be.
func (o *options) kubectl(cmd *cobra.Command) (string, error) {
	builder, err := o.builder()
	if err != nil {
		return "", err
	}
	binaries, _, err := builder.Build(cmd.Context(), "kubernetes")
	if err != nil {
		return "", err
	}
	return cluster.LinkKubectl(builder.Cache, binaries["kubernetes"])
}

func (o *options) builder() (build.Builder, error) {
	source, err := layout.Source(o.source)
	if err != nil {
		return build.Builder{}, err
	}
	cache, err := layout.Cache()
	return build.Builder{Source: source, Cache: cache, Progress: progress.New(os.Stderr)}, err
}

func buildCommand(o *options) *cobra.Command {
	var only []string
	cmd := &cobra.Command{
		Use:   "build",
		Short: "Build the cluster's binaries into the cache, without starting anything",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			builder, err := o.builder()
			if err != nil {
				return err
			}
			binaries, _, err := builder.Build(cmd.Context(), only...)
			builder.Progress.Close()
			if err != nil {
				return err
			}
			for _, part := range build.Parts() {
				if path, ok := binaries[part.Name]; ok {
					fmt.Printf("%-20s %s\n", part.Name, path)
				}
			}
			return nil
		},
	}
	cmd.Flags().StringSliceVar(&only, "only", nil, "build these parts only, for example kubernetes")
	return cmd
}

func forwardCommand(o *options) *cobra.Command {
	var foreground, remove bool
	cmd := &cobra.Command{
		Use:   "forward [ADDRESS:]PORT=TARGET…",
		Short: "Bring ports of the cluster to 127.0.0.1",
		Long: `Forward brings ports of the cluster to 127.0.0.1. A TARGET is
svc/NAMESPACE/NAME:PORT, pod/NAMESPACE/NAME:PORT or IP:PORT; a Service's PORT may be a
port's name. Forwards belong to the cluster: they survive restarts of what they
point to, are restored by up, and end with down. Without arguments they are listed.`,
		Example: "  workbench-local forward 8080=svc/shop/web:80",
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := o.cluster()
			if err != nil {
				return err
			}
			var rules []forward.Rule
			for _, arg := range args {
				if remove {
					arg += "=127.0.0.1:1" // only the address counts
				}
				rule, err := forward.ParseRule(arg)
				if err != nil {
					return err
				}
				rules = append(rules, rule)
			}
			switch {
			case len(rules) == 0:
				return c.PrintForwards(os.Stdout)
			case remove:
				return c.RemoveForwards(rules)
			case foreground:
				return c.ForwardInForeground(cmd.Context(), rules)
			}
			return c.AddForwards(cmd.Context(), rules)
		},
	}
	cmd.Flags().BoolVar(&foreground, "foreground", false, "forward until interrupted, and record nothing")
	cmd.Flags().BoolVar(&remove, "remove", false, "end the forwards that listen on the given [ADDRESS:]PORT")
	return cmd
}

func partCommand(o *options) *cobra.Command {
	return &cobra.Command{
		Use:   "part stop|start|restart PART",
		Short: "Stop, start or restart a part of the node, to see what happens",
		Long: `Part stops, starts or restarts one part of the node: etcd, registry, containerd,
kube-apiserver, kube-controller-manager, kube-scheduler, kube-proxy or kubelet. A
stopped part stays stopped until it is started here or by up; one that dies is
started again at once.`,
		Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := o.cluster()
			if err != nil {
				return err
			}
			return c.OrderPart(cmd.Context(), args[1], args[0])
		},
	}
}
