package clusterinfo

import (
	"context"
	"fmt"

	authorizationv1 "k8s.io/api/authorization/v1"

	"github.com/workbench-dev/workbench/api/v1alpha1"
)

// ToSee is the permission without which a person can do nothing here.
const ToSee = "see release tasks"

// wishes is what a person wants to do, and the requests that it takes.
var wishes = []struct {
	to    string
	needs []authorizationv1.ResourceAttributes
}{
	{ToSee, []authorizationv1.ResourceAttributes{
		task("get"), task("list"), task("watch"), action("list"),
	}},
	{"steer releases", []authorizationv1.ResourceAttributes{
		task("get"), action("create"), action("watch"),
	}},
	{"create, change and delete release tasks", []authorizationv1.ResourceAttributes{
		task("create"), task("update"), task("delete"),
	}},
	{"have container names checked", []authorizationv1.ResourceAttributes{
		{Group: "apps", Resource: "deployments", Verb: "get"},
	}},
}

func task(verb string) authorizationv1.ResourceAttributes {
	return authorizationv1.ResourceAttributes{Group: v1alpha1.GroupVersion.Group, Resource: "releasetasks", Verb: verb}
}

func action(verb string) authorizationv1.ResourceAttributes {
	return authorizationv1.ResourceAttributes{Group: v1alpha1.GroupVersion.Group, Resource: "releaseactions", Verb: verb}
}

// permissions asks the cluster itself, once for each request.
func permissions(ctx context.Context, source Source) ([]Permission, error) {
	allowed := map[authorizationv1.ResourceAttributes]bool{}
	var found []Permission
	for _, wish := range wishes {
		permission := Permission{To: wish.to, Allowed: true}
		for _, need := range wish.needs {
			need.Namespace = source.Namespace
			may, asked := allowed[need]
			if !asked {
				review := &authorizationv1.SelfSubjectAccessReview{Spec: authorizationv1.SelfSubjectAccessReviewSpec{ResourceAttributes: &need}}
				if err := source.Client.Create(ctx, review); err != nil {
					return nil, err
				}
				may = review.Status.Allowed
				allowed[need] = may
			}
			if !may {
				permission.Allowed = false
				permission.Lacks = append(permission.Lacks, fmt.Sprintf("%s %s.%s", need.Verb, need.Resource, need.Group))
			}
		}
		if !permission.Allowed {
			permission.Mend = fmt.Sprintf("Ask an administrator of namespace %s for a role with it.", source.Namespace)
		}
		found = append(found, permission)
	}
	return found, nil
}
