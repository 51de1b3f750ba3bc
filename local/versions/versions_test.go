package versions

import (
	"net/netip"
	"os"
	"regexp"
	"strings"
	"testing"
)

// The pins live in go.mod; what is repeated here must say the same.
func TestPinsAgreeWithModule(t *testing.T) {
	mod, err := os.ReadFile("../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	for module, want := range map[string]string{
		"k8s.io/kubernetes":                    Kubernetes,
		"github.com/argoproj/argo-rollouts":    ArgoRollouts,
		"github.com/coredns/coredns":           CoreDNS,
		"github.com/prometheus/prometheus":     Prometheus,
		"k8s.io/client-go => k8s.io/client-go": "v0" + strings.TrimPrefix(Kubernetes, "v1"),
	} {
		pin := regexp.MustCompile(`(?m)^\s*` + regexp.QuoteMeta(module) + ` (\S+)`).FindSubmatch(mod)
		if pin == nil || string(pin[1]) != want {
			t.Errorf("go.mod pins %s to %q, this package says %s", module, pin, want)
		}
	}
	if strings.TrimPrefix(ImagePrometheus, "docker.io/prom/prometheus:v3.") != strings.TrimPrefix(Prometheus, "v0.3") {
		t.Errorf("the image %s doesn't name Prometheus's version %s", ImagePrometheus, Prometheus)
	}
}

func TestAddressesStayInBenchmarkRange(t *testing.T) {
	all := netip.MustParsePrefix("198.18.0.0/15")
	pods, services := netip.MustParsePrefix(PodCIDR), netip.MustParsePrefix(ServiceCIDR)
	for name, prefix := range map[string]netip.Prefix{"pods": pods, "services": services} {
		if !all.Contains(prefix.Addr()) || prefix.Bits() < all.Bits() || prefix.Masked() != prefix {
			t.Errorf("the range of %s, %s, isn't a range within %s", name, prefix, all)
		}
	}
	if pods.Overlaps(services) || pods.Contains(netip.MustParseAddr(NodeAddress)) {
		t.Error("the ranges of pods, Services and the node overlap")
	}
	for _, address := range []string{APIServiceIP, DNSAddress} {
		if !services.Contains(netip.MustParseAddr(address)) {
			t.Errorf("%s isn't an address of a Service", address)
		}
	}
}
