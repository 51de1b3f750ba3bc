package api

import "time"

// ActionOffer says whether something can be asked of a task now, by who asks.
type ActionOffer struct {
	Type    string `json:"type" enum:"Continue,Release,Terminate,Retry,Rollback,UpdateVersion,UpdateRules,Delete"`
	Allowed bool   `json:"allowed"`
	Code    string `json:"code,omitempty" enum:"Viewer,Deleting,NotTakenOver,WentBack,NoRelease,Moving,LastPods,WaitsForPods,Runs,NewestServes,NoHistory" doc:"Why not, in one word for programs; absent when it is allowed."`
	Reason  string `json:"reason,omitempty" doc:"Why not, and what to do instead; absent when it is allowed."`
}

// ActionRequest is what a person asks of a task.
type ActionRequest struct {
	Type          string         `json:"type" enum:"Continue,Release,Terminate,Retry,Rollback,UpdateVersion" doc:"Continue: end the wait of the present step. Release: give the canary all traffic now. Terminate: all traffic back to stable. Retry: begin a release that went back again. Rollback: release a version of the history again, by the same steps. UpdateVersion: give containers new images and so start a release."`
	Expect        *Expectation   `json:"expect,omitempty" doc:"What you saw. When the task has moved on, the action is refused instead of doing to another step or version what was meant for this one."`
	Rollback      *Rollback      `json:"rollback,omitempty" doc:"Exactly when type is Rollback."`
	UpdateVersion *UpdateVersion `json:"updateVersion,omitempty" doc:"Exactly when type is UpdateVersion."`
}

// Expectation is what a person saw of a release.
type Expectation struct {
	Revision *int64 `json:"revision,omitempty" minimum:"1" doc:"Of the version being released." example:"42"`
	Step     *int32 `json:"step,omitempty" minimum:"1" maximum:"31" doc:"Number of the step it stood in." example:"3"`
}

// Rollback says to which revision.
type Rollback struct {
	Revision int64 `json:"revision" minimum:"1" doc:"One of the task's history." example:"41"`
}

// UpdateVersion says which images.
type UpdateVersion struct {
	Containers []ContainerImage `json:"containers" minItems:"1" maxItems:"50" doc:"Containers not named keep their image."`
}

// Action is what a person asked, and what became of it.
type Action struct {
	ActionRequest
	Name        string     `json:"name" doc:"Of the record in the cluster."`
	RequestedBy string     `json:"requestedBy" example:"maria"`
	CreatedAt   time.Time  `json:"createdAt"`
	State       string     `json:"state" enum:"Pending,Running,Succeeded,Refused,Failed" doc:"Succeeded, Refused and Failed are final. Refused: it did not fit the state of the task; nothing was done."`
	Message     string     `json:"message,omitempty" doc:"What was done, or why not and what to do instead."`
	StartedAt   *time.Time `json:"startedAt,omitempty"`
	FinishedAt  *time.Time `json:"finishedAt,omitempty"`
}

// CreateActionInput asks for an action.
type CreateActionInput struct {
	TaskPath
	IdempotencyKey string `header:"Idempotency-Key" maxLength:"200" doc:"Any text of yours, such as a UUID. The same request with the same key is carried out once, however often it is sent; another request with that key is refused (422)."`
	Body           ActionRequest
}

// ActionOutput is an action: 201 when it was recorded now, 200 when it had been.
type ActionOutput struct {
	Status   int
	Location string `header:"Location"`
	Body     Action
}

// ListActionsOutput is the actions of a task, newest first.
type ListActionsOutput struct {
	Body struct {
		Items []Action `json:"items" doc:"Newest first, at most 200."`
	}
}

// GetActionInput asks what became of an action.
type GetActionInput struct {
	TaskPath
	Action string `path:"action" minLength:"1" maxLength:"253" pattern:"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$" doc:"Name of the action."`
}

// GetActionOutput is what became of an action.
type GetActionOutput struct {
	Body Action
}
