package forward

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"sync"
	"time"
)

// Forwarder carries connections of one cluster.
type Forwarder struct {
	// NodePID returns the host's pid of the node's current pid 1, and false when
	// none runs. It is asked whenever the node may have been started anew.
	NodePID func() (int, bool)
	// Credential returns the path of one of the cluster's credential files.
	Credential func(name string) string
	// API is the API server's address inside the cluster, IP:PORT.
	API string

	mu        sync.Mutex
	pid       int
	ns        *namespace
	resolver  *resolver
	listeners map[string]*listener
}

type listener struct {
	net.Listener
	rule Rule
}

// Follow keeps the rules of a file in force until ctx ends: it looks at the file
// every half second, since there are few of them and changes are rare.
func (f *Forwarder) Follow(ctx context.Context, path string) error {
	for {
		rules, err := ReadRules(path)
		if err != nil {
			log.Print(err)
		} else {
			f.Apply(ctx, rules)
		}
		f.check()
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(500 * time.Millisecond):
		}
	}
}

// Apply opens and closes listeners until exactly the given rules are in force, and
// returns the first error. It may be repeated.
func (f *Forwarder) Apply(ctx context.Context, rules []Rule) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.listeners == nil {
		f.listeners = map[string]*listener{}
	}
	wanted := map[string]Rule{}
	for _, r := range rules {
		wanted[r.Listen] = r
	}
	for address, l := range f.listeners {
		if wanted[address] != l.rule {
			l.Close()
			delete(f.listeners, address)
		}
	}
	var first error
	for address, rule := range wanted {
		if f.listeners[address] != nil {
			continue
		}
		t, err := parseTarget(rule.Target)
		if err == nil {
			var in net.Listener
			if in, err = net.Listen("tcp4", address); err == nil {
				l := &listener{in, rule}
				f.listeners[address] = l
				log.Printf("%s -> %s", rule.Listen, rule.Target)
				go f.accept(ctx, l, t)
				continue
			}
		}
		if first == nil {
			first = fmt.Errorf("forwarding %s to %s: %w", rule.Listen, rule.Target, err)
			log.Print(first)
		}
	}
	return first
}

func (f *Forwarder) accept(ctx context.Context, l *listener, t target) {
	for {
		conn, err := l.Accept()
		if errors.Is(err, net.ErrClosed) || ctx.Err() != nil {
			return
		}
		if err != nil {
			// Such as too many open files: connections that end make room for others.
			log.Printf("%s: %v", l.rule.Listen, err)
			time.Sleep(50 * time.Millisecond)
			continue
		}
		go func() {
			defer conn.Close()
			inside, err := f.dial(ctx, t)
			if err != nil {
				log.Printf("%s -> %s: %v", l.rule.Listen, l.rule.Target, err)
				return
			}
			defer inside.Close()
			join(conn.(*net.TCPConn), inside.(*net.TCPConn))
		}()
	}
}

func (f *Forwarder) dial(ctx context.Context, t target) (net.Conn, error) {
	ns, r, err := f.enter()
	if err != nil {
		return nil, err
	}
	address, err := r.resolve(ctx, t)
	if err != nil {
		return nil, err
	}
	return ns.dial(ctx, address)
}

// enter returns the namespace of the node that runs now.
func (f *Forwarder) enter() (*namespace, *resolver, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.ns != nil {
		return f.ns, f.resolver, nil
	}
	pid, ok := f.NodePID()
	if !ok {
		return nil, nil, errGone
	}
	ns, err := enter(pid)
	if err != nil {
		return nil, nil, err
	}
	r, err := newResolver(f.Credential, f.API, ns.dial)
	if err != nil {
		ns.leave()
		return nil, nil, err
	}
	f.pid, f.ns, f.resolver = pid, ns, r
	return ns, r, nil
}

// check leaves the namespace of a node that is gone, so that it can vanish.
func (f *Forwarder) check() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.ns == nil {
		return
	}
	if pid, ok := f.NodePID(); !ok || pid != f.pid {
		f.ns.leave()
		f.ns, f.resolver, f.pid = nil, nil, 0
	}
}

// join copies both ways until both sides have closed.
func join(a, b *net.TCPConn) {
	done := make(chan struct{})
	go func() {
		carry(a, b)
		close(done)
	}()
	carry(b, a)
	<-done
}

// carry copies through memory: io.Copy between two TCP connections would use a pipe of the kernel each way, which takes
// four more open files for every connection and gives most of them back late.
func carry(to, from *net.TCPConn) {
	_, _ = io.Copy(struct{ io.Writer }{to}, struct{ io.Reader }{from})
	_ = to.CloseWrite()
}
