package evidence

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/workbench-dev/workbench/internal/analysis"
	"github.com/workbench-dev/workbench/internal/hub/api"
	"github.com/workbench-dev/workbench/internal/hub/index"
)

// tell fills in how the release is or was judged.
func tell(report *api.AnalysisReport, a about) {
	report.Revision = a.revision
	switch {
	case a.status != nil:
		report.State, report.Message, report.DryRun = string(a.status.State), a.status.Message, a.status.DryRun
		report.StartedAt, report.VerdictAt = utc(a.status.StartedAt), utc(a.status.VerdictAt)
		for i := range a.status.Checks {
			report.Checks = append(report.Checks, *index.Check(&a.status.Checks[i]))
		}
	case a.record != nil:
		report.State, report.Message, report.DryRun = string(a.record.State), a.record.Message, a.record.DryRun
		report.StartedAt, report.VerdictAt = utc(a.record.StartedAt), utc(a.record.VerdictAt)
		if a.record.Check != nil {
			report.Checks = append(report.Checks, *index.Check(a.record.Check))
		}
	}
}

func shownChart(c analysis.Chart) api.AnalysisChart {
	shown := api.AnalysisChart{Metric: c.Metric, Title: c.Title, Unit: c.Unit, Limit: c.Limit, Worse: string(c.Worse), Series: []api.AnalysisSeries{}, Problem: c.Problem}
	for _, line := range []struct {
		version string
		points  []analysis.Point
	}{{"Stable", c.Stable}, {"Canary", c.Canary}} {
		if len(line.points) > 0 {
			shown.Series = append(shown.Series, api.AnalysisSeries{Version: line.version, Points: shownPoints(line.points)})
		}
	}
	return shown
}

// shownPoints puts a point without a value where a line has a gap.
func shownPoints(points []analysis.Point) []api.AnalysisPoint {
	step := time.Duration(0)
	for i := 1; i < len(points); i++ {
		if d := points[i].At.Sub(points[i-1].At); step == 0 || d < step {
			step = d
		}
	}
	shown := make([]api.AnalysisPoint, 0, len(points))
	for i, point := range points {
		if i > 0 && point.At.Sub(points[i-1].At) > step {
			shown = append(shown, api.AnalysisPoint{At: points[i-1].At.Add(step).Unix()})
		}
		shown = append(shown, api.AnalysisPoint{At: point.At.Unix(), Value: &points[i].Value})
	}
	return shown
}

func utc(t *metav1.Time) *time.Time {
	if t == nil {
		return nil
	}
	at := t.UTC()
	return &at
}
