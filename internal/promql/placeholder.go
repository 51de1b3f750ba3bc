package promql

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Values are what the placeholders of a query stand for.
type Values struct {
	Task, Namespace, Service string
	// Stable and Canary are the hashes in the names and labels of the versions' pods.
	Stable, Canary string
}

func (v Values) byName() map[string]string {
	return map[string]string{"task": v.Task, "namespace": v.Namespace, "service": v.Service, "stable": v.Stable, "canary": v.Canary}
}

// Placeholders are the names that may stand between {{ and }}.
var Placeholders = []string{"task", "namespace", "service", "stable", "canary"}

var (
	placeholder = regexp.MustCompile(`\{\{\s*([^{}]*?)\s*\}\}`)
	// plain is what the values may consist of: names of Kubernetes objects. Nothing in them can end a string of PromQL.
	plain = regexp.MustCompile(`^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$`)
)

// fill puts the values in. A placeholder that is unknown, not closed or without a value is an error.
func fill(query string, values Values) (string, error) {
	var problem error
	known := values.byName()
	filled := placeholder.ReplaceAllStringFunc(query, func(match string) string {
		name := placeholder.FindStringSubmatch(match)[1]
		value, ok := known[name]
		switch {
		case problem != nil:
		case !ok:
			problem = fmt.Errorf("the placeholder {{%s}} is unknown: use {{%s}}", shorten(name), strings.Join(Placeholders, "}}, {{"))
		case value == "":
			problem = fmt.Errorf("there is no %s to put in for {{%s}}: %s", name, name, missing(name))
		case !plain.MatchString(value):
			problem = fmt.Errorf("the value of {{%s}}, %q, is not the name of anything in Kubernetes", name, shorten(value))
		}
		return value
	})
	if problem != nil {
		return "", problem
	}
	if strings.Contains(filled, "{{") || strings.Contains(filled, "}}") {
		return "", fmt.Errorf("a placeholder is not closed: write {{%s}}", strings.Join(Placeholders, "}}, {{"))
	}
	return filled, nil
}

// missing says why a placeholder may have no value.
func missing(name string) string {
	if slices.Contains([]string{"stable", "canary"}, name) {
		return "no release has two versions now"
	}
	return "the task has none"
}

func shorten(text string) string {
	if runes := []rune(text); len(runes) > 40 {
		return string(runes[:40]) + "…"
	}
	return text
}
