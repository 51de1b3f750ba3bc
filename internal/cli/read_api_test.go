//go:build apiserver

package cli

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/workbench-dev/workbench/api/v1alpha1"
	"github.com/workbench-dev/workbench/internal/clusterinfo"
)

func TestReads(t *testing.T) {
	l := newLab(t)
	l.create()
	l.release(v1alpha1.PhaseWaiting)
	l.status(func(status *v1alpha1.ReleaseTaskStatus) {
		status.History = []v1alpha1.ReleaseRecord{record("v1", 1, v1alpha1.OutcomeTakenOver, 0)}
	})
	for line, says := range map[string]string{
		"release list":                 "shop   shop       Waiting   1/2    10%      v1       v2       person",
		"release list --phase waiting": "person",
		"release list --phase Failed":  "No release task in namespace " + l.namespace + " fits the filters.",
		"release list -l a=b":          "fits the filters",
		"release list -o name":         "releasetask.workbench.dev/shop\n",
		"release list -o json":         `"kind": "ReleaseTaskList"`,
		"release list -o yaml":         "kind: ReleaseTask\n",
		"release list -o wide":         "app=shop:v2",
		"release get shop":             "▶  1   10 % ███",
		"release get shop -o table":    "Waiting",
		"release get shop -o name":     "releasetask.workbench.dev/shop\n",
		"release get shop -o yaml":     "phase: Waiting",
		"release history shop":         "taken over",
		"release history shop -o name": "2\n1\n",
		"release history shop -o yaml": "- containers:\n",
		"release actions shop":         "Nobody has asked anything of release task shop yet.",
		"release actions shop -o json": `"items": []`,
	} {
		t.Run(line, func(t *testing.T) {
			l.requires(l.run(viewer, line), ExitOK, says)
		})
	}
	l.requires(l.run(viewer, "release list -A"), ExitRefused, "user "+viewer+" may not list releasetasks in all namespaces")
	l.requires(l.run(viewer, "release get none"), ExitNotFound)
	l.requires(l.run(viewer, "release history none"), ExitNotFound)
	l.requires(l.run(viewer, "release actions none"), ExitNotFound)
	l.requires(l.run(viewer, "release watch none"), ExitNotFound)
	l.requires(l.run(stranger, "release watch shop"), ExitRefused, "user "+stranger+" may not list releasetasks")
}

// complete asks for completions, as an administrator, who may read all that is offered.
func (l *lab) complete(words ...string) result {
	env, io := testEnv()
	arguments := append([]string{"__complete", "release", words[1], "--kubeconfig", l.kubeconfig, "-n", l.namespace}, words[2:]...)
	code := Run(l.t.Context(), env, arguments)
	return result{code: code, out: io.out.String(), err: io.err.String()}
}

func TestCompletion(t *testing.T) {
	l := newLab(t)
	l.create()
	l.status(func(status *v1alpha1.ReleaseTaskStatus) {
		status.Phase = v1alpha1.PhaseHealthy
		status.History = []v1alpha1.ReleaseRecord{record("v2", 2, v1alpha1.OutcomeReleased, 0), record("v1", 1, v1alpha1.OutcomeTakenOver, 0)}
	})
	for name, test := range map[string]struct {
		words []string
		want  []string
	}{
		"task":             {[]string{"release", "watch", ""}, []string{"shop\tHealthy shop"}},
		"nothing after it": {[]string{"release", "watch", "shop", ""}, nil},
		"revision":         {[]string{"release", "rollback", "shop", "--to", ""}, []string{"2\tapp=shop:v2 released", "1\tapp=shop:v1 taken over"}},
		"container":        {[]string{"release", "set-image", "shop", "a"}, []string{"app="}},
		"workload":         {[]string{"release", "create", "x", "--workload", "deploy/s"}, []string{"deploy/shop"}},
		"namespace":        {[]string{"release", "list", "--namespace", l.namespace[:len(l.namespace)-1]}, []string{l.namespace}},
		"context":          {[]string{"release", "list", "--context", ""}, []string{"c"}},
		"format":           {[]string{"release", "get", "shop", "-o", ""}, []string{"picture", "table", "wide", "json", "yaml", "name"}},
	} {
		t.Run(name, func(t *testing.T) {
			got := l.complete(test.words...)
			var words []string
			for _, line := range strings.Split(got.out, "\n") {
				if line != "" && !strings.HasPrefix(line, ":") {
					words = append(words, line)
				}
			}
			if diff := cmp.Diff(test.want, words); diff != "" {
				t.Errorf("%s\n%s", diff, got.err)
			}
		})
	}
}

func TestWatchFollows(t *testing.T) {
	l := newLab(t)
	l.create()
	l.release(v1alpha1.PhaseReleasing)
	watched := l.start(viewer, "release watch shop --exit=standing")
	watched.says("releasing, step 1/2")
	l.release(v1alpha1.PhaseWaiting)
	watched.ends(ExitOK, "waiting, step 1/2")

	watched = l.start(viewer, "release watch shop --exit")
	watched.says("waiting, step 1/2")
	l.end(v1alpha1.PhaseTerminated, v1alpha1.OutcomeTerminated)
	watched.ends(ExitNotReleased, "terminated, stable v1", "Error: It ended.")
	l.requires(l.run(viewer, "release watch shop --timeout 200ms"), ExitTimeout, "timed out after 200ms")
}

func TestWatchWaitsForTheReleaseThatWasAskedFor(t *testing.T) {
	l := newLab(t)
	l.create()
	l.status(func(status *v1alpha1.ReleaseTaskStatus) {
		status.Phase, status.Message, status.Stable = v1alpha1.PhaseHealthy, "v1 serves.", version("v1", 1)
	})
	asked := l.start(editor, "release set-image shop app=shop:v2")
	l.answer(v1alpha1.ActionSucceeded, "Set.")
	asked.ends(ExitOK)
	// The controller has not shown the release yet: that v1 serves must not pass for the end of it.
	watched := l.start(viewer, "release watch shop --exit")
	watched.says("v1 serves.")
	l.release(v1alpha1.PhaseReleasing)
	watched.says("releasing")
	l.end(v1alpha1.PhaseFailed, v1alpha1.OutcomeWentBack)
	watched.ends(ExitNotReleased, "It ended.")
}

func TestCheck(t *testing.T) {
	l := newLab(t)
	got := l.run(editor, "check -o json")
	l.requires(got, ExitOK)
	var report clusterinfo.Report
	text, _, _ := strings.Cut(got.out, "\n}\n")
	l.must(json.Unmarshal([]byte(text+"\n}"), &report))
	if report.User != editor || report.Component(clusterinfo.Workbench).State != clusterinfo.Installed {
		t.Errorf("the report is %+v", report)
	}
	// An administrator sees that nothing runs here: this API server has no node.
	got = l.run(admin, "check")
	l.requires(got, ExitCluster, "the cluster lacks Workbench (NotRunning), Argo Rollouts (NotRunning)", "To mend:")
	l.requires(l.run(stranger, "check"), ExitRefused, "user "+stranger+" may not see release tasks", "list releasetasks.workbench.dev")
	l.requires(l.run(viewer, "check"), ExitOK, "create releaseactions.workbench.dev")
}
