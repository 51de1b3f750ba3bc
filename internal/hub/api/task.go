package api

import "time"

// Phase of a release task.
type Phase string

// TaskRow is what a list shows of a release task.
type TaskRow struct {
	Cluster    string   `json:"cluster" doc:"Name of the cluster." example:"prod-eu"`
	Namespace  string   `json:"namespace" example:"shop"`
	Name       string   `json:"name" example:"checkout"`
	UID        string   `json:"uid" doc:"Of this task and no later one of the same name."`
	Workspaces []string `json:"workspaces" doc:"Those of your workspaces that hold the namespace, by name."`
	Role       Role     `json:"role" enum:"Viewer,Editor,Admin" doc:"Yours in the namespace."`

	Workload WorkloadRef `json:"workload" doc:"What is released."`
	Strategy string      `json:"strategy" enum:"Canary" doc:"How a new version gets its traffic."`
	Traffic  string      `json:"traffic" enum:"Istio,Instances" doc:"How requests are split: by weights of the mesh, or by number of pods."`
	Analysed bool        `json:"analysed" doc:"Whether releases are judged by metrics."`

	Phase   Phase     `json:"phase" enum:"Pending,Blocked,TakingOver,Healthy,Releasing,Waiting,Terminated,Failed,HandingBack" doc:"Pending: no controller has looked at it yet."`
	Message string    `json:"message" doc:"One plain sentence: what goes on, what serves, what comes next or what to do."`
	Since   time.Time `json:"since" doc:"When it came to stand as it does: when the present wait began, or the phase."`
	Needs   string    `json:"needs" enum:"Nothing,Continue,Mend" doc:"What a person has to do: continue a step that waits, or mend what failed or stands in the way."`
	// WaitsForMe is worked out for who asks.
	WaitsForMe bool `json:"waitsForMe" doc:"A step waits for a person, and you may continue it."`

	Steps  []Step      `json:"steps" doc:"All steps of the rules, for the drawing of progress."`
	Step   *StepState  `json:"step,omitempty" doc:"Where the running release stands; absent when none runs."`
	Stable *VersionRow `json:"stable,omitempty" doc:"The version that serves whatever the canary does not."`
	Canary *VersionRow `json:"canary,omitempty" doc:"The version being released or, after it went back, the one that failed."`

	FailedCheck *AnalysisCheck `json:"failedCheck,omitempty" doc:"Of a release that its analysis sent back: the check that decided. Only in phase Failed."`

	CreatedAt       time.Time `json:"createdAt"`
	Deleting        bool      `json:"deleting" doc:"It is being deleted: the workload goes back to its Deployment."`
	Stale           bool      `json:"stale" doc:"Its cluster can't be reached: this is how it was last seen."`
	ResourceVersion string    `json:"resourceVersion" doc:"Changes with every change of the task; compare for equality only."`
}

// StepState is where a running release stands.
type StepState struct {
	Number    int32      `json:"number" doc:"Counted from 1; count + 1 while the last pods are exchanged." example:"3"`
	Count     int32      `json:"count" example:"5"`
	Weight    int32      `json:"weight" doc:"What the step asks for, in percent." example:"20"`
	WaitsFor  string     `json:"waitsFor" enum:"Pods,Time,Person,Analysis,Nothing" doc:"What has to happen before the next step."`
	StartedAt *time.Time `json:"startedAt,omitempty" doc:"When the present wait began."`
	EndsAt    *time.Time `json:"endsAt,omitempty" doc:"When the wait ends by itself; absent when it waits for anything but time."`
}

// VersionRow is a version as a list shows it.
type VersionRow struct {
	Revision   int64            `json:"revision" doc:"Counts the versions of the workload, from 1." example:"42"`
	Display    string           `json:"display" doc:"Short form, such as v42 or r3." example:"v42"`
	Containers []ContainerImage `json:"containers" doc:"The images, in the order of the pod template."`
	Instances  int32            `json:"instances" doc:"Pods wanted." example:"4"`
	Ready      int32            `json:"ready" doc:"Pods ready to serve." example:"4"`
	Weight     int32            `json:"weight" doc:"Share of requests that goes to it, in percent." example:"80"`
}

// TaskCounts counts tasks by all filters but that of the phase.
type TaskCounts struct {
	Total      int            `json:"total" doc:"In any phase." example:"214"`
	WaitsForMe int            `json:"waitsForMe" doc:"Those that wait for a person, where you may continue." example:"3"`
	Phases     map[string]int `json:"phases" doc:"For each phase, also those with none."`
}

// ClusterState says whether what is shown of a cluster is fresh.
type ClusterState struct {
	Name        string     `json:"name" example:"prod-eu"`
	DisplayName string     `json:"displayName" example:"Production, Europe"`
	Reachable   bool       `json:"reachable" doc:"When false, its rows are as they were last seen."`
	Since       *time.Time `json:"since,omitempty" doc:"Since when it is, or isn't, reachable."`
	Loaded      bool       `json:"loaded" doc:"Whether its tasks were read at all since the hub started."`
	Message     string     `json:"message,omitempty" doc:"Why it can't be reached."`
}

// TaskFilter is what lists and their streams select by.
type TaskFilter struct {
	Cluster    string   `query:"cluster" maxLength:"63" doc:"Only tasks in this cluster."`
	Namespace  string   `query:"namespace" maxLength:"63" doc:"Only tasks in namespaces of this name."`
	Workspace  string   `query:"workspace" maxLength:"63" doc:"Only tasks in namespaces of this workspace."`
	Phase      []string `query:"phase" maxItems:"9" enum:"Pending,Blocked,TakingOver,Healthy,Releasing,Waiting,Terminated,Failed,HandingBack" doc:"Only tasks in one of these phases, with commas between them."`
	Query      string   `query:"q" maxLength:"200" doc:"Only tasks with each of these words in name, workload, namespace, cluster or image; case doesn't matter."`
	WaitsForMe bool     `query:"waitsForMe" doc:"Only tasks that wait for a person, where you may continue."`
}

// ListTasksInput asks for a page of the list.
type ListTasksInput struct {
	TaskFilter
	Sort     string `query:"sort" enum:"attention,name,workload,namespace,cluster,phase,since,created" default:"attention" doc:"attention: those that wait for a person first, then failed and blocked ones, then those that move, then the rest; the longest first within each."`
	Order    string `query:"order" enum:"asc,desc" default:"asc"`
	Page     int    `query:"page" minimum:"1" maximum:"100000" default:"1"`
	PageSize int    `query:"pageSize" minimum:"1" maximum:"200" default:"50"`
}

// TaskList is a page of the list.
type TaskList struct {
	Items    []TaskRow      `json:"items"`
	Total    int            `json:"total" doc:"How many tasks fit all filters." example:"214"`
	Page     int            `json:"page" example:"1"`
	PageSize int            `json:"pageSize" example:"50"`
	Counts   TaskCounts     `json:"counts"`
	Clusters []ClusterState `json:"clusters" doc:"Those of the clusters where you have a role."`
	EventID  string         `json:"eventId" doc:"Where to begin the stream (parameter after) so that nothing between this answer and the stream is missed."`
}

// ListTasksOutput answers ListTasksInput.
type ListTasksOutput struct {
	Body TaskList
}
