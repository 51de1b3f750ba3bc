package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Cluster is one Kubernetes cluster that the hub shows and releases in. It lives in the hub's own cluster, beside the
// Secrets it names, which are in the hub's namespace.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:scope=Cluster,categories=workbench
// +kubebuilder:printcolumn:name="Display name",type=string,JSONPath=`.spec.displayName`
// +kubebuilder:printcolumn:name="State",type=string,JSONPath=`.status.conditions[?(@.type=="Reachable")].reason`
// +kubebuilder:printcolumn:name="Kubernetes",type=string,JSONPath=`.status.kubernetesVersion`
// +kubebuilder:printcolumn:name="Message",type=string,JSONPath=`.status.conditions[?(@.type=="Reachable")].message`,priority=1
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
// +kubebuilder:validation:XValidation:rule="self.metadata.name.size() <= 63 && self.metadata.name.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?$')",message="name must be at most 63 characters of lower case letters, digits and '-', and start and end with a letter or digit"
type Cluster struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// spec is how the cluster is reached.
	// +required
	Spec ClusterSpec `json:"spec"`
	// status is what the hub found.
	// +optional
	Status ClusterStatus `json:"status,omitempty"`
}

// ClusterList is a list of Clusters.
//
// +kubebuilder:object:root=true
type ClusterList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []Cluster `json:"items"`
}

// ClusterSpec is how a cluster is reached. kubeconfigSecretRef and inCluster are a union: exactly one is set.
//
// +kubebuilder:validation:XValidation:rule="has(self.kubeconfigSecretRef) != has(self.inCluster)",message="set exactly one of kubeconfigSecretRef (another cluster) and inCluster (the one the hub runs in)"
type ClusterSpec struct {
	// displayName is what people call the cluster; empty: its name. At most 100 characters.
	// +optional
	// +kubebuilder:validation:MaxLength=100
	// +kubebuilder:validation:Pattern=`^[^[:cntrl:]]*$`
	DisplayName string `json:"displayName,omitempty"`

	// kubeconfigSecretRef names the Secret, in the hub's namespace, with the kubeconfig of the hub's account in the
	// cluster. Certificates, keys and tokens are inside it: one that names files, runs programs, skips the check of the
	// server's certificate or goes by plain HTTP is refused.
	// +optional
	KubeconfigSecretRef *SecretKeyRef `json:"kubeconfigSecretRef,omitempty"`
	// inCluster, as {}, is the cluster that the hub runs in, by its own service account.
	// +optional
	InCluster *InCluster `json:"inCluster,omitempty"`

	// prometheus is where the hub reads the metrics of the cluster's releases; absent: charts and the check of
	// queries are not offered for this cluster.
	// +optional
	Prometheus *PrometheusSource `json:"prometheus,omitempty"`
}

// InCluster has nothing to choose.
type InCluster struct{}

// SecretKeyRef names one key of a Secret in the hub's namespace.
type SecretKeyRef struct {
	// name of the Secret.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:Pattern=`^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$`
	Name string `json:"name"`
	// key in the Secret. When absent, the one that fits the use: kubeconfig, token, or ca.crt.
	// +optional
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:Pattern=`^[-._a-zA-Z0-9]*$`
	Key string `json:"key,omitempty"`
}

// Keys of Secrets where a SecretKeyRef names none.
const (
	// DefaultKubeconfigKey of kubeconfigSecretRef.
	DefaultKubeconfigKey = "kubeconfig"
	// DefaultTokenKey of bearerTokenSecretRef.
	DefaultTokenKey = "token"
	// DefaultCAKey of caSecretRef.
	DefaultCAKey = "ca.crt"
)

// KeyOr is the key, or the given one when none is named.
func (r SecretKeyRef) KeyOr(key string) string {
	if r.Key != "" {
		return r.Key
	}
	return key
}

// PrometheusSource is a Prometheus, or anything that answers its HTTP API, and how the hub signs in there.
//
// +kubebuilder:validation:XValidation:rule="!(has(self.bearerTokenSecretRef) && has(self.basicAuthSecretRef))",message="set at most one of bearerTokenSecretRef and basicAuthSecretRef"
// +kubebuilder:validation:XValidation:rule="!(has(self.caSecretRef) && has(self.insecureSkipVerify) && self.insecureSkipVerify)",message="insecureSkipVerify would leave the certificate unchecked that caSecretRef is for: set one of them"
// +kubebuilder:validation:XValidation:rule="self.address.startsWith('https://') || !(has(self.caSecretRef) || (has(self.insecureSkipVerify) && self.insecureSkipVerify))",message="caSecretRef and insecureSkipVerify are for an address that begins with https://"
type PrometheusSource struct {
	// address is the URL before /api/v1, such as http://prometheus.monitoring.svc:9090, without user, query and fragment.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=1024
	// +kubebuilder:validation:Pattern=`^https?://[^\s/?#@]+(/[^\s?#]*)?$`
	Address string `json:"address"`
	// bearerTokenSecretRef names the Secret with the token to sign in with; default key token.
	// +optional
	BearerTokenSecretRef *SecretKeyRef `json:"bearerTokenSecretRef,omitempty"`
	// basicAuthSecretRef names the Secret with the keys username and password.
	// +optional
	BasicAuthSecretRef *BasicAuthSecretRef `json:"basicAuthSecretRef,omitempty"`
	// caSecretRef names the Secret with the certificates, in PEM, that sign the server's; default key ca.crt. When
	// absent, those of the system.
	// +optional
	CASecretRef *SecretKeyRef `json:"caSecretRef,omitempty"`
	// insecureSkipVerify leaves the server's certificate unchecked: whoever sits in between can read the credentials
	// and make up the evidence. Default false.
	// +optional
	InsecureSkipVerify bool `json:"insecureSkipVerify,omitempty"`
}

// BasicAuthSecretRef names a Secret of the hub's namespace with the keys username and password, as those of type
// kubernetes.io/basic-auth have them.
type BasicAuthSecretRef struct {
	// name of the Secret.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:Pattern=`^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$`
	Name string `json:"name"`
}

// ConditionReachable, on a Cluster, says whether it answers the hub; its transition time is since when.
const ConditionReachable = "Reachable"

// Reasons of ConditionReachable.
const (
	// ReasonConnecting: not asked yet.
	ReasonConnecting = "Connecting"
	// ReasonReachable: it answers.
	ReasonReachable = "Reachable"
	// ReasonUnreachable: it doesn't answer, or not well; the message says how.
	ReasonUnreachable = "Unreachable"
	// ReasonInvalid: what spec says can't be used; the message says why.
	ReasonInvalid = "Invalid"
)

// ClusterStatus is what the hub found.
type ClusterStatus struct {
	// observedGeneration is the generation that the conditions are about.
	// +optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`
	// conditions: Reachable.
	// +optional
	// +listType=map
	// +listMapKey=type
	// +kubebuilder:validation:MaxItems=8
	Conditions []metav1.Condition `json:"conditions,omitempty"`
	// kubernetesVersion is what the API server called itself when it was last asked.
	// +optional
	KubernetesVersion string `json:"kubernetesVersion,omitempty"`
}
