package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	appsv1 "k8s.io/api/apps/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workbench-dev/workbench/api/v1alpha1"
	"github.com/workbench-dev/workbench/internal/release"
)

func newSetImage(env Env) *cobra.Command {
	flags := &waitFlags{}
	command := &cobra.Command{
		Use:   "set-image NAME CONTAINER=IMAGE...",
		Short: "Give containers new images and so start a release",
		Long: `Give containers new images; those not named keep theirs. The new version is released by the steps of the task.
A release that still runs is superseded by this one.`,
		Example: `  # Start the release of v2 and follow it to its end
  workbench release set-image shop -n shop app=registry.example.com/shop:v2 && workbench release watch shop -n shop --exit`,
		Args:              atLeast("NAME", "CONTAINER=IMAGE"),
		ValidArgsFunction: env.completeContainers,
		RunE: func(command *cobra.Command, arguments []string) error {
			images, err := release.ParseImages(arguments[1:])
			if err != nil {
				return err
			}
			return env.ask(command.Context(), *flags, arguments[0], updateVersion(images))
		},
	}
	flags.add(command.Flags(), waitOutcome, waitActionUsage)
	return command
}

// updateVersion asks for new images, for containers that the workload has.
func updateVersion(images []v1alpha1.ContainerImage) ask {
	return ask{
		action: v1alpha1.ActionUpdateVersion,
		specify: func(ctx context.Context, c *cluster, task *v1alpha1.ReleaseTask, spec *v1alpha1.ReleaseActionSpec) error {
			spec.UpdateVersion = &v1alpha1.UpdateVersionSpec{Containers: images}
			return c.checkContainers(ctx, task.Spec.WorkloadRef.Name, images)
		},
	}
}

// checkContainers refuses images for containers that the workload does not have. Who may not read Deployments hears
// it from the controller instead.
func (c *cluster) checkContainers(ctx context.Context, workload string, images []v1alpha1.ContainerImage) error {
	deployment := &appsv1.Deployment{}
	err := c.Get(ctx, client.ObjectKey{Namespace: c.namespace, Name: workload}, deployment)
	switch {
	case apierrors.IsForbidden(err):
		return nil
	case apierrors.IsNotFound(err):
		return exitf(ExitNotFound, "there is no Deployment %s in namespace %s: check --workload and -n", workload, c.namespace)
	case err != nil:
		return err
	}
	names := containersOf(deployment)
	for _, image := range images {
		if !slices.Contains(names, image.Name) {
			return usagef("Deployment %s has no container %q, only %s: write one of them before the '='", workload, image.Name, strings.Join(names, ", "))
		}
	}
	return nil
}

// containersOf is the names of the containers whose image can be set; init containers are not among them.
func containersOf(deployment *appsv1.Deployment) []string {
	var names []string
	for _, container := range deployment.Spec.Template.Spec.Containers {
		names = append(names, container.Name)
	}
	return names
}

// imagePairs writes images the way they are typed.
func imagePairs(images []v1alpha1.ContainerImage) string {
	pairs := make([]string, len(images))
	for i, image := range images {
		pairs[i] = fmt.Sprintf("%s=%s", image.Name, image.Image)
	}
	return strings.Join(pairs, ",")
}
