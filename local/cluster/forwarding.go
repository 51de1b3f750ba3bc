package cluster

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/workbench-dev/workbench/local/addons"
	"github.com/workbench-dev/workbench/local/forward"
	"github.com/workbench-dev/workbench/local/node"
	"github.com/workbench-dev/workbench/local/versions"
)

// ensureForwarder starts the forwarder unless it runs, and its rules.
func (c Cluster) ensureForwarder(ctx context.Context, state *State, program string, out *Outcome) error {
	rules, err := forward.ReadRules(c.ForwardsFile())
	if err != nil {
		return err
	}
	for _, rule := range []forward.Rule{
		{Listen: local(state.APIPort), Target: fmt.Sprintf("%s:%d", versions.NodeAddress, versions.APIPort)},
		{Listen: local(state.GatewayPort), Target: addons.GatewayTarget},
		{Listen: local(state.PrometheusPort), Target: addons.PrometheusTarget},
	} {
		rules = forward.Merge(rules, rule)
	}
	if err := forward.WriteRules(c.ForwardsFile(), rules); err != nil {
		return err
	}
	credentials := node.Credentials{Dir: c.Path("credentials")}
	kubeconfig, err := credentials.Kubeconfig("admin", c.Name, "https://"+local(state.APIPort))
	if err != nil {
		return err
	}
	if err := os.WriteFile(c.Kubeconfig(), kubeconfig, 0o600); err != nil {
		return err
	}
	if state.Forwarder.Alive() {
		return nil
	}
	out.Changed = true
	process, err := node.LaunchBeside(c.Cgroup(), c.Log("forwarder"), program, "node-forwarder", "--dir", c.Dir)
	if err != nil {
		return err
	}
	state.Forwarder = process
	if err := c.writeState(*state); err != nil {
		return err
	}
	return c.awaitListening(ctx, rules)
}

// awaitListening waits until the forwarder listens everywhere. It needs the ports
// of the cluster itself; of others it only tells.
func (c Cluster) awaitListening(ctx context.Context, rules []forward.Rule) error {
	deadline := time.Now().Add(5 * time.Second)
	for i, rule := range rules {
		for !listening(rule.Listen) {
			if time.Now().Before(deadline) && ctx.Err() == nil {
				time.Sleep(30 * time.Millisecond)
				continue
			}
			if i < ownRules {
				return fmt.Errorf("%s can't be reached (see %s): if another program listens there, end it, or run `workbench-local down --name %s` and `up` again to get other ports", rule.Listen, c.Log("forwarder"), c.Name)
			}
			c.Progress.Printf("The forward %s to %s isn't in force: see %s.", rule.Listen, rule.Target, c.Log("forwarder"))
			break
		}
	}
	return nil
}

// ownRules is how many of the rules belong to the cluster itself; they come first.
const ownRules = 3
