//go:build apiserver

package apiserver

import (
	"slices"
	"strings"
	"testing"

	rollouts "github.com/argoproj/argo-rollouts/pkg/apis/rollouts/v1alpha1"
	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workbench-dev/workbench/api/v1alpha1"
	"github.com/workbench-dev/workbench/internal/apitest"
)

// requireForbidden fails unless a policy refused the request in the given words.
func requireForbidden(t *testing.T, err error, words ...string) {
	t.Helper()
	if !apierrors.IsForbidden(err) {
		t.Fatalf("got %v, want a refusal by an admission policy", err)
	}
	for _, part := range words {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("the refusal must say %q, but says: %v", part, err)
		}
	}
}

// TestActionsCarryTheNameOfWhoAsks covers people, tools with a service account, administrators, and the hub, which
// asks in the name of people.
func TestActionsCarryTheNameOfWhoAsks(t *testing.T) {
	server, _, namespace := begin(t)
	administrators := []string{"system:masters"}
	for _, tc := range []struct {
		why         string
		as          client.Client
		requestedBy string
		refusedTo   string
	}{
		{why: "a person's own name", as: server.As(t, "ada@example.com", administrators...), requestedBy: "ada@example.com"},
		{why: "somebody else's name", as: server.As(t, "mallory@example.com", administrators...), requestedBy: "ada@example.com", refusedTo: "mallory@example.com"},
		{why: "the same name in capitals", as: server.As(t, "ada@example.com", administrators...), requestedBy: "Ada@example.com", refusedTo: "ada@example.com"},
		{why: "an administrator in somebody else's name", as: server.Client(t), requestedBy: "ada@example.com", refusedTo: "admin"},
		{why: "a group's name", as: server.As(t, "ada@example.com", administrators...), requestedBy: "system:masters", refusedTo: "ada@example.com"},
		{
			why:         "a service account's own name",
			as:          server.As(t, "system:serviceaccount:ci:deployer", administrators...),
			requestedBy: "system:serviceaccount:ci:deployer",
		},
		{
			why:         "a service account's short name",
			as:          server.As(t, "system:serviceaccount:ci:deployer", administrators...),
			requestedBy: "deployer", refusedTo: "system:serviceaccount:ci:deployer",
		},
		{
			why:         "the controller in somebody's name",
			as:          server.As(t, "system:serviceaccount:"+apitest.ChartNamespace+":"+apitest.ControllerAccount, administrators...),
			requestedBy: "ada@example.com", refusedTo: apitest.ControllerAccount,
		},
	} {
		t.Run(tc.why, func(t *testing.T) {
			action := &v1alpha1.ReleaseAction{
				ObjectMeta: metav1.ObjectMeta{Namespace: namespace, GenerateName: "shop-"},
				Spec:       v1alpha1.ReleaseActionSpec{Task: "shop", Type: v1alpha1.ActionContinue, RequestedBy: tc.requestedBy},
			}
			err := tc.as.Create(t.Context(), action)
			if tc.refusedTo != "" {
				requireForbidden(t, err, "an action carries the name of who asks for it", "'"+tc.requestedBy+"'", tc.refusedTo)
			} else if err != nil {
				t.Errorf("must be accepted, but: %v", err)
			}
		})
	}
}

// TestTheRequesterStays shows that the name that was checked at creation can't be exchanged by any later write.
func TestTheRequesterStays(t *testing.T) {
	server, c, namespace := begin(t)
	action := create(t, server, namespace, validAction)
	for _, patch := range []client.Patch{
		client.RawPatch("application/merge-patch+json", []byte(`{"spec":{"requestedBy":"mallory"}}`)),
		client.RawPatch("application/json-patch+json", []byte(`[{"op":"replace","path":"/spec/requestedBy","value":"mallory"}]`)),
	} {
		requireRefused(t, c.Patch(t.Context(), action.DeepCopy(), patch), "a ReleaseAction cannot be changed")
	}
	stored := &v1alpha1.ReleaseAction{}
	if err := c.Get(t.Context(), client.ObjectKeyFromObject(action), stored); err != nil {
		t.Fatal(err)
	}
	if stored.Spec.RequestedBy != "ada" {
		t.Errorf("the action says now that %q asked", stored.Spec.RequestedBy)
	}
}

