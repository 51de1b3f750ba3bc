package main

import (
	"github.com/spf13/cobra"

	"github.com/workbench-dev/workbench/local/apiserver"
	"github.com/workbench-dev/workbench/local/machine"
)

func apiserverCommand(o *options) *cobra.Command {
	var dir string
	cmd := &cobra.Command{
		Use:   "apiserver --dir FOLDER",
		Short: "Run etcd and an API server alone, for tests, until interrupted",
		Long: `Apiserver runs etcd and kube-apiserver on free ports of 127.0.0.1, without a node.
When they serve it prints "ready KUBECONFIG". It ends, stops both and removes the
folder on SIGTERM, on SIGINT, and when its standard input is closed, so that it
doesn't outlive a test that was killed. Any number can run side by side.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			builder, err := o.builder()
			if err != nil {
				return err
			}
			if err := machine.ForAPIServer(cmd.Context(), builder.Progress); err != nil {
				return err
			}
			binaries, _, err := builder.Build(cmd.Context(), "kubernetes")
			builder.Progress.Close()
			if err != nil {
				return err
			}
			return apiserver.Run(cmd.Context(), apiserver.Options{Dir: dir, Kubernetes: binaries["kubernetes"]})
		},
	}
	cmd.Flags().StringVar(&dir, "dir", "", "folder for its files, made and removed by it")
	_ = cmd.MarkFlagRequired("dir")
	return cmd
}
