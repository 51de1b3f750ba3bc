package manage

import (
	"context"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workbench-dev/workbench/api/v1alpha1"
	"github.com/workbench-dev/workbench/internal/hub/api"
	"github.com/workbench-dev/workbench/internal/hub/clusters"
	"github.com/workbench-dev/workbench/internal/hub/upstream"
)

// clusterLabel, on a Secret that the hub made, names the cluster it was made for.
const clusterLabel = "workbench.dev/cluster"

// secretName is where the hub keeps what it is given of a cluster's secrets, in one Secret.
func secretName(cluster string) string { return "cluster-" + cluster }

func (m *Manager) createCluster(ctx context.Context, in *api.CreateClusterInput) (*api.CreateClusterOutput, error) {
	identity, err := who(ctx)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, writeTimeout)
	defer cancel()
	resource := &v1alpha1.Cluster{}
	resource.Name = in.Body.Name
	data, err := settle(resource, in.Body.ClusterSettings)
	if err != nil {
		return nil, err
	}
	if len(data) > 0 {
		if err := m.checkSecretFree(ctx, resource.Name); err != nil {
			return nil, err
		}
	}
	err = m.Hub.Create(ctx, resource)
	if apierrors.IsAlreadyExists(err) {
		return nil, huma.Error409Conflict(fmt.Sprintf("There is a cluster %s already. Choose another name.", in.Body.Name))
	}
	if err != nil {
		return nil, upstream.Problem(err, clusterFields)
	}
	if err := m.writeSecret(ctx, resource, data); err != nil {
		return nil, upstream.Problem(err, nil)
	}
	told := m.tell(resource)
	if c, known := m.Registry.Get(resource.Name); known {
		told = m.cluster(c, identity, m.Directory.Of(identity))
	}
	return &api.CreateClusterOutput{Status: 201, Location: api.Base + "/clusters/" + resource.Name, ETag: etagOf(resource), Body: told}, nil
}

func (m *Manager) updateCluster(ctx context.Context, in *api.UpdateClusterInput) (*api.ClusterOutput, error) {
	identity, err := who(ctx)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, writeTimeout)
	defer cancel()
	for {
		resource, err := m.replaceCluster(ctx, in)
		if apierrors.IsConflict(err) && ctx.Err() == nil {
			continue
		}
		if err != nil {
			return nil, upstream.Problem(err, clusterFields)
		}
		told := m.tell(resource)
		if c, known := m.Registry.Get(resource.Name); known && c.Resource().Generation >= resource.Generation {
			told = m.cluster(c, identity, m.Directory.Of(identity))
		}
		return &api.ClusterOutput{ETag: etagOf(resource), Body: told}, nil
	}
}

func (m *Manager) replaceCluster(ctx context.Context, in *api.UpdateClusterInput) (*v1alpha1.Cluster, error) {
	resource := &v1alpha1.Cluster{}
	if err := m.Hub.Get(ctx, client.ObjectKey{Name: in.Cluster}, resource); err != nil {
		return nil, err
	}
	if err := checkMatch(in.IfMatch, resource, "cluster"); err != nil {
		return nil, err
	}
	data, err := settle(resource, in.Body)
	if err != nil {
		return nil, err
	}
	if err := m.Hub.Update(ctx, resource); err != nil {
		return nil, err
	}
	return resource, m.writeSecret(ctx, resource, data)
}

// settle puts settings into the resource, and returns the secrets that came with them. What it doesn't find there of
// secrets stays as the resource has it, unless it would then be sent to another server.
func settle(resource *v1alpha1.Cluster, settings api.ClusterSettings) (map[string][]byte, error) {
	spec, data := &resource.Spec, map[string][]byte{}
	spec.DisplayName = settings.DisplayName
	switch {
	case settings.InCluster && settings.Kubeconfig != "":
		return nil, fieldProblem("body.kubeconfig", "Give either a kubeconfig or inCluster, not both.")
	case settings.InCluster:
		spec.InCluster, spec.KubeconfigSecretRef = &v1alpha1.InCluster{}, nil
	case settings.Kubeconfig != "":
		if _, err := clusters.ParseKubeconfig([]byte(settings.Kubeconfig)); err != nil {
			return nil, fieldProblem("body.kubeconfig", "%s.", capitalised(err.Error()))
		}
		data[v1alpha1.DefaultKubeconfigKey] = []byte(settings.Kubeconfig)
		spec.InCluster, spec.KubeconfigSecretRef = nil, &v1alpha1.SecretKeyRef{Name: secretName(resource.Name)}
	case spec.KubeconfigSecretRef == nil:
		return nil, fieldProblem("body.kubeconfig", "Give the kubeconfig of the hub's account in the cluster, or inCluster for the one that the hub runs in.")
	}
	if settings.Prometheus == nil {
		spec.Prometheus = nil
		return data, nil
	}
	before := spec.Prometheus
	source, err := prometheusSource(resource.Name, *settings.Prometheus, before, data)
	spec.Prometheus = source
	return data, err
}

