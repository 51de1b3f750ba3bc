package release

import (
	_ "crypto/sha256" // digests in image references are checked only when their hash is linked in
	_ "crypto/sha512"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/distribution/reference"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/workbench-dev/workbench/api/v1alpha1"
)

// Limits of what a person may ask for. The custom resource definition holds the same ones.
const (
	// MaxNameLength is how many characters the name of a task has at most.
	MaxNameLength = 63
	// MaxSteps is how many steps a task has at most.
	MaxSteps = 30
	// MaxInstances is how many pods a task asks for at most.
	MaxInstances = 10000
	// MaxWait is the longest wait of a step (30 days).
	MaxWait = 720 * time.Hour
	// MaxHistory is how many releases a task remembers at most.
	MaxHistory = 50
	// MaxRoutes is how many routes of a VirtualService a task names at most.
	MaxRoutes = 50
	// MaxContainers is how many containers get a new image at once at most.
	MaxContainers = 50
	// MaxImageLength is how many characters an image reference has at most.
	MaxImageLength = 1024
)

// Paths of the fields that several checks name.
const (
	fieldName     = "metadata.name"
	fieldWorkload = "spec.workloadRef"
	fieldSteps    = "spec.strategy.canary.steps"
	fieldImages   = "spec.updateVersion.containers"
)

// nameRule is the rule for names in words; it stands in every message about a name.
const nameRule = "use at most 63 lower case letters, digits and '-', starting and ending with a letter or digit"

// CheckTaskName says what is wrong with the name of a release task, nil when nothing is.
func CheckTaskName(name string) error {
	switch {
	case name == "":
		return FieldError{Field: fieldName, Message: "the release task has no name: " + nameRule}
	case len(validation.IsDNS1123Label(name)) > 0:
		return FieldError{Field: fieldName, Message: fmt.Sprintf("%s is no name for a release task: %s", quoteInput(name), nameRule)}
	}
	return nil
}

// ParseWorkload reads a workload as kubectl writes it: deploy/NAME, deployment/NAME, deployments.apps/NAME.
func ParseWorkload(text string) (v1alpha1.WorkloadRef, error) {
	fail := func(format string, arguments ...any) (v1alpha1.WorkloadRef, error) {
		return v1alpha1.WorkloadRef{}, FieldError{Field: fieldWorkload, Message: fmt.Sprintf(format, arguments...)}
	}
	kind, name, found := strings.Cut(text, "/")
	if !found {
		return fail("%s does not say what kind of workload it is: write deploy/%s", quoteInput(text), orExample(text))
	}
	switch strings.ToLower(kind) {
	case "deploy", "deployment", "deployments", "deploy.apps", "deployment.apps", "deployments.apps",
		"deployment.v1.apps", "deployments.v1.apps":
	default:
		return fail("%s is not a kind of workload that can be released: only Deployments can, write deploy/%s", quoteInput(kind), orExample(name))
	}
	if name == "" {
		return fail("%s has no name after the '/': write deploy/NAME", quoteInput(text))
	}
	if problem := nameProblem(name); problem != "" {
		return fail("%s", problem)
	}
	return v1alpha1.WorkloadRef{APIVersion: "apps/v1", Kind: "Deployment", Name: name}, nil
}

// ParseSteps reads the steps of a canary release, each written WEIGHT[%][:WAIT], and checks that weights rise.
// The error is FieldErrors with one entry for each step that is wrong.
func ParseSteps(texts []string) ([]v1alpha1.Step, error) {
	var problems FieldErrors
	steps := make([]v1alpha1.Step, 0, len(texts))
	for i, text := range texts {
		step, err := parseStep(text)
		if err != nil {
			problems.add(stepField(i), fmt.Sprintf("step %d, %s: %v", i+1, quoteInput(text), err))
		}
		steps = append(steps, step)
	}
	if len(problems) > 0 {
		return nil, problems
	}
	if problems = checkSteps(steps); len(problems) > 0 {
		return nil, problems
	}
	return steps, nil
}

func stepField(index int) string { return fmt.Sprintf("%s[%d]", fieldSteps, index) }

const stepForms = "write WEIGHT:WAIT such as 10:5m, or 50:0 to wait for a person"

