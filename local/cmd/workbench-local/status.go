package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/workbench-dev/workbench/local/cluster"
)

func statusCommand(o *options) *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Say what runs, since when, with how much memory, and where its log is",
		Long:  `Status says what runs. Its exit status is 1 when something is down.`,
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := o.cluster()
			if err != nil {
				return err
			}
			status, err := c.Status(cmd.Context())
			if err != nil {
				return err
			}
			switch output {
			case "json":
				encoder := json.NewEncoder(os.Stdout)
				encoder.SetIndent("", "  ")
				err = encoder.Encode(status)
			case "":
				err = printStatus(os.Stdout, status)
			default:
				err = fmt.Errorf("the output %q isn't known: choose json, or none for a table", output)
			}
			if err != nil {
				return err
			}
			if !status.Healthy() {
				return quietError{errors.New("something is down")}
			}
			return nil
		},
	}
	cmd.Flags().StringVarP(&output, "output", "o", "", "json, or none for a table")
	return cmd
}

func printStatus(out io.Writer, s cluster.Status) error {
	if len(s.Parts) == 0 {
		fmt.Fprintf(out, "The cluster %s doesn't exist; make it with `workbench-local up --name %s`.\n", s.Name, s.Name)
		return nil
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "PART\tSTATE\tPID\tSINCE\tMEMORY\tLOG\t")
	for _, p := range s.Parts {
		since, pid, memory := "-", "-", "-"
		if !p.Since.IsZero() {
			since = time.Since(p.Since).Round(time.Second).String()
		}
		if p.PID != 0 {
			pid = fmt.Sprint(p.PID)
		}
		if p.RSS > 0 {
			memory = fmt.Sprintf("%d MiB", p.RSS>>20)
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", p.Name, p.State, pid, since, memory, p.Log, p.Note)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(out, "\nmemory of all processes  %s\nkubeconfig  %s\ngateway     http://%s\nprometheus  http://%s\n", gib(s.RSS), s.Kubeconfig, s.Gateway, s.Prometheus)
	return err
}
