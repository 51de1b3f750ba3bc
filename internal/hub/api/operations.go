package api

import (
	"net/http"
	"reflect"

	"github.com/danielgtaylor/huma/v2"
)

const (
	tagTasks      = "Release tasks"
	tagActions    = "Actions"
	tagAnalysis   = "Analysis"
	tagClusters   = "Clusters"
	tagWorkspaces = "Workspaces"
	tagMe         = "Me"
	tagSignIn     = "Sign-in"
	tagAccounts   = "Accounts"
	tagAudit      = "Audit"
)

var tags = []*huma.Tag{
	{Name: tagTasks, Description: "How the versions of a workload are released, and where it stands."},
	{Name: tagActions, Description: "What people ask of a task, and what became of it."},
	{Name: tagAnalysis, Description: "How releases are judged."},
	{Name: tagClusters, Description: "Clusters with what each has installed, their namespaces and workloads."},
	{Name: tagWorkspaces, Description: "Who has which role in which namespaces."},
	{Name: tagMe, Description: "Who you are and what you may do."},
	{Name: tagSignIn, Description: "How to sign in and out."},
	{Name: tagAccounts, Description: "Local accounts."},
	{Name: tagAudit, Description: "Who did what, when, from where, to what, with what result."},
}

const (
	get, post, put, del = http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete

	pathNamespace = "/clusters/{cluster}/namespaces/{namespace}"
	pathTasks     = pathNamespace + "/release-tasks"
	pathTask      = pathTasks + "/{name}"
)

// Register adds all operations.
func Register(api huma.API, h Handlers) {
	registerTasks(api, h)
	registerActions(api, h)
	registerAnalysis(api, h)
	registerClusters(api, h)
	registerWorkspaces(api, h)
	registerPeople(api, h)
	registerSignIn(api, h)
	// The data of events is in the document too, so that clients have its types.
	for _, event := range []any{TaskKey{}, ClusterStates{}, ResetEvent{}, ByeEvent{}} {
		api.OpenAPI().Components.Schemas.Schema(reflect.TypeOf(event), true, "")
	}
}

func registerTasks(api huma.API, h Handlers) {
	add(api, operation{id: "listReleaseTasks", method: get, path: "/release-tasks", tag: tagTasks, access: SignedIn,
		summary: "List release tasks of all clusters", description: "Only those in namespaces of your workspaces, also in the counts.",
	}, h.ListTasks)
	add(api, operation{id: "streamReleaseTasks", method: get, path: "/release-tasks/stream", tag: tagTasks, access: SignedIn, stream: true,
		summary: "Follow the list",
		description: "Server-sent events: row (TaskRow), gone (TaskKey), counts (TaskCounts), clusters (ClusterStates), reset (ResetEvent), bye (ByeEvent). " +
			"Resumable by event id, on any replica of the hub.",
	}, h.StreamTasks)
	add(api, operation{id: "createReleaseTask", method: post, path: pathTasks, tag: tagTasks, access: ForEditor, status: http.StatusCreated, also: http.StatusOK, upstream: true,
		summary: "Create a release task", description: "The workload is taken over without a failed request, and nothing is released by that. With dryRun nothing is kept, and the answer (200) is the preflight.",
		errors: []int{http.StatusConflict},
	}, h.CreateTask)
	add(api, operation{id: "getReleaseTask", method: get, path: pathTask, tag: tagTasks, access: ForViewer, upstream: true,
		summary: "Get a release task",
	}, h.GetTask)
	add(api, operation{id: "updateReleaseTask", method: put, path: pathTask, tag: tagTasks, access: ForEditor, upstream: true,
		summary: "Replace the rules", description: "A release that runs goes on by the new ones.",
		errors: []int{http.StatusConflict, http.StatusPreconditionFailed, http.StatusPreconditionRequired},
	}, h.UpdateTask)
	add(api, operation{id: "deleteReleaseTask", method: del, path: pathTask, tag: tagTasks, access: ForEditor, status: http.StatusAccepted, upstream: true,
		summary: "Delete a release task", description: "The workload is handed back to its Deployment, running; then what Workbench made is removed.",
		errors: []int{http.StatusConflict, http.StatusPreconditionFailed},
	}, h.DeleteTask)
	add(api, operation{id: "streamReleaseTask", method: get, path: pathTask + "/stream", tag: tagTasks, access: ForViewer, stream: true, upstream: true,
		summary: "Follow a release task", description: "Server-sent events: task (TaskDetail), deleted (TaskKey), bye (ByeEvent).",
	}, h.StreamTask)
	add(api, operation{id: "getReleaseTaskHistory", method: get, path: pathTask + "/history", tag: tagTasks, access: ForViewer, upstream: true,
		summary: "Get the history of releases",
	}, h.GetHistory)
	add(api, operation{id: "getReleaseTaskPods", method: get, path: pathTask + "/pods", tag: tagTasks, access: ForViewer, upstream: true,
		summary: "List the pods",
	}, h.GetPods)
	add(api, operation{id: "getReleaseTaskEvents", method: get, path: pathTask + "/events", tag: tagTasks, access: ForViewer, upstream: true,
		summary: "List events", description: "Of the task, its actions and its Rollout.",
	}, h.GetEvents)
	add(api, operation{id: "getReleaseTaskYAML", method: get, path: pathTask + "/yaml", tag: tagTasks, access: ForViewer, upstream: true, produces: "application/yaml",
		summary: "Get the resource as YAML",
	}, h.GetYAML)
}

