package cluster

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"k8s.io/client-go/tools/clientcmd"

	"github.com/workbench-dev/workbench/local/addons"
	"github.com/workbench-dev/workbench/local/build"
	"github.com/workbench-dev/workbench/local/images"
	"github.com/workbench-dev/workbench/local/layout"
	"github.com/workbench-dev/workbench/local/machine"
	"github.com/workbench-dev/workbench/local/node"
	"github.com/workbench-dev/workbench/local/versions"
)

// Limits of the waits of Up.
const (
	controlTimeout = 30 * time.Second
	partsTimeout   = 2 * time.Minute
	gatewayTimeout = 2 * time.Minute
)

// Outcome is what Up did and measured.
type Outcome struct {
	// Changed is false when everything was there and only verified.
	Changed bool
	// Built is how long building took now; Builds what the recorded builds of all
	// parts took together, whenever they were made. On a machine whose compiler cache
	// was empty that is the time of a cold build.
	Built, Builds time.Duration
	// Started is the time from the start of the node to the first 200 through the
	// gateway; 0 when the node was running.
	Started time.Duration
	// RSS is the resident memory of all the cluster's processes, in bytes.
	RSS int64
}

// Up brings the cluster up from whatever state it is in: it builds what isn't
// built, starts what doesn't run, installs what isn't installed, and verifies the
// rest. Data in etcd is kept.
func (c Cluster) Up(ctx context.Context) (Outcome, error) {
	var out Outcome
	unlock, err := c.lock()
	if err != nil {
		return out, err
	}
	defer unlock()
	defer c.Progress.Close()

	prepared, err := c.prepare(ctx, &out)
	if err != nil {
		return out, err
	}
	state, err := c.readState()
	if err != nil {
		return out, err
	}
	began := time.Now()
	if err := c.ensureNode(ctx, &state, prepared, &out); err != nil {
		return out, err
	}
	if err := c.ensureForwarder(ctx, &state, prepared.program, &out); err != nil {
		return out, err
	}
	if err := c.ensureParts(ctx, &out); err != nil {
		return out, err
	}
	if err := c.ensureAddons(ctx, &state, &out); err != nil {
		return out, err
	}
	if err := c.awaitGateway(ctx, state); err != nil {
		return out, err
	}
	if out.Changed {
		out.Started = time.Since(began)
	}
	processes, err := node.Processes(c.Cgroup())
	if err != nil {
		return out, err
	}
	for _, p := range processes {
		out.RSS += p.RSS
	}
	return out, nil
}

// prepared is what must be there before anything starts.
type prepared struct {
	program  string
	binaries build.Binaries
	digest   string // of the binaries
	store    images.Store
}

func (c Cluster) prepare(ctx context.Context, out *Outcome) (prepared, error) {
	var p prepared
	cache, err := layout.Cache()
	if err != nil {
		return p, err
	}
	builder := build.Builder{Source: c.Source, Cache: cache, Progress: c.Progress}
	complete, err := builder.Complete()
	if err != nil {
		return p, err
	}
	if err := machine.ForNode(ctx, cache, !complete, c.Progress); err != nil {
		return p, err
	}
	began := time.Now()
	binaries, built, err := builder.Build(ctx)
	if err != nil {
		return p, err
	}
	if built > 0 {
		out.Changed, out.Built = true, time.Since(began)
	}
	records, err := binaries.Records()
	if err != nil {
		return p, err
	}
	for _, r := range records {
		out.Builds += r.Took
	}
	if p.digest, err = binaries.Digest(); err != nil {
		return p, err
	}
	p.binaries = binaries
	modules := moduleFinder(ctx, c.Source)
	p.store, err = images.AddonStore(cache, binaries, func() (string, error) { return modules("istio.io/istio") }, c.Progress)
	if err != nil {
		return p, err
	}
	if p.program, err = c.installProgram(cache); err != nil {
		return p, err
	}
	return p, nil
}

