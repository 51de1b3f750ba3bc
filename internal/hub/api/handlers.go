package api

import (
	"context"
	"reflect"

	"github.com/danielgtaylor/huma/v2"
)

// Handlers carries out the operations, one function each. A hub has all of them; a test may have few.
type Handlers struct {
	ListTasks   func(context.Context, *ListTasksInput) (*ListTasksOutput, error)
	StreamTasks func(context.Context, *StreamTasksInput) (*huma.StreamResponse, error)
	CreateTask  func(context.Context, *CreateTaskInput) (*CreateTaskOutput, error)
	GetTask     func(context.Context, *TaskPath) (*TaskOutput, error)
	UpdateTask  func(context.Context, *UpdateTaskInput) (*TaskOutput, error)
	DeleteTask  func(context.Context, *DeleteTaskInput) (*DeleteTaskOutput, error)
	StreamTask  func(context.Context, *StreamTaskInput) (*huma.StreamResponse, error)
	GetHistory  func(context.Context, *TaskPath) (*GetHistoryOutput, error)
	GetPods     func(context.Context, *TaskPath) (*GetPodsOutput, error)
	GetEvents   func(context.Context, *TaskPath) (*GetEventsOutput, error)
	GetYAML     func(context.Context, *TaskPath) (*GetYAMLOutput, error)

	CreateAction func(context.Context, *CreateActionInput) (*ActionOutput, error)
	ListActions  func(context.Context, *TaskPath) (*ListActionsOutput, error)
	GetAction    func(context.Context, *GetActionInput) (*GetActionOutput, error)

	GetAnalysis      func(context.Context, *GetAnalysisInput) (*GetAnalysisOutput, error)
	ValidateAnalysis func(context.Context, *ValidateAnalysisInput) (*ValidateAnalysisOutput, error)

	ListClusters   func(context.Context, *struct{}) (*ListClustersOutput, error)
	CreateCluster  func(context.Context, *CreateClusterInput) (*CreateClusterOutput, error)
	GetCluster     func(context.Context, *ClusterPath) (*ClusterOutput, error)
	UpdateCluster  func(context.Context, *UpdateClusterInput) (*ClusterOutput, error)
	DeleteCluster  func(context.Context, *ClusterPath) (*NoContent, error)
	ListNamespaces func(context.Context, *ClusterPath) (*ListNamespacesOutput, error)
	ListWorkloads  func(context.Context, *ListWorkloadsInput) (*ListWorkloadsOutput, error)
	GetWorkload    func(context.Context, *GetWorkloadInput) (*GetWorkloadOutput, error)

	ListWorkspaces  func(context.Context, *struct{}) (*ListWorkspacesOutput, error)
	CreateWorkspace func(context.Context, *CreateWorkspaceInput) (*CreateWorkspaceOutput, error)
	GetWorkspace    func(context.Context, *WorkspacePath) (*WorkspaceOutput, error)
	UpdateWorkspace func(context.Context, *UpdateWorkspaceInput) (*WorkspaceOutput, error)
	DeleteWorkspace func(context.Context, *WorkspacePath) (*NoContent, error)

	GetMe          func(context.Context, *struct{}) (*MeOutput, error)
	ChangePassword func(context.Context, *ChangePasswordInput) (*ChangePasswordOutput, error)
	ListTokens     func(context.Context, *struct{}) (*ListTokensOutput, error)
	CreateToken    func(context.Context, *CreateTokenInput) (*CreateTokenOutput, error)
	DeleteToken    func(context.Context, *DeleteTokenInput) (*NoContent, error)

	AuthMethods  func(context.Context, *struct{}) (*AuthMethodsOutput, error)
	SignIn       func(context.Context, *SignInInput) (*SignInOutput, error)
	OIDCStart    func(context.Context, *OIDCStartInput) (*RedirectOutput, error)
	OIDCCallback func(context.Context, *OIDCCallbackInput) (*RedirectOutput, error)
	SignOut      func(context.Context, *struct{}) (*SignOutOutput, error)

	ListAccounts  func(context.Context, *struct{}) (*ListAccountsOutput, error)
	CreateAccount func(context.Context, *CreateAccountInput) (*CreateAccountOutput, error)
	UpdateAccount func(context.Context, *UpdateAccountInput) (*AccountOutput, error)
	DeleteAccount func(context.Context, *AccountPath) (*NoContent, error)

	ListAudit func(context.Context, *ListAuditInput) (*ListAuditOutput, error)
}

// Missing names the operations that nothing carries out; they answer 501.
func (h Handlers) Missing() []string {
	var names []string
	value := reflect.ValueOf(h)
	for i := range value.NumField() {
		if value.Field(i).IsNil() {
			names = append(names, value.Type().Field(i).Name)
		}
	}
	return names
}
