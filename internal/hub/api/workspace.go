package api

import "time"

// Workspace says who has which role in which namespaces.
type Workspace struct {
	Name string `json:"name" example:"shop"`
	WorkspaceSettings
	Role      string    `json:"role,omitempty" enum:"Viewer,Editor,Admin" doc:"Yours; absent for a platform administrator who is no member."`
	ETag      string    `json:"etag" doc:"Give it back in If-Match."`
	Ready     bool      `json:"ready" doc:"Its roles are in force in all its namespaces."`
	Message   string    `json:"message,omitempty" doc:"Where they aren't, and why."`
	Tasks     int       `json:"tasks" doc:"Release tasks in its namespaces."`
	CreatedAt time.Time `json:"createdAt"`
}

// WorkspaceSettings is what can be changed of a workspace.
type WorkspaceSettings struct {
	DisplayName string               `json:"displayName,omitempty" maxLength:"100" doc:"What people call it; its name when absent."`
	Namespaces  []WorkspaceNamespace `json:"namespaces" maxItems:"500" doc:"Namespaces that the roles are for. Only a platform administrator may change them."`
	Members     []Member             `json:"members" maxItems:"500" doc:"Who may do what."`
}

// WorkspaceNamespace is one namespace of one cluster.
type WorkspaceNamespace struct {
	Cluster   string `json:"cluster" minLength:"1" maxLength:"63" pattern:"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$" example:"prod-eu"`
	Namespace string `json:"namespace" minLength:"1" maxLength:"63" pattern:"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$" example:"shop"`
}

// Member is a person or a group with a role.
type Member struct {
	Kind string `json:"kind" enum:"User,Group"`
	Name string `json:"name" minLength:"1" maxLength:"200" doc:"With which the user signs in, or that of the group as the sign-in brings it." example:"maria"`
	Role Role   `json:"role" enum:"Viewer,Editor,Admin"`
}

// WorkspacePath is the path of a workspace.
type WorkspacePath struct {
	Workspace string `path:"workspace" minLength:"1" maxLength:"63" pattern:"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$" example:"shop"`
}

// ListWorkspacesOutput is the workspaces of who asks; all, for a platform administrator.
type ListWorkspacesOutput struct {
	Body struct {
		Items []Workspace `json:"items" doc:"By name."`
	}
}

// WorkspaceOutput is one workspace.
type WorkspaceOutput struct {
	ETag string `header:"ETag"`
	Body Workspace
}

// CreateWorkspaceInput makes a workspace.
type CreateWorkspaceInput struct {
	Body struct {
		Name string `json:"name" minLength:"1" maxLength:"63" pattern:"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$" example:"shop"`
		WorkspaceSettings
	}
}

// CreateWorkspaceOutput is the new workspace.
type CreateWorkspaceOutput struct {
	Status   int
	Location string `header:"Location"`
	ETag     string `header:"ETag"`
	Body     Workspace
}

// UpdateWorkspaceInput replaces the settings of a workspace.
type UpdateWorkspaceInput struct {
	WorkspacePath
	IfMatch string `header:"If-Match" maxLength:"200" doc:"ETag of the workspace as you saw it. Without it: 428. When it was changed since: 412."`
	Body    WorkspaceSettings
}
