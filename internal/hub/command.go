package hub

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/go-logr/logr"
	"github.com/spf13/cobra"
	"k8s.io/klog/v2"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/workbench-dev/workbench/internal/hub/auth"
)

// namespaceFile tells a pod its namespace.
const namespaceFile = "/var/run/secrets/kubernetes.io/serviceaccount/namespace"

// NewCommand is `workbench server`.
func NewCommand(version string) *cobra.Command {
	o := Options{Version: version, Auth: auth.DefaultOptions(), Rates: DefaultRates, LoadTimeout: 30 * time.Second, Lead: true}
	var listen, metricsListen, logLevel string
	cmd := &cobra.Command{
		Use:   "server",
		Short: "Serve the hub: the API and the console for all clusters",
		Long: "Serve the hub: the API and the console for all clusters. The cluster that the kubeconfig or the pod's service account\n" +
			"names holds everything that the hub keeps. Any number of replicas may run. Connections are not encrypted: put an\n" +
			"ingress with TLS in front.",
		Args:         cobra.NoArgs,
		SilenceUsage: true,
		RunE: func(cmd *cobra.Command, _ []string) error {
			handler, err := logHandler(logLevel)
			if err != nil {
				return err
			}
			o.Log = slog.New(handler)
			if o.Config, err = ctrl.GetConfig(); err != nil {
				return fmt.Errorf("no cluster to keep anything in: %w. Run in a pod with a service account, or set KUBECONFIG", err)
			}
			if o.Namespace == "" {
				o.Namespace = podNamespace()
			}
			if o.Namespace == "" {
				return errors.New("the hub's namespace isn't known: give --namespace")
			}
			return serve(cmd.Context(), o, listen, metricsListen)
		},
	}
	f := cmd.Flags()
	f.StringVar(&listen, "bind-address", ":8080", "where the API and the console are served")
	f.StringVar(&metricsListen, "metrics-bind-address", ":8081", "where /metrics, /healthz and /readyz are served")
	f.StringVar(&o.Namespace, "namespace", "", "namespace of the hub's Secrets (default: that of the pod)")
	f.StringVar(&o.RolePrefix, "role-prefix", "workbench", "what stands before -viewer, -editor and -admin in the names of the chart's ClusterRoles, in every cluster")
	f.StringVar(&o.OwnCluster, "own-cluster", "", "register the cluster that the hub runs in under this name, when no Cluster stands for it")
	f.BoolVar(&o.Lead, "lead", true, "stand for election to put roles in force and record the state of clusters")
	f.DurationVar(&o.LoadTimeout, "load-timeout", o.LoadTimeout, "how long to wait, before being ready, for the tasks of clusters that answer")
	f.DurationVar(&o.ShutdownDelay, "shutdown-delay", 3*time.Second, "how long to go on answering after being told to stop, until nothing new is sent here")
	f.DurationVar(&o.ShutdownTimeout, "shutdown-timeout", 20*time.Second, "how long requests under way may then take")
	f.Float64Var(&o.Rates.PerPerson, "rate-per-person", o.Rates.PerPerson, "requests a second of one person, on each replica")
	f.IntVar(&o.Rates.PersonBurst, "rate-per-person-burst", o.Rates.PersonBurst, "requests at once of one person")
	f.Float64Var(&o.Rates.PerAddress, "rate-per-address", o.Rates.PerAddress, "requests a second of one address from which nobody signed in")
	f.IntVar(&o.Rates.AddressBurst, "rate-per-address-burst", o.Rates.AddressBurst, "requests at once of such an address")
	f.StringVar(&logLevel, "log-level", "info", "debug, info, warn or error")
	o.Auth.AddFlags(f)
	o.Audit.AddFlags(f)
	return cmd
}

func logHandler(level string) (slog.Handler, error) {
	var parsed slog.Level
	if err := parsed.UnmarshalText([]byte(level)); err != nil {
		return nil, fmt.Errorf("--log-level %q is none of debug, info, warn, error", level)
	}
	handler := slog.NewJSONHandler(os.Stderr, &slog.HandlerOptions{Level: parsed})
	log.SetLogger(logr.FromSlogHandler(handler))
	klog.SetSlogLogger(slog.New(handler)) // client-go logs through klog
	return handler, nil
}

func podNamespace() string {
	if name := os.Getenv("POD_NAMESPACE"); name != "" {
		return name
	}
	text, err := os.ReadFile(namespaceFile)
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(text))
}

func serve(ctx context.Context, o Options, listen, metricsListen string) error {
	server, err := New(o)
	if err != nil {
		return err
	}
	public, err := net.Listen("tcp", listen)
	if err != nil {
		return fmt.Errorf("--bind-address: %w", err)
	}
	internal, err := net.Listen("tcp", metricsListen)
	if err != nil {
		return errors.Join(fmt.Errorf("--metrics-bind-address: %w", err), public.Close())
	}
	o.Log.Info("the hub listens", "address", public.Addr().String(), "metrics", internal.Addr().String(), "version", o.Version)
	if err := server.Run(ctx, public, internal); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
