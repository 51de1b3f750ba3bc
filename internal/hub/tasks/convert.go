package tasks

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/workbench-dev/workbench/api/v1alpha1"
	"github.com/workbench-dev/workbench/internal/hub/api"
	"github.com/workbench-dev/workbench/internal/hub/index"
	"github.com/workbench-dev/workbench/internal/release"
)

// ToSpec is the spec of a task as the API has it. The two have the same JSON but for durations, which are checked here
// since their own reader names no field. The error is release.FieldErrors with paths in the resource.
func ToSpec(asked api.TaskSpec) (v1alpha1.ReleaseTaskSpec, error) {
	var problems release.FieldErrors
	var waits []*metav1.Duration
	if canary := asked.Strategy.Canary; canary != nil {
		// What is changed below must not change what was asked.
		copied := *canary
		copied.Steps = append([]api.Step{}, canary.Steps...)
		asked.Strategy.Canary = &copied
		for i := range copied.Steps {
			wait, err := release.ParseWait(copied.Steps[i].Wait)
			if err != nil {
				problems = append(problems, release.FieldError{
					Field: fmt.Sprintf("spec.strategy.canary.steps[%d].wait", i), Message: fmt.Sprintf("step %d: %v", i+1, err),
				})
			}
			waits = append(waits, wait)
			copied.Steps[i].Wait = ""
		}
	}
	if asked.Analysis != nil && asked.Analysis.Interval != "" {
		if _, err := time.ParseDuration(asked.Analysis.Interval); err != nil {
			problems = append(problems, release.FieldError{
				Field: "spec.analysis.interval", Message: fmt.Sprintf("interval %q is not a duration: write it as 10s or 1m", asked.Analysis.Interval),
			})
		}
	}
	if len(problems) > 0 {
		return v1alpha1.ReleaseTaskSpec{}, problems
	}
	var spec v1alpha1.ReleaseTaskSpec
	if err := recode(asked, &spec); err != nil {
		return spec, fmt.Errorf("a spec of the API isn't one of the resource: %w", err)
	}
	for i, wait := range waits {
		spec.Strategy.Canary.Steps[i].Wait = wait
	}
	return spec, nil
}

// FromSpec is the spec of a task as the API has it.
func FromSpec(spec v1alpha1.ReleaseTaskSpec) (api.TaskSpec, error) {
	var shown api.TaskSpec
	if err := recode(spec, &shown); err != nil {
		return shown, fmt.Errorf("a spec of the resource isn't one of the API: %w", err)
	}
	if canary := spec.Strategy.Canary; canary != nil {
		for i, step := range canary.Steps {
			shown.Strategy.Canary.Steps[i] = index.Step(step)
		}
	}
	if shown.Analysis != nil && spec.Analysis.Interval != nil {
		shown.Analysis.Interval = index.Duration(spec.Analysis.Interval.Duration)
	}
	return shown, nil
}

// recode writes a value as JSON and reads it as another type, which must know every field.
func recode(from, to any) error {
	text, err := json.Marshal(from)
	if err != nil {
		return err
	}
	reader := json.NewDecoder(bytes.NewReader(text))
	reader.DisallowUnknownFields()
	return reader.Decode(to)
}

// ToImages are images as the resource has them.
func toImages(asked []api.ContainerImage) []v1alpha1.ContainerImage {
	images := make([]v1alpha1.ContainerImage, 0, len(asked))
	for _, image := range asked {
		images = append(images, v1alpha1.ContainerImage{Name: image.Name, Image: image.Image})
	}
	return images
}

// etagOf changes when the rules of a task do, and not with its status, which changes all the time.
func etagOf(task *v1alpha1.ReleaseTask) string {
	return fmt.Sprintf("%q", fmt.Sprintf("%s.%d", task.UID, task.Generation))
}

// etagMatches says whether If-Match names the tag (RFC 9110, 13.1.1).
func etagMatches(ifMatch, etag string) bool {
	for _, one := range strings.Split(ifMatch, ",") {
		one = strings.TrimSpace(one)
		if one == "*" || strings.Trim(one, `"`) == strings.Trim(etag, `"`) {
			return true
		}
	}
	return false
}