var (
	weightForm = regexp.MustCompile(`^[0-9]{1,9}$`)
	signedForm = regexp.MustCompile(`^[-+][0-9]+$`)
	// waitForm is that of the custom resource definition: hours to milliseconds, each with a unit, no sign.
	waitForm   = regexp.MustCompile(`^([0-9]+(\.[0-9]+)?(h|m|s|ms))+$`)
	numberForm = regexp.MustCompile(`^[0-9]+(\.[0-9]+)?$`)
)

// parseStep reads one step. A wait that is empty or zero is for ever, until a person continues: it becomes nil.
func parseStep(text string) (v1alpha1.Step, error) {
	weightText, waitText, _ := strings.Cut(strings.TrimSpace(text), ":")
	weightText = strings.TrimSuffix(strings.TrimSpace(weightText), "%")
	if weightText == "" {
		return v1alpha1.Step{}, errors.New("it has no weight: " + stepForms)
	}
	if signedForm.MatchString(weightText) {
		return v1alpha1.Step{}, fmt.Errorf("weight %s is out of range: give a whole number from 1 to 100", weightText)
	}
	if !weightForm.MatchString(weightText) {
		return v1alpha1.Step{}, fmt.Errorf("%s is not a weight: give a whole number from 1 to 100; %s", quoteInput(weightText), stepForms)
	}
	weight, err := strconv.ParseInt(weightText, 10, 32)
	if err != nil || weight < 1 || weight > 100 {
		return v1alpha1.Step{}, fmt.Errorf("weight %s is out of range: give a whole number from 1 to 100", weightText)
	}
	wait, err := ParseWait(waitText)
	if err != nil {
		return v1alpha1.Step{}, err
	}
	return v1alpha1.Step{Weight: int32(weight), Wait: wait}, nil
}

// ParseWait reads how long a step waits: 90s, 10m, 1h30m; empty and 0 mean until a person continues, and are nil.
// It is at least a second, since Argo Rollouts counts whole ones, and at most MaxWait.
func ParseWait(text string) (*metav1.Duration, error) {
	text = strings.TrimSpace(text)
	switch {
	case text == "", text == "0":
		return nil, nil
	case strings.HasPrefix(text, "-"):
		return nil, fmt.Errorf("wait %s is negative: give a duration such as 90s or 5m, or 0 to wait for a person", text)
	case numberForm.MatchString(text):
		return nil, fmt.Errorf("wait %s has no unit: write %ss or %sm, or 0 to wait for a person", text, text, text)
	case !waitForm.MatchString(text):
		return nil, fmt.Errorf("wait %s is not a duration: write it as 90s, 10m or 1h30m, or 0 to wait for a person", quoteInput(text))
	}
	duration, err := time.ParseDuration(text)
	if err != nil {
		return nil, fmt.Errorf("wait %s is too long: at most 720h (30 days), or 0 to wait for a person", text)
	}
	if err := checkWait(duration); err != nil {
		return nil, err
	}
	if duration == 0 {
		return nil, nil
	}
	return &metav1.Duration{Duration: duration}, nil
}

func checkWait(wait time.Duration) error {
	switch {
	case wait < 0:
		return fmt.Errorf("wait %s is negative: give a duration such as 90s or 5m, or 0 to wait for a person", wait)
	case wait > MaxWait:
		return fmt.Errorf("wait %s is too long: at most 720h (30 days), or 0 to wait for a person", wait)
	case wait > 0 && wait < time.Second:
		return fmt.Errorf("wait %s is too short: at least 1s, or 0 to wait for a person", wait)
	case wait%time.Millisecond != 0:
		return fmt.Errorf("wait %s is too fine: whole milliseconds at least, such as 90s or 5m", wait)
	}
	return nil
}

// checkSteps says which steps do not rise or are out of range, and whether there are too few or too many.
func checkSteps(steps []v1alpha1.Step) FieldErrors {
	var problems FieldErrors
	switch {
	case len(steps) == 0:
		problems.add(fieldSteps, "there is no step: give at least one, such as 10:5m (10 % of requests for 5 minutes)")
	case len(steps) > MaxSteps:
		problems.add(fieldSteps, fmt.Sprintf("there are %d steps: at most %d are possible", len(steps), MaxSteps))
	}
	for i, step := range steps {
		switch {
		case step.Weight < 1 || step.Weight > 100:
			problems.add(stepField(i)+".weight", fmt.Sprintf("step %d: weight %d is out of range: give a whole number from 1 to 100", i+1, step.Weight))
		case i > 0 && step.Weight == steps[i-1].Weight:
			problems.add(stepField(i)+".weight", fmt.Sprintf("step %d has the same weight as step %d, %d: weights must rise from step to step", i+1, i, step.Weight))
		case i > 0 && step.Weight < steps[i-1].Weight:
			problems.add(stepField(i)+".weight", fmt.Sprintf("step %d falls from %d to %d: weights must rise from step to step", i+1, steps[i-1].Weight, step.Weight))
		}
		if step.Wait != nil {
			if err := checkWait(step.Wait.Duration); err != nil {
				problems.add(stepField(i)+".wait", fmt.Sprintf("step %d: %v", i+1, err))
			}
		}
	}
	return problems
}

