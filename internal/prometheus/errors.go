package prometheus

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"

	promapi "github.com/prometheus/client_golang/api/prometheus/v1"
)

// ErrorKind says what kind of thing went wrong.
type ErrorKind string

const (
	// Unreachable: nothing answers at the address.
	Unreachable ErrorKind = "Unreachable"
	// TooSlow: no answer in time.
	TooSlow ErrorKind = "TooSlow"
	// Refused: the credentials are missing or wrong, or the certificate is not trusted.
	Refused ErrorKind = "Refused"
	// BadQuery: Prometheus cannot evaluate the query.
	BadQuery ErrorKind = "BadQuery"
	// TooMuch: the answer, or the work for it, is too large.
	TooMuch ErrorKind = "TooMuch"
	// Partial: the answer lacks data, by its own word.
	Partial ErrorKind = "Partial"
	// BadAnswer: what answers is not Prometheus, or it has an error of its own.
	BadAnswer ErrorKind = "BadAnswer"
)

// Error is what went wrong, as a sentence for people.
type Error struct {
	Kind    ErrorKind
	Message string
}

// Error is the sentence.
func (e *Error) Error() string { return e.Message }

// explain is nil when a query was answered in full.
func (c *Client) explain(ctx context.Context, warnings promapi.Warnings, err error) error {
	if err == nil {
		if len(warnings) > 0 {
			return &Error{Partial, fmt.Sprintf("Prometheus warns about its answer, so it is not used: %s", short(strings.Join(warnings, "; ")))}
		}
		return nil
	}
	wrong := func(kind ErrorKind, format string, arguments ...any) error {
		return &Error{kind, fmt.Sprintf(format, arguments...)}
	}
	var (
		answered *promapi.Error
		network  *net.OpError
		lookup   *net.DNSError
		untrusty *tls.CertificateVerificationError
	)
	switch {
	case errors.Is(err, errTooLarge):
		return wrong(TooMuch, "The answer of Prometheus is too large: the query has too many series; name the service, or take a sum.")
	case errors.As(err, &answered):
		return c.explainAnswer(answered)
	case errors.Is(err, context.DeadlineExceeded), errors.Is(ctx.Err(), context.DeadlineExceeded), isTimeout(err):
		return wrong(TooSlow, "Prometheus at %s did not answer within %s.", c.host, c.timeout)
	case errors.Is(err, context.Canceled):
		return wrong(TooSlow, "The question to Prometheus was given up.")
	case errors.As(err, &untrusty):
		return wrong(Refused, "The certificate of Prometheus at %s is not trusted (%s): set the CA that signed it.", c.host, short(untrusty.Err.Error()))
	case errors.As(err, &lookup):
		return wrong(Unreachable, "The host of Prometheus, %s, is not known: check its address.", c.host)
	case errors.As(err, &network):
		return wrong(Unreachable, "Prometheus at %s cannot be reached (%s): see whether it runs and whether a network policy is in between.", c.host, short(network.Err.Error()))
	}
	return wrong(Unreachable, "Prometheus at %s cannot be asked: %s.", c.host, short(err.Error()))
}

func isTimeout(err error) bool {
	var timeout net.Error
	return errors.As(err, &timeout) && timeout.Timeout()
}

// explainAnswer is about an answer that says what went wrong (https://prometheus.io/docs/prometheus/latest/querying/api/).
func (c *Client) explainAnswer(err *promapi.Error) error {
	text := err.Msg + " " + err.Detail
	said := short(err.Msg)
	switch {
	case err.Type == promapi.ErrTimeout, err.Type == promapi.ErrCanceled, strings.Contains(text, "query timed out"), strings.Contains(text, "context deadline exceeded"):
		return &Error{TooSlow, fmt.Sprintf("Prometheus at %s gave the query up after %s.", c.host, c.timeout)}
	case strings.Contains(text, "too many samples"), strings.Contains(text, "exceeded maximum resolution"):
		return &Error{TooMuch, "The query needs more samples than Prometheus allows: name the service, or take a shorter range."}
	case err.Type == promapi.ErrBadData, err.Type == promapi.ErrExec:
		return &Error{BadQuery, fmt.Sprintf("Prometheus cannot evaluate the query: %s.", said)}
	case c.proxied && strings.HasPrefix(err.Msg, "client error: 403"):
		return &Error{Refused, "The API server does not pass queries on to Prometheus for you: that needs the permission to get services/proxy in its namespace; or give an address of Prometheus that you can reach."}
	case strings.HasPrefix(err.Msg, "client error: 401"), strings.HasPrefix(err.Msg, "client error: 403"):
		return &Error{Refused, fmt.Sprintf("Prometheus at %s refused the credentials (%s): check the Secret with its token or password.", c.host, said)}
	case strings.HasPrefix(err.Msg, fmt.Sprintf("client error: %d", http.StatusNotFound)):
		return &Error{BadAnswer, fmt.Sprintf("What answers at %s is not Prometheus: it has no /api/v1/query.", c.host)}
	case err.Type == promapi.ErrServer:
		return &Error{BadAnswer, fmt.Sprintf("Prometheus at %s has a problem of its own (%s).", c.host, said)}
	}
	return &Error{BadAnswer, fmt.Sprintf("What answers at %s is not Prometheus, or something is in between (%s).", c.host, said)}
}

// short keeps what others wrote to one readable line.
func short(text string) string {
	const most = 200
	text = strings.Join(strings.Fields(text), " ")
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return strings.TrimSuffix(text, ".")
}
