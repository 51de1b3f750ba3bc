package api

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
)

// newProblem makes the answer of every error. It never echoes the value of a field: that may be a password.
func newProblem(status int, detail string, errs ...error) huma.StatusError {
	problem := &huma.ErrorModel{Status: status, Title: http.StatusText(status), Detail: detail}
	for _, err := range errs {
		if err == nil {
			continue
		}
		var detailer huma.ErrorDetailer
		entry := &huma.ErrorDetail{Message: err.Error()}
		if errors.As(err, &detailer) {
			told := detailer.ErrorDetail()
			entry = &huma.ErrorDetail{Message: told.Message, Location: told.Location}
		}
		problem.Errors = append(problem.Errors, entry)
	}
	if detail == "validation failed" && len(problem.Errors) > 0 {
		first := problem.Errors[0]
		problem.Detail = fmt.Sprintf("The request is not valid: %s: %s.", first.Location, first.Message)
		if more := len(problem.Errors) - 1; more > 0 {
			problem.Detail += fmt.Sprintf(" %d more: see errors.", more)
		}
	}
	return problem
}

// Field is an error that belongs to a field of the request, such as body.spec.strategy.canary.steps[1].weight.
func Field(location, message string) error {
	return &huma.ErrorDetail{Location: location, Message: message}
}

// NotFound is the one answer for what doesn't exist and for what who asks must not see: they can't be told apart.
func NotFound() error {
	return huma.Error404NotFound("There is nothing here, or you have no role in a workspace that holds it.")
}
