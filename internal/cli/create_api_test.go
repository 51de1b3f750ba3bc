//go:build apiserver

package cli

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/workbench-dev/workbench/api/v1alpha1"
)

func TestCreate(t *testing.T) {
	l := newLab(t)
	line := "release create shop --workload deploy/shop --instances 3 --step 10:5m --step 50% --service shop --virtual-service shop --route main --history-limit 5"

	l.requires(l.run(editor, line+" --dry-run=client -o yaml"), ExitOK, "kind: ReleaseTask", "weight: 50", "wait: 5m0s")
	const accepts = "would be created; the cluster accepts it"
	for _, user := range []string{editor, admin} {
		l.requires(l.run(user, line+" --dry-run=server"), ExitRefused, accepts, "10 % for 5m, 50 % until a person continues, then all", "the take-over could not begin:", "Service shop")
	}
	// Who may create tasks need not be allowed to read what they are for.
	l.allow(clerk, "releasetasks", "get", "create")
	l.requires(l.run(clerk, line+" --dry-run=server"), ExitOK, accepts, "known only when it begins: user "+clerk+" may not")
	l.requires(l.run(editor, "release get shop"), ExitNotFound, `there is no release task "shop"`)
	l.requires(l.run(editor, line), ExitOK, "Release task shop created: Deployment shop in namespace "+l.namespace)

	want := v1alpha1.ReleaseTaskSpec{
		WorkloadRef: v1alpha1.WorkloadRef{APIVersion: "apps/v1", Kind: "Deployment", Name: "shop"},
		Instances:   ptrTo(int32(3)), HistoryLimit: 5,
		Strategy: v1alpha1.Strategy{Canary: &v1alpha1.CanaryStrategy{
			Traffic: v1alpha1.Traffic{Istio: &v1alpha1.IstioTraffic{Service: "shop", VirtualService: "shop", Routes: []string{"main"}}},
			Steps:   makeTask("shop", "").Spec.Strategy.Canary.Steps,
		}},
	}
	if diff := cmp.Diff(want, l.task().Spec); diff != "" {
		t.Error(diff)
	}
	l.requires(l.run(editor, line), ExitRefused, "already exists: choose another name")
}

func TestCreateFromFile(t *testing.T) {
	l := newLab(t)
	file := l.run(editor, "release create shop --workload deploy/shop --step 10 --dry-run -o yaml").out
	got := l.runWith(editor, "release create other -f -", file)
	l.requires(got, ExitUsage, `the file names the task "shop", the command "other"`)
	got = l.runWith(editor, "release create -f -", strings.Replace(file, l.namespace, "elsewhere", 1))
	l.requires(got, ExitUsage, `the file names namespace "elsewhere"`)
	l.requires(l.runWith(editor, "release create -f - -o name", file), ExitOK, "releasetask.workbench.dev/shop\n")
}

func TestCreateIsRefused(t *testing.T) {
	l := newLab(t)
	line := "release create shop --workload deploy/shop --step 10"
	l.requires(l.run(viewer, line), ExitRefused, "user "+viewer+" may not create releasetasks in namespace "+l.namespace+": ask an administrator")
	l.requires(l.run(editor, line+" -n nowhere"), ExitRefused, "may not create releasetasks in namespace nowhere")
	// An administrator may read Deployments, so a mistyped container is found before anything is created.
	l.requires(l.run(admin, line+" --image web=shop:v2"), ExitUsage, `Deployment shop has no container "web", only app`)
	l.requires(l.run(admin, "release create shop --workload deploy/none --step 10 --image app=shop:v2"), ExitNotFound, "there is no Deployment none")
	l.requires(l.run(editor, "release list"), ExitOK, "No release task in namespace "+l.namespace)
}

func TestCreateWaitsForTheTakeOver(t *testing.T) {
	l := newLab(t)
	line := "release create shop --workload deploy/shop --step 10 "
	l.requires(l.run(editor, line+"--wait --timeout 300ms"), ExitTimeout, "timed out; the take-over goes on: no controller has looked at it yet")
	l.status(func(status *v1alpha1.ReleaseTaskStatus) {
		status.Phase, status.Message = v1alpha1.PhaseBlocked, "Nothing was touched: Deployment shop is paused."
	})
	l.must(l.admin.Delete(t.Context(), l.task()))

	created := l.start(editor, line+"--image app=shop:v2 --wait=release")
	action := l.asked()
	if action.Spec.Type != v1alpha1.ActionUpdateVersion || action.Spec.Expect != nil {
		t.Errorf("the first release is asked for with %+v", action.Spec)
	}
	l.status(func(status *v1alpha1.ReleaseTaskStatus) {
		status.Phase, status.Message = v1alpha1.PhaseHealthy, "v1 serves."
		status.Conditions = []metav1.Condition{{Type: v1alpha1.ConditionTakenOver, Status: metav1.ConditionTrue, Reason: "TakenOver", LastTransitionTime: metav1.Now()}}
		status.History = []v1alpha1.ReleaseRecord{record("v1", 1, v1alpha1.OutcomeTakenOver, 0)}
	})
	l.answer(v1alpha1.ActionSucceeded, "The image is set.")
	l.release(v1alpha1.PhaseWaiting)
	created.ends(ExitOK, "v1 serves.", "The image is set.", "Sentence about shop.")
}

func TestCreateIsBlocked(t *testing.T) {
	l := newLab(t)
	created := l.start(editor, "release create shop --workload deploy/shop --step 10 --wait")
	l.exists()
	l.status(func(status *v1alpha1.ReleaseTaskStatus) {
		status.Phase, status.Message = v1alpha1.PhaseBlocked, "Nothing was touched: Deployment shop is paused."
	})
	created.ends(ExitRefused, "Nothing was touched: Deployment shop is paused.", "'workbench release delete shop -n "+l.namespace+"' takes the task back")
}
