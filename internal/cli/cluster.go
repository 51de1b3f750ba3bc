package cli

import (
	"context"
	"fmt"

	rollouts "github.com/argoproj/argo-rollouts/pkg/apis/rollouts/v1alpha1"
	appsv1 "k8s.io/api/apps/v1"
	authenticationv1 "k8s.io/api/authentication/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workbench-dev/workbench/api/v1alpha1"
)

// cluster is a connection to the cluster that the flags name, as the user they name.
type cluster struct {
	client.WithWatch
	// namespace that the flags or the context choose.
	namespace string
	// enforced is true when the namespace was chosen by a flag.
	enforced bool
	// program is how the person calls the program, for sentences that name a command.
	program string
}

// scheme holds the types that the commands read and write.
func scheme() (*runtime.Scheme, error) {
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{
		v1alpha1.AddToScheme, corev1.AddToScheme, appsv1.AddToScheme,
		authenticationv1.AddToScheme, authorizationv1.AddToScheme,
		// Those of the preflight.
		autoscalingv2.AddToScheme, policyv1.AddToScheme, rollouts.AddToScheme,
	} {
		if err := add(scheme); err != nil {
			return nil, fmt.Errorf("register types: %w", err)
		}
	}
	return scheme, nil
}

// connect reads the kubeconfig and makes a client; it asks the cluster nothing yet.
func (e Env) connect() (*cluster, error) {
	namespace, enforced, err := e.Config.ToRawKubeConfigLoader().Namespace()
	if err != nil {
		return nil, e.explainConfig(err)
	}
	config, err := e.restConfig()
	if err != nil {
		return nil, err
	}
	scheme, err := scheme()
	if err != nil {
		return nil, err
	}
	connection, err := client.NewWithWatch(config, client.Options{Scheme: scheme, FieldOwner: "workbench-cli"})
	if err != nil {
		return nil, e.explain(err)
	}
	return &cluster{WithWatch: connection, namespace: namespace, enforced: enforced, program: e.Program}, nil
}

// restConfig is the configuration that the flags choose, with warnings of the API server sent to the person.
func (e Env) restConfig() (*rest.Config, error) {
	config, err := e.Config.ToRESTConfig()
	if err != nil {
		return nil, e.explainConfig(err)
	}
	config = rest.CopyConfig(config)
	config.UserAgent = "workbench/" + e.Version
	config.WarningHandler = rest.NewWarningWriter(e.ErrOut, rest.WarningWriterOptions{Deduplicate: true})
	return config, nil
}

// explainConfig is explain for errors of the kubeconfig, all of which are the caller's.
func (e Env) explainConfig(err error) error {
	if explained := e.explain(err); CodeOf(explained) != ExitError {
		return explained
	}
	return usagef("the kubeconfig cannot be used: %w", err)
}

// task reads the task of that name in the chosen namespace.
func (c *cluster) task(ctx context.Context, name string) (*v1alpha1.ReleaseTask, error) {
	task := &v1alpha1.ReleaseTask{}
	err := c.Get(ctx, client.ObjectKey{Namespace: c.namespace, Name: name}, task)
	if apierrors.IsNotFound(err) {
		return nil, c.taskNotFound(name)
	}
	return task, err
}

func (c *cluster) taskNotFound(name string) error {
	return exitf(ExitNotFound, "there is no release task %q in namespace %s: '%s release list -n %s' shows those there are",
		name, c.namespace, c.program, c.namespace)
}

// userName asks the cluster who the present user is: the name that the audit record of an action must carry.
func (c *cluster) userName(ctx context.Context) (string, error) {
	review := &authenticationv1.SelfSubjectReview{}
	if err := c.Create(ctx, review); err != nil {
		return "", err
	}
	return review.Status.UserInfo.Username, nil
}