func prometheusSource(cluster string, settings api.PrometheusSettings, before *v1alpha1.PrometheusSource, data map[string][]byte) (*v1alpha1.PrometheusSource, error) {
	source := &v1alpha1.PrometheusSource{Address: settings.Address, InsecureSkipVerify: settings.InsecureSkipVerify}
	own := v1alpha1.SecretKeyRef{Name: secretName(cluster)}
	kept := before != nil && sameServer(before.Address, settings.Address)
	if settings.CA != "" {
		data[v1alpha1.DefaultCAKey], source.CASecretRef = []byte(settings.CA), &own
	} else if kept {
		source.CASecretRef = before.CASecretRef
	}
	switch {
	case settings.BearerToken != "" && (settings.Username != "" || settings.Password != ""):
		return nil, fieldProblem("body.prometheus.bearerToken", "Give either a token or a user with a password.")
	case settings.BearerToken != "":
		data[v1alpha1.DefaultTokenKey], source.BearerTokenSecretRef = []byte(settings.BearerToken), &own
	case settings.Username != "" && settings.Password != "":
		data[corev1.BasicAuthUsernameKey], data[corev1.BasicAuthPasswordKey] = []byte(settings.Username), []byte(settings.Password)
		source.BasicAuthSecretRef = &v1alpha1.BasicAuthSecretRef{Name: own.Name}
	case settings.Username != "" || settings.Password != "":
		return nil, fieldProblem("body.prometheus.password", "Give the user and the password together.")
	case kept:
		source.BearerTokenSecretRef, source.BasicAuthSecretRef = before.BearerTokenSecretRef, before.BasicAuthSecretRef
	case before != nil && (before.BearerTokenSecretRef != nil || before.BasicAuthSecretRef != nil):
		return nil, fieldProblem("body.prometheus.address", "Give the credentials again with another server: those of %s are not sent to it.", before.Address)
	}
	return source, nil
}

// sameServer says whether two addresses are of one server, so that what one may know the other knows.
func sameServer(a, b string) bool {
	x, errX := url.Parse(a)
	y, errY := url.Parse(b)
	return errX == nil && errY == nil && x.Scheme == y.Scheme && x.Host == y.Host
}

// checkSecretFree refuses a name whose Secret belongs to somebody else.
func (m *Manager) checkSecretFree(ctx context.Context, cluster string) error {
	secret := &corev1.Secret{}
	err := m.Hub.Get(ctx, client.ObjectKey{Namespace: m.Namespace, Name: secretName(cluster)}, secret)
	switch {
	case apierrors.IsNotFound(err):
		return nil
	case err != nil:
		return upstream.Problem(err, nil)
	case secret.Labels[clusterLabel] == cluster:
		return nil // left over from a cluster that was deleted
	}
	return huma.Error409Conflict(fmt.Sprintf("Secret %s of namespace %s is there already and was not made by the hub. Choose another name, or remove the Secret.", secret.Name, m.Namespace))
}

// writeSecret keeps secrets beside the resource that owns them; those that aren't given stay.
func (m *Manager) writeSecret(ctx context.Context, resource *v1alpha1.Cluster, data map[string][]byte) error {
	if len(data) == 0 {
		return nil
	}
	secret := &corev1.Secret{}
	secret.Namespace, secret.Name = m.Namespace, secretName(resource.Name)
	owner := metav1.OwnerReference{APIVersion: v1alpha1.GroupVersion.String(), Kind: "Cluster", Name: resource.Name, UID: resource.UID}
	err := m.Hub.Get(ctx, client.ObjectKeyFromObject(secret), secret)
	switch {
	case apierrors.IsNotFound(err):
		secret.Labels = map[string]string{clusterLabel: resource.Name}
		secret.OwnerReferences, secret.Data = []metav1.OwnerReference{owner}, data
		return m.Hub.Create(ctx, secret)
	case err != nil:
		return err
	case secret.Labels[clusterLabel] != resource.Name:
		return huma.Error409Conflict(fmt.Sprintf("Secret %s of namespace %s was not made by the hub, and isn't changed by it.", secret.Name, m.Namespace))
	}
	if !slices.Contains(secret.OwnerReferences, owner) {
		secret.Data = nil // of a cluster of that name that is gone
	}
	if secret.Data == nil {
		secret.Data = map[string][]byte{}
	}
	secret.OwnerReferences = []metav1.OwnerReference{owner}
	maps.Copy(secret.Data, data)
	return m.Hub.Update(ctx, secret)
}

// tell is what can be told of a cluster that this replica has not begun to use yet.
func (m *Manager) tell(resource *v1alpha1.Cluster) api.Cluster {
	told := api.Cluster{
		ClusterState: api.ClusterState{Name: resource.Name, DisplayName: resource.Spec.DisplayName, Message: "It has not been asked yet."},
		ETag:         etagOf(resource), InCluster: resource.Spec.InCluster != nil, Prometheus: prometheusInfo(resource.Spec.Prometheus),
		Components: []api.Component{},
	}
	if told.DisplayName == "" {
		told.DisplayName = resource.Name
	}
	told.Usable = usable(nil, false)
	return told
}

func capitalised(sentence string) string { return strings.ToUpper(sentence[:1]) + sentence[1:] }
