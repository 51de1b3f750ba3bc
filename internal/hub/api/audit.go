package api

import "time"

// ListAuditInput asks for a page of the audit.
type ListAuditInput struct {
	Cluster   string    `query:"cluster" maxLength:"63"`
	Namespace string    `query:"namespace" maxLength:"63"`
	Task      string    `query:"task" maxLength:"63" doc:"Name of a release task."`
	Who       string    `query:"who" maxLength:"200" doc:"Name of a person."`
	Action    string    `query:"action" maxLength:"64" doc:"What was done, such as Continue or SignIn."`
	Result    string    `query:"result" enum:"Succeeded,Refused,Failed,Pending"`
	From      time.Time `query:"from" doc:"Not before."`
	To        time.Time `query:"to" doc:"Before."`
	Page      int       `query:"page" minimum:"1" maximum:"100000" default:"1"`
	PageSize  int       `query:"pageSize" minimum:"1" maximum:"200" default:"50"`
}

// AuditEntry is one thing that somebody did.
type AuditEntry struct {
	ID      string      `json:"id"`
	At      time.Time   `json:"at"`
	Who     string      `json:"who" example:"maria"`
	From    string      `json:"from,omitempty" doc:"Address it came from, where the hub saw it."`
	Via     string      `json:"via,omitempty" doc:"How they signed in, or the tool outside the hub." example:"Local"`
	Action  string      `json:"action" example:"Continue"`
	Target  AuditTarget `json:"target"`
	Result  string      `json:"result" enum:"Succeeded,Refused,Failed,Pending"`
	Message string      `json:"message,omitempty" doc:"What was done, or why not."`
}

// AuditTarget is what something was done to; parts that don't apply are absent.
type AuditTarget struct {
	Kind      string `json:"kind" example:"ReleaseTask"`
	Cluster   string `json:"cluster,omitempty"`
	Namespace string `json:"namespace,omitempty"`
	Name      string `json:"name,omitempty"`
}

// ListAuditOutput is a page of the audit, newest first.
type ListAuditOutput struct {
	Body struct {
		Items    []AuditEntry   `json:"items"`
		Total    int            `json:"total"`
		Page     int            `json:"page"`
		PageSize int            `json:"pageSize"`
		Clusters []ClusterState `json:"clusters" doc:"Of an unreachable one the newest entries may be missing."`
	}
}
