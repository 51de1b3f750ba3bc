package clusters

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"syscall"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/workbench-dev/workbench/api/v1alpha1"
)

// State is how a cluster is.
type State string

const (
	// Connecting: it has not been asked yet.
	Connecting State = v1alpha1.ReasonConnecting
	// Reachable: it answers.
	Reachable State = v1alpha1.ReasonReachable
	// Unreachable: it doesn't answer, or not well. What was known of it may be old.
	Unreachable State = v1alpha1.ReasonUnreachable
	// Invalid: its resource, or the Secret that it names, can't be used.
	Invalid State = v1alpha1.ReasonInvalid
)

// Health is how a cluster is, and since when.
type Health struct {
	State State
	// Since is when the state began.
	Since time.Time
	// LastSeen is when the cluster answered well for the last time; zero when it never did since the hub started.
	LastSeen time.Time
	// Message is a sentence on why it is Unreachable or Invalid; empty otherwise.
	Message string
}

// Reachable says whether requests to the cluster are worth a try.
func (h Health) Reachable() bool { return h.State == Reachable || h.State == Connecting }

// UnavailableError is what a request gets to a cluster that is known not to answer, without waiting for it.
type UnavailableError struct {
	Cluster string
	Health  Health
}

func (e *UnavailableError) Error() string {
	if e.Health.State == Invalid {
		return fmt.Sprintf("cluster %s can't be used: %s", e.Cluster, e.Health.Message)
	}
	return fmt.Sprintf("cluster %s is unreachable since %s: %s", e.Cluster, e.Health.Since.UTC().Format(time.RFC3339), e.Health.Message)
}

// describe says in a sentence why a cluster doesn't answer well.
func describe(err error) string {
	var (
		status      apierrors.APIStatus
		unknown     x509.UnknownAuthorityError
		certificate *tls.CertificateVerificationError
		name        *net.DNSError
	)
	switch {
	case errors.Is(err, errBusy):
		return "It is so slow that no further requests are sent to it until earlier ones are answered."
	case apierrors.IsUnauthorized(err):
		return "It refuses the hub's credentials, which may have expired: renew the kubeconfig in the cluster's Secret."
	case errors.As(err, &unknown), errors.As(err, &certificate):
		return "Its certificate can't be trusted: certificate-authority-data of the kubeconfig doesn't match what the server shows."
	case errors.As(err, &name):
		return fmt.Sprintf("The name %s of its server can't be resolved.", name.Name)
	case errors.Is(err, syscall.ECONNREFUSED):
		return "Nothing accepts connections at the address of its server."
	case errors.As(err, &status) && status.Status().Code >= http.StatusInternalServerError:
		return fmt.Sprintf("Its API server answers %d %s.", status.Status().Code, http.StatusText(int(status.Status().Code)))
	case errors.As(err, &status):
		return fmt.Sprintf("Its server answers %d %s, as no Kubernetes does.", status.Status().Code, http.StatusText(int(status.Status().Code)))
	case isTimeout(err):
		return "Its server gave no answer in time."
	default:
		return "The connection to its server fails: " + innermost(err)
	}
}

func isTimeout(err error) bool {
	var timeout net.Error
	return errors.Is(err, context.DeadlineExceeded) || errors.As(err, &timeout) && timeout.Timeout()
}

// innermost is the text of the cause, without the address that the outer errors repeat.
func innermost(err error) string {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err.Error() + "."
		}
		err = inner
	}
}
