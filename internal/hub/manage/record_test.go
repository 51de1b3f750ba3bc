package manage

import (
	"context"
	"errors"
	"testing"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/go-cmp/cmp"

	"github.com/workbench-dev/workbench/internal/hub/api"
	"github.com/workbench-dev/workbench/internal/hub/audit"
)

// kept is an audit that keeps what it is told.
type kept []audit.Event

func (k *kept) Record(_ context.Context, e audit.Event) { *k = append(*k, e) }

func TestChangesAreRecorded(t *testing.T) {
	update := &api.UpdateClusterInput{}
	update.Cluster = "eu"
	update.Body.Kubeconfig = "a secret kubeconfig"
	update.Body.Prometheus = &api.PrometheusSettings{Address: "http://prometheus", BearerToken: "a secret token", InsecureSkipVerify: true}
	const message = "with a new kubeconfig, metrics from http://prometheus, with new credentials for them, without checking its certificate"
	event := func(result audit.Result, message string) []audit.Event {
		return []audit.Event{{Action: "Update", Kind: "Cluster", Name: "eu", Result: result, Message: message}}
	}
	for _, test := range []struct {
		why  string
		err  error
		want []audit.Event
	}{
		{"done", nil, event(audit.Succeeded, message)},
		{"not allowed", huma.Error403Forbidden("Only an administrator."), event(audit.Refused, "Only an administrator.")},
		{"a wrong field", huma.Error422UnprocessableEntity("Wrong."), nil},
		{"somebody else was first", huma.Error412PreconditionFailed("Changed."), nil},
		{"the cluster can't be reached", huma.Error503ServiceUnavailable("Away."), event(audit.Failed, message)},
		{"a mistake of the program", errors.New("mistake"), event(audit.Failed, message)},
	} {
		var told kept
		run := recorded(&Manager{Audit: &told}, func(context.Context, *api.UpdateClusterInput) (*api.ClusterOutput, error) { return nil, test.err }, updatedCluster)
		if _, err := run(t.Context(), update); !errors.Is(err, test.err) {
			t.Errorf("%s: %v", test.why, err)
		}
		if diff := cmp.Diff(test.want, []audit.Event(told)); diff != "" {
			t.Errorf("%s: %s", test.why, diff)
		}
	}
}

func TestDescribeWorkspace(t *testing.T) {
	got := describeWorkspace(api.WorkspaceSettings{
		Namespaces: []api.WorkspaceNamespace{{Cluster: "eu", Namespace: "shop"}},
		Members:    []api.Member{{Kind: "User", Name: "maria", Role: "Admin"}, {Kind: "Group", Name: "payments", Role: "Viewer"}},
	})
	if want := "Members: maria (Admin), group payments (Viewer); namespaces: eu/shop."; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
