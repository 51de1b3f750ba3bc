package tasks

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"

	"github.com/workbench-dev/workbench/api/v1alpha1"
	"github.com/workbench-dev/workbench/internal/hub/api"
)

// YAML is the resource as kubectl would show it, without managed fields.
func (s *Service) YAML(ctx context.Context, path *api.TaskPath) (*api.GetYAMLOutput, error) {
	_, task, err := s.task(ctx, s.who(ctx), *path)
	if err != nil {
		return nil, err
	}
	text, err := toYAML(task)
	if err != nil {
		return nil, err
	}
	return &api.GetYAMLOutput{ContentType: "application/yaml", Body: text}, nil
}

// toYAML leaves out what no person wrote or reads.
func toYAML(task *v1alpha1.ReleaseTask) ([]byte, error) {
	shown := task.DeepCopy()
	shown.APIVersion, shown.Kind = v1alpha1.GroupVersion.String(), "ReleaseTask"
	shown.ManagedFields = nil
	delete(shown.Annotations, corev1.LastAppliedConfigAnnotation)
	return yaml.Marshal(shown)
}
