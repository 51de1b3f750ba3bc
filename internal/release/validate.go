package release

import (
	"fmt"
	"regexp"
	"strconv"

	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/workbench-dev/workbench/api/v1alpha1"
)

// CheckTask says what is wrong with a release task as a person wrote it, before the cluster sees it. It knows the
// same rules as the custom resource definition, in sentences that name the step or container; what depends on the
// cluster is the preflight's.
func CheckTask(task *v1alpha1.ReleaseTask) FieldErrors {
	var problems FieldErrors
	if err := CheckTaskName(task.Name); err != nil {
		problems = append(problems, err.(FieldError))
	}
	problems = append(problems, checkWorkload(task.Spec.WorkloadRef)...)
	if instances := task.Spec.Instances; instances != nil && (*instances < 1 || *instances > MaxInstances) {
		problems.add("spec.instances", fmt.Sprintf("%d instances are not possible: give 1 to %d, or leave it out to keep the number that runs", *instances, MaxInstances))
	}
	if limit := task.Spec.HistoryLimit; limit < 0 || limit > MaxHistory {
		problems.add("spec.historyLimit", fmt.Sprintf("a history of %d releases is not possible: give 1 to %d, or leave it out for 10", limit, MaxHistory))
	}
	canary := task.Spec.Strategy.Canary
	if canary == nil {
		problems.add("spec.strategy.canary", "there is no strategy: set canary, the only one so far")
		return problems
	}
	problems = append(problems, checkTraffic(canary.Traffic)...)
	problems = append(problems, checkSteps(canary.Steps)...)
	problems = append(problems, checkMaxSurge(canary.MaxSurge)...)
	return append(problems, CheckAnalysis(task)...)
}

func checkWorkload(ref v1alpha1.WorkloadRef) FieldErrors {
	var problems FieldErrors
	if ref.APIVersion != "" && ref.APIVersion != "apps/v1" {
		problems.add(fieldWorkload+".apiVersion", fmt.Sprintf("%s is not possible: only apps/v1 is", quoteInput(ref.APIVersion)))
	}
	if ref.Kind != "" && ref.Kind != "Deployment" {
		problems.add(fieldWorkload+".kind", fmt.Sprintf("%s cannot be released: only a Deployment can", quoteInput(ref.Kind)))
	}
	if ref.Name == "" {
		problems.add(fieldWorkload+".name", "no workload is named: name the Deployment to release")
	} else if problem := nameProblem(ref.Name); problem != "" {
		problems.add(fieldWorkload+".name", problem)
	}
	return problems
}

func checkTraffic(traffic v1alpha1.Traffic) FieldErrors {
	const field = "spec.strategy.canary.traffic"
	var problems FieldErrors
	switch {
	case traffic.Istio != nil && traffic.Instances != nil:
		problems.add(field, "both istio and instances are set: choose one of istio (weights in the mesh) and instances (by number of pods)")
	case traffic.Istio != nil:
		problems = append(problems, checkIstio(field+".istio", *traffic.Istio)...)
	case traffic.Instances != nil:
		problems = append(problems, checkService(field+".instances.service", traffic.Instances.Service)...)
	default:
		problems.add(field, "nothing says how requests are split: set istio (weights in the mesh) or instances (by number of pods)")
	}
	return problems
}

func checkIstio(field string, istio v1alpha1.IstioTraffic) FieldErrors {
	problems := checkService(field+".service", istio.Service)
	if name := istio.VirtualService; name != "" && len(validation.IsDNS1123Subdomain(name)) > 0 {
		problems.add(field+".virtualService", fmt.Sprintf("%s cannot be the name of a VirtualService: use lower case letters, digits, '-' and '.'", quoteInput(name)))
	}
	if len(istio.Routes) > MaxRoutes {
		problems.add(field+".routes", fmt.Sprintf("%d routes are named: at most %d are possible; leave them out to split all that lead to the Service", len(istio.Routes), MaxRoutes))
	}
	seen := map[string]bool{}
	for i, route := range istio.Routes {
		switch {
		case route == "":
			problems.add(fmt.Sprintf("%s.routes[%d]", field, i), "a route has no name: name an HTTP route of the VirtualService")
		case seen[route]:
			problems.add(fmt.Sprintf("%s.routes[%d]", field, i), fmt.Sprintf("route %s is named twice: name each one once", quoteInput(route)))
		}
		seen[route] = true
	}
	return problems
}

// checkService allows no name: the Service is then found by the workload's pods.
func checkService(field, name string) FieldErrors {
	if name == "" || len(validation.IsDNS1123Label(name)) == 0 {
		return nil
	}
	return FieldErrors{{Field: field, Message: fmt.Sprintf("%s cannot be the name of a Service: %s", quoteInput(name), nameRule)}}
}

var surgeShare = regexp.MustCompile(`^([1-9][0-9]?|100)%$`)

func checkMaxSurge(surge *intstr.IntOrString) FieldErrors {
	if surge == nil || surge.Type == intstr.Int && surge.IntVal >= 1 && surge.IntVal <= MaxInstances || surge.Type == intstr.String && surgeShare.MatchString(surge.StrVal) {
		return nil
	}
	return FieldErrors{{
		Field:   "spec.strategy.canary.maxSurge",
		Message: fmt.Sprintf("%s is not possible: give a number from 1 to %d, or a share between 1%% and 100%%", quoteInput(surge.String()), MaxInstances),
	}}
}

// ParseMaxSurge reads a number of pods or a share such as 25%.
func ParseMaxSurge(text string) (*intstr.IntOrString, error) {
	surge := intstr.FromString(text)
	if number, err := strconv.ParseInt(text, 10, 32); err == nil {
		surge = intstr.FromInt32(int32(number))
	}
	if problems := checkMaxSurge(&surge); len(problems) > 0 {
		return nil, problems
	}
	return &surge, nil
}
