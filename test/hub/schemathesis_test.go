//go:build apiserver

package hub

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	appsv1 "k8s.io/api/apps/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/workbench-dev/workbench/api/v1alpha1"
	"github.com/workbench-dev/workbench/internal/apitest"
)

const (
	// schemathesisVariable names the schemathesis program to use instead of REPO/bin/schemathesis.
	schemathesisVariable = "SCHEMATHESIS"
	// examples is how many random requests are made of each operation, beside those that try each limit of each field.
	examples = 15
	// fuzzTimeout is for one of the people; it takes some 30 seconds on two cores that do nothing else.
	fuzzTimeout = 10 * time.Minute
)

// checks are what schemathesis holds every answer to.
const checks = "no_mistake_of_the_server,status_code_conformance,content_type_conformance,response_schema_conformance,response_headers_conformance,bad_data_is_refused"

// TestSchemathesis has schemathesis try everything that the OpenAPI document describes, as everybody. No answer may be
// a mistake of the server or be other than the document says.
//
// The streams are left out, since they don't end (TestAnswersOfStreams), and so is signing out, which ends the session.
func TestSchemathesis(t *testing.T) {
	program, err := findSchemathesis()
	if err != nil {
		t.Fatal(err)
	}
	w := theWorld(t)
	p := w.start(t, "--trusted-proxy=127.0.0.0/8").ready(t)
	w.workload(t, "checkout")
	defer w.keep(t, func() []client.Object {
		all := []client.Object{newTask(shop, "checkout"), newTask(shop, "gone")}
		for _, name := range []string{"spare", "gone"} {
			all = append(all,
				workspace(name, map[string]v1alpha1.Role{viewer: v1alpha1.RoleViewer, editor: v1alpha1.RoleEditor, admin: v1alpha1.RoleAdmin}),
				&v1alpha1.Cluster{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: v1alpha1.ClusterSpec{KubeconfigSecretRef: &v1alpha1.SecretKeyRef{Name: name}}})
		}
		return all
	})()
	people := []struct{ name, token, cookie string }{
		{"nobody", "", ""},
		{viewer, "Bearer " + w.tokens[viewer], ""},
		{editor, "", w.session(t, p.url, editor)},
		{admin, "Bearer " + w.tokens[admin], ""},
		{platform, "Bearer " + w.tokens[platform], ""},
	}
	for i, who := range people {
		t.Run(who.name, func(t *testing.T) {
			made := schemathesis(t, program, p.url, "SCHEMATHESIS_ADDRESS="+fmt.Sprintf("203.0.113.%d", i+1),
				"SCHEMATHESIS_TOKEN="+who.token, "SCHEMATHESIS_COOKIE="+who.cookie)
			t.Logf("%s test cases as %s", made, who.name)
		})
	}
	w.answered(t, p)
}

// answered fails when an operation was never carried out: then nothing behind the check of its input was tried. It is
// told by the hub's own metrics.
func (w *world) answered(t *testing.T, p *process) {
	t.Helper()
	text := w.must(t, p.metrics, http.StatusOK, nobody, "GET", "/metrics", nil).body
	total, statuses := 0, map[string][]string{}
	for _, match := range counted.FindAllStringSubmatch(text, -1) {
		number, err := strconv.Atoi(match[3])
		if err != nil {
			t.Fatal(err)
		}
		total += number
		statuses[match[1]] = append(statuses[match[1]], match[2])
	}
	t.Logf("%d requests", total)
	// What takes a password or a provider that schemathesis doesn't have, or names that only the hub makes up.
	never := []string{"none", "signIn", "changePassword", "startOIDC", "finishOIDC", "getAction", "deleteToken"}
	for operation, got := range statuses {
		if !slices.Contains(never, operation) && !slices.ContainsFunc(got, func(status string) bool { return status[0] == '2' }) {
			t.Errorf("%s was never carried out: it only answered %v", operation, got)
		}
	}
}

var counted = regexp.MustCompile(`(?m)^workbench_hub_requests_total\{operation="([^"]+)",status="(\d+)"\} (\d+)$`)

var generated = regexp.MustCompile(`(\d+) generated`)

