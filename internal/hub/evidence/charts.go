package evidence

import (
	"context"
	"time"

	"github.com/danielgtaylor/huma/v2"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workbench-dev/workbench/api/v1alpha1"
	"github.com/workbench-dev/workbench/internal/analysis"
	"github.com/workbench-dev/workbench/internal/hub/api"
	"github.com/workbench-dev/workbench/internal/hub/clusters"
	"github.com/workbench-dev/workbench/internal/hub/upstream"
	"github.com/workbench-dev/workbench/internal/survey"
)

const (
	// around is how much of the time before and after a release is shown.
	around = time.Minute
	// longest is how long a time charts may show.
	longest = 31 * 24 * time.Hour
	// defaultPoints of a line.
	defaultPoints = 200
)

// Charts is the evidence of a release: checks, and charts of canary against stable.
func (s *Service) Charts(ctx context.Context, in *api.GetAnalysisInput) (*api.GetAnalysisOutput, error) {
	cluster, asked, task, err := s.task(ctx, in.TaskPath)
	if err != nil {
		return nil, err
	}
	out := &api.GetAnalysisOutput{Body: api.AnalysisReport{Enabled: task.Spec.Analysis != nil, Checks: []api.AnalysisCheck{}, Charts: []api.AnalysisChart{}}}
	about, found := choose(task, in.Revision)
	if !found && in.Revision != 0 {
		return nil, huma.Error404NotFound("The history has no release of this revision.")
	}
	if !found {
		return out, nil
	}
	tell(&out.Body, about)
	if task.Spec.Analysis == nil {
		return out, nil
	}
	now := s.clock.Now()
	window, err := about.window(in, now)
	if err != nil {
		return nil, err
	}
	from, to := window.From.UTC(), window.To.UTC()
	out.Body.From, out.Body.To = &from, &to
	charts, err := s.draw(ctx, cluster, asked, task, about, window, now)
	if err != nil {
		out.Body.Problem = sentence(err)
		return out, nil
	}
	for _, c := range charts {
		out.Body.Charts = append(out.Body.Charts, shownChart(c))
	}
	return out, nil
}

// draw takes the charts from those kept, or draws them.
func (s *Service) draw(ctx context.Context, cluster *clusters.Cluster, asked client.Client, task *v1alpha1.ReleaseTask, about about, window analysis.Window, now time.Time) ([]analysis.Chart, error) {
	source, err := s.source(ctx, cluster.Name(), cluster.Resource().Spec.Prometheus)
	if err != nil {
		return nil, err
	}
	aligned, step := window.Align()
	key := chartKey{
		task: string(task.UID), generation: task.Generation, stable: about.stableHash, canary: about.hash,
		from: aligned.From.Unix(), to: aligned.To.Unix(), points: window.Points,
	}
	return s.charts.get(key, now, max(step, shortestKept), func() ([]analysis.Chart, error) {
		ctx, leave, err := s.enter(ctx)
		if err != nil {
			return nil, err
		}
		defer leave()
		subject, err := survey.Subject(ctx, asked, task, about.stableHash, about.hash)
		if err != nil {
			return nil, upstream.Problem(err, nil)
		}
		return analysis.Charts(ctx, source, task.Spec.Analysis, subject, window), nil
	})
}

// about is the release that is shown.
type about struct {
	revision         int64
	hash, stableHash string
	startedAt        time.Time
	endedAt          *metav1.Time
	status           *v1alpha1.AnalysisStatus
	record           *v1alpha1.AnalysisRecord
}

// choose is the release of a revision, or the running one, or the last that ended.
func choose(task *v1alpha1.ReleaseTask, revision int64) (about, bool) {
	status := &task.Status
	var all []v1alpha1.ReleaseRecord
	if status.Release != nil {
		all = append(all, *status.Release)
	}
	for _, record := range append(all, status.History...) {
		if revision != 0 && record.Revision != revision || revision == 0 && record.Outcome == v1alpha1.OutcomeTakenOver {
			continue
		}
		a := about{revision: record.Revision, hash: record.Hash, startedAt: record.StartedAt.Time, endedAt: record.EndedAt, record: record.Analysis}
		if status.Stable != nil && status.Stable.Hash != record.Hash {
			a.stableHash = status.Stable.Hash
		}
		if a.record != nil && a.record.StableHash != "" {
			a.stableHash = a.record.StableHash
		}
		if record.EndedAt == nil && status.Analysis != nil && status.Analysis.Hash == record.Hash {
			a.status = status.Analysis
			if a.status.StableHash != "" {
				a.stableHash = a.status.StableHash
			}
		}
		return a, true
	}
	return about{}, false
}

// window is the time to show: what was asked for, else the release and a little around it.
func (a about) window(in *api.GetAnalysisInput, now time.Time) (analysis.Window, error) {
	w := analysis.Window{From: in.From, To: in.To, Points: in.Points}
	if w.Points == 0 {
		w.Points = defaultPoints
	}
	if w.To.IsZero() {
		w.To = now
		if a.endedAt != nil && a.endedAt.Add(around).Before(now) {
			w.To = a.endedAt.Add(around)
		}
	}
	if w.From.IsZero() {
		if w.From = a.startedAt.Add(-around); w.To.Sub(w.From) > longest {
			w.From = w.To.Add(-longest)
		}
	}
	switch {
	case !w.From.Before(w.To):
		return w, huma.Error422UnprocessableEntity("The charts would end before they begin: give a time to that is after from.", api.Field("query.to", "not after from"))
	case w.To.Sub(w.From) > longest:
		return w, huma.Error422UnprocessableEntity("The charts would show more than 31 days: give a shorter time.", api.Field("query.from", "more than 31 days before to"))
	}
	return w, nil
}
