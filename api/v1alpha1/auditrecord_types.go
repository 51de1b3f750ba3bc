package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// AuditRecord is something that somebody did, or tried, through the hub. It never changes; the hub removes old ones.
// What is asked of release tasks has records of its own, the ReleaseActions, which the clusters vouch for.
//
// +kubebuilder:object:root=true
// +kubebuilder:resource:scope=Namespaced,categories=workbench
// +kubebuilder:printcolumn:name="At",type=string,JSONPath=`.spec.at`
// +kubebuilder:printcolumn:name="Who",type=string,JSONPath=`.spec.who`
// +kubebuilder:printcolumn:name="Action",type=string,JSONPath=`.spec.action`
// +kubebuilder:printcolumn:name="Kind",type=string,JSONPath=`.spec.kind`
// +kubebuilder:printcolumn:name="Name",type=string,JSONPath=`.spec.name`
// +kubebuilder:printcolumn:name="Result",type=string,JSONPath=`.spec.result`
// +kubebuilder:printcolumn:name="From",type=string,JSONPath=`.spec.address`,priority=1
// +kubebuilder:printcolumn:name="Message",type=string,JSONPath=`.spec.message`,priority=1
type AuditRecord struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// spec is what was done. It cannot be changed.
	// +required
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="an AuditRecord cannot be changed"
	Spec AuditRecordSpec `json:"spec"`
}

// AuditRecordList is a list of AuditRecords.
//
// +kubebuilder:object:root=true
type AuditRecordList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []AuditRecord `json:"items"`
}

// AuditRecordSpec is what was done. It never holds a secret.
type AuditRecordSpec struct {
	// at is when.
	// +required
	At metav1.MicroTime `json:"at"`
	// who did it, without the prefix that clusters see; empty when nobody is known, as after a sign-in with a name that
	// no account has.
	// +optional
	// +kubebuilder:validation:MaxLength=256
	Who string `json:"who,omitempty"`
	// method is how they had proved who they are: Local, OIDC or Token.
	// +optional
	// +kubebuilder:validation:MaxLength=32
	Method string `json:"method,omitempty"`
	// token is the id of the API token that was used.
	// +optional
	// +kubebuilder:validation:MaxLength=64
	Token string `json:"token,omitempty"`
	// address is where the request came from.
	// +optional
	// +kubebuilder:validation:MaxLength=64
	Address string `json:"address,omitempty"`
	// userAgent is what the program that sent it calls itself.
	// +optional
	// +kubebuilder:validation:MaxLength=256
	UserAgent string `json:"userAgent,omitempty"`
	// action is what was done: SignIn, SignOut, Create, Update, Delete, …
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	Action string `json:"action"`
	// kind of what it was done to: Session, Account, Token, Workspace, Cluster, ReleaseTask.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	Kind string `json:"kind"`
	// cluster that it is in, if it is in one.
	// +optional
	// +kubebuilder:validation:MaxLength=63
	Cluster string `json:"cluster,omitempty"`
	// namespace that it is in, if it is in one.
	// +optional
	// +kubebuilder:validation:MaxLength=63
	Namespace string `json:"namespace,omitempty"`
	// name of it.
	// +optional
	// +kubebuilder:validation:MaxLength=256
	Name string `json:"name,omitempty"`
	// releaseAction is the name of the ReleaseAction that was made, which tells what became of it.
	// +optional
	// +kubebuilder:validation:MaxLength=253
	ReleaseAction string `json:"releaseAction,omitempty"`
	// result is how it ended.
	// +required
	// +kubebuilder:validation:Enum=Succeeded;Refused;Failed;Pending
	Result string `json:"result"`
	// message is a sentence: what was changed, or why it was refused.
	// +optional
	// +kubebuilder:validation:MaxLength=1024
	Message string `json:"message,omitempty"`
}
