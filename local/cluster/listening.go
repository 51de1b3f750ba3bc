package cluster

import (
	"net"
	"time"
)

// listening tells whether something accepts connections at the address.
func listening(address string) bool {
	conn, err := net.DialTimeout("tcp4", address, time.Second)
	if err != nil {
		return false
	}
	conn.Close()
	return true
}
