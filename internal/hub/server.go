package hub

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workbench-dev/workbench/console"
	"github.com/workbench-dev/workbench/internal/hub/api"
	"github.com/workbench-dev/workbench/internal/hub/audit"
	"github.com/workbench-dev/workbench/internal/hub/auth"
	"github.com/workbench-dev/workbench/internal/hub/clusters"
	"github.com/workbench-dev/workbench/internal/hub/evidence"
	"github.com/workbench-dev/workbench/internal/hub/index"
	"github.com/workbench-dev/workbench/internal/hub/leader"
	"github.com/workbench-dev/workbench/internal/hub/manage"
	"github.com/workbench-dev/workbench/internal/hub/tasks"
	"github.com/workbench-dev/workbench/internal/hub/workspaces"
)

// Options are the settings of the hub.
type Options struct {
	// Config of the cluster that the hub runs in, which holds Workspaces, Clusters and the hub's Secrets.
	Config *rest.Config
	// Namespace of the hub.
	Namespace string
	// RolePrefix stands before -viewer, -editor and -admin in the names of the chart's ClusterRoles.
	RolePrefix string
	// OwnCluster is the name to register the cluster under that the hub runs in, when no Cluster stands for it; empty: don't.
	OwnCluster string
	// Version that the API tells.
	Version string
	Auth    auth.Options
	Audit   audit.Options
	Rates   Rates
	// Intervals of the probes of clusters; the zero value means clusters.DefaultIntervals.
	Intervals clusters.Intervals
	// Lead says whether this replica stands for election to do what only one does: project roles, record the state of clusters.
	Lead bool
	// LoadTimeout is how long the hub isn't ready, at most, while clusters that answer are still being read.
	LoadTimeout time.Duration
	// ShutdownDelay is how long the hub goes on answering after it was told to stop, so that no new request is sent to
	// it any more when it does; ShutdownTimeout how long requests under way may then take.
	ShutdownDelay, ShutdownTimeout time.Duration
	Log                            *slog.Logger
}

// Server is a hub.
type Server struct {
	options  Options
	hub      client.WithWatch
	cache    cache.Cache
	registry *clusters.Registry
	access   *workspaces.Directory
	index    *index.Index
	auth     *auth.Service
	audit    *audit.Log
	metrics  *metrics
	mux      *http.ServeMux
	handler  http.Handler

	// started says that people can be told apart; ready, that nothing is missing.
	started, ready atomic.Bool
	draining       chan struct{}
}

// New puts a hub together; Run makes it work.
func New(o Options) (*Server, error) {
	if o.Log == nil {
		o.Log = slog.Default()
	}
	config := rest.CopyConfig(o.Config)
	config.UserAgent, config.QPS, config.Burst = "workbench-hub", 100, 200
	s := &Server{options: o, access: workspaces.NewDirectory(), index: index.New(o.Auth.UserPrefix), metrics: newMetrics(), draining: make(chan struct{})}
	var err error
	if s.hub, err = client.NewWithWatch(config, client.Options{Scheme: clusters.Scheme()}); err != nil {
		return nil, fmt.Errorf("the hub's own cluster can't be used: %w", err)
	}
	s.cache, err = cache.New(config, cache.Options{
		Scheme: clusters.Scheme(), DefaultTransform: cache.TransformStripManagedFields(),
		ByObject: map[client.Object]cache.ByObject{&corev1.Secret{}: {Namespaces: map[string]cache.Config{o.Namespace: {}}}},
	})
	if err != nil {
		return nil, fmt.Errorf("the hub's own cluster can't be watched: %w", err)
	}
	s.registry = clusters.New(clusters.Options{Config: config, Cache: s.cache, Namespace: o.Namespace, Log: o.Log, Intervals: o.Intervals})
	kube, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, fmt.Errorf("the hub's own cluster can't be used: %w", err)
	}
	who := &me{access: s.access}
	s.audit = audit.New(audit.Config{
		Client: s.hub, Namespace: o.Namespace, Prefix: o.Auth.UserPrefix, Viewer: s.viewer, Clusters: s.visibleClusters, Options: o.Audit, Log: o.Log,
	})
	if s.auth, err = auth.New(auth.Config{Options: o.Auth, Client: kube, Namespace: o.Namespace, Me: who.of, Audit: s.audit, Log: o.Log}); err != nil {
		return nil, err
	}
	who.expires = s.auth.Expires
	handlers := s.handlers(who)
	if missing := handlers.Missing(); len(missing) > 0 {
		return nil, fmt.Errorf("nothing carries out these operations: %v", missing)
	}
	s.metrics.watch(s.registry, s.index.Len)
	return s, s.build(handlers)
}

