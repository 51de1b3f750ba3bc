package auth

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// maxHops is how many addresses of X-Forwarded-For are looked at.
const maxHops = 20

// clientAddress is where a request comes from: who is connected, or, when that is a trusted proxy, the last address in
// X-Forwarded-For that isn't one. Addresses before that were written by nobody who is trusted.
func clientAddress(r *http.Request, trusted []netip.Prefix) netip.Addr {
	remote, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.IPv4Unspecified()
	}
	address := plain(remote.Addr())
	if !isTrusted(address, trusted) {
		return address
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	slices.Reverse(hops)
	for _, hop := range hops[:min(len(hops), maxHops)] {
		next, err := parseHop(strings.TrimSpace(hop))
		if err != nil {
			return address
		}
		address = plain(next)
		if !isTrusted(address, trusted) {
			return address
		}
	}
	return address
}

func plain(address netip.Addr) netip.Addr { return address.Unmap().WithZone("") }

// parseHop reads an address, with a port too, which some proxies add.
func parseHop(hop string) (netip.Addr, error) {
	if withPort, err := netip.ParseAddrPort(hop); err == nil {
		return withPort.Addr(), nil
	}
	return netip.ParseAddr(hop)
}

func isTrusted(address netip.Addr, trusted []netip.Prefix) bool {
	return slices.ContainsFunc(trusted, func(network netip.Prefix) bool { return network.Contains(address) })
}
