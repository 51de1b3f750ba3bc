package cluster

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/workbench-dev/workbench/local/node"
)

// ensureParts starts parts that were stopped and waits until all serve.
func (c Cluster) ensureParts(ctx context.Context, out *Outcome) error {
	control, err := c.Control()
	if err != nil {
		return c.nodeDied(err)
	}
	parts, err := awaitControl(ctx, control)
	if err != nil {
		return c.nodeDied(err)
	}
	// On a node that runs already nothing is reported.
	waited := slices.ContainsFunc(parts, func(p node.PartStatus) bool { return p.State != node.Running })
	c.Progress.Begin("starting", len(node.PartNames))
	began := time.Now()
	reported := map[string]bool{}
	for {
		busy := []string{}
		for _, p := range parts {
			if p.State == node.Running {
				if waited && !reported[p.Name] {
					c.Progress.Start(p.Name).DoneAfter(time.Since(began))
				}
				reported[p.Name] = true
				continue
			}
			busy = append(busy, fmt.Sprintf("%s is %s (log %s)", p.Name, p.State, c.Log(p.Name)))
			if p.State == node.Stopped {
				if err := control.Order(ctx, p.Name, "start"); err != nil {
					return err
				}
			}
		}
		if len(busy) == 0 {
			return nil
		}
		waited, out.Changed = true, true
		if time.Since(began) > partsTimeout {
			return fmt.Errorf("after %s not everything serves: %s", partsTimeout, strings.Join(busy, "; "))
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
		if parts, err = control.Parts(ctx); err != nil {
			return c.nodeDied(err)
		}
	}
}

func awaitControl(ctx context.Context, control node.Control) ([]node.PartStatus, error) {
	deadline := time.Now().Add(controlTimeout)
	for {
		parts, err := control.Parts(ctx)
		if err == nil || time.Now().After(deadline) {
			return parts, err
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(30 * time.Millisecond):
		}
	}
}

func (c Cluster) nodeDied(err error) error {
	log, _ := os.ReadFile(c.Log("node"))
	lines := strings.Split(strings.TrimSpace(string(log)), "\n")
	return fmt.Errorf("the node of the cluster %s doesn't run (%w); the last line of %s: %s", c.Name, err, c.Log("node"), lines[len(lines)-1])
}
