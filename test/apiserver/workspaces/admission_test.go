//go:build apiserver

package workspaces

import (
	"fmt"
	"strings"
	"testing"

	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/workbench-dev/workbench/api/v1alpha1"
	"github.com/workbench-dev/workbench/internal/apitest"
)

// admission is a spec that the API server takes, or refuses in these words.
type admission struct {
	why, name, spec, refused string
}

// admit sends what the test says, and keeps nothing.
func admit(t *testing.T, object func() client.Object, cases []admission) {
	server := apitest.Start(t)
	server.InstallCRDs(t)
	c := server.Client(t)
	for _, test := range cases {
		t.Run(test.why, func(t *testing.T) {
			sent := object()
			if err := yaml.UnmarshalStrict([]byte("spec: "+test.spec), sent); err != nil {
				t.Fatal(err)
			}
			sent.SetName("it")
			if test.name != "" {
				sent.SetName(test.name)
			}
			err := c.Create(t.Context(), sent, client.DryRunAll, client.FieldValidation("Strict"))
			switch {
			case test.refused == "" && err != nil:
				t.Error(err)
			case test.refused != "" && err == nil:
				t.Error("it was taken")
			case test.refused != "" && !strings.Contains(err.Error(), test.refused):
				t.Errorf("the refusal %q lacks %q", err, test.refused)
			}
		})
	}
}

func TestWorkspaceIsValidated(t *testing.T) {
	many := func(n int, format string) string {
		var all []string
		for i := range n {
			all = append(all, fmt.Sprintf(format, i))
		}
		return strings.Join(all, ", ")
	}
	admit(t, func() client.Object { return &v1alpha1.Workspace{} }, []admission{
		{why: "an empty one", spec: "{}"},
		{why: "a whole one", spec: "{displayName: Shöp, namespaces: [{cluster: a, namespace: n}, {cluster: b, namespace: n}], members: [{kind: User, name: ada@example.com, role: Admin}, {kind: Group, name: ada@example.com, role: Viewer}]}"},
		{why: "a name of 64 characters", name: strings.Repeat("a", 64), spec: "{}", refused: "name must be at most 63 characters"},
		{why: "a name with a dot", name: "a.b", spec: "{}", refused: "name must be at most 63 characters"},
		{why: "a display name of two lines", spec: `{displayName: "a\nb"}`, refused: "displayName"},
		{why: "a display name of 101 characters", spec: "{displayName: " + strings.Repeat("a", 101) + "}", refused: "may not be more than 100"},
		{why: "a namespace twice", spec: "{namespaces: [{cluster: a, namespace: n}, {cluster: a, namespace: n}]}", refused: "Duplicate value"},
		{why: "a namespace of no cluster", spec: `{namespaces: [{cluster: "", namespace: n}]}`, refused: "cluster"},
		{why: "a namespace that can't be", spec: "{namespaces: [{cluster: a, namespace: Shop}]}", refused: "namespace"},
		{why: "a member with two roles", spec: "{members: [{kind: User, name: ada, role: Admin}, {kind: User, name: ada, role: Viewer}]}", refused: "Duplicate value"},
		{why: "an unknown role", spec: "{members: [{kind: User, name: ada, role: Owner}]}", refused: "supported values"},
		{why: "an unknown kind", spec: "{members: [{kind: ServiceAccount, name: ada, role: Admin}]}", refused: "supported values"},
		{why: "nobody", spec: `{members: [{kind: User, name: "", role: Admin}]}`, refused: "name"},
		{why: "a name with a blank before it", spec: `{members: [{kind: User, name: " ada", role: Admin}]}`, refused: "name"},
		{why: "a name with a control character", spec: `{members: [{kind: User, name: "a\u0000b", role: Admin}]}`, refused: "name"},
		{why: "a name with a blank inside", spec: `{members: [{kind: Group, name: "Shop Developers", role: Admin}]}`},
		{why: "501 members", spec: "{members: [" + many(501, "{kind: User, name: u%d, role: Viewer}") + "]}", refused: "must have at most 500 items"},
		{why: "501 namespaces", spec: "{namespaces: [" + many(501, "{cluster: a, namespace: n%d}") + "]}", refused: "must have at most 500 items"},
	})
}

func TestClusterIsValidated(t *testing.T) {
	with := func(prometheus string) string { return "{inCluster: {}, prometheus: " + prometheus + "}" }
	const either = "set exactly one of kubeconfigSecretRef"
	admit(t, func() client.Object { return &v1alpha1.Cluster{} }, []admission{
		{why: "the hub's own", spec: "{inCluster: {}}"},
		{why: "by a kubeconfig", spec: "{kubeconfigSecretRef: {name: eu}}"},
		{why: "neither", spec: "{}", refused: either},
		{why: "both", spec: "{inCluster: {}, kubeconfigSecretRef: {name: eu}}", refused: either},
		{why: "a name of 64 characters", name: strings.Repeat("a", 64), spec: "{inCluster: {}}", refused: "name must be at most 63 characters"},
		{why: "a Secret elsewhere", spec: "{kubeconfigSecretRef: {name: ../eu}}", refused: "name"},
		{why: "Prometheus", spec: with("{address: 'http://prometheus.monitoring.svc:9090/prefix'}")},
		{why: "no address", spec: with("{}"), refused: "address"},
		{why: "another protocol", spec: with("{address: 'file:///etc/passwd'}"), refused: "address"},
		{why: "a user in the address", spec: with("{address: 'https://me:pass@prometheus'}"), refused: "address"},
		{why: "a query in the address", spec: with("{address: 'https://prometheus/?a=b'}"), refused: "address"},
		{why: "two ways to sign in", spec: with("{address: 'https://p', bearerTokenSecretRef: {name: a}, basicAuthSecretRef: {name: b}}"), refused: "at most one of bearerTokenSecretRef and basicAuthSecretRef"},
		{why: "an authority that isn't used", spec: with("{address: 'https://p', caSecretRef: {name: a}, insecureSkipVerify: true}"), refused: "insecureSkipVerify would leave"},
		{why: "an authority without TLS", spec: with("{address: 'http://p', caSecretRef: {name: a}}"), refused: "begins with https://"},
		{why: "no check without TLS", spec: with("{address: 'http://p', insecureSkipVerify: true}"), refused: "begins with https://"},
	})
}