// ParseImages reads pairs container=image, each container once. The error is FieldErrors.
func ParseImages(texts []string) ([]v1alpha1.ContainerImage, error) {
	images := make([]v1alpha1.ContainerImage, 0, len(texts))
	var problems FieldErrors
	for i, text := range texts {
		container, image, found := strings.Cut(text, "=")
		if !found {
			problems.add(imageField(i), fmt.Sprintf("%s names no container and image: write container=image, such as app=registry.example.com/shop:v2", quoteInput(text)))
			continue
		}
		images = append(images, v1alpha1.ContainerImage{Name: container, Image: image})
	}
	if len(problems) == 0 {
		problems = CheckImages(images)
	}
	if len(problems) > 0 {
		return nil, problems
	}
	return images, nil
}

func imageField(index int) string { return fmt.Sprintf("%s[%d]", fieldImages, index) }

// CheckImages says what is wrong with the images of a new version: names, references, containers named twice.
func CheckImages(images []v1alpha1.ContainerImage) FieldErrors {
	var problems FieldErrors
	switch {
	case len(images) == 0:
		problems.add(fieldImages, "no container gets an image: name at least one as container=image")
	case len(images) > MaxContainers:
		problems.add(fieldImages, fmt.Sprintf("%d containers are named: at most %d are possible", len(images), MaxContainers))
	}
	seen := map[string]bool{}
	for i, image := range images {
		switch {
		case image.Name == "":
			problems.add(imageField(i)+".name", fmt.Sprintf("image %s has no container: write container=image", quoteInput(image.Image)))
		case len(validation.IsDNS1123Label(image.Name)) > 0:
			problems.add(imageField(i)+".name", fmt.Sprintf("%s cannot be the name of a container: %s", quoteInput(image.Name), nameRule))
		case seen[image.Name]:
			problems.add(imageField(i)+".name", fmt.Sprintf("container %s is named twice: give each container one image", image.Name))
		}
		seen[image.Name] = true
		if err := CheckImage(image.Image); err != nil {
			problems.add(imageField(i)+".image", fmt.Sprintf("container %s: %v", orExample(image.Name), err))
		}
	}
	return problems
}

// CheckImage says what is wrong with an image reference, by the grammar that container runtimes use
// (github.com/distribution/reference); nil when nothing is.
func CheckImage(image string) error {
	const form = "write [registry/]repository:tag or repository@sha256:digest"
	if image == "" {
		return errors.New("the image is empty: " + form)
	}
	if len(image) > MaxImageLength {
		return fmt.Errorf("the image reference has %d characters: at most %d are possible", len(image), MaxImageLength)
	}
	if _, err := reference.ParseNormalizedNamed(image); err != nil {
		reason := strings.TrimPrefix(err.Error(), "invalid reference format: ")
		return fmt.Errorf("%s is not an image reference (%s): %s", quoteInput(image), reason, form)
	}
	return nil
}

// nameProblem says why a name cannot be that of a Kubernetes object such as a Deployment; empty when it can.
func nameProblem(name string) string {
	if len(validation.IsDNS1123Subdomain(name)) == 0 {
		return ""
	}
	return fmt.Sprintf("%s cannot be the name of a workload: use lower case letters, digits, '-' and '.', starting and ending with a letter or digit", quoteInput(name))
}

// quoteInput quotes what was typed, shortened so that a message stays readable.
func quoteInput(text string) string {
	const longest = 80
	if runes := []rune(text); len(runes) > longest {
		text = string(runes[:longest]) + "…"
	}
	return strconv.Quote(text)
}

// orExample is a name to show in an example: the one typed, or NAME where there is none that could be used.
func orExample(name string) string {
	if name == "" || len(validation.IsDNS1123Subdomain(name)) > 0 {
		return "NAME"
	}
	return name
}
