package node

import (
	"fmt"
	"net"
	"os"

	"github.com/vishvananda/netlink"

	"github.com/workbench-dev/workbench/local/versions"
)

// setUpNetwork gives the private network namespace its loopback, the node's
// address and a default route that ends in the node itself: what is addressed to
// anywhere else has nowhere to go.
func setUpNetwork() error {
	lo, err := netlink.LinkByName("lo")
	if err != nil {
		return fmt.Errorf("the loopback device was not found: %w", err)
	}
	if err := netlink.LinkSetUp(lo); err != nil {
		return err
	}
	// A bridge without ports, since not every kernel has dummy devices.
	bridge := &netlink.Bridge{LinkAttrs: netlink.LinkAttrs{Name: versions.NodeName}}
	if err := netlink.LinkAdd(bridge); err != nil {
		return fmt.Errorf("the node's network device can't be made: %w", err)
	}
	address := &net.IPNet{IP: net.ParseIP(versions.NodeAddress), Mask: net.CIDRMask(32, 32)}
	if err := netlink.AddrAdd(bridge, &netlink.Addr{IPNet: address}); err != nil {
		return err
	}
	if err := netlink.LinkSetUp(bridge); err != nil {
		return err
	}
	route := &netlink.Route{
		LinkIndex: bridge.Attrs().Index,
		Dst:       &net.IPNet{IP: net.IPv4zero, Mask: net.CIDRMask(0, 32)},
		Scope:     netlink.SCOPE_LINK,
		Src:       address.IP,
	}
	if err := netlink.RouteAdd(route); err != nil {
		return fmt.Errorf("the node's default route can't be set: %w", err)
	}
	return os.WriteFile("/proc/sys/net/ipv4/ip_forward", []byte("1"), 0)
}
