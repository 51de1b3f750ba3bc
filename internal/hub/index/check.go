package index

import (
	"github.com/workbench-dev/workbench/api/v1alpha1"
	"github.com/workbench-dev/workbench/internal/hub/api"
)

// Check is a check of the analysis as the API has it.
func Check(c *v1alpha1.AnalysisCheck) *api.AnalysisCheck {
	return &api.AnalysisCheck{
		Metric: c.Metric, Kind: string(c.Kind), Result: string(c.Result), Reason: c.Reason, Evidence: c.Evidence,
		Canary: c.Canary, Stable: c.Stable, Limit: c.Limit, SlowerThan: c.SlowerThan,
		CanaryRequests: c.CanaryRequests, CanaryBad: c.CanaryBad, StableRequests: c.StableRequests, StableBad: c.StableBad,
		ChancePercent: c.ChancePercent, RequestsNeeded: c.RequestsNeeded, SecondsNeeded: c.SecondsNeeded, At: Time(c.At),
	}
}

// DecidingCheck is the check for which a release went back; nil when it didn't, or went back for another reason.
func DecidingCheck(record *v1alpha1.ReleaseRecord) *api.AnalysisCheck {
	judged := record.Analysis
	if record.Outcome != v1alpha1.OutcomeWentBack || judged == nil || judged.State != v1alpha1.AnalysisFailed || judged.DryRun || judged.Check == nil {
		return nil
	}
	return Check(judged.Check)
}

// failedCheck is the check for which a task stands as failed; nil for almost all.
func failedCheck(status *v1alpha1.ReleaseTaskStatus) *api.AnalysisCheck {
	if status.Phase != v1alpha1.PhaseFailed || len(status.History) == 0 {
		return nil
	}
	return DecidingCheck(&status.History[0])
}
