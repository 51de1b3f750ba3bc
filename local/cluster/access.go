package cluster

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"text/tabwriter"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/workbench-dev/workbench/local/forward"
	"github.com/workbench-dev/workbench/local/images"
	"github.com/workbench-dev/workbench/local/layout"
	"github.com/workbench-dev/workbench/local/node"
	"github.com/workbench-dev/workbench/local/versions"
)

// NotRunning is the error for commands that need a running cluster.
func (c Cluster) NotRunning() error { return c.errNotRunning() }

// PutImage makes an image available to the cluster's pods.
func (c Cluster) PutImage(ref string, img v1.Image) error {
	unlock, err := c.lock()
	if err != nil {
		return err
	}
	defer unlock()
	return images.Store{Dir: c.Images()}.Put(ref, img)
}

// LoadTarball makes the images of a tarball available and returns their names.
func (c Cluster) LoadTarball(path string) ([]string, error) {
	unlock, err := c.lock()
	if err != nil {
		return nil, err
	}
	defer unlock()
	return images.Store{Dir: c.Images()}.LoadTarball(path)
}

// OrderPart starts, stops or restarts a part of the node. A start or restart
// returns when the part serves again.
func (c Cluster) OrderPart(ctx context.Context, part, action string) error {
	control, err := c.Control()
	if err != nil {
		return err
	}
	if err := control.Order(ctx, part, action); err != nil || action == "stop" {
		return err
	}
	deadline := time.Now().Add(partsTimeout)
	for {
		parts, err := control.Parts(ctx)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(parts, func(p node.PartStatus) bool { return p.Name == part && p.State == node.Running }) {
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("%s doesn't serve %s after its %s: see %s", part, partsTimeout, action, c.Log(part))
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// RunForwarder is the forwarder's process. It runs until ctx ends.
func RunForwarder(ctx context.Context, dir string) error {
	c := Cluster{Cluster: layout.Cluster{Name: filepath.Base(dir), Dir: dir}}
	return c.forwarder().Follow(ctx, c.ForwardsFile())
}

func (c Cluster) forwarder() *forward.Forwarder {
	return &forward.Forwarder{
		NodePID:    c.NodePID,
		Credential: node.Credentials{Dir: c.Path("credentials")}.File,
		API:        fmt.Sprintf("%s:%d", versions.NodeAddress, versions.APIPort),
	}
}

// AddForwards records rules and waits until the forwarder listens.
func (c Cluster) AddForwards(ctx context.Context, rules []forward.Rule) error {
	state, err := c.readState()
	if err != nil {
		return err
	}
	if !state.Forwarder.Alive() {
		return c.errNotRunning()
	}
	var taken []string
	err = c.changeForwards(func(all []forward.Rule) []forward.Rule {
		for _, r := range rules {
			if !slices.ContainsFunc(all, func(o forward.Rule) bool { return o.Listen == r.Listen }) && listening(r.Listen) {
				taken = append(taken, r.Listen)
				continue
			}
			all = forward.Merge(all, r)
		}
		return all
	})
	if err != nil {
		return err
	}
	if len(taken) > 0 {
		return fmt.Errorf("another program listens on %v already: choose another port", taken)
	}
	deadline := time.Now().Add(5 * time.Second)
	for _, r := range rules {
		for !listening(r.Listen) {
			if time.Now().After(deadline) {
				return fmt.Errorf("the forwarder doesn't listen on %s: see %s", r.Listen, c.Log("forwarder"))
			}
			time.Sleep(50 * time.Millisecond)
		}
		fmt.Printf("%s -> %s\n", r.Listen, r.Target)
	}
	return nil
}

// RemoveForwards ends the rules that listen where the given ones do.
func (c Cluster) RemoveForwards(rules []forward.Rule) error {
	return c.changeForwards(func(all []forward.Rule) []forward.Rule {
		return slices.DeleteFunc(all, func(r forward.Rule) bool {
			return slices.ContainsFunc(rules, func(o forward.Rule) bool { return o.Listen == r.Listen })
		})
	})
}

func (c Cluster) changeForwards(change func([]forward.Rule) []forward.Rule) error {
	unlock, err := c.lock()
	if err != nil {
		return err
	}
	defer unlock()
	rules, err := forward.ReadRules(c.ForwardsFile())
	if err != nil {
		return err
	}
	return forward.WriteRules(c.ForwardsFile(), change(rules))
}

// ForwardInForeground forwards until ctx ends.
func (c Cluster) ForwardInForeground(ctx context.Context, rules []forward.Rule) error {
	if _, ok := c.NodePID(); !ok {
		return c.errNotRunning()
	}
	if err := c.forwarder().Apply(ctx, rules); err != nil {
		return err
	}
	<-ctx.Done()
	return nil
}

// PrintForwards lists the recorded rules.
func (c Cluster) PrintForwards(out io.Writer) error {
	rules, err := forward.ReadRules(c.ForwardsFile())
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "LISTEN\tTARGET")
	for _, r := range rules {
		fmt.Fprintf(w, "%s\t%s\n", r.Listen, r.Target)
	}
	return w.Flush()
}

// LinkKubectl returns the path of a link named kubectl to the Kubernetes binary.
func LinkKubectl(cache, kubernetes string) (string, error) {
	dir := filepath.Join(cache, "kubectl", filepath.Base(kubernetes))
	link := filepath.Join(dir, "kubectl")
	if _, err := os.Stat(link); err == nil {
		return link, nil
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	if err := os.Symlink(kubernetes, link); err != nil && !os.IsExist(err) {
		return "", err
	}
	return link, nil
}
