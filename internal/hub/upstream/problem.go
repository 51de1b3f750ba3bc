// Package upstream turns what clusters answer to the hub into what the hub answers to people: problems with a sentence
// to act on, and fields named as they are in the request.
//
// It asks no cluster itself; internal/hub/clusters does.
package upstream

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/workbench-dev/workbench/internal/hub/api"
	"github.com/workbench-dev/workbench/internal/hub/clusters"
	"github.com/workbench-dev/workbench/internal/release"
)

// Fields says where in a request a field of a resource came from, such as body.spec for spec. A field that it doesn't
// name keeps its path in the resource.
type Fields map[string]string

// Location of the field in the request: that of the longest path that is named.
func (f Fields) Location(field string) string {
	best, at := "", field
	for from, to := range f {
		rest, found := strings.CutPrefix(field, from)
		if found && len(from) > len(best) && (rest == "" || rest[0] == '.' || rest[0] == '[') {
			best, at = from, to+rest
		}
	}
	return at
}

// Problem is the answer to a request that failed because of err; nil for nil. What is a problem already stays.
func Problem(err error, fields Fields) error {
	var (
		told        huma.StatusError
		unavailable *clusters.UnavailableError
		many        release.FieldErrors
		one         release.FieldError
		status      apierrors.APIStatus
	)
	switch {
	case err == nil:
		return nil
	case errors.As(err, &told):
		return err
	case errors.As(err, &many):
		return invalid(many, fields)
	case errors.As(err, &one):
		return invalid(release.FieldErrors{one}, fields)
	case errors.As(err, &unavailable):
		return later(huma.Error503ServiceUnavailable(sentence(unavailable.Error()) + " What was known of it is still shown in the list."))
	case errors.Is(err, context.DeadlineExceeded):
		return huma.Error504GatewayTimeout("The cluster gave no answer in time. Try again; for a change, look first whether it was made.")
	case errors.Is(err, context.Canceled):
		return later(huma.Error503ServiceUnavailable("The request was given up before the cluster answered."))
	case meta.IsNoMatchError(err):
		return huma.Error503ServiceUnavailable("Something that this needs is not installed in the cluster: " + err.Error() + ". The page of the cluster says what is missing.")
	case errors.As(err, &status):
		return ofStatus(err, status.Status(), fields)
	}
	return later(huma.Error503ServiceUnavailable("The cluster can't be asked: the connection failed. Try again in a moment."))
}

func invalid(problems release.FieldErrors, fields Fields) error {
	details := make([]error, 0, len(problems))
	for _, problem := range problems {
		details = append(details, api.Field(fields.Location(problem.Field), problem.Message))
	}
	return huma.Error422UnprocessableEntity(sentence(problems[0].Message), details...)
}

func ofStatus(err error, status metav1.Status, fields Fields) error {
	switch {
	case apierrors.IsNotFound(err):
		return api.NotFound()
	case apierrors.IsInvalid(err), apierrors.IsBadRequest(err):
		return invalidStatus(status, fields)
	case apierrors.IsForbidden(err):
		if denied, ok := denial(status.Message); ok {
			return huma.Error403Forbidden("The cluster refuses it: " + sentence(denied))
		}
		return huma.Error403Forbidden("The cluster refuses it: " + sentence(status.Message) + " Your role in the workspace may not have reached the cluster yet; its page says so.")
	case apierrors.IsUnauthorized(err):
		return huma.Error503ServiceUnavailable("The cluster refuses the hub's own credentials: a platform administrator has to renew them.")
	case apierrors.IsAlreadyExists(err):
		return huma.Error409Conflict(sentence(status.Message) + " Choose another name, or change the one there is.")
	case apierrors.IsConflict(err):
		return huma.Error409Conflict("Somebody changed it in the same moment: look at it again, then repeat what you did.")
	case apierrors.IsTimeout(err), apierrors.IsServerTimeout(err):
		return huma.Error504GatewayTimeout("The cluster gave no answer in time. Try again; for a change, look first whether it was made.")
	case status.Code >= http.StatusInternalServerError, apierrors.IsTooManyRequests(err):
		return later(huma.Error503ServiceUnavailable("The cluster can't answer now: " + sentence(status.Message)))
	}
	return huma.Error422UnprocessableEntity("The cluster refuses it: " + sentence(status.Message))
}

func invalidStatus(status metav1.Status, fields Fields) error {
	var details []error
	if status.Details != nil {
		for _, cause := range status.Details.Causes {
			details = append(details, api.Field(fields.Location(cause.Field), cause.Message))
		}
	}
	message := status.Message
	if len(details) > 0 {
		message = status.Details.Causes[0].Message
	}
	return huma.Error422UnprocessableEntity("The cluster refuses it: "+sentence(message), details...)
}

// denial is what an admission policy says, without the words around it.
func denial(message string) (string, bool) {
	const before, after = "ValidatingAdmissionPolicy '", " denied request: "
	_, rest, found := strings.Cut(message, before)
	if !found {
		return "", false
	}
	_, rest, found = strings.Cut(rest, after)
	return rest, found
}

// later tells when to try again.
func later(err error) error {
	return huma.ErrorWithHeaders(err, http.Header{"Retry-After": {"5"}})
}

func sentence(text string) string {
	text = strings.TrimSpace(text)
	if text == "" {
		return "It gives no reason."
	}
	if !strings.ContainsAny(text[len(text)-1:], ".!?") {
		text += "."
	}
	return strings.ToUpper(text[:1]) + text[1:]
}
