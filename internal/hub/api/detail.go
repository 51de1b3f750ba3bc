package api

import "time"

// NamespacePath is the path of a namespace.
type NamespacePath struct {
	Cluster   string `path:"cluster" minLength:"1" maxLength:"63" pattern:"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$" example:"prod-eu"`
	Namespace string `path:"namespace" minLength:"1" maxLength:"63" pattern:"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$" example:"shop"`
}

// TaskPath is the path of a release task.
type TaskPath struct {
	NamespacePath
	Name string `path:"name" minLength:"1" maxLength:"63" pattern:"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$" example:"checkout"`
}

// TaskDetail is everything about a release task but its history, pods, events and charts.
type TaskDetail struct {
	TaskRow
	ETag        string         `json:"etag" doc:"Of the rules: the same until somebody changes them. Give it back in If-Match."`
	Spec        TaskSpec       `json:"spec" doc:"The rules."`
	Conditions  []Condition    `json:"conditions"`
	TakeOver    *TakeOver      `json:"takeOver,omitempty" doc:"What was taken over; absent until the take-over began."`
	HandBack    *HandBack      `json:"handBack,omitempty" doc:"Present only while the workload goes back to its Deployment."`
	Release     *ReleaseRecord `json:"release,omitempty" doc:"The running release."`
	LastRelease *ReleaseRecord `json:"lastRelease,omitempty" doc:"The release that ended last: how and why."`
	Obstacles   string         `json:"obstacles,omitempty" doc:"What stands in the way of the take-over, each with how to mend it."`
	Drift       string         `json:"drift,omitempty" doc:"What somebody else changed of what Workbench set, while it isn't repaired."`
	Actions     []ActionOffer  `json:"actions" doc:"Each thing that can be asked, whether you may now, and why not."`
}

// Condition is a standard Kubernetes condition.
type Condition struct {
	Type               string    `json:"type" example:"Ready"`
	Status             string    `json:"status" enum:"True,False,Unknown"`
	Reason             string    `json:"reason"`
	Message            string    `json:"message"`
	LastTransitionTime time.Time `json:"lastTransitionTime"`
}

// TakeOver is what was taken over; names are absent where there is no such object.
type TakeOver struct {
	StartedAt       time.Time  `json:"startedAt"`
	FinishedAt      *time.Time `json:"finishedAt,omitempty"`
	Instances       int32      `json:"instances" doc:"Pods that the Deployment had."`
	Service         string     `json:"service,omitempty"`
	VirtualService  string     `json:"virtualService,omitempty"`
	DestinationRule string     `json:"destinationRule,omitempty"`
	Autoscaler      string     `json:"autoscaler,omitempty" doc:"HorizontalPodAutoscaler."`
}

// HandBack is how far a hand-back is.
type HandBack struct {
	Step  string    `json:"step" doc:"Freezing, StartingDeployment, AddingSubset, Routing, Draining, RemovingRollout, RestoringRoutes or CleaningUp."`
	Since time.Time `json:"since"`
}

// ReleaseRecord is one release of a version.
type ReleaseRecord struct {
	Revision   int64            `json:"revision" example:"42"`
	Display    string           `json:"display" example:"v42"`
	Hash       string           `json:"hash" doc:"Value of the pods' rollouts-pod-template-hash label."`
	Containers []ContainerImage `json:"containers"`
	StartedAt  time.Time        `json:"startedAt"`
	StartedBy  string           `json:"startedBy,omitempty" doc:"Who brought the version: a person, or a tool outside Workbench."`
	EndedAt    *time.Time       `json:"endedAt,omitempty"`
	Outcome    string           `json:"outcome,omitempty" enum:"Released,Terminated,WentBack,Superseded,TakenOver" doc:"Absent while it runs."`
	Reason     string           `json:"reason,omitempty" doc:"Why it ended so."`
	EndedBy    string           `json:"endedBy,omitempty" doc:"Absent when nobody did."`
	Check      *AnalysisCheck   `json:"check,omitempty" doc:"Of a release that its analysis sent back: the check that decided."`
	// CanRollBack is worked out for who asks.
	CanRollBack bool `json:"canRollBack" doc:"Whether you may roll back to it now."`
}

// TaskETag is the answer that carries a task.
type TaskOutput struct {
	ETag string `header:"ETag" doc:"Of the rules; give it back in If-Match."`
	Body TaskDetail
}

// CreateTaskInput makes a task.
type CreateTaskInput struct {
	NamespacePath
	DryRun bool `query:"dryRun" doc:"Keep nothing: say what the cluster would say, and what would stand in the way of the take-over."`
	Body   struct {
		Name string   `json:"name" minLength:"1" maxLength:"63" doc:"Lower case letters, digits and '-'; starts and ends with a letter or digit." example:"checkout"`
		Spec TaskSpec `json:"spec"`
	}
}

// CreateTaskOutput is the new task, or the preflight of a dry run.
type CreateTaskOutput struct {
	Status   int
	Location string `header:"Location" doc:"Path of the new task."`
	ETag     string `header:"ETag"`
	Body     CreatedTask
}

// CreatedTask is the new task or, for a dry run, what would become of it.
type CreatedTask struct {
	Task      *TaskDetail `json:"task,omitempty" doc:"Absent in a dry run."`
	Preflight *Preflight  `json:"preflight,omitempty" doc:"Only in a dry run."`
}

