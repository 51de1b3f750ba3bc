package cluster

import (
	"fmt"
	"net"

	"github.com/workbench-dev/workbench/local/versions"
)

// choosePorts gives the cluster its ports on 127.0.0.1, if it has none yet: the
// usual ones when they are free, others otherwise.
func (c Cluster) choosePorts(s *State) error {
	for _, p := range []struct {
		port  *int
		usual int
	}{
		{&s.APIPort, versions.DefaultAPIPort},
		{&s.GatewayPort, versions.DefaultGatewayPort},
		{&s.PrometheusPort, versions.DefaultPrometheusPort},
	} {
		if *p.port != 0 {
			continue
		}
		port, err := freePort(p.usual)
		if err != nil {
			return fmt.Errorf("no free port was found on 127.0.0.1: %w", err)
		}
		*p.port = port
	}
	return nil
}

func freePort(usual int) (int, error) {
	l, err := net.Listen("tcp4", local(usual))
	if err != nil {
		if l, err = net.Listen("tcp4", local(0)); err != nil {
			return 0, err
		}
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

func local(port int) string { return fmt.Sprintf("127.0.0.1:%d", port) }
