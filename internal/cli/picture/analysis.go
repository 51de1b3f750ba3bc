package picture

import (
	"fmt"
	"strings"
	"time"

	"github.com/workbench-dev/workbench/api/v1alpha1"
)

// analysis draws how the running release is judged: a line for the state and one for each check.
func (p *pen) analysis(task *v1alpha1.ReleaseTask, now time.Time) {
	status := task.Status.Analysis
	if status == nil || task.Status.Canary == nil {
		return
	}
	p.line()
	state := analysisStates[status.State]
	heading := "analysis  " + state.words
	if status.DryRun {
		heading += " (dry run: nothing is done about it)"
	}
	if status.LastLookAt != nil {
		heading += fmt.Sprintf(", looked at %s ago", Short(max(0, now.Sub(status.LastLookAt.Time)).Round(time.Second)))
	}
	p.line(piece{text: heading, color: state.color})
	width := 0
	for i := range status.Checks {
		width = max(width, len(checkName(&status.Checks[i])))
	}
	for i := range status.Checks {
		check := &status.Checks[i]
		mark := checkMarks[check.Result]
		p.line(piece{text: "  " + mark.words, color: mark.color}, plain(fmt.Sprintf(" %-*s  %s", width, checkName(check), checkNumbers(check))))
		if check.Result == v1alpha1.CheckFail || check.Result == v1alpha1.CheckError {
			for _, line := range wrap(check.Evidence, max(0, p.style.Width-4)) {
				p.line(plain("    " + line))
			}
		}
	}
}

type marked struct {
	words string
	color color
}

var analysisStates = map[v1alpha1.AnalysisState]marked{
	v1alpha1.AnalysisNotStarted:    {"not begun", none},
	v1alpha1.AnalysisNotEnoughData: {"not enough data yet", yellow},
	v1alpha1.AnalysisPassed:        {"passes", green},
	v1alpha1.AnalysisFailed:        {"failed", red},
	v1alpha1.AnalysisError:         {"cannot be read", red},
}

var checkMarks = map[v1alpha1.CheckResult]marked{
	v1alpha1.CheckPass:          {"✓", green},
	v1alpha1.CheckFail:          {"✗", red},
	v1alpha1.CheckNotEnoughData: {"…", yellow},
	v1alpha1.CheckError:         {"!", red},
}

func checkName(check *v1alpha1.AnalysisCheck) string {
	if check.Kind == v1alpha1.CheckLimit {
		return check.Metric + " limit " + check.Limit
	}
	return check.Metric + " against stable"
}

// checkNumbers is what both versions have, and what is missing.
func checkNumbers(check *v1alpha1.AnalysisCheck) string {
	var parts []string
	if check.Canary != "" {
		parts = append(parts, "canary "+check.Canary)
	}
	if check.Stable != "" && check.Kind == v1alpha1.CheckStable {
		parts = append(parts, "stable "+check.Stable)
	}
	if check.CanaryRequests > 0 {
		parts = append(parts, fmt.Sprintf("%d requests", check.CanaryRequests))
	}
	if check.RequestsNeeded > 0 && check.Result == v1alpha1.CheckNotEnoughData {
		missing := fmt.Sprintf("about %d more needed", check.RequestsNeeded)
		if check.SecondsNeeded > 0 {
			missing += fmt.Sprintf(" (%s)", Short(time.Duration(check.SecondsNeeded)*time.Second))
		}
		parts = append(parts, missing)
	} else if check.Result == v1alpha1.CheckNotEnoughData && check.Reason != "" {
		parts = append(parts, words(check.Reason))
	}
	return strings.Join(parts, ", ")
}
