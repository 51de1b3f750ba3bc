package addons

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/discovery/cached/memory"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/restmapper"
)

// fieldManager is the name under which the add-ons' fields are owned.
const fieldManager = "workbench-local"

// Client applies manifests to a cluster and waits for workloads.
type Client struct {
	dynamic dynamic.Interface
	mapper  *restmapper.DeferredDiscoveryRESTMapper
}

// NewClient returns a client for the API server that config reaches.
func NewClient(config *rest.Config) (*Client, error) {
	config = rest.CopyConfig(config)
	config.QPS, config.Burst = 200, 400
	d, err := dynamic.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	disco, err := discovery.NewDiscoveryClientForConfig(config)
	if err != nil {
		return nil, err
	}
	return &Client{dynamic: d, mapper: restmapper.NewDeferredDiscoveryRESTMapper(memory.NewMemCacheClient(disco))}, nil
}

// kindsFirst are applied before everything else, in this order.
var kindsFirst = []string{"Namespace", "CustomResourceDefinition", "ServiceAccount", "ConfigMap", "Secret"}

// Apply applies the objects of a YAML stream on the server's side, taking over
// fields that others have set. Objects without a namespace go into the given one
// when their kind has namespaces.
func (c *Client) Apply(ctx context.Context, namespace string, manifest []byte) error {
	objects, err := decode(manifest)
	if err != nil {
		return err
	}
	rank := func(o *unstructured.Unstructured) int {
		if i := slices.Index(kindsFirst, o.GetKind()); i >= 0 {
			return i
		}
		return len(kindsFirst)
	}
	slices.SortStableFunc(objects, func(a, b *unstructured.Unstructured) int { return rank(a) - rank(b) })
	for _, o := range objects {
		if err := c.applyOne(ctx, namespace, o); err != nil {
			return fmt.Errorf("%s %s can't be applied: %w", o.GetKind(), o.GetName(), err)
		}
	}
	return nil
}

// applyTimeout is how long an object may be refused for reasons that pass: its
// kind isn't served yet, or the webhook that checks it isn't there yet.
const applyTimeout = 60 * time.Second

func (c *Client) applyOne(ctx context.Context, namespace string, o *unstructured.Unstructured) error {
	data, err := json.Marshal(o)
	if err != nil {
		return err
	}
	force := true
	deadline := time.Now().Add(applyTimeout)
	for {
		err := func() error {
			target, err := c.resource(namespace, o)
			if err != nil {
				return err
			}
			_, err = target.Patch(ctx, o.GetName(), types.ApplyPatchType, data, metav1.PatchOptions{FieldManager: fieldManager, Force: &force})
			return err
		}()
		if err == nil || !passes(err) || time.Now().After(deadline) {
			return err
		}
		c.mapper.Reset()
		select {
		case <-ctx.Done():
			return err
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// passes tells whether waiting may help.
func passes(err error) bool {
	return meta.IsNoMatchError(err) || apierrors.IsNotFound(err) || apierrors.IsInternalError(err) ||
		apierrors.IsServiceUnavailable(err) || apierrors.IsTooManyRequests(err) || apierrors.IsServerTimeout(err) ||
		apierrors.ReasonForError(err) == metav1.StatusReasonUnknown
}

func (c *Client) resource(namespace string, o *unstructured.Unstructured) (dynamic.ResourceInterface, error) {
	gvk := o.GroupVersionKind()
	mapping, err := c.mapper.RESTMapping(gvk.GroupKind(), gvk.Version)
	if err != nil {
		return nil, err
	}
	if mapping.Scope.Name() != meta.RESTScopeNameNamespace {
		return c.dynamic.Resource(mapping.Resource), nil
	}
	if o.GetNamespace() == "" {
		o.SetNamespace(namespace)
	}
	return c.dynamic.Resource(mapping.Resource).Namespace(o.GetNamespace()), nil
}

func decode(manifest []byte) ([]*unstructured.Unstructured, error) {
	var objects []*unstructured.Unstructured
	decoder := yaml.NewYAMLOrJSONDecoder(bytes.NewReader(manifest), 4096)
	for {
		var content map[string]any
		err := decoder.Decode(&content)
		if errors.Is(err, io.EOF) {
			return objects, nil
		}
		if err != nil {
			return nil, fmt.Errorf("the manifest isn't readable: %w", err)
		}
		if len(content) > 0 {
			objects = append(objects, &unstructured.Unstructured{Object: content})
		}
	}
}