// schemathesis runs it, and returns how many requests it thought of.
func schemathesis(t *testing.T, program, url string, environment ...string) string {
	t.Helper()
	folder, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	arguments := []string{"--config-file", filepath.Join(folder, "schemathesis.toml"), "run", url + "/openapi.json",
		"--no-color", "--warnings", "off", "--phases", "examples,coverage,fuzzing", "--max-examples", fmt.Sprint(examples),
		"--generation-deterministic", "--no-shrink", "--continue-on-failure", "--request-timeout", "60", "--checks", checks,
		"--exclude-operation-id", "streamReleaseTasks", "--exclude-operation-id", "streamReleaseTask", "--exclude-operation-id", "signOut"}
	ctx, cancel := context.WithTimeout(t.Context(), fuzzTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, arguments...)
	cmd.Dir = t.TempDir()
	cmd.Env = append(os.Environ(), "SCHEMATHESIS_HOOKS=schemathesis_hooks", "PYTHONPATH="+folder, "PYTHONDONTWRITEBYTECODE=1")
	cmd.Env = append(cmd.Env, environment...)
	output, err := cmd.CombinedOutput()
	match := generated.FindSubmatch(output)
	if err != nil || match == nil {
		t.Fatalf("schemathesis found something: %v\n%s", err, output)
	}
	return string(match[1])
}

func findSchemathesis() (string, error) {
	program := os.Getenv(schemathesisVariable)
	if program == "" {
		root, err := apitest.RepositoryRoot()
		if err != nil {
			return "", err
		}
		program = filepath.Join(root, "bin", "schemathesis")
	}
	if _, err := os.Stat(program); err != nil {
		return "", fmt.Errorf("this test runs schemathesis, which is missing (%w): install it with `make bin/schemathesis`, or name one in %s", err, schemathesisVariable)
	}
	return program, nil
}

// keep makes objects in home again whenever somebody deleted them, until the function that it returns is called.
func (w *world) keep(t *testing.T, objects func() []client.Object) (end func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		for ctx.Err() == nil {
			for _, object := range objects() {
				err := w.admins["home"].Create(ctx, object)
				if err != nil && ctx.Err() == nil && !apierrors.IsAlreadyExists(err) && !apierrors.IsConflict(err) {
					t.Errorf("%T %s can't be kept: %v", object, object.GetName(), err)
					return
				}
			}
			select {
			case <-ctx.Done():
			case <-time.After(300 * time.Millisecond):
			}
		}
	})
	return func() {
		cancel()
		running.Wait()
		for _, object := range objects() {
			if err := client.IgnoreNotFound(w.admins["home"].Delete(context.Background(), object)); err != nil {
				t.Error(err)
			}
		}
	}
}

// workload makes a Deployment with a Service and a pod in shop of home, for this test.
func (w *world) workload(t *testing.T, name string) {
	t.Helper()
	labels := map[string]string{"app": name}
	one := int32(1)
	template := corev1.PodTemplateSpec{
		ObjectMeta: metav1.ObjectMeta{Labels: labels},
		Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "app", Image: "registry.example.com/shop:v1"}}},
	}
	meta := metav1.ObjectMeta{Namespace: shop, Name: name, Labels: labels}
	for _, object := range []client.Object{
		&appsv1.Deployment{ObjectMeta: meta, Spec: appsv1.DeploymentSpec{Replicas: &one, Selector: &metav1.LabelSelector{MatchLabels: labels}, Template: template}},
		&corev1.Service{ObjectMeta: meta, Spec: corev1.ServiceSpec{Selector: labels, Ports: []corev1.ServicePort{{Port: 80, TargetPort: intstr.FromInt32(8080)}}}},
		&corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: shop, Name: "default"}},
		&corev1.Pod{ObjectMeta: meta, Spec: template.Spec},
	} {
		if err := w.admins["home"].Create(context.Background(), object); err != nil && !apierrors.IsAlreadyExists(err) {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := client.IgnoreNotFound(w.admins["home"].Delete(context.Background(), object)); err != nil {
				t.Error(errors.Join(errors.New("the workload of this test can't be deleted"), err))
			}
		})
	}
}
