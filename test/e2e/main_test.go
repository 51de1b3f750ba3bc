//go:build e2e

// Package e2e tests Workbench on a real cluster: real pods, a real mesh, the real release engine, and Workbench
// installed by its chart. Every scenario runs in a namespace of its own under steady traffic, reads the world a
// second time beside Workbench's own status (objects as kubectl shows them, answers by version, Envoy's counters), and
// ends with no failed request.
//
//	E2E_CLUSTER  name of the cluster, made when it does not run (default e2e)
//	E2E_KEEP     when set, the cluster and the namespaces of failed scenarios stay
package e2e

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"

	"github.com/workbench-dev/workbench/test/e2e/cluster"
)

// atOnce is how many scenarios run beside each other: they wait most of the time.
const atOnce = "5"

func TestMain(m *testing.M) {
	flag.Parse()
	os.Exit(run(m))
}

func run(m *testing.M) int {
	if err := flag.Set("test.parallel", atOnce); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	ctx, cancel := context.WithTimeout(context.Background(), 15*time.Minute)
	defer cancel()
	if err := prepare(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "the end-to-end tests can't begin:", err)
		return 1
	}
	code := m.Run()
	if os.Getenv("E2E_KEEP") == "" {
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
		defer cancel()
		if err := world.Down(ctx); err != nil {
			fmt.Fprintln(os.Stderr, "the cluster was not removed:", err)
			return max(code, 1)
		}
	}
	return code
}

func prepare(ctx context.Context) error {
	root, err := filepath.Abs("../..")
	if err != nil {
		return err
	}
	began := time.Now()
	if world, err = cluster.Up(ctx, root, cmp.Or(os.Getenv("E2E_CLUSTER"), "e2e")); err != nil {
		return err
	}
	if err := world.InstallImages(ctx); err != nil {
		return err
	}
	if err := world.InstallWorkbench(ctx, hubValues...); err != nil {
		return err
	}
	review := &authenticationv1.SelfSubjectReview{}
	if err := world.Client.Create(ctx, review); err != nil {
		return err
	}
	administrator = review.Status.UserInfo.Username
	fmt.Printf("cluster %s with Workbench is ready after %s\n", world.Name, time.Since(began).Round(time.Second))
	return nil
}
