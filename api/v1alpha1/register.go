package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// GroupVersion is the group and version of every resource in this package.
var GroupVersion = schema.GroupVersion{Group: "workbench.dev", Version: "v1alpha1"}

// AddToScheme registers the types of this package with a scheme.
func AddToScheme(scheme *runtime.Scheme) error {
	scheme.AddKnownTypes(GroupVersion,
		&ReleaseTask{}, &ReleaseTaskList{},
		&ReleaseAction{}, &ReleaseActionList{},
		&Workspace{}, &WorkspaceList{},
		&Cluster{}, &ClusterList{},
		&AuditRecord{}, &AuditRecordList{},
	)
	metav1.AddToGroupVersion(scheme, GroupVersion)
	return nil
}
