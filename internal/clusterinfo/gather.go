package clusterinfo

import (
	"context"
	"fmt"

	authenticationv1 "k8s.io/api/authentication/v1"
	"k8s.io/client-go/discovery"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// Source is what a report is gathered from, with the permissions of the user it is about.
type Source struct {
	// Client of the cluster; its scheme must know core, apps, authentication.k8s.io and authorization.k8s.io v1.
	Client client.Client
	// Discovery of the cluster's APIs; not cached for long, since people run this after they installed something.
	Discovery discovery.DiscoveryInterface
	// Namespace whose permissions are looked up.
	Namespace string
}

// Gather looks at the cluster. What the user may not see is in the report as Unknown or Installed; the error is
// only about a cluster that doesn't answer or doesn't know the user.
func Gather(ctx context.Context, source Source) (Report, error) {
	report := Report{Namespace: source.Namespace}
	review := &authenticationv1.SelfSubjectReview{}
	if err := source.Client.Create(ctx, review); err != nil {
		return report, fmt.Errorf("ask who the user is: %w", err)
	}
	report.User = review.Status.UserInfo.Username
	for _, look := range []func(context.Context, Source) (Component, error){
		kubernetes, workbench, argoRollouts, istio, prometheus,
	} {
		component, err := look(ctx, source)
		if err != nil {
			return report, fmt.Errorf("look for %s: %w", component.Name, err)
		}
		report.Components = append(report.Components, component)
	}
	permissions, err := permissions(ctx, source)
	if err != nil {
		return report, fmt.Errorf("ask what the user may do: %w", err)
	}
	report.Permissions = permissions
	return report, nil
}
