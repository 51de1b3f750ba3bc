package cli

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"regexp"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/workbench-dev/workbench/internal/release"
)

// explain turns an error of the API server, of the connection to it or of the input into a sentence for people, with
// its exit code. Errors that already are one stay as they are.
func (e Env) explain(err error) error {
	var coded *exitError
	var fieldError release.FieldError
	var fieldErrors release.FieldErrors
	var status apierrors.APIStatus
	switch {
	case err == nil, errors.As(err, &coded):
		return err
	case errors.As(err, &fieldErrors):
		return usagef("%s", messages(fieldErrors))
	case errors.As(err, &fieldError):
		return usagef("%s", fieldError.Message)
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	case meta.IsNoMatchError(err):
		return exitf(ExitCluster, "Workbench is not installed in this cluster (%w): '%s check' says what is missing and how to mend it", err, e.Program)
	case clientcmd.IsEmptyConfig(err):
		return usagef("no cluster is configured: give --kubeconfig or --context, or set KUBECONFIG")
	case errors.As(err, &status):
		return e.explainStatus(err, status.Status())
	default:
		return explainConnection(err)
	}
}

// messages is one line for each field that is wrong; the sentences of internal/release say where by themselves.
func messages(problems release.FieldErrors) string {
	lines := make([]string, len(problems))
	for i, problem := range problems {
		lines[i] = problem.Message
	}
	return strings.Join(lines, "\n")
}

func (e Env) explainStatus(err error, status metav1.Status) error {
	if denied, ok := denial(status.Message); ok {
		return exitf(ExitRefused, "refused by an admission policy: %s", denied)
	}
	switch {
	case apierrors.IsInvalid(err):
		return usagef("%s", invalidFields(status))
	case apierrors.IsForbidden(err):
		return exitf(ExitRefused, "%s: ask an administrator for a role that allows it; '%s check' shows what you may do", forbidden(status.Message), e.Program)
	case apierrors.IsUnauthorized(err):
		return exitf(ExitRefused, "the cluster does not know who you are: sign in again or choose another --context or --user")
	case apierrors.IsAlreadyExists(err):
		return exitf(ExitRefused, "%s: choose another name, or change the one there is with 'update'", status.Message)
	case apierrors.IsConflict(err):
		return exitf(ExitRefused, "somebody changed it in the same moment: look at it again, then repeat the command")
	case apierrors.IsNotFound(err):
		return exitf(ExitNotFound, "%s", status.Message)
	case apierrors.IsBadRequest(err):
		return usagef("%s", status.Message)
	case apierrors.IsTooManyRequests(err), apierrors.IsServerTimeout(err), apierrors.IsTimeout(err), apierrors.IsServiceUnavailable(err):
		return exitf(ExitError, "the cluster is too busy to answer (%s): try again in a moment", status.Message)
	default:
		return exitf(ExitError, "%s", status.Message)
	}
}

// invalidFields is one line "field: what is wrong" for each cause that the API server gives.
func invalidFields(status metav1.Status) string {
	if status.Details == nil || len(status.Details.Causes) == 0 {
		return status.Message
	}
	var lines []string
	for _, cause := range status.Details.Causes {
		line := withoutValue(cause.Message)
		if field := cause.Field; field != "" && field != "<nil>" {
			line = field + ": " + line
		}
		// A rule broken by two readings of one value is reported twice.
		if len(lines) == 0 || lines[len(lines)-1] != line {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "\n")
}

// invalidValue is how the API server begins a cause: with the value, which for a list is only the word "array".
var invalidValue = regexp.MustCompile(`^Invalid value: (?:"(?:[^"\\]|\\.)*"|\{.*?\}|[^\s:]+): `)

func withoutValue(message string) string { return invalidValue.ReplaceAllString(message, "") }

// denial is the sentence of the ValidatingAdmissionPolicy or webhook that denied a request.
func denial(message string) (string, bool) {
	for _, mark := range []string{"denied request: ", "denied the request: "} {
		if _, sentence, found := strings.Cut(message, mark); found {
			return sentence, true
		}
	}
	return "", false
}

var forbiddenForm = regexp.MustCompile(`User "([^"]*)" cannot (\S+) resource "([^"]*)" in API group "[^"]*"(?: in the namespace "([^"]*)")?`)

// forbidden says who may not do what where, from the message that the RBAC authorizer writes.
func forbidden(message string) string {
	parts := forbiddenForm.FindStringSubmatch(message)
	switch {
	case parts == nil:
		return message
	case parts[4] == "":
		return fmt.Sprintf("user %s may not %s %s in all namespaces", parts[1], parts[2], parts[3])
	default:
		return fmt.Sprintf("user %s may not %s %s in namespace %s", parts[1], parts[2], parts[3], parts[4])
	}
}

func explainConnection(err error) error {
	var request *url.Error
	var network net.Error
	if errors.As(err, &request) {
		address := request.URL
		if parsed, parseErr := url.Parse(request.URL); parseErr == nil {
			address = parsed.Scheme + "://" + parsed.Host
		}
		return exitf(ExitError, "no answer from the cluster at %s (%w): is it running, and are --context and --kubeconfig right?", address, request.Err)
	}
	if errors.As(err, &network) {
		return exitf(ExitError, "no answer from the cluster (%w): is it running, and are --context and --kubeconfig right?", err)
	}
	return err
}
