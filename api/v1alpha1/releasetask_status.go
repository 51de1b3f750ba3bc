package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// ReleaseTaskStatus is what the controller saw and did.
type ReleaseTaskStatus struct {
	// observedGeneration is the generation of the spec that the rest of the status is about.
	// +optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`
	// phase is derived from the conditions, for people, columns and filters.
	// +optional
	Phase Phase `json:"phase,omitempty"`
	// message is one plain sentence: what goes on, what serves, what comes next or what to do.
	// +optional
	Message string `json:"message,omitempty"`
	// conditions, each of a type and with a reason documented in this package.
	// +optional
	// +listType=map
	// +listMapKey=type
	Conditions []metav1.Condition `json:"conditions,omitempty"`

	// takeOver is what was taken over; absent until the take-over began.
	// +optional
	TakeOver *TakeOverStatus `json:"takeOver,omitempty"`
	// handBack is how far a hand-back is; present only while one runs.
	// +optional
	HandBack *HandBackStatus `json:"handBack,omitempty"`

	// stable is the version that serves whatever the canary does not.
	// +optional
	Stable *VersionStatus `json:"stable,omitempty"`
	// canary is the version being released or, after it went back, the one that failed. Absent when all
	// pods run one version.
	// +optional
	Canary *VersionStatus `json:"canary,omitempty"`
	// step is where the running release stands; absent when none runs.
	// +optional
	Step *StepStatus `json:"step,omitempty"`
	// release is the running release; absent when none runs.
	// +optional
	Release *ReleaseRecord `json:"release,omitempty"`
	// analysis is how the running release is judged, or how the last one was when it went back; absent when nothing is
	// judged.
	// +optional
	Analysis *AnalysisStatus `json:"analysis,omitempty"`
	// history holds the releases that ended, newest first, at most spec.historyLimit.
	// +optional
	// +listType=atomic
	History []ReleaseRecord `json:"history,omitempty"`
}

// TakeOverStatus is what was taken over. The originals of changed objects are kept on those objects, in the
// annotation workbench.dev/original.
type TakeOverStatus struct {
	// startedAt is when the preflight had passed and the first object was about to be changed.
	// +required
	StartedAt metav1.Time `json:"startedAt"`
	// finishedAt is when the last of the Deployment's own pods was told to go.
	// +optional
	FinishedAt *metav1.Time `json:"finishedAt,omitempty"`
	// workloadUID is the UID of the Deployment that was taken over.
	// +required
	WorkloadUID string `json:"workloadUID"`
	// instances is the number of pods that the Deployment had.
	// +required
	Instances int32 `json:"instances"`
	// service is the name of the Service that takes part; empty when there is none.
	// +optional
	Service string `json:"service,omitempty"`
	// virtualService is the name of the VirtualService that takes part; empty when there is none.
	// +optional
	VirtualService string `json:"virtualService,omitempty"`
	// destinationRule is the name of the DestinationRule that takes part; empty when there is none.
	// +optional
	DestinationRule string `json:"destinationRule,omitempty"`
	// autoscaler is the name of the HorizontalPodAutoscaler that takes part; empty when there is none.
	// +optional
	Autoscaler string `json:"autoscaler,omitempty"`
	// subsetsAt is when the subsets were made; routes lead to them only after every proxy had time to learn them.
	// +optional
	SubsetsAt *metav1.MicroTime `json:"subsetsAt,omitempty"`
	// routedAt is when all requests were first routed to the subset of the Rollout's pods.
	// +optional
	RoutedAt *metav1.MicroTime `json:"routedAt,omitempty"`
}

// HandBackStep names a stage of a hand-back; each begins only when the one before was read back as done.
type HandBackStep string

const (
	// HandBackFreezing deletes the Rollout; its finalizer keeps it, frozen, and its pods serve on.
	HandBackFreezing HandBackStep = "Freezing"
	// HandBackStarting gives the Deployment the stable version and its instances and waits for them.
	HandBackStarting HandBackStep = "StartingDeployment"
	// HandBackSubset gives the Deployment's pods a subset of their own.
	HandBackSubset HandBackStep = "AddingSubset"
	// HandBackRouting sends all requests to the Deployment's pods once every proxy had time to learn the subset.
	HandBackRouting HandBackStep = "Routing"
	// HandBackDraining lets requests in flight at the Rollout's pods end.
	HandBackDraining HandBackStep = "Draining"
	// HandBackRemoving removes the Rollout and its pods.
	HandBackRemoving HandBackStep = "RemovingRollout"
	// HandBackRestoring gives the routes their original destinations back.
	HandBackRestoring HandBackStep = "RestoringRoutes"
	// HandBackCleaning removes the subsets once no proxy has a route to them any more, and gives autoscaler and
	// Deployment their originals back.
	HandBackCleaning HandBackStep = "CleaningUp"
)