// handlers is who carries out which operation.
func (s *Server) handlers(who *me) api.Handlers {
	var h api.Handlers
	s.auth.AddTo(&h)
	h.GetMe, h.ListAudit = who.get, s.audit.List
	(&manage.Manager{Hub: s.hub, Namespace: s.options.Namespace, Directory: s.access, Registry: s.registry, Tasks: s.index, Audit: s.audit}).Register(&h)
	tasks.New(tasks.Config{
		Clusters: s.registry, Access: s.access, Index: s.index, Audit: s.audit, UserPrefix: s.options.Auth.UserPrefix, Draining: s.draining, Log: s.options.Log,
	}).AddTo(&h)
	evidence.New(s.registry).AddTo(&h)
	return h
}

// build puts the layers around the operations, the outermost last.
func (s *Server) build(handlers api.Handlers) error {
	mux, described := newAPI(s.options.Version, s.access, handlers)
	if err := serveDocument(mux, described); err != nil {
		return err
	}
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("ok\n")) })
	mux.HandleFunc("GET /readyz", s.readyz)
	mux.Handle("/", newSite(console.Assets()))

	s.mux = mux
	inner, err := compress(mux)
	if err != nil {
		return err
	}
	handler := newLimiter(s.options.Rates).handler(bound(inner))
	handler = s.whenStarted(s.auth.Middleware(remember(handler)))
	handler = auth.Headers(s.options.Auth.SecureCookies())(handler)
	s.handler = observe(s.options.Log, s.metrics, handler)
	return nil
}