// ensureNode starts the node unless it runs with these binaries.
func (c Cluster) ensureNode(ctx context.Context, state *State, p prepared, out *Outcome) error {
	key := strings.Join([]string{p.digest, filepath.Base(p.store.Dir), settingsVersion}, "-")
	if state.Node.Alive() && state.NodeKey == key {
		return nil
	}
	out.Changed = true
	if state.Node.Alive() {
		c.Progress.Printf("The cluster %s runs with other binaries; its node is started anew, its data is kept.", c.Name)
	}
	// What an earlier node left behind would be in the new one's way.
	if err := c.clear(*state); err != nil {
		return err
	}
	if err := os.MkdirAll(c.Dir, 0o755); err != nil {
		return err
	}
	if state.Created.IsZero() {
		state.Created = time.Now().UTC()
	}
	if err := c.choosePorts(state); err != nil {
		return err
	}
	// Recorded before it starts, so that a cut-off run is found by its cgroup and
	// folder in any case.
	state.NodeKey, state.Node, state.Forwarder = key, node.Process{}, node.Process{}
	if err := c.writeState(*state); err != nil {
		return err
	}
	process, err := node.Launch(node.Config{
		Name:        c.Name,
		Dir:         c.Dir,
		Kubernetes:  p.binaries["kubernetes"],
		Program:     p.program,
		ImageStores: []string{c.Images(), p.store.Dir},
		Cgroup:      c.Cgroup(),
	})
	if err != nil {
		return err
	}
	state.Node = process
	return c.writeState(*state)
}

// settingsVersion is raised when the node's settings change, so that `up` starts a
// running node anew.
const settingsVersion = "1"

// ensureAddons installs the add-ons unless they were installed by the same
// version, and waits until they are available.
func (c Cluster) ensureAddons(ctx context.Context, state *State, out *Outcome) error {
	config, err := clientcmd.BuildConfigFromFlags("", c.Kubeconfig())
	if err != nil {
		return err
	}
	client, err := addons.NewClient(config)
	if err != nil {
		return err
	}
	if err := client.WaitNode(ctx, versions.NodeName, partsTimeout); err != nil {
		return err
	}
	key := addons.Fingerprint()
	if state.Addons == key {
		for _, w := range addons.Workloads {
			if err := client.WaitWorkload(ctx, w, state.Node.Since(), partsTimeout); err != nil {
				if ctx.Err() != nil {
					return err
				}
				c.Progress.Printf("%v; the add-ons are applied again.", err)
				state.Addons = ""
				break
			}
		}
		if state.Addons == key {
			return nil
		}
	}
	out.Changed = true
	find := moduleFinder(ctx, c.Source)
	modules := map[string]string{}
	for _, path := range []string{addons.ModuleKubernetes, addons.ModuleArgoRollouts} {
		if modules[path], err = find(path); err != nil {
			return err
		}
	}
	installer := addons.Installer{Client: client, Modules: modules, Since: state.Node.Since(), Progress: c.Progress}
	if err := installer.Install(ctx); err != nil {
		return err
	}
	state.Addons = key
	return c.writeState(*state)
}

// awaitGateway asks the gateway, from the host, until it answers.
func (c Cluster) awaitGateway(ctx context.Context, state State) error {
	ctx, cancel := context.WithTimeout(ctx, gatewayTimeout)
	defer cancel()
	client := &http.Client{Timeout: 2 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	for {
		err := func() error {
			req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+local(state.GatewayPort)+"/", nil)
			if err != nil {
				return err
			}
			req.Host = "ready.local"
			resp, err := client.Do(req)
			if err != nil {
				return err
			}
			resp.Body.Close()
			if resp.StatusCode != http.StatusOK {
				return errors.New("it answers " + resp.Status)
			}
			return nil
		}()
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the gateway at %s didn't answer with 200 (%w): see `workbench-local kubectl --name %s -- -n istio-system get pods` and %s", local(state.GatewayPort), err, c.Name, c.Log("forwarder"))
		case <-time.After(50 * time.Millisecond):
		}
	}
}