func registerActions(api huma.API, h Handlers) {
	add(api, operation{id: "createAction", method: post, path: pathTask + "/actions", tag: tagActions, access: ForEditor, status: http.StatusCreated, also: http.StatusOK, upstream: true,
		summary: "Ask for an action", description: "It is recorded with your name and carried out by the controller in the cluster; ask for its outcome. 200 when it had been recorded before with this key.",
		errors: []int{http.StatusConflict},
	}, h.CreateAction)
	add(api, operation{id: "listActions", method: get, path: pathTask + "/actions", tag: tagActions, access: ForViewer, upstream: true,
		summary: "List the actions of a task",
	}, h.ListActions)
	add(api, operation{id: "getAction", method: get, path: pathTask + "/actions/{action}", tag: tagActions, access: ForViewer, upstream: true,
		summary: "Get the outcome of an action",
	}, h.GetAction)
}

func registerAnalysis(api huma.API, h Handlers) {
	add(api, operation{id: "getReleaseTaskAnalysis", method: get, path: pathTask + "/analysis", tag: tagAnalysis, access: ForViewer, upstream: true,
		summary: "Get charts and evidence of a release",
	}, h.GetAnalysis)
	add(api, operation{id: "validateAnalysis", method: post, path: pathNamespace + "/analysis/validate", tag: tagAnalysis, access: ForEditor, upstream: true,
		summary: "Try the queries of an analysis", description: "Runs them against live data and says what they return; keeps nothing.",
	}, h.ValidateAnalysis)
}

func registerClusters(api huma.API, h Handlers) {
	add(api, operation{id: "listClusters", method: get, path: "/clusters", tag: tagClusters, access: SignedIn,
		summary: "List clusters with what each has installed", description: "Those of your workspaces; all, for a platform administrator.",
	}, h.ListClusters)
	add(api, operation{id: "createCluster", method: post, path: "/clusters", tag: tagClusters, access: ForPlatformAdmin, status: http.StatusCreated,
		summary: "Connect a cluster", errors: []int{http.StatusConflict},
	}, h.CreateCluster)
	add(api, operation{id: "getCluster", method: get, path: "/clusters/{cluster}", tag: tagClusters, access: ForViewer,
		summary: "Get a cluster",
	}, h.GetCluster)
	add(api, operation{id: "updateCluster", method: put, path: "/clusters/{cluster}", tag: tagClusters, access: ForPlatformAdmin,
		summary: "Replace the settings of a cluster", errors: []int{http.StatusConflict, http.StatusPreconditionFailed, http.StatusPreconditionRequired},
	}, h.UpdateCluster)
	add(api, operation{id: "deleteCluster", method: del, path: "/clusters/{cluster}", tag: tagClusters, access: ForPlatformAdmin,
		summary: "Disconnect a cluster", description: "Nothing changes in the cluster itself: releases there go on.", errors: []int{http.StatusConflict},
	}, h.DeleteCluster)
	add(api, operation{id: "listNamespaces", method: get, path: "/clusters/{cluster}/namespaces", tag: tagClusters, access: ForViewer, upstream: true,
		summary: "List namespaces of a cluster",
	}, h.ListNamespaces)
	add(api, operation{id: "listWorkloads", method: get, path: pathNamespace + "/workloads", tag: tagClusters, access: ForViewer, upstream: true,
		summary: "List workloads that could be released", description: "With what stands in the way of each.",
	}, h.ListWorkloads)
	add(api, operation{id: "getWorkload", method: get, path: pathNamespace + "/workloads/{workload}", tag: tagClusters, access: ForViewer, upstream: true,
		summary: "Get a workload",
	}, h.GetWorkload)
}