// whenStarted answers nothing about people before it is known who they are.
func (s *Server) whenStarted(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !s.started.Load() && !quiet(r.URL.Path) {
			w.Header().Set("Retry-After", "2")
			writeProblem(w, http.StatusServiceUnavailable, "The hub is starting: try again in a moment.")
			return
		}
		if r.URL.Path == "/healthz" || r.URL.Path == "/readyz" {
			// They need nobody's name, and must answer also while the hub's own cluster doesn't.
			s.mux.ServeHTTP(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// Handler answers all requests.
func (s *Server) Handler() http.Handler { return s.handler }

func (s *Server) readyz(w http.ResponseWriter, _ *http.Request) {
	if !s.ready.Load() {
		writeProblem(w, http.StatusServiceUnavailable, "The hub is starting, or about to stop.")
		return
	}
	_, _ = w.Write([]byte("ok\n"))
}

// viewer is who reads the audit.
func (s *Server) viewer(ctx context.Context) (audit.Viewer, bool) {
	identity, signedIn := auth.FromContext(ctx)
	scope := s.access.Of(identity)
	return audit.Viewer{
		Name: identity.Name, All: identity.Admin,
		Sees: func(cluster, namespace string) bool { return scope.Role(cluster, namespace) != "" },
	}, signedIn
}

// visibleClusters is how the clusters do that who asks may see something of.
func (s *Server) visibleClusters(ctx context.Context) []api.ClusterState {
	identity, _ := auth.FromContext(ctx)
	view := index.NewView(s.access.Of(identity), api.TaskFilter{})
	var states []api.ClusterState
	for _, c := range s.registry.List() {
		if identity.Admin || view.Shows(c.Name()) {
			states = append(states, tasks.ClusterState(c, s.index))
		}
	}
	return states
}

// Run answers requests on the listener, and those for metrics on the other, until the context ends; then it lets
// requests under way end. It closes both.
func (s *Server) Run(ctx context.Context, public, internal net.Listener) error {
	// What the hub works with goes on until the last request was answered.
	work, stop := context.WithCancelCause(context.WithoutCancel(ctx))
	defer stop(nil)
	server, inside := newHTTPServer(s.handler, s.options.Log), newHTTPServer(s.insideHandler(), s.options.Log)
	served := make(chan error, 2)
	go func() { served <- server.Serve(public) }()
	go func() { served <- inside.Serve(internal) }()

	var working sync.WaitGroup
	failed := make(chan error, 8)
	run := func(what string, do func(context.Context) error) {
		working.Go(func() {
			if err := do(work); err != nil && work.Err() == nil {
				failed <- fmt.Errorf("%s: %w", what, err)
			}
		})
	}
	run("watching the hub's cluster", s.cache.Start)
	run("following the clusters", s.registry.Run)
	run("keeping the audit", func(ctx context.Context) error { s.audit.Run(ctx); return nil })
	run("starting", s.start)
	run("reading tasks", func(ctx context.Context) error { s.registry.Each(ctx, s.followTasks); return nil })
	run("reading actions", func(ctx context.Context) error { s.registry.Each(ctx, s.followActions); return nil })
	if s.options.Lead {
		run("leading", s.lead)
	}

	var err error
	select {
	case <-ctx.Done():
	case err = <-failed:
	case err = <-served:
	}
	s.ready.Store(false)
	if err == nil {
		// Until nobody sends anything new here.
		time.Sleep(s.options.ShutdownDelay)
	}
	close(s.draining)
	shutdown, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.options.ShutdownTimeout)
	defer cancel()
	err = errors.Join(err, server.Shutdown(shutdown), inside.Shutdown(shutdown))
	stop(errors.New("the hub stops"))
	working.Wait()
	return err
}

// start makes the hub ready.
func (s *Server) start(ctx context.Context) error {
	if err := s.auth.Start(ctx); err != nil {
		return err
	}
	if err := s.access.Follow(ctx, s.cache); err != nil {
		return err
	}
	s.started.Store(true)
	if err := s.registerOwnCluster(ctx); err != nil {
		return err
	}
	select {
	case <-ctx.Done():
		return nil
	case <-s.registry.Synced():
	}
	s.awaitTasks(ctx)
	if ctx.Err() == nil {
		s.ready.Store(true)
		s.options.Log.Info("the hub is ready", "clusters", len(s.registry.List()), "tasks", s.index.Len())
	}
	return nil
}

// awaitTasks waits until the tasks of all clusters that answer are known, but not for ever: a hub that shows most is
// better than none.
func (s *Server) awaitTasks(ctx context.Context) {
	enough := time.NewTimer(s.options.LoadTimeout)
	defer enough.Stop()
	for {
		tasksChanged, clustersChanged := s.index.Changed(), s.registry.Changed()
		missing := false
		for _, c := range s.registry.List() {
			missing = missing || c.Health().Reachable() && !s.index.Loaded(c.Name())
		}
		if !missing {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-enough.C:
			return
		case <-tasksChanged:
		case <-clustersChanged:
		}
	}
}

func (s *Server) followTasks(ctx context.Context, c *clusters.Cluster) {
	s.index.Follow(ctx, c.Name(), c.Identity(), c.Own())
	if errors.Is(context.Cause(ctx), clusters.ErrRemoved) {
		s.index.Remove(c.Name())
	}
}

func (s *Server) followActions(ctx context.Context, c *clusters.Cluster) {
	s.audit.Follow(ctx, c.Name(), c.Own())
}

// lead does what one replica does for all.
func (s *Server) lead(ctx context.Context) error {
	projector := &workspaces.Projector{
		Hub: s.cache, HubClient: s.hub, Registry: s.registry, Log: s.options.Log,
		Rules: workspaces.Rules{UserPrefix: s.options.Auth.UserPrefix, RolePrefix: s.options.RolePrefix},
	}
	return leader.Run(ctx, leader.Options{Config: s.options.Config, Namespace: s.options.Namespace, Log: s.options.Log},
		projector.Run,
		func(ctx context.Context) error { return s.registry.Record(ctx, s.hub) },
	)
}

// insideHandler is for the cluster's own programs.
func (s *Server) insideHandler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", s.metrics.handler())
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("ok\n")) })
	mux.HandleFunc("GET /readyz", s.readyz)
	return mux
}

// newHTTPServer has no limit on how long an answer takes, since streams last; the layers set one for all others.
func newHTTPServer(handler http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler: handler, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10,
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
}
