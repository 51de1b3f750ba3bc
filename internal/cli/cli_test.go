package cli

import (
	"bytes"
	"context"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	clocktesting "k8s.io/utils/clock/testing"

	"github.com/workbench-dev/workbench/api/v1alpha1"
)

var update = flag.Bool("update", false, "write the golden files instead of comparing with them")

var noon = time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)

// streams are what a command printed.
type streams struct{ in, out, err *bytes.Buffer }

// testEnv is a world without a terminal, at noon, and without a cluster.
func testEnv() (Env, streams) {
	io := streams{in: &bytes.Buffer{}, out: &bytes.Buffer{}, err: &bytes.Buffer{}}
	return Env{
		IOStreams: genericiooptions.IOStreams{In: io.in, Out: io.out, ErrOut: io.err},
		Clock:     clocktesting.NewFakeClock(noon),
		Terminal:  func() (int, int, bool) { return 0, 0, false },
		Program:   "workbench",
		Version:   "v0.0.0",
		Config:    genericclioptions.NewConfigFlags(true),
	}, io
}

// golden compares with the file of that name; `go test -update` writes it.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name+".txt")
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("differs from %s (-want +got):\n%s", path, diff)
	}
}

func version(tag string, revision int64) *v1alpha1.VersionStatus {
	return &v1alpha1.VersionStatus{Revision: revision, Hash: "hash" + tag, Display: tag, Instances: 4, ReadyInstances: 4, Weight: 100, Containers: image(tag)}
}

func image(tag string) []v1alpha1.ContainerImage {
	return []v1alpha1.ContainerImage{{Name: "app", Image: "shop:" + tag}}
}

// makeTask is a task that stands somewhere; changes say where.
func makeTask(name string, phase v1alpha1.Phase, changes ...func(*v1alpha1.ReleaseTask)) v1alpha1.ReleaseTask {
	task := v1alpha1.ReleaseTask{}
	task.Namespace, task.Name = "shop", name
	task.CreationTimestamp = past(26 * time.Hour)
	task.Spec.WorkloadRef.Name = name
	task.Spec.Strategy.Canary = &v1alpha1.CanaryStrategy{Steps: []v1alpha1.Step{{Weight: 10, Wait: &metav1.Duration{Duration: 5 * time.Minute}}, {Weight: 50}}}
	task.Status.Phase, task.Status.Message = phase, "Sentence about "+name+"."
	task.Status.Stable = version("v1", 1)
	for _, change := range changes {
		change(&task)
	}
	return task
}

// running makes a release of v2 run, in a step.
func running(step int32, waits v1alpha1.WaitsFor) func(*v1alpha1.ReleaseTask) {
	return func(task *v1alpha1.ReleaseTask) {
		task.Status.Canary = version("v2", 2)
		task.Status.Canary.Weight = 10
		task.Status.Step = &v1alpha1.StepStatus{Number: step, Count: 2, WaitsFor: waits, Display: "1/2"}
		record := record("v2", 2, "", time.Hour)
		task.Status.Release = &record
	}
}

// record is a release that began some time before noon and, with an outcome, ended a minute later.
func record(tag string, revision int64, outcome v1alpha1.Outcome, began time.Duration) v1alpha1.ReleaseRecord {
	record := v1alpha1.ReleaseRecord{Revision: revision, Hash: "hash" + tag, Containers: image(tag), StartedAt: past(began), StartedBy: "ana", Outcome: outcome}
	if outcome != "" {
		ended := past(began - time.Minute)
		record.EndedAt, record.EndedBy, record.Reason = &ended, "ben", "all steps were done"
	}
	return record
}

func history(records ...v1alpha1.ReleaseRecord) func(*v1alpha1.ReleaseTask) {
	return func(task *v1alpha1.ReleaseTask) { task.Status.History = records }
}

