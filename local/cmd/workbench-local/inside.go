package main

import (
	"fmt"
	"net"

	"github.com/spf13/cobra"

	"github.com/workbench-dev/workbench/local/cluster"
	"github.com/workbench-dev/workbench/local/images"
	"github.com/workbench-dev/workbench/local/node"
)

// The commands below are started by `up`, not by people.

func nodeInitCommand() *cobra.Command {
	var dir string
	cmd := &cobra.Command{Use: "node-init", Hidden: true, Short: "Be pid 1 of a node", Args: cobra.NoArgs, RunE: func(*cobra.Command, []string) error {
		if err := node.AwaitGate(); err != nil {
			return err
		}
		return node.Run(dir)
	}}
	cmd.Flags().StringVar(&dir, "dir", "", "the cluster's folder")
	return cmd
}

func nodeRegistryCommand() *cobra.Command {
	var listen string
	cmd := &cobra.Command{Use: "node-registry STORE…", Hidden: true, Short: "Serve images to the node", Args: cobra.MinimumNArgs(1), RunE: func(_ *cobra.Command, stores []string) error {
		var r images.Registry
		for _, dir := range stores {
			r.Stores = append(r.Stores, images.Store{Dir: dir})
		}
		listener, err := net.Listen("tcp4", listen)
		if err != nil {
			return fmt.Errorf("the registry can't listen: %w", err)
		}
		return r.Serve(listener)
	}}
	cmd.Flags().StringVar(&listen, "listen", "", "address to listen on")
	return cmd
}

func nodeForwarderCommand() *cobra.Command {
	var dir string
	cmd := &cobra.Command{Use: "node-forwarder", Hidden: true, Short: "Bring ports of the cluster to 127.0.0.1", Args: cobra.NoArgs, RunE: func(cmd *cobra.Command, _ []string) error {
		if err := node.AwaitGate(); err != nil {
			return err
		}
		return cluster.RunForwarder(cmd.Context(), dir)
	}}
	cmd.Flags().StringVar(&dir, "dir", "", "the cluster's folder")
	return cmd
}
