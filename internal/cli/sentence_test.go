package cli

import (
	"context"
	"errors"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/workbench-dev/workbench/internal/release"
)

func TestExplain(t *testing.T) {
	actions := schema.GroupResource{Group: "workbench.dev", Resource: "releaseactions"}
	invalid := func(causes ...metav1.StatusCause) error {
		return &apierrors.StatusError{ErrStatus: metav1.Status{Reason: metav1.StatusReasonInvalid, Message: "all in one", Details: &metav1.StatusDetails{Causes: causes}}}
	}
	rise := metav1.StatusCause{Field: "spec.strategy.canary.steps", Message: `Invalid value: "array": weights must rise from step to step: each one greater than the one before`}
	tests := map[string]struct {
		err  error
		code ExitCode
		says string
	}{
		"broken rule":            {invalid(rise), ExitUsage, "spec.strategy.canary.steps: weights must rise from step to step: each one greater than the one before"},
		"broken rule, twice":     {invalid(rise, rise), ExitUsage, "spec.strategy.canary.steps: weights must rise from step to step: each one greater than the one before"},
		"number out of range":    {invalid(metav1.StatusCause{Field: "spec.instances", Message: "Invalid value: 0: spec.instances in body should be greater than or equal to 1"}), ExitUsage, "spec.instances: spec.instances in body should be greater than or equal to 1"},
		"object's rule":          {invalid(metav1.StatusCause{Field: "<nil>", Message: `Invalid value: {"a":"b"}: name must be short`}), ExitUsage, "name must be short"},
		"invalid without causes": {&apierrors.StatusError{ErrStatus: metav1.Status{Reason: metav1.StatusReasonInvalid, Message: "it is wrong"}}, ExitUsage, "it is wrong"},
		"admission policy": {
			apierrors.NewForbidden(actions, "x", errors.New("ValidatingAdmissionPolicy 'p' with binding 'b' denied request: you are not ana")),
			ExitRefused, "refused by an admission policy: you are not ana",
		},
		"no right": {
			apierrors.NewForbidden(actions, "", errors.New(`User "eve" cannot create resource "releaseactions" in API group "workbench.dev" in the namespace "shop"`)),
			ExitRefused, "user eve may not create releaseactions in namespace shop: ask an administrator for a role that allows it; 'workbench check' shows what you may do",
		},
		"no right anywhere": {
			apierrors.NewForbidden(actions, "", errors.New(`User "eve" cannot list resource "releaseactions" in API group "workbench.dev" at the cluster scope`)),
			ExitRefused, "user eve may not list releaseactions in all namespaces: ask an administrator for a role that allows it; 'workbench check' shows what you may do",
		},
		"conflict":       {apierrors.NewConflict(actions, "x", errors.New("changed")), ExitRefused, "somebody changed it in the same moment: look at it again, then repeat the command"},
		"not installed":  {&meta.NoKindMatchError{GroupKind: schema.GroupKind{Group: "workbench.dev", Kind: "ReleaseTask"}, SearchedVersions: []string{"v1alpha1"}}, ExitCluster, `Workbench is not installed in this cluster (no matches for kind "ReleaseTask" in version "workbench.dev/v1alpha1"): 'workbench check' says what is missing and how to mend it`},
		"typed field":    {release.CheckTaskName("X"), ExitUsage, `"X" is no name for a release task: use at most 63 lower case letters, digits and '-', starting and ending with a letter or digit`},
		"time is over":   {context.DeadlineExceeded, ExitTimeout, "context deadline exceeded"},
		"already there":  {exitf(ExitNotFound, "there is none"), ExitNotFound, "there is none"},
		"something else": {errors.New("boom"), ExitError, "boom"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			env, _ := testEnv()
			err := env.explain(test.err)
			if CodeOf(err) != test.code || err.Error() != test.says {
				t.Errorf("code %d: %q\nwant %d: %q", CodeOf(err), err, test.code, test.says)
			}
		})
	}
}