func TestWrongUsageIsTold(t *testing.T) {
	directory := t.TempDir()
	bad := filepath.Join(directory, "bad.yaml")
	write(t, bad, "apiVersion: workbench.dev/v1alpha1\nkind: ReleaseTask\nspec: {step: []}\n")
	two := filepath.Join(directory, "two.yaml")
	write(t, two, "---\nkind: ReleaseTask\n---\nkind: ReleaseTask\n")
	other := filepath.Join(directory, "other.yaml")
	write(t, other, "apiVersion: v1\nkind: Pod\nmetadata: {name: x}\n")
	create := "release create shop --workload deploy/shop "
	tests := map[string]struct {
		line string
		code ExitCode
		says string
	}{
		"no such command":          {"frobnicate", ExitUsage, "there is no command 'workbench frobnicate'"},
		"mistyped command":         {"release promot x", ExitUsage, "did you mean promote"},
		"no such flag":             {"release list --foo", ExitUsage, "unknown flag: --foo"},
		"argument missing":         {"release continue", ExitUsage, "NAME is missing: write 'workbench release continue NAME'"},
		"argument too many":        {"release get a b", ExitUsage, `"b" is one argument too many`},
		"images missing":           {"release set-image shop", ExitUsage, "CONTAINER=IMAGE is missing"},
		"bad image":                {"release set-image shop app=Shop", ExitUsage, "must be lowercase"},
		"no revision":              {"release rollback shop", ExitUsage, "--to must name a revision"},
		"bad wait":                 {"release abort shop --wait=forever", ExitUsage, "not one of none, outcome, release, end"},
		"negative timeout":         {"release abort shop --timeout=-1s", ExitUsage, "--timeout -1s is negative"},
		"bad format":               {"release list -o xml", ExitUsage, "-o xml is not possible here: choose one of table, wide, json, yaml, name"},
		"bad phase":                {"release list --phase Sleeping", ExitUsage, "is not a phase: choose from Blocked"},
		"bad selector":             {"release list -l =", ExitUsage, "is not a label selector"},
		"bad exit":                 {"release watch shop --exit=soon", ExitUsage, "not one of ended, standing, never"},
		"nothing to update":        {"release update shop", ExitUsage, "nothing to change was given"},
		"update to 0":              {"release update shop --instances 0", ExitUsage, "--instances 0 is not possible"},
		"update to falling steps":  {"release update shop --step 50 --step 10", ExitUsage, "step 2 falls from 50 to 10"},
		"delete waits for release": {"release delete shop --wait=release", ExitUsage, "--wait=release is not possible here"},
		"create without name":      {"release create --workload deploy/shop --step 10", ExitUsage, "NAME is missing"},
		"create against the rule":  {"release create Shop --workload deploy/shop --step 10", ExitUsage, `"Shop" is no name for a release task`},
		"create nothing":           {"release create shop --step 10", ExitUsage, "--workload is missing: say what to release, such as --workload deploy/shop"},
		"create without steps":     {create, ExitUsage, "--step is missing"},
		"create 0 instances":       {create + "--step 10 --instances 0", ExitUsage, "--instances 0 is not possible"},
		"create -1 instances":      {create + "--step 10 --instances -1", ExitUsage, "-1 instances are not possible"},
		"create by magic":          {create + "--step 10 --traffic magic", ExitUsage, `--traffic "magic" is not possible`},
		"routes without mesh":      {create + "--step 10 --traffic instances --route a", ExitUsage, "--virtual-service and --route need --traffic istio"},
		"dry run that waits":       {create + "--step 10 --dry-run --wait", ExitUsage, "--dry-run and --wait contradict each other"},
		"no release to wait for":   {create + "--step 10 --wait=release", ExitUsage, "--wait=release needs --image"},
		"bad dry run":              {create + "--step 10 --dry-run=maybe", ExitUsage, "choose none, client or server"},
		"file and flags":           {"release create -f x.yaml --step 10", ExitUsage, "--step and --from-file contradict each other"},
		"no file":                  {"release create -f " + directory + "/none.yaml", ExitNotFound, "there is no file"},
		"file with unknown field":  {"release create -f " + bad, ExitUsage, `unknown field "spec.step"`},
		"file with two":            {"release create -f " + two, ExitUsage, "holds 2 documents"},
		"file with another kind":   {"release create -f " + other, ExitUsage, `holds "Pod" of "v1"`},
		"bad requirement":          {"check --require mysql", ExitUsage, "choose istio or prometheus"},
		"no kubeconfig":            {"release list --kubeconfig " + directory + "/none", ExitUsage, "the kubeconfig cannot be used"},
		"no such context":          {"release list --context none --kubeconfig " + kubeconfig(t), ExitUsage, "context was not found for specified context: none"},
		"nobody answers":           {"release list --kubeconfig " + kubeconfig(t), ExitError, "no answer from the cluster at https://127.0.0.1:1"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			env, io := testEnv()
			code := Run(t.Context(), env, strings.Fields(test.line))
			if code != test.code || !strings.Contains(io.err.String(), test.says) {
				t.Errorf("code %d, want %d; said %q, want %q", code, test.code, io.err, test.says)
			}
			if io.out.Len() > 0 {
				t.Errorf("an error printed %q as a result", io.out)
			}
		})
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// kubeconfig is of a cluster where nobody answers.
func kubeconfig(t *testing.T) string {
	path := filepath.Join(t.TempDir(), "kubeconfig")
	write(t, path, `
apiVersion: v1
kind: Config
current-context: c
contexts: [{name: c, context: {cluster: c, user: u, namespace: shop}}]
clusters: [{name: c, cluster: {server: "https://127.0.0.1:1"}}]
users: [{name: u, user: {token: t}}]
`)
	return path
}

func TestInterruptedCommandSaysNothing(t *testing.T) {
	env, io := testEnv()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if code := Run(ctx, env, []string{"release", "list", "--kubeconfig", kubeconfig(t)}); code != ExitInterrupted || io.err.Len() > 0 {
		t.Errorf("code %d, said %q", code, io.err)
	}
}

func TestHelpNamesTheProgramAsItIsCalled(t *testing.T) {
	for arguments0, program := range map[string]string{
		"/usr/bin/workbench": "workbench", "kubectl-workbench": "kubectl workbench", "kubectl-workbench.exe": "kubectl workbench",
	} {
		env, io := testEnv()
		env.Program = programName(arguments0)
		for _, line := range []string{"release set-image --help", "release frobnicate"} {
			Run(t.Context(), env, strings.Fields(line))
		}
		said := io.out.String() + io.err.String()
		for _, want := range []string{"Usage:\n  " + program + " release set-image", "  " + program + " release set-image shop -n shop", "'" + program + " release frobnicate'"} {
			if !strings.Contains(said, want) {
				t.Errorf("%s: %q is not in\n%s", arguments0, want, said)
			}
		}
	}
}

func TestArguments(t *testing.T) {
	if diff := cmp.Diff([]string{"release", "list"}, Arguments([]string{"/bin/kubectl-workbench", "release", "list"})); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"__complete", "release", ""}, Arguments([]string{"/bin/kubectl_complete-workbench", "release", ""})); diff != "" {
		t.Error(diff)
	}
}

func TestEveryCommandIsDescribed(t *testing.T) {
	env, _ := testEnv()
	root := NewCommand(env)
	release, _, err := root.Find([]string{"release"})
	if err != nil {
		t.Fatal(err)
	}
	for _, command := range append(release.Commands(), release) {
		if command.Short == "" || command.Example == "" || strings.HasSuffix(command.Short, ".") {
			t.Errorf("%s needs a short description without full stop and an example", command.CommandPath())
		}
	}
}

// past is a time before noon.
func past(duration time.Duration) metav1.Time { return metav1.NewTime(noon.Add(-duration)) }
