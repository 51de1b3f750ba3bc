package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// ReleaseAction is one thing that a person asked of a ReleaseTask. It never changes; the controller carries it out
// exactly once, confirms by reading back and records the outcome. Together they are the audit log of a namespace.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:scope=Namespaced,shortName=rac,categories=workbench
// +kubebuilder:selectablefield:JSONPath=`.spec.task`
// +kubebuilder:printcolumn:name="Task",type=string,JSONPath=`.spec.task`
// +kubebuilder:printcolumn:name="Action",type=string,JSONPath=`.spec.type`
// +kubebuilder:printcolumn:name="By",type=string,JSONPath=`.spec.requestedBy`
// +kubebuilder:printcolumn:name="State",type=string,JSONPath=`.status.state`
// +kubebuilder:printcolumn:name="Message",type=string,JSONPath=`.status.message`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
type ReleaseAction struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// spec is what was asked. It cannot be changed.
	// +required
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="a ReleaseAction cannot be changed: create another one"
	Spec ReleaseActionSpec `json:"spec"`
	// status is what became of it.
	// +optional
	Status ReleaseActionStatus `json:"status,omitempty"`
}

// ReleaseActionList is a list of ReleaseActions.
//
// +kubebuilder:object:root=true
type ReleaseActionList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []ReleaseAction `json:"items"`
}

// ActionType is what can be asked of a task.
type ActionType string

const (
	// ActionContinue ends the wait of the present step.
	ActionContinue ActionType = "Continue"
	// ActionRelease gives the canary all traffic now and makes it the stable version (promote).
	ActionRelease ActionType = "Release"
	// ActionTerminate sends all traffic back to the stable version (abort).
	ActionTerminate ActionType = "Terminate"
	// ActionRetry starts a release that was sent back again, from its first step.
	ActionRetry ActionType = "Retry"
	// ActionRollback releases a version of the history again, by the same steps.
	ActionRollback ActionType = "Rollback"
	// ActionUpdateVersion gives containers new images and so starts a release.
	ActionUpdateVersion ActionType = "UpdateVersion"
)

// ReleaseActionSpec is what was asked.
//
// +kubebuilder:validation:XValidation:rule="self.type == 'Rollback' ? has(self.rollback) : !has(self.rollback)",message="rollback is set exactly when type is Rollback: it names the revision to go to"
// +kubebuilder:validation:XValidation:rule="self.type == 'UpdateVersion' ? has(self.updateVersion) : !has(self.updateVersion)",message="updateVersion is set exactly when type is UpdateVersion: it lists the containers and their images"
type ReleaseActionSpec struct {
	// task is the name of the ReleaseTask, in the same namespace.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	Task string `json:"task"`
	// type is what is asked.
	// +required
	// +kubebuilder:validation:Enum=Continue;Release;Terminate;Retry;Rollback;UpdateVersion
	Type ActionType `json:"type"`
	// requestedBy is the user name of who asks, as the API server authenticated it; an admission policy refuses any other.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=256
	RequestedBy string `json:"requestedBy"`

	// expect is what the person saw when they asked. If the task has moved on, the action is refused instead of
	// doing to another step or version what was meant for this one. When absent, the state at the time it is carried out.
	// +optional
	Expect *Expectation `json:"expect,omitempty"`
	// rollback says to which revision.
	// +optional
	Rollback *RollbackSpec `json:"rollback,omitempty"`
	// updateVersion says which images.
	// +optional
	UpdateVersion *UpdateVersionSpec `json:"updateVersion,omitempty"`
}

// Expectation is what a person saw of a release.
type Expectation struct {
	// revision of the version being released.
	// +optional
	// +kubebuilder:validation:Minimum=1
	Revision *int64 `json:"revision,omitempty"`
	// step is the number of the step it stood in, counted from 1.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=31
	Step *int32 `json:"step,omitempty"`
}

// RollbackSpec says to which revision to go.
type RollbackSpec struct {
	// revision is one of the task's history.
	// +required
	// +kubebuilder:validation:Minimum=1
	Revision int64 `json:"revision"`
}

// UpdateVersionSpec says which containers get which images.
type UpdateVersionSpec struct {
	// containers to change; those not named keep their image.
	// +required
	// +listType=map
	// +listMapKey=name
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=50
	Containers []ContainerImage `json:"containers"`
}

// ActionState is how far an action is.
type ActionState string

const (
	// ActionPending: not looked at yet, or waiting for the take-over to end.
	ActionPending ActionState = "Pending"
	// ActionRunning: its target is recorded and it is being carried out.
	ActionRunning ActionState = "Running"
	// ActionSucceeded: carried out, and read back.
	ActionSucceeded ActionState = "Succeeded"
	// ActionRefused: it did not fit the state of the task; nothing was done.
	ActionRefused ActionState = "Refused"
	// ActionFailed: it was begun and could not be carried out.
	ActionFailed ActionState = "Failed"
)

// ReleaseActionStatus is what became of an action.
type ReleaseActionStatus struct {
	// state is how far the action is; Succeeded, Refused and Failed are final.
	// +optional
	State ActionState `json:"state,omitempty"`
	// message is a sentence: what was done, or why not and what to do instead.
	// +optional
	Message string `json:"message,omitempty"`
	// target is what the action was resolved to before anything was changed; from then on it means this and nothing else.
	// +optional
	Target *ActionTarget `json:"target,omitempty"`
	// startedAt is when target was recorded.
	// +optional
	StartedAt *metav1.Time `json:"startedAt,omitempty"`
	// finishedAt is when the state became final.
	// +optional
	FinishedAt *metav1.Time `json:"finishedAt,omitempty"`
}

// ActionTarget is what an action was resolved to.
type ActionTarget struct {
	// hash is the rollouts-pod-template-hash of the version that the action is about.
	// +optional
	Hash string `json:"hash,omitempty"`
	// revision of that version.
	// +optional
	Revision int64 `json:"revision,omitempty"`
	// rolloutStep is the index of the step, in the Rollout's own list, that Continue leaves.
	// +optional
	RolloutStep *int32 `json:"rolloutStep,omitempty"`
	// pausedAt is when the wait began that Continue ends; a wait that began at another moment is not ended by it.
	// +optional
	PausedAt *metav1.Time `json:"pausedAt,omitempty"`
	// step is the number of the step that Continue leaves, counted from 1.
	// +optional
	Step *int32 `json:"step,omitempty"`
	// releaseStartedAt is when the release began that the action is about.
	// +optional
	ReleaseStartedAt *metav1.Time `json:"releaseStartedAt,omitempty"`
	// abortedAt is when the release was sent back that Retry starts again.
	// +optional
	AbortedAt *metav1.Time `json:"abortedAt,omitempty"`
	// template is the hash of the pod template that UpdateVersion and Rollback found.
	// +optional
	Template string `json:"template,omitempty"`
}

// IsFinal says whether the action is over.
func (s ActionState) IsFinal() bool {
	return s == ActionSucceeded || s == ActionRefused || s == ActionFailed
}
