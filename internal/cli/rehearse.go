package cli

import (
	"context"
	"fmt"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workbench-dev/workbench/api/v1alpha1"
	"github.com/workbench-dev/workbench/internal/release"
	"github.com/workbench-dev/workbench/internal/survey"
)

// rehearse has the cluster check a task without keeping it, and says what would stand in the way of the take-over, by
// the controller's own preflight but with the rights of the person.
func (e Env) rehearse(ctx context.Context, c *cluster, output outputFlag, task *v1alpha1.ReleaseTask) error {
	if err := c.Create(ctx, task, client.DryRunAll); err != nil {
		return err
	}
	if err := e.printCreated(output, task, "would be created; the cluster accepts it"); err != nil {
		return err
	}
	facts, err := survey.Facts(ctx, c, c.RESTMapper(), task)
	if apierrors.IsForbidden(err) {
		fmt.Fprintf(e.ErrOut, "What would stand in the way of the take-over is known only when it begins: %v.\n", e.explain(err))
		return nil
	}
	if err != nil {
		return err
	}
	if _, obstacles := release.Preflight(task, facts); len(obstacles) > 0 {
		return exitf(ExitRefused, "the take-over could not begin:\n%s", obstacleLines(obstacles))
	}
	fmt.Fprintln(e.ErrOut, "Nothing stands in the way of the take-over.")
	return nil
}

func obstacleLines(obstacles []release.Obstacle) string {
	lines := make([]string, len(obstacles))
	for i, obstacle := range obstacles {
		lines[i] = fmt.Sprintf("%s: %s.", obstacle.Message, obstacle.Mend)
	}
	return strings.Join(lines, "\n")
}
