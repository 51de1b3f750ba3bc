package apitest

import (
	"io"
	"net"
	"net/url"
	"sync"
	"testing"

	"k8s.io/client-go/rest"
)

// LineState is how the way to an API server is.
type LineState int

const (
	// LineWorks carries everything.
	LineWorks LineState = iota
	// LineRefuses breaks what is open and refuses new connections, as a server that is switched off does.
	LineRefuses
	// LineSwallows keeps connections open and takes new ones, and lets nothing through in either direction.
	LineSwallows
)

// Line is a TCP connection in front of an API server that can break.
type Line struct {
	target  string
	address string

	mutex    sync.Mutex
	changed  *sync.Cond
	state    LineState
	listener net.Listener
	open     map[net.Conn]bool
}

// Through returns a line to the server, and the configuration with the server's address replaced by the line's.
func Through(t testing.TB, config *rest.Config) (*Line, *rest.Config) {
	t.Helper()
	address, err := url.Parse(config.Host)
	if err != nil {
		t.Fatal(err)
	}
	l := &Line{target: address.Host, open: map[net.Conn]bool{}}
	l.changed = sync.NewCond(&l.mutex)
	if err := l.listen("127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Set(t, LineRefuses) })
	config = rest.CopyConfig(config)
	config.Host = "https://" + l.address
	return l, config
}

// Set changes the state of the line, for connections that are open and those that come.
func (l *Line) Set(t testing.TB, state LineState) {
	t.Helper()
	l.mutex.Lock()
	l.state = state
	listening := l.listener != nil
	if state == LineRefuses {
		if listening {
			l.listener.Close()
			l.listener = nil
		}
		for connection := range l.open {
			connection.Close()
		}
	}
	l.changed.Broadcast()
	l.mutex.Unlock()
	if state != LineRefuses && !listening {
		if err := l.listen(l.address); err != nil {
			t.Fatal(err)
		}
	}
}

func (l *Line) listen(address string) error {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	l.mutex.Lock()
	l.listener, l.address = listener, listener.Addr().String()
	l.mutex.Unlock()
	go func() {
		for {
			near, err := listener.Accept()
			if err != nil {
				return
			}
			go l.carry(near)
		}
	}()
	return nil
}

func (l *Line) carry(near net.Conn) {
	defer l.end(near)
	if !l.begin(near) || !l.wait() {
		return
	}
	far, err := net.Dial("tcp", l.target)
	if err != nil {
		return
	}
	defer l.end(far)
	if !l.begin(far) {
		return
	}
	go func() {
		defer l.end(far)
		l.copy(far, near)
	}()
	l.copy(near, far)
}

func (l *Line) copy(to, from net.Conn) {
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		if !l.wait() {
			return
		}
		if n > 0 {
			if _, err := to.Write(buffer[:n]); err != nil {
				return
			}
		}
		if err != nil {
			if err != io.EOF {
				to.Close()
			}
			return
		}
	}
}

// wait blocks while the line swallows; it says whether the connection lives on.
func (l *Line) wait() bool {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	for l.state == LineSwallows {
		l.changed.Wait()
	}
	return l.state == LineWorks
}

func (l *Line) begin(connection net.Conn) bool {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.open[connection] = true
	return l.state != LineRefuses
}

func (l *Line) end(connection net.Conn) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	delete(l.open, connection)
	connection.Close()
}
