package cluster

import (
	"context"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/workbench-dev/workbench/local/addons"
	"github.com/workbench-dev/workbench/local/node"
	"github.com/workbench-dev/workbench/local/versions"
)

// Status is what is true of a cluster now.
type Status struct {
	Name       string `json:"name"`
	Running    bool   `json:"running"`
	Kubeconfig string `json:"kubeconfig,omitempty"`
	API        string `json:"api,omitempty"`        // ADDRESS:PORT on 127.0.0.1
	Gateway    string `json:"gateway,omitempty"`    // ADDRESS:PORT on 127.0.0.1
	Prometheus string `json:"prometheus,omitempty"` // ADDRESS:PORT on 127.0.0.1
	Kubernetes string `json:"kubernetes"`
	NodePID    int    `json:"nodePID,omitempty"`
	RSS        int64  `json:"rssBytes"` // of all the cluster's processes
	Parts      []Part `json:"parts"`
}

// Part is one line of the status.
type Part struct {
	Name  string    `json:"name"`
	State string    `json:"state"`
	PID   int       `json:"pid,omitempty"` // on the host
	Since time.Time `json:"since,omitzero"`
	RSS   int64     `json:"rssBytes"`
	Log   string    `json:"log,omitempty"`
	Note  string    `json:"note,omitempty"`
	OK    bool      `json:"ok"`
}

// Healthy tells whether every part is as it should be.
func (s Status) Healthy() bool {
	if !s.Running {
		return false
	}
	for _, p := range s.Parts {
		if !p.OK {
			return false
		}
	}
	return true
}

// Status gathers the cluster's status. It changes nothing and needs no lock.
func (c Cluster) Status(ctx context.Context) (Status, error) {
	status := Status{Name: c.Name, Kubernetes: versions.Kubernetes}
	state, err := c.readState()
	if err != nil || !c.Exists() {
		return status, err
	}
	status.Kubeconfig = c.Kubeconfig()
	status.API, status.Gateway, status.Prometheus = local(state.APIPort), local(state.GatewayPort), local(state.PrometheusPort)
	processes, err := node.Processes(c.Cgroup())
	if err != nil {
		return status, err
	}
	for _, p := range processes {
		status.RSS += p.RSS
	}
	status.Running = state.Node.Alive()
	if status.Running {
		status.NodePID = state.Node.PID
	}
	status.Parts = append(status.Parts, c.hostPart("node (pid 1)", "node", state.Node, processes), c.hostPart("forwarder", "forwarder", state.Forwarder, processes))
	var running []node.PartStatus
	if status.Running {
		if running, err = node.NewControl(state.Node.PID).Parts(ctx); err != nil {
			status.Parts[0].OK, status.Parts[0].Note = false, err.Error()
		}
	}
	status.Parts = append(status.Parts, c.nodeParts(running, processes)...)
	status.Parts = append(status.Parts, c.workloads(ctx, processes, state.Node, serves(running, "kube-apiserver"))...)
	return status, nil
}

func serves(parts []node.PartStatus, name string) bool {
	return slices.ContainsFunc(parts, func(p node.PartStatus) bool { return p.Name == name && p.State == node.Running })
}

func (c Cluster) hostPart(name, log string, p node.Process, processes []node.ProcessInfo) Part {
	part := Part{Name: name, State: "down", Log: c.Log(log)}
	if !p.Alive() {
		return part
	}
	part.State, part.OK, part.PID, part.Since = "running", true, p.PID, p.Since()
	for _, info := range processes {
		if info.PID == p.PID {
			part.RSS = info.RSS
		}
	}
	return part
}

func (c Cluster) nodeParts(running []node.PartStatus, processes []node.ProcessInfo) []Part {
	byPID := map[int]node.ProcessInfo{}
	for _, p := range processes {
		if p.NodePID != 0 && p.PodUID == "" {
			byPID[p.NodePID] = p
		}
	}
	known := map[string]node.PartStatus{}
	for _, r := range running {
		known[r.Name] = r
	}
	var parts []Part
	for _, name := range node.PartNames {
		part := Part{Name: name, State: "down", Log: c.Log(name)}
		if r, ok := known[name]; ok {
			info := byPID[r.PID]
			part.State, part.OK, part.Since, part.PID, part.RSS = string(r.State), r.State == node.Running, r.Since, info.PID, info.RSS
			if !part.OK {
				part.Note = r.LastExit
			}
		}
		parts = append(parts, part)
	}
	return parts
}

// workloads tells of the add-ons' Deployments, with the memory of their pods. api
// says whether the API server can be asked.
func (c Cluster) workloads(ctx context.Context, processes []node.ProcessInfo, process node.Process, api bool) []Part {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	var client *addons.Client
	if config, err := clientcmd.BuildConfigFromFlags("", c.Kubeconfig()); err == nil && api {
		client, _ = addons.NewClient(config)
	}
	byPod := map[string]node.ProcessInfo{}
	for _, p := range processes {
		sum := byPod[p.PodUID]
		sum.RSS += p.RSS
		sum.PID = max(sum.PID, p.PID) // the pause process is the first
		byPod[p.PodUID] = sum
	}
	var parts []Part
	for _, w := range addons.Workloads {
		part := Part{Name: w.Namespace + "/" + w.Name, State: "down"}
		if client == nil {
			part.Note = "the API server can't be asked"
			parts = append(parts, part)
			continue
		}
		deployment, pods, err := client.Workload(ctx, w)
		if err != nil {
			part.State, part.Note = "unknown", err.Error()
			parts = append(parts, part)
			continue
		}
		if addons.Available(deployment) && addons.StartedAfter(pods, process.Since()) {
			part.State, part.OK = "running", true
		}
		for _, pod := range pods {
			c.addPod(&part, pod, byPod)
		}
		parts = append(parts, part)
	}
	return parts
}

func (c Cluster) addPod(part *Part, pod unstructured.Unstructured, byPod map[string]node.ProcessInfo) {
	info := byPod[string(pod.GetUID())]
	part.RSS += info.RSS
	part.PID = info.PID
	part.Log = c.Path("node", "var/log/pods", pod.GetNamespace()+"_"+pod.GetName()+"_"+string(pod.GetUID()))
	if started, ok, _ := unstructured.NestedString(pod.Object, "status", "startTime"); ok {
		if at, err := time.Parse(time.RFC3339, started); err == nil {
			part.Since = at
		}
	}
}
