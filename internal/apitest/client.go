package apitest

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	rollouts "github.com/argoproj/argo-rollouts/pkg/apis/rollouts/v1alpha1"
	istio "istio.io/client-go/pkg/apis/networking/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workbench-dev/workbench/api/v1alpha1"
)

// Scheme knows all the types that Workbench reads and writes.
var Scheme = sync.OnceValue(func() *runtime.Scheme {
	scheme := runtime.NewScheme()
	utilruntime.Must(clientgoscheme.AddToScheme(scheme))
	utilruntime.Must(v1alpha1.AddToScheme(scheme))
	utilruntime.Must(rollouts.AddToScheme(scheme))
	utilruntime.Must(istio.AddToScheme(scheme))
	return scheme
})

// Client returns a cluster administrator's client that reads and writes without a cache.
func (s *Server) Client(t testing.TB) client.WithWatch {
	t.Helper()
	return s.client(t, s.Config)
}

// As returns the client of another user, by impersonation; the API server adds the group
// system:authenticated by itself, as it does for everyone who signs in.
func (s *Server) As(t testing.TB, user string, groups ...string) client.WithWatch {
	t.Helper()
	return s.client(t, s.ConfigAs(user, groups...))
}

// AsServiceAccount returns the client of a service account, with the groups that its token would bring.
func (s *Server) AsServiceAccount(t testing.TB, namespace, name string) client.WithWatch {
	t.Helper()
	return s.As(t, "system:serviceaccount:"+namespace+":"+name, "system:serviceaccounts", "system:serviceaccounts:"+namespace)
}

// ConfigAs returns the configuration of another user, by impersonation.
func (s *Server) ConfigAs(user string, groups ...string) *rest.Config {
	config := rest.CopyConfig(s.Config)
	config.Impersonate = rest.ImpersonationConfig{UserName: user, Groups: groups}
	return config
}

// client makes a client. All share what was learnt of the server's resources, which takes many requests to ask for.
func (s *Server) client(t testing.TB, config *rest.Config) client.WithWatch {
	t.Helper()
	mapper, err := s.mapper()
	if err != nil {
		t.Fatal(err)
	}
	c, err := client.NewWithWatch(config, client.Options{Scheme: Scheme(), Mapper: mapper})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// Namespace makes a namespace for one test and deletes it at the end. Nothing collects what is left inside (no
// controller-manager runs), but nothing can be created there any more, and the server ends with the test binary.
func (s *Server) Namespace(t testing.TB) string {
	t.Helper()
	c := s.Client(t)
	namespace := &corev1.Namespace{}
	namespace.GenerateName = namePrefix(t.Name())
	if err := c.Create(t.Context(), namespace); err != nil {
		t.Fatal(fmt.Errorf("no namespace could be made for this test: %w", err))
	}
	t.Cleanup(func() {
		// The context of the test is over by now.
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := c.Delete(ctx, namespace); err != nil {
			t.Errorf("the namespace of this test can't be deleted: %v", err)
		}
	})
	return namespace.Name
}

// namePrefix makes of a test's name what a namespace may start with, short enough for readable logs.
func namePrefix(test string) string {
	name := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			return r
		case r >= 'A' && r <= 'Z':
			return r - 'A' + 'a'
		default:
			return '-'
		}
	}, strings.TrimPrefix(test, "Test"))
	return strings.TrimLeft(name[:min(len(name), 40)], "-") + "-"
}
