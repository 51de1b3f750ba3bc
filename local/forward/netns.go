package forward

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"runtime"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// connectTimeout is how long a connection inside the namespace may take.
const connectTimeout = 5 * time.Second

// namespace dials inside another network namespace.
//
// One OS thread lives there for ever and only makes sockets: a socket keeps the
// namespace it was made in, so connecting may happen anywhere. net.Dial can't be
// used, since it may run parts on other threads, which aren't in the namespace.
type namespace struct {
	requests chan chan socketResult
	left     chan struct{}
}

type socketResult struct {
	fd  int
	err error
}

// errGone says that the namespace's owner has ended.
var errGone = errors.New("the cluster's node isn't running; start it with `workbench-local up`")

// enter opens the network namespace of the process.
func enter(pid int) (*namespace, error) {
	handle, err := unix.Open("/proc/"+strconv.Itoa(pid)+"/ns/net", unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, errGone
	}
	n := &namespace{requests: make(chan chan socketResult), left: make(chan struct{})}
	entered := make(chan error)
	go n.serve(handle, entered)
	return n, <-entered
}

func (n *namespace) serve(handle int, entered chan<- error) {
	// Never unlocked: when this function returns, the thread ends with it.
	runtime.LockOSThread()
	err := unix.Setns(handle, unix.CLONE_NEWNET)
	unix.Close(handle)
	if err != nil {
		entered <- fmt.Errorf("the cluster's network namespace can't be entered: %w", err)
		return
	}
	entered <- nil
	for {
		select {
		case answer := <-n.requests:
			fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
			answer <- socketResult{fd, err}
		case <-n.left:
			return
		}
	}
}

// leave ends the thread in the namespace. Connections made before stay.
func (n *namespace) leave() { close(n.left) }

// dial connects to an IPv4 address and port inside the namespace.
func (n *namespace) dial(ctx context.Context, address string) (net.Conn, error) {
	to, err := net.ResolveTCPAddr("tcp4", address)
	if err != nil {
		return nil, err
	}
	answer := make(chan socketResult, 1)
	select {
	case n.requests <- answer:
	case <-n.left:
		return nil, errGone
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	s := <-answer
	if s.err != nil {
		return nil, s.err
	}
	target := &unix.SockaddrInet4{Port: to.Port}
	copy(target.Addr[:], to.IP.To4())
	timeout := unix.NsecToTimeval(connectTimeout.Nanoseconds())
	_ = unix.SetsockoptTimeval(s.fd, unix.SOL_SOCKET, unix.SO_SNDTIMEO, &timeout)
	if err := unix.Connect(s.fd, target); err != nil {
		unix.Close(s.fd)
		return nil, fmt.Errorf("connecting to %s in the cluster: %w", address, err)
	}
	none := unix.Timeval{}
	_ = unix.SetsockoptTimeval(s.fd, unix.SOL_SOCKET, unix.SO_SNDTIMEO, &none)
	if err := unix.SetNonblock(s.fd, true); err != nil {
		unix.Close(s.fd)
		return nil, err
	}
	f := os.NewFile(uintptr(s.fd), address)
	defer f.Close()
	return net.FileConn(f)
}
