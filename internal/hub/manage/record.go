package manage

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/workbench-dev/workbench/internal/hub/api"
	"github.com/workbench-dev/workbench/internal/hub/audit"
)

// recorded carries an operation out and leaves in the audit what came of it. What could not be done as it was asked
// (a field that is wrong, somebody else was first) is none of the audit's business.
func recorded[I, O any](m *Manager, run func(context.Context, *I) (*O, error), describe func(*I) audit.Event) func(context.Context, *I) (*O, error) {
	return func(ctx context.Context, in *I) (*O, error) {
		out, err := run(ctx, in)
		event := describe(in)
		var problem huma.StatusError
		switch {
		case err == nil:
			event.Result = audit.Succeeded
		case errors.As(err, &problem) && problem.GetStatus() == http.StatusForbidden:
			event.Result, event.Message = audit.Refused, problem.Error()
		case errors.As(err, &problem) && problem.GetStatus() < http.StatusInternalServerError:
			return out, err
		default:
			event.Result = audit.Failed
		}
		m.Audit.Record(ctx, event)
		return out, err
	}
}

func createdWorkspace(in *api.CreateWorkspaceInput) audit.Event {
	return audit.Event{Action: "Create", Kind: "Workspace", Name: in.Body.Name, Message: describeWorkspace(in.Body.WorkspaceSettings)}
}

func updatedWorkspace(in *api.UpdateWorkspaceInput) audit.Event {
	return audit.Event{Action: "Update", Kind: "Workspace", Name: in.Workspace, Message: describeWorkspace(in.Body)}
}

func deletedWorkspace(in *api.WorkspacePath) audit.Event {
	return audit.Event{Action: "Delete", Kind: "Workspace", Name: in.Workspace}
}

func createdCluster(in *api.CreateClusterInput) audit.Event {
	return audit.Event{Action: "Create", Kind: "Cluster", Name: in.Body.Name, Message: describeCluster(in.Body.ClusterSettings)}
}

func updatedCluster(in *api.UpdateClusterInput) audit.Event {
	return audit.Event{Action: "Update", Kind: "Cluster", Name: in.Cluster, Message: describeCluster(in.Body)}
}

func deletedCluster(in *api.ClusterPath) audit.Event {
	return audit.Event{Action: "Delete", Kind: "Cluster", Name: in.Cluster}
}

// describeWorkspace tells members before namespaces: a long list is cut off at its end.
func describeWorkspace(s api.WorkspaceSettings) string {
	members, namespaces := make([]string, 0, len(s.Members)), make([]string, 0, len(s.Namespaces))
	for _, m := range s.Members {
		name := m.Name
		if m.Kind == "Group" {
			name = "group " + name
		}
		members = append(members, fmt.Sprintf("%s (%s)", name, m.Role))
	}
	for _, n := range s.Namespaces {
		namespaces = append(namespaces, n.Cluster+"/"+n.Namespace)
	}
	return "Members: " + cmp.Or(strings.Join(members, ", "), "none") + "; namespaces: " + cmp.Or(strings.Join(namespaces, ", "), "none") + "."
}

// describeCluster tells that credentials were given, never which.
func describeCluster(s api.ClusterSettings) string {
	var parts []string
	switch {
	case s.InCluster:
		parts = append(parts, "the hub's own cluster")
	case s.Kubeconfig != "":
		parts = append(parts, "with a new kubeconfig")
	}
	if p := s.Prometheus; p != nil {
		parts = append(parts, "metrics from "+p.Address)
		if p.BearerToken != "" || p.Password != "" {
			parts = append(parts, "with new credentials for them")
		}
		if p.InsecureSkipVerify {
			parts = append(parts, "without checking its certificate")
		}
	}
	return strings.Join(parts, ", ")
}
