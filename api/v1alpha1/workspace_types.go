package v1alpha1

import (
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Workspace says which people and groups have which role in which namespaces of which clusters. It lives in the hub's
// own cluster; the hub projects it into RoleBindings in every namespace it names.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:scope=Cluster,shortName=ws,categories=workbench
// +kubebuilder:printcolumn:name="Display name",type=string,JSONPath=`.spec.displayName`
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="Message",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].message`,priority=1
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
// +kubebuilder:validation:XValidation:rule="self.metadata.name.size() <= 63 && self.metadata.name.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?$')",message="name must be at most 63 characters of lower case letters, digits and '-', and start and end with a letter or digit"
type Workspace struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// spec is what the workspace is to hold.
	// +optional
	Spec WorkspaceSpec `json:"spec,omitempty"`
	// status is how far its roles are in force.
	// +optional
	Status WorkspaceStatus `json:"status,omitempty"`
}

// WorkspaceList is a list of Workspaces.
//
// +kubebuilder:object:root=true
type WorkspaceList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []Workspace `json:"items"`
}

// WorkspaceSpec is the desired content of a Workspace.
type WorkspaceSpec struct {
	// displayName is what people call the workspace; empty: its name. At most 100 characters.
	// +optional
	// +kubebuilder:validation:MaxLength=100
	// +kubebuilder:validation:Pattern=`^[^[:cntrl:]]*$`
	DisplayName string `json:"displayName,omitempty"`

	// namespaces that the roles are for. One that doesn't exist yet gets its roles when it appears; one may be in
	// several workspaces, and a person has the highest of their roles there.
	// +optional
	// +listType=map
	// +listMapKey=cluster
	// +listMapKey=namespace
	// +kubebuilder:validation:MaxItems=500
	Namespaces []WorkspaceNamespace `json:"namespaces,omitempty"`

	// members are who may do what.
	// +optional
	// +listType=map
	// +listMapKey=kind
	// +listMapKey=name
	// +kubebuilder:validation:MaxItems=500
	Members []WorkspaceMember `json:"members,omitempty"`
}

// WorkspaceNamespace is one namespace of one cluster.
type WorkspaceNamespace struct {
	// cluster is the name of a Cluster.
	// +required
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:Pattern=`^[a-z0-9]([-a-z0-9]*[a-z0-9])?$`
	Cluster string `json:"cluster"`
	// namespace of that cluster.
	// +required
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:Pattern=`^[a-z0-9]([-a-z0-9]*[a-z0-9])?$`
	Namespace string `json:"namespace"`
}

// MemberKind is what a member is.
type MemberKind string

const (
	// MemberUser is one person or program, by the name with which they sign in.
	MemberUser MemberKind = "User"
	// MemberGroup is all who bring a group from the sign-in.
	MemberGroup MemberKind = "Group"
)

// Role is what a member may do. A higher role may do all that a lower one may.
type Role string

const (
	// RoleViewer sees.
	RoleViewer Role = "Viewer"
	// RoleEditor also creates, updates, continues, releases, terminates, rolls back and deletes.
	RoleEditor Role = "Editor"
	// RoleAdmin also manages the members of the workspace.
	RoleAdmin Role = "Admin"
)

// Roles are all of them, from lowest to highest.
var Roles = []Role{RoleViewer, RoleEditor, RoleAdmin}

// WorkspaceMember is a person or a group with a role.
type WorkspaceMember struct {
	// kind says whether name is that of a User or of a Group.
	// +required
	// +kubebuilder:validation:Enum=User;Group
	Kind MemberKind `json:"kind"`
	// name with which the user signs in, or that of the group as the sign-in brings it.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=200
	// +kubebuilder:validation:Pattern=`^[^[:cntrl:][:space:]]([^[:cntrl:]]*[^[:cntrl:][:space:]])?$`
	Name string `json:"name"`
	// role of the member in all namespaces of the workspace.
	// +required
	// +kubebuilder:validation:Enum=Viewer;Editor;Admin
	Role Role `json:"role"`
}

// Reasons of ConditionReady of a Workspace, which is true when the RoleBindings of all its namespaces are as it says.
const (
	// ReasonProjected: every namespace has its RoleBindings.
	ReasonProjected = "Projected"
	// ReasonProjecting: they have not all been written yet.
	ReasonProjecting = "Projecting"
	// ReasonNamespaceProblems: those that the message names don't have them, each with why.
	ReasonNamespaceProblems = "NamespaceProblems"
	// ReasonRemoving: the workspace is being deleted, and RoleBindings are left where a cluster doesn't answer.
	ReasonRemoving = "Removing"
)

// WorkspaceStatus is how far the roles of a workspace are in force.
type WorkspaceStatus struct {
	// observedGeneration is the generation that the conditions are about.
	// +optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`
	// conditions: Ready.
	// +optional
	// +listType=map
	// +listMapKey=type
	// +kubebuilder:validation:MaxItems=8
	Conditions []metav1.Condition `json:"conditions,omitempty"`
	// clusters in which RoleBindings of this workspace may exist; recorded before the first is written, so that
	// none is forgotten when the workspace or one of its namespaces goes while the cluster doesn't answer.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=1000
	// +kubebuilder:validation:items:MaxLength=63
	Clusters []string `json:"clusters,omitempty"`
}

// AtLeast says whether the role may do all that the other may. No role, the empty one, is below all.
func (r Role) AtLeast(other Role) bool { return slices.Index(Roles, r) >= slices.Index(Roles, other) }
