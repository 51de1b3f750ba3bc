package apitest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/wait"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// fieldManager writes what a test sets up.
const fieldManager = "apitest"

// InstallCRDs installs the CustomResourceDefinitions of Workbench (from the chart), of Argo Rollouts and of
// Istio (from their modules, in the versions of go.mod), once per server, and waits until they are served.
func (s *Server) InstallCRDs(t testing.TB) {
	t.Helper()
	if err := s.InstallDefinitions(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// InstallDefinitions is InstallCRDs for a program that is no test.
func (s *Server) InstallDefinitions(ctx context.Context) error {
	s.crds.Do(func() { s.crds.err = s.installCRDs(ctx) })
	return s.crds.err
}

func (s *Server) installCRDs(ctx context.Context) error {
	root, err := RepositoryRoot()
	if err != nil {
		return err
	}
	argo, err := moduleDir("github.com/argoproj/argo-rollouts")
	if err != nil {
		return err
	}
	istio, err := moduleDir("istio.io/api")
	if err != nil {
		return err
	}
	var crds []*unstructured.Unstructured
	for _, pattern := range []string{
		filepath.Join(root, "charts", "workbench", "files", "crds", "*.yaml"),
		filepath.Join(argo, "manifests", "crds", "*-crd.yaml"),
		filepath.Join(istio, "kubernetes", "customresourcedefinitions.gen.yaml"),
	} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			return err
		}
		if len(files) == 0 {
			return fmt.Errorf("no CustomResourceDefinition is at %s", pattern)
		}
		for _, file := range files {
			objects, err := readFile(file)
			if err != nil {
				return err
			}
			crds = append(crds, objects...)
		}
	}
	c, err := client.New(s.Config, client.Options{Scheme: Scheme()})
	if err != nil {
		return err
	}
	for _, crd := range crds {
		if err := apply(ctx, c, crd); err != nil {
			return err
		}
	}
	for _, crd := range crds {
		if err := waitEstablished(ctx, c, crd.GetName()); err != nil {
			return err
		}
	}
	return nil
}

// waitEstablished waits until the API server serves the resource.
func waitEstablished(ctx context.Context, c client.Client, name string) error {
	var conditions []any
	err := wait.PollUntilContextTimeout(ctx, 50*time.Millisecond, 30*time.Second, true, func(ctx context.Context) (bool, error) {
		crd := &unstructured.Unstructured{}
		crd.SetAPIVersion("apiextensions.k8s.io/v1")
		crd.SetKind("CustomResourceDefinition")
		if err := c.Get(ctx, client.ObjectKey{Name: name}, crd); err != nil {
			return false, err
		}
		conditions, _, _ = unstructured.NestedSlice(crd.Object, "status", "conditions")
		for _, condition := range conditions {
			fields, _ := condition.(map[string]any)
			if fields["type"] == "Established" && fields["status"] == "True" {
				return true, nil
			}
		}
		return false, nil
	})
	if err != nil {
		return fmt.Errorf("CustomResourceDefinition %s isn't served: %w; its conditions: %v", name, err, conditions)
	}
	return nil
}

func apply(ctx context.Context, c client.Client, object *unstructured.Unstructured) error {
	err := c.Apply(ctx, client.ApplyConfigurationFromUnstructured(object), client.ForceOwnership, client.FieldOwner(fieldManager))
	if err != nil {
		return fmt.Errorf("%s %s can't be applied: %w", object.GetKind(), object.GetName(), err)
	}
	return nil
}

func readFile(path string) ([]*unstructured.Unstructured, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	objects, err := parse(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return objects, nil
}

// parse reads the objects of a YAML stream.
func parse(text []byte) ([]*unstructured.Unstructured, error) {
	var objects []*unstructured.Unstructured
	decoder := utilyaml.NewYAMLOrJSONDecoder(bytes.NewReader(text), 4096)
	for {
		object := &unstructured.Unstructured{}
		switch err := decoder.Decode(object); {
		case errors.Is(err, io.EOF):
			return objects, nil
		case err != nil:
			return nil, err
		case len(object.Object) > 0:
			objects = append(objects, object)
		}
	}
}
