package forward

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"strconv"
	"sync"
	"time"
)

// refreshAfter is how old a look-up may be before it is repeated. While the API
// server doesn't answer, the last answer stays in use: traffic goes on when the
// control plane is down.
const refreshAfter = 5 * time.Second

// resolver turns targets into addresses by asking the API server.
//
// It speaks plain HTTPS instead of using the Kubernetes client, which would make
// the forwarder several times as big for two GETs.
type resolver struct {
	http  *http.Client
	token string
	base  string

	mu    sync.Mutex
	known map[target]*answer
}

type answer struct {
	address string
	at      time.Time
	asking  bool
}

// newResolver reaches the API server at api (IP:PORT) through dial.
func newResolver(credentials func(name string) string, api string, dial func(context.Context, string) (net.Conn, error)) (*resolver, error) {
	ca, err := os.ReadFile(credentials("ca.crt"))
	if err != nil {
		return nil, err
	}
	token, err := os.ReadFile(credentials("token-admin"))
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(ca)
	return &resolver{
		base:  "https://" + api,
		token: string(token),
		known: map[target]*answer{},
		http: &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{
			TLSClientConfig:   &tls.Config{RootCAs: pool},
			DisableKeepAlives: true,
			DialContext: func(ctx context.Context, _, address string) (net.Conn, error) {
				return dial(ctx, address)
			},
		}},
	}, nil
}

// resolve returns the address of a target, from memory when it can.
func (r *resolver) resolve(ctx context.Context, t target) (string, error) {
	if t.kind == "" {
		return net.JoinHostPort(t.name, t.port), nil
	}
	r.mu.Lock()
	known := r.known[t]
	if known != nil {
		if time.Since(known.at) > refreshAfter && !known.asking {
			known.asking = true
			go r.refresh(t, known)
		}
		defer r.mu.Unlock()
		return known.address, nil
	}
	r.mu.Unlock()
	address, err := r.ask(ctx, t)
	if err != nil {
		return "", err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.known[t] = &answer{address: address, at: time.Now()}
	return address, nil
}

func (r *resolver) refresh(t target, known *answer) {
	address, err := r.ask(context.Background(), t)
	r.mu.Lock()
	defer r.mu.Unlock()
	known.asking, known.at = false, time.Now()
	if err == nil {
		known.address = address
	}
}

func (r *resolver) ask(ctx context.Context, t target) (string, error) {
	var object struct {
		Spec struct {
			ClusterIP string
			Ports     []struct {
				Name string
				Port int
			}
		}
		Status struct{ PodIP string }
	}
	resource := map[string]string{"svc": "services", "pod": "pods"}[t.kind]
	path := fmt.Sprintf("/api/v1/namespaces/%s/%s/%s", t.namespace, resource, t.name)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, r.base+path, nil)
	if err != nil {
		return "", err
	}
	req.Header.Set("Authorization", "Bearer "+r.token)
	resp, err := r.http.Do(req)
	if err != nil {
		return "", fmt.Errorf("looking up %s: %w", path, err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return "", fmt.Errorf("looking up %s: the API server answered %s", path, resp.Status)
	}
	if err := json.NewDecoder(resp.Body).Decode(&object); err != nil {
		return "", fmt.Errorf("looking up %s: %w", path, err)
	}
	ip, port := object.Status.PodIP, t.port
	if t.kind == "svc" {
		ip = object.Spec.ClusterIP
		for _, p := range object.Spec.Ports {
			if p.Name == t.port {
				port = strconv.Itoa(p.Port)
			}
		}
	}
	if net.ParseIP(ip) == nil {
		return "", fmt.Errorf("%s has no address to forward to", path)
	}
	return net.JoinHostPort(ip, port), nil
}
