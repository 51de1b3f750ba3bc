// Package controller is the role of Workbench that runs in every target cluster: it starts the reconcilers of release
// tasks and actions. It serves no people; that is the hub's.
package controller

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"time"

	rollouts "github.com/argoproj/argo-rollouts/pkg/apis/rollouts/v1alpha1"
	"github.com/go-logr/logr"
	"github.com/spf13/cobra"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/selection"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"k8s.io/klog/v2"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/apiutil"
	"sigs.k8s.io/controller-runtime/pkg/healthz"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/metrics/server"

	"github.com/workbench-dev/workbench/api/v1alpha1"
	"github.com/workbench-dev/workbench/internal/controller/analysisrun"
	"github.com/workbench-dev/workbench/internal/controller/releaseaction"
	"github.com/workbench-dev/workbench/internal/controller/releasetask"
	"github.com/workbench-dev/workbench/internal/survey"
)

// Options are the settings of the controller.
type Options struct {
	LeaderElect          bool
	LeaderElectNamespace string
	MetricsBindAddress   string
	HealthBindAddress    string
	LogLevel             string
	Concurrency          int
	KeepActions          int
	Namespaces           []string
	Delays               releasetask.Delays
	// Looks is how many releases are judged at the same time.
	Looks      int
	Prometheus PrometheusOptions
}

// NewCommand is `workbench controller`.
func NewCommand() *cobra.Command {
	o := Options{Delays: releasetask.DefaultDelays}
	cmd := &cobra.Command{
		Use:   "controller",
		Short: "Reconcile release tasks and actions in this cluster",
		Long: "Reconcile release tasks and actions in the cluster that the kubeconfig or the pod's service account names.\n" +
			"Several replicas may run with --leader-elect; one of them works.",
		Args:         cobra.NoArgs,
		SilenceUsage: true,
		RunE: func(cmd *cobra.Command, _ []string) error {
			config, err := ctrl.GetConfig()
			if err != nil {
				return fmt.Errorf("no cluster to work in: %w. Run in a pod with a service account, or set KUBECONFIG", err)
			}
			return Run(cmd.Context(), config, o)
		},
	}
	f := cmd.Flags()
	f.BoolVar(&o.LeaderElect, "leader-elect", false, "let one of several replicas work, the others stand by")
	f.StringVar(&o.LeaderElectNamespace, "leader-elect-namespace", "", "namespace of the lease (default: that of the pod)")
	f.StringVar(&o.MetricsBindAddress, "metrics-bind-address", ":8080", "where /metrics is served; 0 for nowhere")
	f.StringVar(&o.HealthBindAddress, "health-probe-bind-address", ":8081", "where /healthz and /readyz are served")
	f.StringVar(&o.LogLevel, "log-level", "info", "debug, info, warn or error")
	f.IntVar(&o.Concurrency, "concurrency", 10, "how many tasks, and how many actions, are worked on at the same time")
	f.IntVar(&o.KeepActions, "keep-actions", 100, "how many ended actions of each task are kept as its audit log")
	f.StringSliceVar(&o.Namespaces, "namespace", nil, "work in this namespace only; may be repeated (default: all)")
	f.DurationVar(&o.Delays.Propagation, "propagation-delay", o.Delays.Propagation, "how long after a change of routes or subsets every proxy of the mesh knows it")
	f.DurationVar(&o.Delays.Drain, "drain-delay", o.Delays.Drain, "how long requests under way may take at pods that are led around, before these go")
	f.IntVar(&o.Looks, "concurrent-looks", 20, "for how many releases the evidence is looked at at the same time")
	f.StringVar(&o.Prometheus.Address, "prometheus-address", "", "URL of the Prometheus that has the evidence (default: the Service called or labelled as Prometheus)")
	f.StringVar(&o.Prometheus.CredentialsDir, "prometheus-credentials-dir", "", "directory with the files token, or username and password, and ca.crt, for Prometheus (default: no credentials)")
	f.BoolVar(&o.Prometheus.InsecureSkipVerify, "prometheus-insecure-skip-verify", false, "do not check the certificate of Prometheus")
	return cmd
}

// Scheme knows every type that the controller reads and writes.
func Scheme() (*runtime.Scheme, error) {
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{clientgoscheme.AddToScheme, v1alpha1.AddToScheme, rollouts.AddToScheme} {
		if err := add(scheme); err != nil {
			return nil, err
		}
	}
	return scheme, nil
}

