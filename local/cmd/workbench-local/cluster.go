package main

import (
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/workbench-dev/workbench/local/cluster"
	"github.com/workbench-dev/workbench/local/layout"
	"github.com/workbench-dev/workbench/local/progress"
	"github.com/workbench-dev/workbench/local/versions"
)

// cluster returns the cluster that the flags name.
func (o *options) cluster() (cluster.Cluster, error) {
	at, err := layout.ForCluster(o.name)
	return cluster.Cluster{Cluster: at, Progress: progress.New(os.Stderr)}, err
}

func (o *options) clusterWithSource() (cluster.Cluster, error) {
	c, err := o.cluster()
	if err != nil {
		return c, err
	}
	c.Source, err = layout.Source(o.source)
	return c, err
}

func upCommand(o *options) *cobra.Command {
	return &cobra.Command{
		Use:   "up",
		Short: "Bring the cluster up; verify and repair it when it is up",
		Long: `Up builds what isn't built, starts what doesn't run, installs what isn't
installed, and verifies the rest. It may be repeated at any time: on a whole
cluster it only verifies; after a crash it repairs and keeps the cluster's data.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := o.clusterWithSource()
			if err != nil {
				return err
			}
			began := time.Now()
			out, err := c.Up(cmd.Context())
			if err != nil {
				return err
			}
			status, err := c.Status(cmd.Context())
			if err != nil {
				return err
			}
			printOutcome(out, time.Since(began))
			fmt.Printf("cluster     %s\nkubeconfig  %s\ngateway     http://%s\nprometheus  http://%s\n", status.Name, status.Kubeconfig, status.Gateway, status.Prometheus)
			return nil
		},
	}
}

func printOutcome(out cluster.Outcome, took time.Duration) {
	if !out.Changed {
		fmt.Fprintf(os.Stderr, "Everything runs; verified in %s. Memory %s.\n", took.Round(10*time.Millisecond), gib(out.RSS))
		return
	}
	fmt.Fprintf(os.Stderr, "build       %-9s for all parts, when they were built (target, cold: %s)\n", out.Builds.Round(time.Second), versions.TargetColdBuild)
	fmt.Fprintf(os.Stderr, "start       %-9s to the first 200 through the gateway (target %s)\n", out.Started.Round(100*time.Millisecond), versions.TargetStart)
	fmt.Fprintf(os.Stderr, "memory      %-9s resident, all processes (target %s)\n", gib(out.RSS), gib(versions.TargetRSS))
}

func gib(bytes int64) string { return fmt.Sprintf("%.2f GiB", float64(bytes)/(1<<30)) }

func downCommand(o *options) *cobra.Command {
	return &cobra.Command{
		Use:   "down",
		Short: "Stop the cluster and remove all that it made",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			c, err := o.cluster()
			if err != nil {
				return err
			}
			return c.Down()
		},
	}
}
