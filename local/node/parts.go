package node

import (
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/workbench-dev/workbench/local/versions"
)

const containerdSocket = "/run/containerd/containerd.sock"

// part is one program that pid 1 keeps running.
type part struct {
	name string
	argv []string
	env  []string
	// after names parts that must be ready before this one is first started; later
	// restarts don't wait.
	after []string
	// ready tells whether the part serves; nil means as soon as it runs.
	ready func() bool
}

// PartNames lists the node's parts in start order.
var PartNames = []string{"etcd", "registry", "containerd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kube-proxy", "kubelet"}

// EtcdArgs are etcd's arguments; urls are for clients and for peers.
func EtcdArgs(dataDir, clientURL, peerURL string) []string {
	return []string{
		"--name=local",
		"--data-dir=" + dataDir,
		"--listen-client-urls=" + clientURL, "--advertise-client-urls=" + clientURL,
		"--listen-peer-urls=" + peerURL, "--initial-advertise-peer-urls=" + peerURL,
		"--initial-cluster=local=" + peerURL,
		// A local cluster survives the death of its processes, not a power cut.
		"--unsafe-no-fsync",
		"--logger=zap", "--log-level=warn",
	}
}

// APIServerArgs are the arguments of kube-apiserver that a node and the stand-alone
// API server share.
func APIServerArgs(credentials Credentials, etcdURL string) []string {
	return []string{
		"--etcd-servers=" + etcdURL,
		"--tls-cert-file=" + credentials.File("api.crt"),
		"--tls-private-key-file=" + credentials.File("api.key"),
		"--client-ca-file=" + credentials.File("ca.crt"),
		"--token-auth-file=" + credentials.File("tokens.csv"),
		"--service-account-issuer=https://kubernetes.default.svc." + versions.ClusterDomain,
		"--service-account-key-file=" + credentials.File("sa.pub"),
		"--service-account-signing-key-file=" + credentials.File("sa.key"),
		"--service-cluster-ip-range=" + versions.ServiceCIDR,
		"--allow-privileged",
		// It asks etcd for progress in a way that etcd 3.4 doesn't know, and logs every
		// failure.
		"--feature-gates=SizeBasedListCostEstimate=false",
	}
}

func (c Config) parts() []part {
	credentials := c.credentials()
	kubernetes := func(program string, args ...string) []string {
		return append([]string{c.Kubernetes, program}, args...)
	}
	api := []string{"kube-apiserver"}
	etcdURL := "http://127.0.0.1:2379"
	registry := fmt.Sprintf("127.0.0.1:%d", versions.RegistryPort)
	return []part{
		{
			name:  "etcd",
			argv:  append([]string{"etcd"}, EtcdArgs(c.path("etcd"), etcdURL, "http://127.0.0.1:2380")...),
			env:   []string{"ETCD_UNSUPPORTED_ARCH=" + unsupportedArch()},
			ready: httpReady(etcdURL + "/health"),
		},
		{
			name:  "registry",
			argv:  append([]string{c.Program, "node-registry", "--listen", registry}, c.ImageStores...),
			ready: httpReady("http://" + registry + "/v2/"),
		},
		{
			name: "containerd",
			argv: []string{"containerd", "--config", c.path("containerd.toml")},
			// Its shims must outlive it and must not count as its own.
			ready: unixReady(containerdSocket),
		},
		{
			name: "kube-apiserver",
			argv: kubernetes("kube-apiserver", append(APIServerArgs(credentials, etcdURL),
				"--authorization-mode=Node,RBAC",
				"--enable-admission-plugins=NodeRestriction",
				"--advertise-address="+versions.NodeAddress,
				// It would take its address from the Service kubernetes when it stops, and
				// for the pods the outage would last until kube-proxy has learnt that it is
				// back, up to a minute more. The add-ons set the address, for ever.
				"--endpoint-reconciler-type=none",
				"--bind-address=0.0.0.0",
				fmt.Sprintf("--secure-port=%d", versions.APIPort),
				// The node's name resolves nowhere: logs and exec go to its address.
				"--kubelet-preferred-address-types=InternalIP",
				"--kubelet-client-certificate="+credentials.File("kubelet-client.crt"),
				"--kubelet-client-key="+credentials.File("kubelet-client.key"),
			)...),
			after: []string{"etcd"},
			ready: apiReady(credentials, fmt.Sprintf("https://127.0.0.1:%d/readyz", versions.APIPort)),
		},
		{
			name: "kube-controller-manager",
			argv: kubernetes("kube-controller-manager",
				"--kubeconfig="+c.kubeconfig("system:kube-controller-manager"),
				"--authentication-kubeconfig="+c.kubeconfig("system:kube-controller-manager"),
				"--authorization-kubeconfig="+c.kubeconfig("system:kube-controller-manager"),
				"--service-account-private-key-file="+credentials.File("sa.key"),
				"--root-ca-file="+credentials.File("ca.crt"),
				"--cluster-signing-cert-file="+credentials.File("ca.crt"),
				"--cluster-signing-key-file="+credentials.File("ca.key"),
				"--use-service-account-credentials",
				// A node that could not report because the API server was away is not gone:
				// it gets time to report before all pods count as not ready.
				"--node-monitor-grace-period=2m",
				"--leader-elect=false"),
			after: api,
			ready: httpReady("https://127.0.0.1:10257/healthz"),
		},
		{
			name: "kube-scheduler",
			argv: kubernetes("kube-scheduler",
				"--kubeconfig="+c.kubeconfig("system:kube-scheduler"),
				"--authentication-kubeconfig="+c.kubeconfig("system:kube-scheduler"),
				"--authorization-kubeconfig="+c.kubeconfig("system:kube-scheduler"),
				"--leader-elect=false"),
			after: api,
			ready: httpReady("https://127.0.0.1:10259/healthz"),
		},
		{
			name:  "kube-proxy",
			argv:  kubernetes("kube-proxy", "--config="+c.path("kube-proxy.yaml")),
			after: api,
			ready: httpReady("http://127.0.0.1:10256/healthz"),
		},
		{
			name: "kubelet",
			argv: kubernetes("kubelet",
				"--config="+c.path("kubelet.yaml"),
				"--kubeconfig="+c.kubeconfig("system:node:"+versions.NodeName),
				"--hostname-override="+versions.NodeName,
				"--node-ip="+versions.NodeAddress),
			after: []string{"kube-apiserver", "containerd"},
			ready: httpReady("http://127.0.0.1:10248/healthz"),
		},
	}
}

// environment is what the parts see: nothing of the caller's but a path, so that
// a cluster doesn't depend on the shell it was started from.
func environment(extra ...string) []string {
	return append([]string{
		"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
		"HOME=/root",
	}, extra...)
}

func unsupportedArch() string {
	if strings.HasPrefix(archName, "arm64") {
		return "arm64" // etcd 3.4 wants this said
	}
	return ""
}

func waitFor(timeout time.Duration, ready func() bool) bool {
	deadline := time.Now().Add(timeout)
	for !ready() {
		if time.Now().After(deadline) {
			return false
		}
		time.Sleep(30 * time.Millisecond)
	}
	return true
}

func logFile(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
}
