package controller

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/prometheus/common/model"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workbench-dev/workbench/internal/clusterinfo"
	"github.com/workbench-dev/workbench/internal/prometheus"
)

// PrometheusOptions say where the Prometheus of this cluster is and how to sign in.
type PrometheusOptions struct {
	// Address is its URL; empty: the Service that is called or labelled as Prometheus.
	Address string
	// CredentialsDir holds what a Secret is mounted as: token, or username and password, and ca.crt; each may be missing.
	// Empty: nobody signs in.
	CredentialsDir string
	// InsecureSkipVerify leaves its certificate unchecked.
	InsecureSkipVerify bool
}

// credentialsAge is how long credentials and an address that was found are used before they are read again.
const credentialsAge = 30 * time.Second

// evidence asks the Prometheus that the options name, or that the cluster has. Credentials that are renewed, and a
// Prometheus that is installed later, are found without a restart.
type evidence struct {
	options PrometheusOptions
	reader  client.Reader

	mutex  sync.Mutex
	client *prometheus.Client
	config prometheus.Config
	read   time.Time
}

// Vector evaluates a query at one moment.
func (e *evidence) Vector(ctx context.Context, query string, at time.Time) (model.Vector, error) {
	c, err := e.current(ctx)
	if err != nil {
		return nil, err
	}
	return c.Vector(ctx, query, at)
}

// Matrix evaluates a query at each step of a range.
func (e *evidence) Matrix(ctx context.Context, query string, over prometheus.Range) (model.Matrix, error) {
	c, err := e.current(ctx)
	if err != nil {
		return nil, err
	}
	return c.Matrix(ctx, query, over)
}

// current is the client for the present address and credentials. One whose settings stay is kept, with its connections.
func (e *evidence) current(ctx context.Context) (*prometheus.Client, error) {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	if e.client != nil && time.Since(e.read) < credentialsAge {
		return e.client, nil
	}
	config, err := e.settings(ctx)
	if err != nil {
		return nil, &prometheus.Error{Kind: prometheus.Unreachable, Message: err.Error()}
	}
	if e.client == nil || !same(config, e.config) {
		made, err := prometheus.New(config)
		if err != nil {
			return nil, &prometheus.Error{Kind: prometheus.Refused, Message: fmt.Sprintf("%s%v.", "The settings of Prometheus are wrong: ", err)}
		}
		e.client, e.config = made, config
	}
	e.read = time.Now()
	return e.client, nil
}

func (e *evidence) settings(ctx context.Context) (prometheus.Config, error) {
	config := prometheus.Config{Address: e.options.Address, InsecureSkipVerify: e.options.InsecureSkipVerify}
	if config.Address == "" {
		address, err := clusterinfo.PrometheusAddress(ctx, e.reader)
		if err != nil {
			return config, err
		}
		config.Address = address
	}
	for name, set := range map[string]func(text []byte){
		"token":    func(text []byte) { config.BearerToken = prometheus.Secret(bytes.TrimSpace(text)) },
		"username": func(text []byte) { config.Username = string(bytes.TrimSpace(text)) },
		"password": func(text []byte) { config.Password = prometheus.Secret(bytes.TrimSpace(text)) },
		"ca.crt":   func(text []byte) { config.CA = text },
	} {
		if e.options.CredentialsDir == "" {
			break
		}
		text, err := os.ReadFile(filepath.Join(e.options.CredentialsDir, name))
		switch {
		case errors.Is(err, os.ErrNotExist):
		case err != nil:
			return config, fmt.Errorf("the credentials of Prometheus cannot be read: %w", err)
		default:
			set(text)
		}
	}
	return config, nil
}

func same(a, b prometheus.Config) bool {
	return a.Address == b.Address && a.BearerToken == b.BearerToken && a.Username == b.Username && a.Password == b.Password &&
		a.InsecureSkipVerify == b.InsecureSkipVerify && bytes.Equal(a.CA, b.CA)
}
