package analysisrun

import (
	"strings"
	"testing"
	"time"

	rollouts "github.com/argoproj/argo-rollouts/pkg/apis/rollouts/v1alpha1"
	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/workbench-dev/workbench/api/v1alpha1"
	"github.com/workbench-dev/workbench/internal/judge"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func counted(requests, errors float64, latency ...float64) judge.Counters {
	return judge.Counters{Requests: requests, Errors: map[string]float64{"5xx": errors}, Latency: latency}
}

// The canary's series may have counted other versions before.
func TestSinceRelease(t *testing.T) {
	for name, c := range map[string]struct {
		looks []map[string]judge.Counters
		want  map[string]judge.Counters
	}{
		"nothing yet": {
			looks: []map[string]judge.Counters{{}},
			want:  map[string]judge.Counters{},
		},
		"the first look counts from 0": {
			looks: []map[string]judge.Counters{{"a": counted(100, 7, 60, 100)}},
			want:  map[string]judge.Counters{"a": counted(0, 0, 0, 0)},
		},
		"what came since": {
			looks: []map[string]judge.Counters{{"a": counted(100, 7, 60, 100)}, {"a": counted(130, 9, 80, 130)}},
			want:  map[string]judge.Counters{"a": counted(30, 2, 20, 30)},
		},
		"a proxy that is new": {
			looks: []map[string]judge.Counters{{"a": counted(100, 7)}, {"a": counted(100, 7), "b": counted(5, 1)}},
			want:  map[string]judge.Counters{"a": counted(0, 0), "b": counted(5, 1)},
		},
		"a proxy that began anew": {
			looks: []map[string]judge.Counters{{"a": counted(100, 7)}, {"a": counted(3, 1)}, {"a": counted(200, 8)}},
			want:  map[string]judge.Counters{"a": counted(200, 8)},
		},
	} {
		t.Run(name, func(t *testing.T) {
			var e evidence
			var sample judge.Sample
			for i, look := range c.looks {
				e, sample = e.sinceRelease(judge.Sample{Canary: look})
				e.Judge.At = noon.Add(time.Duration(i) * time.Second)
			}
			if diff := cmp.Diff(c.want, sample.Canary); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// What is read before every proxy knows the weight, or that the release began, is of another time.
func TestWeigh(t *testing.T) {
	e := evidence{}.weigh(0, noon, time.Second)
	if want := noon.Add(time.Second); !e.WeightSince.Equal(want) {
		t.Errorf("the release is known since %s, want %s", e.WeightSince, want)
	}
	if later := e.weigh(0, noon.Add(time.Minute), time.Second); !later.WeightSince.Equal(e.WeightSince) {
		t.Errorf("the weight did not change, and yet it is known since %s", later.WeightSince)
	}
	if later, want := e.weigh(10, noon.Add(time.Minute), time.Second), noon.Add(time.Minute+time.Second); !later.WeightSince.Equal(want) {
		t.Errorf("the new weight is known since %s, want %s", later.WeightSince, want)
	}
}

// Evidence goes on where it was after any end of the controller, and damaged evidence is none.
func TestEvidenceIsKept(t *testing.T) {
	want := evidence{Weight: 10, WeightSince: noon, Before: map[string]judge.Counters{"a": counted(1, 1)}, Judge: judge.State{At: noon, CanaryTotal: counted(5, 2)}}
	text, err := want.text()
	if err != nil {
		t.Fatal(err)
	}
	run := &rollouts.AnalysisRun{ObjectMeta: metav1.ObjectMeta{Annotations: map[string]string{v1alpha1.EvidenceAnnotation: text}}}
	got, err := readEvidence(run)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for name, broken := range map[string]string{"no base64": "%%%", "not packed": "aGVsbG8=", "cut off": text[:len(text)/2/4*4]} {
		run.Annotations[v1alpha1.EvidenceAnnotation] = broken
		if got, err := readEvidence(run); err == nil || got.Weight != 0 {
			t.Errorf("%s: read %+v, %v", name, got, err)
		}
	}
}

func TestStatusOf(t *testing.T) {
	release := &v1alpha1.ReleaseRecord{Hash: "h2", StartedAt: metav1.NewTime(noon)}
	of := func(hash string, began time.Time) *rollouts.AnalysisRun {
		run := &rollouts.AnalysisRun{}
		v := verdict{Release: metav1.NewTime(began), Status: v1alpha1.AnalysisStatus{Hash: hash, State: v1alpha1.AnalysisPassed}}
		if err := v.annotate(run, ""); err != nil {
			t.Fatal(err)
		}
		return run
	}
	if got := StatusOf(of("h2", noon), release); got == nil || got.State != v1alpha1.AnalysisPassed {
		t.Errorf("StatusOf = %+v, want Passed", got)
	}
	for name, run := range map[string]*rollouts.AnalysisRun{
		"another version": of("h1", noon), "an earlier attempt": of("h2", noon.Add(-time.Hour)), "a run without a verdict": {},
		"a verdict that cannot be read": {ObjectMeta: metav1.ObjectMeta{Annotations: map[string]string{v1alpha1.VerdictAnnotation: "{"}}},
	} {
		if got := StatusOf(run, release); got != nil {
			t.Errorf("%s: StatusOf = %+v, want none", name, got)
		}
	}
}

// Argo Rollouts reads phases and counts, people the value and the message.
func TestMeasure(t *testing.T) {
	run := &rollouts.AnalysisRun{}
	at := noon
	step := func(after time.Duration, state v1alpha1.AnalysisState, dryRun bool) *rollouts.MetricResult {
		at = at.Add(after)
		measure(run, v1alpha1.AnalysisStatus{State: state, Message: "seen", DryRun: dryRun}, at)
		return verdictResult(run)
	}
	if result := step(0, v1alpha1.AnalysisNotStarted, false); result != nil {
		t.Errorf("before the first judged step there is %+v", result)
	}
	for i := range 40 {
		step(measureAgain, []v1alpha1.AnalysisState{v1alpha1.AnalysisNotEnoughData, v1alpha1.AnalysisError, v1alpha1.AnalysisPassed}[i%3], false)
	}
	step(time.Second, v1alpha1.AnalysisPassed, false)
	result := step(time.Second, v1alpha1.AnalysisPassed, false)
	if result.Failed != 0 || result.Error != 0 || result.Inconclusive != 27 || result.Successful != 14 || result.Count != 41 || len(result.Measurements) != measurementsKept {
		t.Errorf("counts of verdicts none of which failed: %+v with %d measurements", result, len(result.Measurements))
	}
	if result := step(time.Second, v1alpha1.AnalysisFailed, true); result.Failed != 0 || !strings.HasPrefix(lastMeasurement(run).Message, "Dry run") {
		t.Errorf("a dry run that failed counts as %d failures: %+v", result.Failed, lastMeasurement(run))
	}
	result = step(time.Second, v1alpha1.AnalysisFailed, false)
	last := lastMeasurement(run)
	if result.Failed != 1 || last.Phase != rollouts.AnalysisPhaseFailed || last.Value != "Failed" || last.Message != "seen" || last.FinishedAt == nil {
		t.Errorf("a failure is measured as %+v, %d failures", last, result.Failed)
	}
	if result := step(time.Second, v1alpha1.AnalysisFailed, false); result.Failed != 1 {
		t.Errorf("one failure counts %d times", result.Failed)
	}
}