// HandBackStatus is how far a hand-back is.
type HandBackStatus struct {
	// step is the stage that is under way.
	// +required
	Step HandBackStep `json:"step"`
	// since is when that stage began.
	// +required
	Since metav1.MicroTime `json:"since"`
	// instances is how many pods the Deployment gets.
	// +optional
	Instances int32 `json:"instances,omitempty"`
	// templateHash is the pod-template-hash of the Deployment's pods that take over.
	// +optional
	TemplateHash string `json:"templateHash,omitempty"`
}

// VersionStatus is one version of the workload that has or had pods.
type VersionStatus struct {
	// revision counts the versions of the workload, from 1.
	// +required
	Revision int64 `json:"revision"`
	// hash is the value of the pods' rollouts-pod-template-hash label.
	// +required
	Hash string `json:"hash"`
	// images of the containers, in the order of the pod template.
	// +optional
	// +listType=map
	// +listMapKey=name
	Containers []ContainerImage `json:"containers,omitempty"`
	// instances is the number of pods wanted.
	// +optional
	Instances int32 `json:"instances"`
	// readyInstances is the number of pods ready to serve.
	// +optional
	ReadyInstances int32 `json:"readyInstances"`
	// weight is the share of requests that goes to this version, in percent.
	// +optional
	Weight int32 `json:"weight"`
	// display is the short form for columns, such as v42 or r3.
	// +optional
	Display string `json:"display,omitempty"`
}

// ContainerImage is the image of one container.
type ContainerImage struct {
	// name of the container.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	Name string `json:"name"`
	// image, as in a pod: registry/repository:tag or @digest.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=1024
	Image string `json:"image"`
}

// WaitsFor says what a step waits for.
type WaitsFor string

const (
	// WaitsForPods: the canary's pods are not ready yet.
	WaitsForPods WaitsFor = "Pods"
	// WaitsForTime: the wait of the step runs.
	WaitsForTime WaitsFor = "Time"
	// WaitsForPerson: a person has to continue.
	WaitsForPerson WaitsFor = "Person"
	// WaitsForAnalysis: the step is over, and there is no verdict yet.
	WaitsForAnalysis WaitsFor = "Analysis"
	// WaitsForNothing: the release is moving between two steps.
	WaitsForNothing WaitsFor = "Nothing"
)

// StepStatus is where a running release stands.
type StepStatus struct {
	// number of the step, counted from 1 in spec.strategy.canary.steps; count + 1 while the last pods are exchanged.
	// +required
	Number int32 `json:"number"`
	// count is how many steps there are.
	// +required
	Count int32 `json:"count"`
	// weight that the step asks for, in percent.
	// +required
	Weight int32 `json:"weight"`
	// waitsFor says what has to happen before the next step.
	// +required
	WaitsFor WaitsFor `json:"waitsFor"`
	// startedAt is when the present wait began.
	// +optional
	StartedAt *metav1.Time `json:"startedAt,omitempty"`
	// endsAt is when the wait ends by itself; absent when it waits for anything but time.
	// +optional
	EndsAt *metav1.Time `json:"endsAt,omitempty"`
	// display is the short form for columns, such as 2/5.
	// +optional
	Display string `json:"display,omitempty"`
}

// Outcome is how a release ended.
type Outcome string

const (
	// OutcomeReleased: the version became the stable one.
	OutcomeReleased Outcome = "Released"
	// OutcomeTerminated: a person sent it back.
	OutcomeTerminated Outcome = "Terminated"
	// OutcomeWentBack: it was sent back without a person, by analysis or because its pods did not start in time.
	OutcomeWentBack Outcome = "WentBack"
	// OutcomeSuperseded: another version came before it was done.
	OutcomeSuperseded Outcome = "Superseded"
	// OutcomeTakenOver: the version that ran when the task was created.
	OutcomeTakenOver Outcome = "TakenOver"
)

// ReleaseRecord is one release of a version.
type ReleaseRecord struct {
	// revision of the version.
	// +required
	Revision int64 `json:"revision"`
	// hash is the value of the pods' rollouts-pod-template-hash label.
	// +required
	Hash string `json:"hash"`
	// containers are the images of the version.
	// +optional
	// +listType=map
	// +listMapKey=name
	Containers []ContainerImage `json:"containers,omitempty"`
	// startedAt is when the version was first seen.
	// +required
	StartedAt metav1.Time `json:"startedAt"`
	// startedBy is who brought the version: the user of a ReleaseAction, or the tool that wrote the Deployment
	// ("kubectl-edit, outside Workbench").
	// +optional
	StartedBy string `json:"startedBy,omitempty"`
	// endedAt is when the release ended; absent while it runs.
	// +optional
	EndedAt *metav1.Time `json:"endedAt,omitempty"`
	// outcome is how it ended; empty while it runs.
	// +optional
	Outcome Outcome `json:"outcome,omitempty"`
	// reason is a sentence that says why it ended so.
	// +optional
	Reason string `json:"reason,omitempty"`
	// endedBy is who ended it; empty when nobody did.
	// +optional
	EndedBy string `json:"endedBy,omitempty"`
	// analysis is how it was judged; absent while it runs and when nothing was judged.
	// +optional
	Analysis *AnalysisRecord `json:"analysis,omitempty"`
}