// TestStatusIsTheControllersAlone: the status of actions is the audit log, so not even an administrator forges it
// in passing.
func TestStatusIsTheControllersAlone(t *testing.T) {
	server, c, namespace := begin(t)
	const words = "only its controller writes it"
	patch := client.RawPatch("application/merge-patch+json", []byte(`{"status":{"message":"forged"}}`))
	for _, text := range []string{validTask, validAction} {
		object := create(t, server, namespace, text)
		t.Run(object.GetKind(), func(t *testing.T) {
			for name, as := range map[string]client.Client{
				"an administrator":                       c,
				"an administrator by another name":       server.As(t, "ada", "system:masters"),
				"a service account with the same name":   server.As(t, "system:serviceaccount:default:"+apitest.ControllerAccount, "system:masters"),
				"another account of the same namespace":  server.As(t, "system:serviceaccount:"+apitest.ChartNamespace+":default", "system:masters"),
				"a user whose name begins with the same": server.As(t, "system:serviceaccount:"+apitest.ChartNamespace+":"+apitest.ControllerAccount+"-2", "system:masters"),
			} {
				t.Run(name, func(t *testing.T) {
					requireForbidden(t, as.Status().Patch(t.Context(), object.DeepCopy(), patch), words)
					changed := object.DeepCopy()
					change(t, changed, set{"status.message", "forged"})
					requireForbidden(t, as.Status().Update(t.Context(), changed), words)
				})
			}
			if err := server.Controller(t).Status().Patch(t.Context(), object.DeepCopy(), patch); err != nil {
				t.Errorf("the controller must be able to write it, but: %v", err)
			}
		})
	}
}

// TestRolloutsOfTasksAreNotDeletedInTheForeground: the garbage collector would end the pods that serve.
func TestRolloutsOfTasksAreNotDeletedInTheForeground(t *testing.T) {
	server, c, namespace := begin(t)
	const words = "in the foreground would end the pods that serve"
	labelled := map[string]string{v1alpha1.TaskLabel: "shop"}
	for _, tc := range []struct {
		why     string
		labels  map[string]string
		as      client.Client
		options []client.DeleteOption
		refused bool
	}{
		{why: "in the foreground", labels: labelled, as: c, options: []client.DeleteOption{client.PropagationPolicy(metav1.DeletePropagationForeground)}, refused: true},
		{why: "in the background", labels: labelled, as: c, options: []client.DeleteOption{client.PropagationPolicy(metav1.DeletePropagationBackground)}},
		{why: "its pods orphaned", labels: labelled, as: c, options: []client.DeleteOption{client.PropagationPolicy(metav1.DeletePropagationOrphan)}},
		{why: "by default", labels: labelled, as: c},
		{why: "somebody else's Rollout", as: c, options: []client.DeleteOption{client.PropagationPolicy(metav1.DeletePropagationForeground)}},
		{
			why: "by the garbage collector", labels: labelled,
			as:      server.As(t, "system:serviceaccount:kube-system:generic-garbage-collector", "system:masters"),
			options: []client.DeleteOption{client.PropagationPolicy(metav1.DeletePropagationForeground)},
		},
	} {
		t.Run(tc.why, func(t *testing.T) {
			rollout := smallRollout(metav1.ObjectMeta{Namespace: namespace, GenerateName: "shop-", Labels: tc.labels})
			if err := c.Create(t.Context(), rollout); err != nil {
				t.Fatal(err)
			}
			err := tc.as.Delete(t.Context(), rollout, tc.options...)
			if tc.refused {
				requireForbidden(t, err, words, "ReleaseTask shop")
			} else if err != nil {
				t.Errorf("must be accepted, but: %v", err)
			}
		})
	}

	t.Run("many at once in the foreground", func(t *testing.T) {
		rollout := smallRollout(metav1.ObjectMeta{Namespace: namespace, Name: "one-of-many", Labels: labelled})
		if err := c.Create(t.Context(), rollout); err != nil {
			t.Fatal(err)
		}
		err := c.DeleteAllOf(t.Context(), &rollouts.Rollout{}, client.InNamespace(namespace),
			client.MatchingLabels(labelled), client.PropagationPolicy(metav1.DeletePropagationForeground))
		requireForbidden(t, err, words)
	})
}

// smallRollout is as little as Argo Rollouts' schema accepts.
func smallRollout(meta metav1.ObjectMeta) *rollouts.Rollout {
	rollout := &rollouts.Rollout{ObjectMeta: meta}
	rollout.Spec.Template.Spec.Containers = []corev1.Container{{Name: "app", Image: "shop:v1"}}
	return rollout
}

// TestEveryPolicyIsTested fails when the chart gets a policy that no test here is about.
func TestEveryPolicyIsTested(t *testing.T) {
	var policies, bound []string
	for _, object := range apitest.Start(t).ChartObjects(t) {
		switch object.GetKind() {
		case "ValidatingAdmissionPolicy":
			policies = append(policies, object.GetName())
		case "ValidatingAdmissionPolicyBinding":
			name, _, _ := unstructured.NestedString(object.Object, "spec", "policyName")
			bound = append(bound, name)
		}
	}
	slices.Sort(policies)
	slices.Sort(bound)
	want := []string{"workbench-requested-by", "workbench-rollouts", "workbench-status"}
	if diff := cmp.Diff(want, policies); diff != "" {
		t.Errorf("policies of the chart (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(want, bound); diff != "" {
		t.Errorf("policies that are bound (-want +got):\n%s", diff)
	}
}