// Preflight says what a take-over would work with, and what stands in its way.
type Preflight struct {
	Ready     bool       `json:"ready" doc:"Nothing stands in the way."`
	Obstacles []Obstacle `json:"obstacles"`
	Unknown   string     `json:"unknown,omitempty" doc:"What could not be looked at, and why; it is known only when the take-over begins."`
	Found     Found      `json:"found"`
	YAML      string     `json:"yaml" doc:"The resource that would be made."`
}

// Obstacle is one thing that stands in the way of a take-over.
type Obstacle struct {
	Reason  string `json:"reason" enum:"ArgoRolloutsMissing,IstioMissing,WorkloadNotFound,WorkloadTaken,WorkloadPaused,WorkloadStrategyUnsupported,WorkloadNotReady,WorkloadHasNoInstances,ServiceNotFound,ServiceAmbiguous,ServiceSelectsNothing,VirtualServiceNotFound,VirtualServiceTaken,RouteNotFound,DestinationRuleTaken,NameClash,QuotaTooSmall,DisruptionBudgetForbids,AutoscalerAmbiguous" doc:"One word for programs." example:"WorkloadNotReady"`
	Field   string `json:"field,omitempty" doc:"Path of the field it belongs to." example:"spec.workloadRef.name"`
	Message string `json:"message" doc:"What is wrong."`
	Mend    string `json:"mend" doc:"What to do about it."`
}

// Found is what a take-over would work with; names are absent where there is no such object.
type Found struct {
	Service        string           `json:"service,omitempty"`
	VirtualService string           `json:"virtualService,omitempty"`
	Autoscaler     string           `json:"autoscaler,omitempty"`
	Instances      int32            `json:"instances" doc:"Pods that the Deployment wants."`
	Containers     []ContainerImage `json:"containers"`
}

// UpdateTaskInput replaces the rules of a task.
type UpdateTaskInput struct {
	TaskPath
	IfMatch string `header:"If-Match" maxLength:"200" doc:"ETag of the rules as you saw them. Without it: 428. When somebody changed them since: 412."`
	Body    TaskRules
}

// DeleteTaskInput deletes a task: the workload is handed back to its Deployment, running.
type DeleteTaskInput struct {
	TaskPath
	IfMatch string `header:"If-Match" maxLength:"200" doc:"ETag of the rules as you saw them; optional here. When somebody changed them since: 412."`
}

// DeleteTaskOutput says that the hand-back has begun.
type DeleteTaskOutput struct {
	Status int
}

// GetHistoryOutput is the history of a task, newest first.
type GetHistoryOutput struct {
	Body struct {
		Items []ReleaseRecord `json:"items" doc:"The running release first, then the ended ones, newest first; at most 51."`
	}
}

// GetPodsOutput is the pods of a task.
type GetPodsOutput struct {
	Body struct {
		Items []Pod `json:"items" doc:"At most 500, by version and name."`
		Total int   `json:"total"`
	}
}

// Pod is a pod of a workload as far as a release needs it.
type Pod struct {
	Name       string         `json:"name"`
	Version    string         `json:"version" enum:"Stable,Canary,Deployment,Other" doc:"Which version it runs; Deployment: not taken over, or handed back."`
	Revision   int64          `json:"revision,omitempty"`
	Phase      string         `json:"phase" doc:"As in the pod's status." example:"Running"`
	Ready      bool           `json:"ready"`
	State      string         `json:"state" doc:"One word, as kubectl shows it." example:"CrashLoopBackOff"`
	Message    string         `json:"message,omitempty" doc:"Why it isn't ready."`
	Restarts   int32          `json:"restarts"`
	Node       string         `json:"node,omitempty"`
	IP         string         `json:"ip,omitempty"`
	Deleting   bool           `json:"deleting"`
	CreatedAt  time.Time      `json:"createdAt"`
	Containers []PodContainer `json:"containers"`
}

// PodContainer is one container of a pod.
type PodContainer struct {
	Name     string `json:"name"`
	Image    string `json:"image"`
	Ready    bool   `json:"ready"`
	Restarts int32  `json:"restarts"`
	State    string `json:"state" doc:"Running, Waiting or Terminated." example:"Running"`
	Reason   string `json:"reason,omitempty" example:"ImagePullBackOff"`
	Message  string `json:"message,omitempty"`
}

// GetEventsOutput is what the cluster tells of a task, its actions and its Rollout.
type GetEventsOutput struct {
	Body struct {
		Items []Event `json:"items" doc:"Newest first, at most 200."`
	}
}

// Event is one event of Kubernetes.
type Event struct {
	Type    string    `json:"type" enum:"Normal,Warning"`
	Reason  string    `json:"reason"`
	Message string    `json:"message"`
	Object  string    `json:"object" doc:"Kind and name." example:"Rollout/checkout"`
	Source  string    `json:"source,omitempty" doc:"Who tells it."`
	Count   int32     `json:"count" doc:"How many times it happened."`
	At      time.Time `json:"at" doc:"When it happened last."`
}

// GetYAMLOutput is the resource as kubectl would show it, without managed fields.
type GetYAMLOutput struct {
	ContentType string `header:"Content-Type"`
	Body        []byte
}