// Run works until the context ends.
func Run(ctx context.Context, config *rest.Config, o Options) error {
	var level slog.Level
	if err := level.UnmarshalText([]byte(o.LogLevel)); err != nil {
		return fmt.Errorf("--log-level %q is none of debug, info, warn, error", o.LogLevel)
	}
	handler := slog.NewJSONHandler(os.Stderr, &slog.HandlerOptions{Level: level})
	log.SetLogger(logr.FromSlogHandler(handler))
	klog.SetSlogLogger(slog.New(handler)) // client-go logs through klog
	scheme, err := Scheme()
	if err != nil {
		return err
	}
	// The defaults of client-go (5 requests a second) would make thousands of tasks wait minutes after a start.
	config.QPS, config.Burst = 100, 200
	kinds, err := mapper(config)
	if err != nil {
		return err
	}
	cached, err := cacheOptions(kinds, o.Namespaces)
	if err != nil {
		return err
	}
	mgr, err := ctrl.NewManager(config, ctrl.Options{
		Scheme:                        scheme,
		Cache:                         cached,
		Client:                        client.Options{Cache: &client.CacheOptions{Unstructured: true}},
		Metrics:                       server.Options{BindAddress: o.MetricsBindAddress},
		HealthProbeBindAddress:        o.HealthBindAddress,
		LeaderElection:                o.LeaderElect,
		LeaderElectionID:              "controller.workbench.dev",
		LeaderElectionNamespace:       o.LeaderElectNamespace,
		LeaderElectionReleaseOnCancel: true,
		GracefulShutdownTimeout:       new(10 * time.Second),
	})
	if err != nil {
		return fmt.Errorf("starting the controller: %w", err)
	}
	if err := thrift(mgr); err != nil {
		return err
	}
	if err := releasetask.Setup(ctx, mgr, o.Delays, o.Concurrency); err != nil {
		return err
	}
	if err := releaseaction.Setup(mgr, o.KeepActions, o.Concurrency); err != nil {
		return err
	}
	if err := analysisrun.Setup(mgr, &evidence{options: o.Prometheus, reader: mgr.GetAPIReader()}, o.Delays.Propagation, o.Looks); err != nil {
		return err
	}
	if err := registerFigures(mgr.GetClient()); err != nil {
		return err
	}
	if err := mgr.AddHealthzCheck("ping", healthz.Ping); err != nil {
		return err
	}
	if err := mgr.AddReadyzCheck("ping", healthz.Ping); err != nil {
		return err
	}
	return mgr.Start(ctx)
}

// mapper tells which kinds the cluster serves.
func mapper(config *rest.Config) (meta.RESTMapper, error) {
	transport, err := rest.HTTPClientFor(config)
	if err != nil {
		return nil, err
	}
	return apiutil.NewDynamicRESTMapper(config, transport)
}

// cacheOptions keep in memory only what is read: of ReplicaSets those of Rollouts with the images of their templates, of
// analysis those of our tasks, of nothing the managed fields. Analysis can be told apart only where the cluster serves it already; installed later, all of
// it is kept until the next start.
func cacheOptions(mapper meta.RESTMapper, namespaces []string) (cache.Options, error) {
	ofRollouts, err := having(rollouts.DefaultRolloutUniqueLabelKey)
	if err != nil {
		return cache.Options{}, err
	}
	ofTasks, err := having(v1alpha1.TaskLabel)
	if err != nil {
		return cache.Options{}, err
	}
	o := cache.Options{
		DefaultTransform: cache.TransformStripManagedFields(),
		ByObject:         map[client.Object]cache.ByObject{&appsv1.ReplicaSet{}: {Label: ofRollouts, Transform: onlyImages}},
	}
	for kind, object := range map[string]client.Object{"AnalysisTemplate": &rollouts.AnalysisTemplate{}, "AnalysisRun": &rollouts.AnalysisRun{}} {
		has, err := survey.Has(mapper, rollouts.SchemeGroupVersion.WithKind(kind))
		if err != nil {
			return o, fmt.Errorf("asking whether the cluster serves %s: %w", kind, err)
		}
		if has {
			o.ByObject[object] = cache.ByObject{Label: ofTasks}
		}
	}
	if len(namespaces) > 0 {
		o.DefaultNamespaces = map[string]cache.Config{}
		for _, n := range namespaces {
			o.DefaultNamespaces[n] = cache.Config{}
		}
	}
	return o, nil
}

// onlyImages leaves of a ReplicaSet's pod template its labels and its containers' names and images. Who puts a template to
// use reads it from the API server.
func onlyImages(obj any) (any, error) {
	if set, ok := obj.(*appsv1.ReplicaSet); ok {
		set.ManagedFields = nil
		kept := make([]corev1.Container, len(set.Spec.Template.Spec.Containers))
		for i, c := range set.Spec.Template.Spec.Containers {
			kept[i] = corev1.Container{Name: c.Name, Image: c.Image}
		}
		set.Spec.Template.Spec = corev1.PodSpec{Containers: kept}
	}
	return obj, nil
}

// having selects what has a label, whatever its value.
func having(label string) (labels.Selector, error) {
	exists, err := labels.NewRequirement(label, selection.Exists, nil)
	if err != nil {
		return nil, err
	}
	return labels.NewSelector().Add(*exists), nil
}
