package judge_test

import (
	"fmt"
	"time"

	"github.com/workbench-dev/workbench/internal/judge"
)

// A controller looks every few seconds, keeps the state and acts on the verdict.
func ExamplePlan_Observe() {
	plan := judge.Plan{Metrics: []judge.Metric{
		{Name: "errors", Kind: judge.ErrorsAgainstStable},
		{Name: "success-rate", Kind: judge.ErrorLimit, Limit: 0.05},
	}}
	var state judge.State
	at := time.Date(2026, 11, 2, 10, 0, 0, 0, time.UTC)
	for look := range 2 {
		seen := float64(look)
		var verdict judge.Verdict
		state, verdict = plan.Observe(state, judge.Sample{
			At:     at.Add(time.Duration(look) * 5 * time.Second),
			Canary: map[string]judge.Counters{"gateway": {Requests: 20 * seen, Errors: map[string]float64{"5xx": 4 * seen}}},
			Stable: map[string]judge.Counters{"gateway": {Requests: 180 * seen, Errors: map[string]float64{"5xx": seen}}},
		})
		fmt.Println(verdict.Outcome, verdict.Reason, verdict.Metric)
		fmt.Println(verdict.Message)
	}
	// Output:
	// NotEnoughData Starting errors
	// This was the first look; counters say something from the second one on.
	// Fail MoreErrors errors
	// 20.0 % of the canary's requests failed (4 of 20), 0.56 % of the stable version's (1 of 180). A version as good as the stable one ever shows so much with a chance of at most 1 in 145 (limit 1 in 40).
}
