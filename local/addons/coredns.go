package addons

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/workbench-dev/workbench/local/versions"
)

// coreDNS returns the manifest that the Kubernetes module ships for CoreDNS,
// filled in, with a Corefile that answers for the cluster's names and says
// NXDOMAIN for all others: there is no resolver to forward to.
func coreDNS(kubernetesModule string) ([]byte, error) {
	path := filepath.Join(kubernetesModule, "cluster/addons/dns/coredns/coredns.yaml.sed")
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("CoreDNS's manifest can't be read from the Kubernetes module: %w", err)
	}
	return fillCoreDNS(string(data))
}

var (
	forwardBlock = regexp.MustCompile(`(?m)^        forward [^}]*\}\n`)
	loopLine     = regexp.MustCompile(`(?m)^        loop\n`)
)

func fillCoreDNS(template string) ([]byte, error) {
	s := strings.NewReplacer(
		"$DNS_DOMAIN", versions.ClusterDomain,
		"$DNS_SERVER_IP", versions.DNSAddress,
		"$DNS_MEMORY_LIMIT", "170Mi",
	).Replace(template)
	s = forwardBlock.ReplaceAllString(s, "")
	s = loopLine.ReplaceAllString(s, "")
	const zone, last = "    .:53 {\n", "        loadbalance\n"
	if strings.Count(s, zone) != 1 || strings.Count(s, last) != 1 {
		return nil, fmt.Errorf("CoreDNS's manifest in the Kubernetes module has changed its form: adapt package addons to it")
	}
	s = strings.Replace(s, zone, "    "+versions.ClusterDomain+":53 in-addr.arpa:53 ip6.arpa:53 {\n", 1)
	s = strings.Replace(s, last, last+"    }\n    .:53 {\n        template ANY ANY {\n            rcode NXDOMAIN\n        }\n", 1)
	image := regexp.MustCompile(`image: registry\.k8s\.io/coredns/coredns:\S+`)
	return image.ReplaceAll([]byte(s), []byte("image: "+versions.ImageCoreDNS)), nil
}
