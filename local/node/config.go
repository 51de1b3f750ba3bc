// Package node runs one Kubernetes node, control plane included, in namespaces of
// its own: a pid 1 that mounts, wires the network, and starts and watches etcd,
// the Kubernetes programs, containerd and the image registry.
//
// Everything hangs on that one process: killing it takes every process, mount and
// pod network of the cluster with it. The package has a half that runs on the
// host (Launch, Processes, cgroups, the control client) and a half that runs as
// pid 1 (Run). Add-ons, forwarding and clusters as a whole are not its business.
package node

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/workbench-dev/workbench/local/versions"
)

// Config is what pid 1 is told, in the file node.json of the cluster's folder.
type Config struct {
	// Name is the cluster's.
	Name string `json:"name"`
	// Dir is the cluster's folder; all state of the node lies below.
	Dir string `json:"dir"`
	// Kubernetes is the path of the multi-call binary.
	Kubernetes string `json:"kubernetes"`
	// Program is the path of workbench-local itself, run as pid 1 and as registry.
	Program string `json:"program"`
	// ImageStores are the OCI layouts the registry serves, the first one first.
	ImageStores []string `json:"imageStores"`
	// Cgroup is the name of the cluster's cgroup in every hierarchy.
	Cgroup string `json:"cgroup"`
}

// ConfigFile is where pid 1 reads its configuration.
func ConfigFile(dir string) string { return filepath.Join(dir, "node.json") }

// Write stores the configuration for pid 1.
func (c Config) Write() error {
	data, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(ConfigFile(c.Dir), data, 0o600)
}

// ReadConfig reads what Write stored.
func ReadConfig(dir string) (Config, error) {
	var c Config
	data, err := os.ReadFile(ConfigFile(dir))
	if err != nil {
		return c, err
	}
	if err := json.Unmarshal(data, &c); err != nil {
		return c, fmt.Errorf("%s isn't readable: %w", ConfigFile(dir), err)
	}
	return c, nil
}

func (c Config) path(parts ...string) string {
	return filepath.Join(append([]string{c.Dir}, parts...)...)
}

func (c Config) credentials() Credentials { return Credentials{Dir: c.path("credentials")} }

// Prepare makes the folders, credentials and configuration files that the node's
// parts read. It may be repeated.
func (c Config) Prepare() error {
	for _, dir := range []string{"logs", "etcd", "containerd", "cni", "certs.d/_default", "kubeconfigs"} {
		if err := os.MkdirAll(c.path(dir), 0o755); err != nil {
			return err
		}
	}
	if err := os.Chmod(c.path("etcd"), 0o700); err != nil {
		return err
	}
	credentials, err := CreateCredentials(c.path("credentials"), "127.0.0.1", versions.NodeAddress, versions.APIServiceIP)
	if err != nil {
		return fmt.Errorf("the cluster's certificates can't be made: %w", err)
	}
	for user := range users {
		data, err := credentials.Kubeconfig(user, c.Name, fmt.Sprintf("https://127.0.0.1:%d", versions.APIPort))
		if err != nil {
			return err
		}
		if err := os.WriteFile(c.kubeconfig(user), data, 0o600); err != nil {
			return err
		}
	}
	for name, content := range c.files() {
		if err := os.WriteFile(c.path(name), []byte(content), 0o644); err != nil {
			return err
		}
	}
	return c.Write()
}

func (c Config) kubeconfig(user string) string { return c.path("kubeconfigs", user) }

// files are the configuration files of containerd, CNI, kubelet and kube-proxy.
func (c Config) files() map[string]string {
	registry := fmt.Sprintf("http://127.0.0.1:%d", versions.RegistryPort)
	return map[string]string{
		"containerd.toml": fmt.Sprintf(`version = 2
root = %[1]q
state = "/run/containerd"
[grpc]
address = %[2]q
[plugins."io.containerd.grpc.v1.cri"]
# Lowering a score below the parent's needs CAP_SYS_RESOURCE, which may be missing.
restrict_oom_score_adj = true
sandbox_image = %[3]q
[plugins."io.containerd.grpc.v1.cri".cni]
bin_dir = "/usr/lib/cni"
conf_dir = %[4]q
[plugins."io.containerd.grpc.v1.cri".registry]
config_path = %[5]q
[plugins."io.containerd.grpc.v1.cri".containerd]
snapshotter = "overlayfs"
`, c.path("containerd"), containerdSocket, versions.ImagePause, c.path("cni"), c.path("certs.d")),
		// Every image name, whatever its host, is pulled from the cluster's registry.
		"certs.d/_default/hosts.toml": fmt.Sprintf("server = %[1]q\n[host.%[1]q]\n  capabilities = [\"pull\", \"resolve\"]\n", registry),
		"cni/10-workbench.conflist": fmt.Sprintf(`{"cniVersion": "1.0.0", "name": "workbench", "plugins": [
  {"type": "ptp", "ipMasq": false, "mtu": 1500,
   "ipam": {"type": "host-local", "ranges": [[{"subnet": %q}]], "routes": [{"dst": "0.0.0.0/0"}]}},
  {"type": "portmap", "capabilities": {"portMappings": true}}
]}
`, versions.PodCIDR),
		// Empty, so that no look-up leaves the node: containerd would otherwise copy
		// the host's into pods.
		"resolv.conf": "\n",
		"hosts":       fmt.Sprintf("127.0.0.1 localhost\n%s %s\n", versions.NodeAddress, versions.NodeName),
		"kubelet.yaml": fmt.Sprintf(`apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
cgroupDriver: cgroupfs
cgroupRoot: /%[1]s
failSwapOn: false
failCgroupV1: false
maxPods: 200
containerRuntimeEndpoint: unix://%[2]s
authentication: {anonymous: {enabled: false}, webhook: {enabled: true}, x509: {clientCAFile: %[3]q}}
authorization: {mode: Webhook}
clusterDNS: [%[4]q]
clusterDomain: %[5]s
resolvConf: %[6]q
imageGCHighThresholdPercent: 100
evictionHard: {memory.available: 100Mi, nodefs.available: "1%%", imagefs.available: "1%%"}
serializeImagePulls: false
registryPullQPS: 0
eventRecordQPS: 0
# What crashed while a part of the cluster was away must not wait minutes when it is back.
crashLoopBackOff: {maxContainerRestartPeriod: 5s}
`, c.Cgroup, containerdSocket, c.credentials().File("ca.crt"), versions.DNSAddress, versions.ClusterDomain, c.path("resolv.conf")),
		"kube-proxy.yaml": fmt.Sprintf(`apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
bindAddress: 0.0.0.0
clientConnection: {kubeconfig: %[1]q}
clusterCIDR: %[2]s
mode: nftables
hostnameOverride: %[3]s
# The connection tracking limits belong to the machine.
conntrack: {maxPerCore: 0, min: 0, tcpEstablishedTimeout: 0s, tcpCloseWaitTimeout: 0s}
nodePortAddresses: [primary]
`, c.kubeconfig("system:kube-proxy"), versions.PodCIDR, versions.NodeName),
	}
}
