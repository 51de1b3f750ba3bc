// Package forward brings ports of a cluster's network namespace to 127.0.0.1 of
// the machine.
//
// A rule names a Service, a pod or an address; names are looked up again while it
// runs, so a rule outlives what it points to. A rule to a Service's cluster
// address goes past Istio's weights, as a client without a sidecar does: what is
// about weights goes to the gateway. The package isn't for reaching anything but
// the cluster.
package forward

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"strconv"
	"strings"
)

// Rule is one forwarded port.
type Rule struct {
	// Listen is the address on the machine, always in 127.0.0.0/8.
	Listen string `json:"listen"`
	// Target is svc/NAMESPACE/NAME:PORT, pod/NAMESPACE/NAME:PORT or IP:PORT. A
	// Service's PORT may be a port's name.
	Target string `json:"target"`
}

// ParseRule reads [ADDRESS:]PORT=TARGET.
func ParseRule(s string) (Rule, error) {
	listen, target, ok := strings.Cut(s, "=")
	if !ok {
		return Rule{}, fmt.Errorf("%q isn't a forward: write [ADDRESS:]PORT=TARGET, for example 8080=svc/shop/web:80", s)
	}
	if !strings.Contains(listen, ":") {
		listen = "127.0.0.1:" + listen
	}
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		return Rule{}, fmt.Errorf("%q isn't an address to listen on: write [ADDRESS:]PORT", listen)
	}
	if ip := net.ParseIP(host); ip == nil || !ip.IsLoopback() || ip.To4() == nil {
		return Rule{}, fmt.Errorf("the cluster can only be brought to 127.0.0.0/8, not to %q", host)
	}
	if n, err := strconv.Atoi(port); err != nil || n < 1 || n > 65535 {
		return Rule{}, fmt.Errorf("%q isn't a port between 1 and 65535", port)
	}
	if _, err := parseTarget(target); err != nil {
		return Rule{}, err
	}
	return Rule{Listen: listen, Target: target}, nil
}

// target is a parsed Rule.Target.
type target struct {
	kind            string // "svc", "pod" or "" for an address
	namespace, name string
	port            string
}

func parseTarget(s string) (target, error) {
	bad := fmt.Errorf("%q isn't a target: write svc/NAMESPACE/NAME:PORT, pod/NAMESPACE/NAME:PORT or IP:PORT", s)
	host, port, err := net.SplitHostPort(s)
	if err != nil || port == "" {
		return target{}, bad
	}
	if net.ParseIP(host) != nil {
		return target{name: host, port: port}, nil
	}
	fields := strings.Split(host, "/")
	if len(fields) != 3 || fields[1] == "" || fields[2] == "" {
		return target{}, bad
	}
	switch fields[0] {
	case "svc", "service":
		return target{"svc", fields[1], fields[2], port}, nil
	case "pod":
		return target{"pod", fields[1], fields[2], port}, nil
	}
	return target{}, bad
}

// ReadRules reads the rules that WriteRules stored; none when there is no file.
func ReadRules(path string) ([]Rule, error) {
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var rules []Rule
	if err := json.Unmarshal(data, &rules); err != nil {
		return nil, fmt.Errorf("%s isn't readable: %w", path, err)
	}
	return rules, nil
}

// WriteRules stores rules for a running forwarder, which follows the file.
func WriteRules(path string, rules []Rule) error {
	data, err := json.MarshalIndent(rules, "", "  ")
	if err != nil {
		return err
	}
	aside := path + ".new"
	if err := os.WriteFile(aside, data, 0o644); err != nil {
		return err
	}
	return os.Rename(aside, path)
}

// Merge returns the rules with one added; a rule with the same listening address
// is replaced.
func Merge(rules []Rule, rule Rule) []Rule {
	for i := range rules {
		if rules[i].Listen == rule.Listen {
			rules[i] = rule
			return rules
		}
	}
	return append(rules, rule)
}
