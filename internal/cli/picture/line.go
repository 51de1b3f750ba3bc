package picture

import (
	"fmt"
	"strings"

	"github.com/workbench-dev/workbench/api/v1alpha1"
)

// Line is a task in one line, for logs. It holds nothing that changes with time alone, so that equal lines mean that
// nothing happened.
func Line(task *v1alpha1.ReleaseTask) string {
	status := task.Status
	parts := []string{words(string(status.Phase))}
	if status.Phase == "" {
		parts[0] = "pending"
	}
	if status.Step != nil {
		parts = append(parts, fmt.Sprintf("step %d/%d", status.Step.Number, status.Step.Count))
	}
	for _, version := range []struct {
		role   string
		status *v1alpha1.VersionStatus
	}{{"stable", status.Stable}, {"canary", status.Canary}} {
		if version.status != nil {
			parts = append(parts, fmt.Sprintf("%s %s %d%% %d/%d ready", version.role, versionName(version.status),
				version.status.Weight, version.status.ReadyInstances, version.status.Instances))
		}
	}
	line := strings.Join(parts, ", ")
	if status.Message != "" {
		line += ": " + status.Message
	}
	return clean(line)
}
