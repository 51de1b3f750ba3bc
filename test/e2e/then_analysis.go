//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"strings"

	rollouts "github.com/argoproj/argo-rollouts/pkg/apis/rollouts/v1alpha1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workbench-dev/workbench/api/v1alpha1"
	"github.com/workbench-dev/workbench/internal/loadgen"
)

// Judged waits until the newest ended release has an outcome and a verdict with these words, and reads that the record has
// what it takes to look at it later.
func (th *then) Judged(outcome v1alpha1.Outcome, state v1alpha1.AnalysisState, words string) *then {
	th.t.Helper()
	th.eventually(sentence("the history to say %s after the analysis %s", outcome, state), func() (bool, string, error) {
		task, err := th.getTask()
		if err != nil || len(task.Status.History) == 0 {
			return false, "no history", err
		}
		h := task.Status.History[0]
		seen := fmt.Sprintf("%s: %s, analysis %+v", h.Outcome, h.Reason, h.Analysis)
		return h.Outcome == outcome && h.Analysis != nil && h.Analysis.State == state && h.Analysis.VerdictAt != nil && h.Analysis.StartedAt != nil &&
			strings.Contains(h.Analysis.Message, words), seen, nil
	})
	return th
}

// Holds waits until a step is over and the analysis holds it, in a state and with words in the task's sentence.
func (th *then) Holds(number int32, state v1alpha1.AnalysisState, words string) *then {
	th.t.Helper()
	th.taskIs(sentence("step %d to hold, %s, saying %q", number, state, words), func(t *v1alpha1.ReleaseTask) bool {
		return t.Status.Step != nil && t.Status.Step.Number == number && t.Status.Step.WaitsFor == v1alpha1.WaitsForAnalysis &&
			t.Status.Analysis != nil && t.Status.Analysis.State == state && strings.Contains(t.Status.Message, words)
	})
	return th
}

// ArgosRun reads Argo's own analysis run: another way to see the verdict, for whoever watches those.
func (th *then) ArgosRun(phase rollouts.AnalysisPhase, words string) *then {
	th.t.Helper()
	th.eventually("an analysis run that is "+string(phase), func() (bool, string, error) {
		var list rollouts.AnalysisRunList
		if err := world.Client.List(th.ctx, &list, client.InNamespace(th.namespace)); err != nil {
			return false, "", err
		}
		var seen []string
		for _, run := range list.Items {
			if run.Status.Phase == phase && strings.Contains(run.Status.Message, words) {
				return true, "", nil
			}
			seen = append(seen, fmt.Sprintf("%s %s: %s", run.Name, run.Status.Phase, run.Status.Message))
		}
		return false, strings.Join(seen, "; "), nil
	})
	return th
}

// OnlyFailuresOf reads that no request failed that another version than the given one answered, or none.
func (th *then) OnlyFailuresOf(version string) *then {
	th.t.Helper()
	count, err := th.traffic.count(th.ctx)
	th.must(err)
	if of := count.Versions[version].Failed; count.Failed != of {
		th.t.Errorf("%d requests failed, of which %s answered %d:\n%s", count.Failed, version, of, failures(count))
	}
	return th
}

// NoMoreTraffic stops the requests; none of them may have failed.
func (g *given) NoMoreTraffic() *given {
	g.t.Helper()
	count, err := g.traffic.stop(g.ctx)
	g.must(err)
	if count.Failed > 0 {
		g.t.Errorf("%d of %d requests failed:\n%s", count.Failed, count.Sent, failures(count))
	}
	g.traffic = nil
	return g
}

// MoreTraffic adds requests a second to those that come already, to the end of the scenario.
func (g *given) MoreTraffic(rps int) *given {
	g.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	recorder, err := loadgen.Start(ctx, loadgen.Config{URL: "http://" + world.Gateway + "/", Host: g.app.Host, RPS: float64(rps)})
	if err != nil {
		cancel()
		g.t.Fatal(err)
	}
	g.t.Cleanup(func() {
		cancel()
		recorder.Wait()
		if count := recorder.Snapshot(); count.Failed > 0 && g.expectFailures == "" {
			g.t.Errorf("%d of %d further requests failed:\n%s", count.Failed, count.Sent, failures(count))
		}
	})
	return g
}
