package evidence

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"sync"

	"github.com/workbench-dev/workbench/api/v1alpha1"
	"github.com/workbench-dev/workbench/internal/prometheus"
)

// sources are the clients of the clusters' Prometheuses, kept with their connections while their settings stay.
type sources struct {
	mutex sync.Mutex
	kept  map[string]source
}

type source struct {
	// key stands for the settings.
	key    [sha256.Size]byte
	client *prometheus.Client
}

// source is the client for a cluster's Prometheus as its resource and Secrets are now.
func (s *Service) source(ctx context.Context, cluster string, spec *v1alpha1.PrometheusSource) (*prometheus.Client, error) {
	if spec == nil {
		return nil, noPrometheus(cluster)
	}
	config, err := s.settings(ctx, spec)
	if err != nil {
		return nil, fmt.Errorf("the credentials of the Prometheus of cluster %s cannot be read: %w", cluster, err)
	}
	key := sha256.Sum256(fmt.Appendf(nil, "%q %q %q %q %q %t", config.Address, string(config.BearerToken), config.Username, string(config.Password), config.CA, config.InsecureSkipVerify))
	s.sources.mutex.Lock()
	defer s.sources.mutex.Unlock()
	if kept, ok := s.sources.kept[cluster]; ok && kept.key == key {
		return kept.client, nil
	}
	client, err := prometheus.New(config)
	if err != nil {
		return nil, err
	}
	if s.sources.kept == nil {
		s.sources.kept = map[string]source{}
	}
	s.sources.kept[cluster] = source{key, client}
	return client, nil
}

func (s *Service) settings(ctx context.Context, spec *v1alpha1.PrometheusSource) (prometheus.Config, error) {
	config := prometheus.Config{Address: spec.Address, InsecureSkipVerify: spec.InsecureSkipVerify}
	if ref := spec.BearerTokenSecretRef; ref != nil {
		token, err := s.secret(ctx, ref.Name, ref.KeyOr(v1alpha1.DefaultTokenKey))
		if err != nil {
			return config, err
		}
		config.BearerToken = prometheus.Secret(bytes.TrimSpace(token))
	}
	if ref := spec.BasicAuthSecretRef; ref != nil {
		user, err := s.secret(ctx, ref.Name, "username")
		if err != nil {
			return config, err
		}
		password, err := s.secret(ctx, ref.Name, "password")
		if err != nil {
			return config, err
		}
		config.Username, config.Password = string(bytes.TrimSpace(user)), prometheus.Secret(bytes.TrimSpace(password))
	}
	if ref := spec.CASecretRef; ref != nil {
		ca, err := s.secret(ctx, ref.Name, ref.KeyOr(v1alpha1.DefaultCAKey))
		if err != nil {
			return config, err
		}
		config.CA = ca
	}
	return config, nil
}

func (s *Service) secret(ctx context.Context, name, key string) ([]byte, error) {
	secret, err := s.clusters.Secret(ctx, name)
	if err != nil {
		return nil, fmt.Errorf("the Secret %s cannot be read", name)
	}
	value, ok := secret.Data[key]
	if !ok {
		return nil, fmt.Errorf("the Secret %s has no key %s", name, key)
	}
	return value, nil
}