func registerWorkspaces(api huma.API, h Handlers) {
	add(api, operation{id: "listWorkspaces", method: get, path: "/workspaces", tag: tagWorkspaces, access: SignedIn,
		summary: "List workspaces", description: "Those where you have a role; all, for a platform administrator.",
	}, h.ListWorkspaces)
	add(api, operation{id: "createWorkspace", method: post, path: "/workspaces", tag: tagWorkspaces, access: ForPlatformAdmin, status: http.StatusCreated,
		summary: "Create a workspace", errors: []int{http.StatusConflict},
	}, h.CreateWorkspace)
	add(api, operation{id: "getWorkspace", method: get, path: "/workspaces/{workspace}", tag: tagWorkspaces, access: ForViewer,
		summary: "Get a workspace with its members",
	}, h.GetWorkspace)
	add(api, operation{id: "updateWorkspace", method: put, path: "/workspaces/{workspace}", tag: tagWorkspaces, access: ForAdmin,
		summary: "Replace name, members and namespaces", description: "Only a platform administrator may change the namespaces.",
		errors: []int{http.StatusConflict, http.StatusPreconditionFailed, http.StatusPreconditionRequired},
	}, h.UpdateWorkspace)
	add(api, operation{id: "deleteWorkspace", method: del, path: "/workspaces/{workspace}", tag: tagWorkspaces, access: ForPlatformAdmin,
		summary: "Delete a workspace", description: "Its roles end; release tasks stay.", errors: []int{http.StatusConflict},
	}, h.DeleteWorkspace)
}

func registerPeople(api huma.API, h Handlers) {
	add(api, operation{id: "getMe", method: get, path: "/me", tag: tagMe, access: SignedIn,
		summary: "Who am I and what may I do",
	}, h.GetMe)
	add(api, operation{id: "changePassword", method: put, path: "/me/password", tag: tagMe, access: SignedIn, status: http.StatusNoContent,
		summary: "Change one's own password", description: "All other sessions of yours end.", errors: []int{http.StatusConflict},
	}, h.ChangePassword)
	add(api, operation{id: "listTokens", method: get, path: "/me/tokens", tag: tagMe, access: SignedIn,
		summary: "List one's own API tokens",
	}, h.ListTokens)
	add(api, operation{id: "createToken", method: post, path: "/me/tokens", tag: tagMe, access: SignedIn, status: http.StatusCreated,
		summary: "Create an API token", description: "It acts as you do. The secret is shown only now.", errors: []int{http.StatusConflict},
	}, h.CreateToken)
	add(api, operation{id: "deleteToken", method: del, path: "/me/tokens/{id}", tag: tagMe, access: SignedIn,
		summary: "Revoke an API token",
	}, h.DeleteToken)
	add(api, operation{id: "listAccounts", method: get, path: "/accounts", tag: tagAccounts, access: ForPlatformAdmin,
		summary: "List local accounts",
	}, h.ListAccounts)
	add(api, operation{id: "createAccount", method: post, path: "/accounts", tag: tagAccounts, access: ForPlatformAdmin, status: http.StatusCreated,
		summary: "Create a local account", errors: []int{http.StatusConflict},
	}, h.CreateAccount)
	add(api, operation{id: "updateAccount", method: put, path: "/accounts/{name}", tag: tagAccounts, access: ForPlatformAdmin,
		summary: "Replace the settings of an account", errors: []int{http.StatusConflict},
	}, h.UpdateAccount)
	add(api, operation{id: "deleteAccount", method: del, path: "/accounts/{name}", tag: tagAccounts, access: ForPlatformAdmin,
		summary: "Delete an account", description: "Its sessions and tokens end.", errors: []int{http.StatusConflict},
	}, h.DeleteAccount)
	add(api, operation{id: "listAudit", method: get, path: "/audit", tag: tagAudit, access: SignedIn, upstream: true,
		summary: "Read the audit", description: "Of the namespaces you see; a platform administrator also sees sign-ins and changes of clusters, workspaces and accounts.",
	}, h.ListAudit)
}

func registerSignIn(api huma.API, h Handlers) {
	add(api, operation{id: "getAuthMethods", method: get, path: "/auth/methods", tag: tagSignIn, access: Public,
		summary: "How can I sign in",
	}, h.AuthMethods)
	add(api, operation{id: "signIn", method: post, path: "/auth/sign-in", tag: tagSignIn, access: Public,
		summary: "Sign in with a local account", errors: []int{http.StatusUnauthorized, http.StatusNotFound},
	}, h.SignIn)
	add(api, operation{id: "startOIDC", method: get, path: "/auth/oidc/start", tag: tagSignIn, access: Public, status: http.StatusFound,
		summary: "Begin a sign-in by OpenID Connect", errors: []int{http.StatusNotFound, http.StatusServiceUnavailable},
	}, h.OIDCStart)
	add(api, operation{id: "finishOIDC", method: get, path: "/auth/oidc/callback", tag: tagSignIn, access: Public, status: http.StatusFound, anyQuery: true,
		summary: "Where the provider sends the browser back", errors: []int{http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusServiceUnavailable},
	}, h.OIDCCallback)
	add(api, operation{id: "signOut", method: post, path: "/auth/sign-out", tag: tagSignIn, access: Public, status: http.StatusNoContent,
		summary: "Sign out", description: "Does nothing when nobody is signed in.",
	}, h.SignOut)
}
