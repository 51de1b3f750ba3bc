package prometheus

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/prometheus/client_golang/api"
	promapi "github.com/prometheus/client_golang/api/prometheus/v1"
	"github.com/prometheus/common/model"
)

// Client asks one Prometheus. It is safe for concurrent use.
type Client struct {
	api     promapi.API
	host    string
	proxied bool
	timeout time.Duration
}

// New makes a client; it asks nothing yet.
func New(config Config) (*Client, error) {
	address, err := config.check()
	if err != nil {
		return nil, err
	}
	if config.Timeout <= 0 {
		config.Timeout = DefaultTimeout
	}
	if config.MaxBytes <= 0 {
		config.MaxBytes = DefaultMaxBytes
	}
	transport, err := config.transport()
	if err != nil {
		return nil, err
	}
	client, err := api.NewClient(api.Config{Address: config.Address, Client: &http.Client{
		Transport: &guard{Config: config, next: transport},
		// An answer that leads elsewhere is none of Prometheus'; credentials and queries stay here.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}})
	if err != nil {
		return nil, err
	}
	return &Client{api: promapi.NewAPI(client), host: address.Host, proxied: config.GetOnly, timeout: config.Timeout}, nil
}

// Vector evaluates a query at one moment. A scalar becomes a vector of one sample without labels. No sample is no
// error. The error is an *Error.
func (c *Client) Vector(ctx context.Context, query string, at time.Time) (model.Vector, error) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	value, warnings, err := c.api.Query(ctx, query, at, promapi.WithTimeout(c.timeout))
	if err := c.explain(ctx, warnings, err); err != nil {
		return nil, err
	}
	switch value := value.(type) {
	case model.Vector:
		for _, sample := range value {
			if sample.Histogram != nil {
				return nil, &Error{Kind: BadAnswer, Message: "Prometheus answered with a native histogram: take a number from it, for example with histogram_count() or histogram_quantile()."}
			}
		}
		return value, nil
	case *model.Scalar:
		return model.Vector{{Metric: model.Metric{}, Value: value.Value, Timestamp: value.Timestamp}}, nil
	}
	return nil, &Error{Kind: BadQuery, Message: "The query gives no number for one moment: take a rate or an average over the range."}
}

// Range is the time that a chart shows.
type Range struct {
	From, To time.Time
	// Step between two points.
	Step time.Duration
}

// Matrix evaluates a query at each step of a range. The error is an *Error.
func (c *Client) Matrix(ctx context.Context, query string, over Range) (model.Matrix, error) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	value, warnings, err := c.api.QueryRange(ctx, query, promapi.Range{Start: over.From, End: over.To, Step: over.Step}, promapi.WithTimeout(c.timeout))
	if err := c.explain(ctx, warnings, err); err != nil {
		return nil, err
	}
	matrix, ok := value.(model.Matrix)
	if !ok {
		return nil, &Error{Kind: BadAnswer, Message: "Prometheus answered a query over a range with something else than series."}
	}
	return matrix, nil
}

// errTooLarge ends the reading of an answer.
var errTooLarge = errors.New("the answer is too large")

// bounded fails when more than so many bytes come.
type bounded struct {
	io.ReadCloser
	left int64
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.left < 0 {
		return 0, errTooLarge
	}
	if int64(len(p)) > b.left+1 {
		p = p[:b.left+1]
	}
	n, err := b.ReadCloser.Read(p)
	if b.left -= int64(n); b.left < 0 {
		return n, errTooLarge
	}
	return n, err
}

// asGet moves the form of a query into its URL.
func asGet(request *http.Request) error {
	form, err := io.ReadAll(io.LimitReader(request.Body, 64<<10))
	if err != nil {
		return err
	}
	address := *request.URL
	address.RawQuery = strings.TrimSpace(string(form))
	request.Method, request.URL = http.MethodGet, &address
	request.Body, request.GetBody, request.ContentLength = nil, nil, 0
	request.Header.Del("Content-Type")
	return nil
}
