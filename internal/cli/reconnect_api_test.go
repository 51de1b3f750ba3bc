//go:build apiserver

package cli

import (
	"io"
	"net"
	"net/url"
	"sync"
	"testing"

	"k8s.io/client-go/tools/clientcmd"

	"github.com/workbench-dev/workbench/api/v1alpha1"
)

// wire is a way to the API server that can be cut.
type wire struct {
	address, target string
	mutex           sync.Mutex
	listener        net.Listener
	connections     []net.Conn
}

func newWire(t *testing.T, target string) *wire {
	t.Helper()
	w := &wire{address: "127.0.0.1:0", target: target}
	w.mend(t)
	w.address = w.listener.Addr().String()
	t.Cleanup(w.cut)
	return w
}

// cut closes the way and all that goes over it.
func (w *wire) cut() {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	w.listener.Close()
	for _, connection := range w.connections {
		connection.Close()
	}
	w.connections = nil
}

// mend opens the way again, at the same address.
func (w *wire) mend(t *testing.T) {
	t.Helper()
	listener, err := net.Listen("tcp", w.address)
	if err != nil {
		t.Fatal(err)
	}
	w.mutex.Lock()
	w.listener = listener
	w.mutex.Unlock()
	go func() {
		for {
			near, err := listener.Accept()
			if err != nil {
				return
			}
			far, err := net.Dial("tcp", w.target)
			if err != nil {
				near.Close()
				return
			}
			w.mutex.Lock()
			w.connections = append(w.connections, near, far)
			w.mutex.Unlock()
			go copyAndClose(near, far)
			go copyAndClose(far, near)
		}
	}()
}

func copyAndClose(to, from net.Conn) {
	_, _ = io.Copy(to, from)
	to.Close()
}

func TestWatchOutlivesALostConnection(t *testing.T) {
	l := newLab(t)
	l.create()
	l.release(v1alpha1.PhaseReleasing)
	config, err := clientcmd.LoadFromFile(l.kubeconfig)
	l.must(err)
	server, err := url.Parse(config.Clusters["c"].Server)
	l.must(err)
	wire := newWire(t, server.Host)
	config.Clusters["c"].Server = "https://" + wire.address
	l.must(clientcmd.WriteToFile(*config, l.kubeconfig))

	watched := l.start(viewer, "release watch shop --exit=standing")
	watched.says("releasing, step 1/2")
	wire.cut()
	watched.says("connection lost, trying again: no answer from the cluster at https://" + wire.address)
	l.release(v1alpha1.PhaseWaiting)
	wire.mend(t)
	watched.ends(ExitOK, "waiting, step 1/2")
}
