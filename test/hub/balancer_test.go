//go:build apiserver

package hub

import (
	"io"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"
)

// balancer is one address in front of replicas, as a Service is: a new connection goes to the next replica that says it
// is ready.
type balancer struct {
	url string

	mutex    sync.Mutex
	replicas []*process
	next     int
}

func newBalancer(t *testing.T, replicas ...*process) *balancer {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	b := &balancer{url: "http://" + listener.Addr().String(), replicas: replicas}
	go func() {
		for {
			near, err := listener.Accept()
			if err != nil {
				return
			}
			go b.carry(near)
		}
	}()
	return b
}

// set replaces the replicas.
func (b *balancer) set(replicas ...*process) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	b.replicas = replicas
}

var probes = &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}

// dial connects to a replica that is ready; nil when none is.
func (b *balancer) dial() net.Conn {
	b.mutex.Lock()
	replicas, first := b.replicas, b.next
	b.next++
	b.mutex.Unlock()
	for i := range replicas {
		p := replicas[(first+i)%len(replicas)]
		response, err := probes.Get(p.metrics + "/readyz")
		if err != nil {
			continue
		}
		response.Body.Close()
		if response.StatusCode != http.StatusOK {
			continue
		}
		if far, err := net.Dial("tcp", p.address); err == nil {
			return far
		}
	}
	return nil
}

func (b *balancer) carry(near net.Conn) {
	defer near.Close()
	far := b.dial()
	if far == nil {
		return
	}
	defer far.Close()
	go func() {
		_, _ = io.Copy(far, near)
		// Who asked has gone, or sent all; what is answered may still come.
		if half, ok := far.(*net.TCPConn); ok {
			_ = half.CloseWrite()
		}
	}()
	_, _ = io.Copy(near, far)
}
