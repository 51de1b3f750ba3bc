package clusters

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/transport"
	"k8s.io/client-go/util/flowcontrol"
	"k8s.io/utils/lru"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/apiutil"

	"github.com/workbench-dev/workbench/internal/hub/auth"
)

// Limits of the requests to one cluster.
const (
	// requestTimeout is for the whole of a request that is not a watch.
	requestTimeout = 30 * time.Second
	// headerTimeout is for the beginning of any answer, that of a watch too.
	headerTimeout = 25 * time.Second
	dialTimeout   = 10 * time.Second
	// pingAfter and pingTimeout find a connection dead that nobody closed.
	pingAfter   = 15 * time.Second
	pingTimeout = 10 * time.Second
	// maxInFlight is how many requests that are no watches may wait for one cluster at once; further ones fail, so
	// that a slow cluster can't hold all of the hub's memory.
	maxInFlight = 200
	// queriesPerSecond and burst, over all people.
	queriesPerSecond, burst = 100, 200
	// keptClients is how many people's clients are kept between their requests.
	keptClients = 512
)

var errBusy = errors.New("too many requests wait for this cluster")

// connection is all that reaches one cluster with one set of credentials.
type connection struct {
	config *rest.Config
	// transport signs in as the hub.
	transport http.RoundTripper
	pool      *http.Transport
	http      *http.Client
	scheme    *runtime.Scheme
	mapper    meta.RESTMapper
	own       client.WithWatch
	discovery discovery.DiscoveryInterface
	people    *lru.Cache
}

func connect(config *rest.Config, scheme *runtime.Scheme) (*connection, error) {
	config = rest.CopyConfig(config)
	config.UserAgent = "workbench-hub"
	config.RateLimiter = flowcontrol.NewTokenBucketRateLimiter(queriesPerSecond, burst)
	config.WarningHandler = rest.NoWarnings{}
	config.Timeout = 0
	pool, err := newPool(config)
	if err != nil {
		return nil, err
	}
	signedIn, err := rest.HTTPWrappersForConfig(config, &bounded{next: pool, places: make(chan struct{}, maxInFlight)})
	if err != nil {
		return nil, err
	}
	c := &connection{config: config, transport: signedIn, pool: pool, http: &http.Client{Transport: signedIn}, scheme: scheme, people: lru.New(keptClients)}
	if c.mapper, err = apiutil.NewDynamicRESTMapper(config, c.http); err != nil {
		return nil, err
	}
	if c.own, err = c.client(c.http); err != nil {
		return nil, err
	}
	c.discovery, err = discovery.NewDiscoveryClientForConfigAndClient(config, c.http)
	return c, err
}

// newPool makes the TCP connections of one cluster; no other cluster shares them.
func newPool(config *rest.Config) (*http.Transport, error) {
	tlsConfig, err := rest.TLSConfigFor(config)
	if err != nil {
		return nil, err
	}
	pool := &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           (&net.Dialer{Timeout: dialTimeout, KeepAlive: 15 * time.Second}).DialContext,
		TLSClientConfig:       tlsConfig,
		TLSHandshakeTimeout:   dialTimeout,
		ResponseHeaderTimeout: headerTimeout,
		MaxIdleConnsPerHost:   8,
		IdleConnTimeout:       90 * time.Second,
		ForceAttemptHTTP2:     true,
		HTTP2:                 &http.HTTP2Config{SendPingTimeout: pingAfter, PingTimeout: pingTimeout},
	}
	if config.Proxy != nil {
		pool.Proxy = config.Proxy
	}
	return pool, nil
}

func (c *connection) client(over *http.Client) (client.WithWatch, error) {
	return client.NewWithWatch(c.config, client.Options{HTTPClient: over, Scheme: c.scheme, Mapper: c.mapper})
}

// as returns the client of a person. Those of the last who asked are kept; all share the connections.
func (c *connection) as(identity auth.Identity) (client.WithWatch, error) {
	if strings.TrimSpace(identity.Name) == "" {
		return nil, errors.New("nobody has signed in, and the hub asks clusters only in somebody's name")
	}
	groups := identity.KubernetesGroups()
	slices.Sort(groups)
	key := identity.KubernetesUser() + "\x00" + strings.Join(groups, "\x00")
	if known, ok := c.people.Get(key); ok {
		return known.(client.WithWatch), nil
	}
	impersonating := transport.NewImpersonatingRoundTripper(transport.ImpersonationConfig{UserName: identity.KubernetesUser(), Groups: groups}, c.transport)
	made, err := c.client(&http.Client{Transport: impersonating})
	if err != nil {
		return nil, fmt.Errorf("make the client of %s: %w", identity.Name, err)
	}
	c.people.Add(key, made)
	return made, nil
}

// close ends the idle TCP connections; those in use end with their requests.
func (c *connection) close() { c.pool.CloseIdleConnections() }

// bounded limits how many requests wait at once and for how long. Watches are meant to last.
type bounded struct {
	next   http.RoundTripper
	places chan struct{}
}

func (b *bounded) RoundTrip(request *http.Request) (*http.Response, error) {
	if request.URL.Query().Get("watch") == "true" {
		return b.next.RoundTrip(request)
	}
	select {
	case b.places <- struct{}{}:
	default:
		return nil, errBusy
	}
	ctx, cancel := context.WithTimeout(request.Context(), requestTimeout)
	done := sync.OnceFunc(func() { cancel(); <-b.places })
	response, err := b.next.RoundTrip(request.WithContext(ctx))
	if err != nil {
		done()
		return nil, err
	}
	response.Body = &body{ReadCloser: response.Body, done: done}
	return response, nil
}

// body gives the place of its request free when it is closed.
type body struct {
	io.ReadCloser
	done func()
}

func (b *body) Close() error {
	defer b.done()
	return b.ReadCloser.Close()
}
