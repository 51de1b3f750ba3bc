package evidence

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/workbench-dev/workbench/api/v1alpha1"
	"github.com/workbench-dev/workbench/internal/analysis"
	"github.com/workbench-dev/workbench/internal/hub/api"
	"github.com/workbench-dev/workbench/internal/hub/clusters"
)

var noon = time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)

func at(offset time.Duration) *metav1.Time { return &metav1.Time{Time: noon.Add(offset)} }

// released is a task with two releases that ended and, maybe, one that runs.
func released(running bool) *v1alpha1.ReleaseTask {
	task := &v1alpha1.ReleaseTask{}
	task.Status.Stable = &v1alpha1.VersionStatus{Hash: "two"}
	task.Status.History = []v1alpha1.ReleaseRecord{
		{Revision: 3, Hash: "three", StartedAt: *at(0), EndedAt: at(time.Hour), Outcome: v1alpha1.OutcomeWentBack, Analysis: &v1alpha1.AnalysisRecord{State: v1alpha1.AnalysisFailed, StableHash: "two"}},
		{Revision: 2, Hash: "two", StartedAt: *at(-2 * time.Hour), EndedAt: at(-time.Hour), Outcome: v1alpha1.OutcomeReleased, Analysis: &v1alpha1.AnalysisRecord{State: v1alpha1.AnalysisPassed, StableHash: "one"}},
		{Revision: 1, Hash: "one", StartedAt: *at(-9 * time.Hour), EndedAt: at(-9 * time.Hour), Outcome: v1alpha1.OutcomeTakenOver},
	}
	if running {
		task.Status.Release = &v1alpha1.ReleaseRecord{Revision: 4, Hash: "four", StartedAt: *at(2 * time.Hour)}
		task.Status.Analysis = &v1alpha1.AnalysisStatus{Hash: "four", StableHash: "two", State: v1alpha1.AnalysisNotEnoughData}
	}
	return task
}

func TestWhichReleaseIsShown(t *testing.T) {
	taken := &v1alpha1.ReleaseTask{}
	taken.Status.History = released(false).Status.History[2:]
	for _, tc := range []struct {
		why          string
		task         *v1alpha1.ReleaseTask
		revision     int64
		hash, stable string
		found        bool
	}{
		{"the running one", released(true), 0, "four", "two", true},
		{"the last that ended", released(false), 0, "three", "two", true},
		{"one of the history, beside what was stable then", released(true), 2, "two", "one", true},
		{"a take-over is no release", taken, 0, "", "", false},
		{"none of that revision", released(true), 9, "", "", false},
	} {
		t.Run(tc.why, func(t *testing.T) {
			got, found := choose(tc.task, tc.revision)
			if found != tc.found || got.hash != tc.hash || got.stableHash != tc.stable {
				t.Errorf("got %s beside %s, %v; want %s beside %s, %v", got.hash, got.stableHash, found, tc.hash, tc.stable, tc.found)
			}
		})
	}
}

func TestWhichTimeIsShown(t *testing.T) {
	now := noon.Add(3 * time.Hour)
	ended, _ := choose(released(false), 0)
	running, _ := choose(released(true), 0)
	old := running
	old.startedAt = noon.Add(-60 * 24 * time.Hour)
	for _, tc := range []struct {
		why      string
		about    about
		in       api.GetAnalysisInput
		from, to time.Time
		refused  string
	}{
		{why: "a release that ended, and a minute around it", about: ended, from: noon.Add(-time.Minute), to: noon.Add(time.Hour + time.Minute)},
		{why: "a running one until now", about: running, from: noon.Add(2*time.Hour - time.Minute), to: now},
		{why: "a month of one that runs for two", about: old, from: now.Add(-longest), to: now},
		{why: "what was asked", about: ended, in: api.GetAnalysisInput{From: noon, To: noon.Add(time.Minute)}, from: noon, to: noon.Add(time.Minute)},
		{why: "the end before the beginning", about: ended, in: api.GetAnalysisInput{From: noon, To: noon}, refused: "end before they begin"},
		{why: "more than a month", about: ended, in: api.GetAnalysisInput{From: noon.Add(-32 * 24 * time.Hour), To: noon}, refused: "31 days"},
	} {
		t.Run(tc.why, func(t *testing.T) {
			got, err := tc.about.window(&tc.in, now)
			if tc.refused != "" {
				if err == nil || !strings.Contains(err.Error(), tc.refused) {
					t.Errorf("got %v, %v; want a refusal with %q", got, err, tc.refused)
				}
				return
			}
			if err != nil || !got.From.Equal(tc.from) || !got.To.Equal(tc.to) || got.Points != defaultPoints {
				t.Errorf("got %v, %v; want %s to %s", got, err, tc.from, tc.to)
			}
		})
	}
}

func TestGapsAreShown(t *testing.T) {
	point := func(second int) analysis.Point {
		return analysis.Point{At: noon.Add(time.Duration(second) * time.Second), Value: float64(second)}
	}
	var got []string
	for _, p := range shownPoints([]analysis.Point{point(0), point(5), point(10), point(40), point(45)}) {
		text := time.Unix(p.At, 0).UTC().Format("05")
		if p.Value == nil {
			text += " gap"
		}
		got = append(got, text)
	}
	if diff := cmp.Diff([]string{"00", "05", "10", "15 gap", "40", "45"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestChartsAreDrawnOnceForAll(t *testing.T) {
	var d drawn
	var times atomic.Int32
	draw := func() ([]analysis.Chart, error) {
		times.Add(1)
		return []analysis.Chart{{Metric: "m"}}, nil
	}
	key := chartKey{task: "uid", points: 100}
	var group sync.WaitGroup
	for range 20 {
		group.Go(func() {
			if charts, err := d.get(key, noon, time.Minute, draw); err != nil || len(charts) != 1 {
				t.Errorf("%v, %v", charts, err)
			}
		})
	}
	group.Wait()
	if n := times.Load(); n != 1 {
		t.Errorf("20 people at once: drawn %d times", n)
	}
	for _, next := range []struct {
		why  string
		key  chartKey
		at   time.Time
		want int32
	}{
		{"a little later", key, noon.Add(59 * time.Second), 1},
		{"when it is too old", key, noon.Add(time.Minute), 2},
		{"other rules", chartKey{task: "uid", points: 100, generation: 2}, noon, 3},
	} {
		if _, err := d.get(next.key, next.at, time.Minute, draw); err != nil || times.Load() != next.want {
			t.Errorf("%s: drawn %d times, want %d (%v)", next.why, times.Load(), next.want, err)
		}
	}
	failing := errors.New("no")
	other := chartKey{task: "other"}
	if _, err := d.get(other, noon, time.Minute, func() ([]analysis.Chart, error) { return nil, failing }); !errors.Is(err, failing) {
		t.Errorf("a failure: %v", err)
	}
	if _, err := d.get(other, noon, time.Minute, draw); err != nil {
		t.Errorf("a failure is not kept: %v", err)
	}
}

// secrets are those of the hub's namespace.
type secrets map[string]map[string][]byte

func (s secrets) Get(string) (*clusters.Cluster, bool) { return nil, false }

func (s secrets) Secret(_ context.Context, name string) (*corev1.Secret, error) {
	data, ok := s[name]
	if !ok {
		return nil, errors.New("not found: " + name)
	}
	return &corev1.Secret{Data: data}, nil
}

func TestCredentialsOfAPrometheus(t *testing.T) {
	s := New(secrets{
		"token": {"token": []byte("t1\n"), "other": []byte("t2")}, "basic": {"username": []byte("ada"), "password": []byte("p1")}, "half": {"username": []byte("ada")},
	})
	const address = "https://p.example.com"
	for _, tc := range []struct {
		why     string
		spec    *v1alpha1.PrometheusSource
		refused string
	}{
		{"none", nil, "no Prometheus is set for cluster far"},
		{"nobody signs in", &v1alpha1.PrometheusSource{Address: address}, ""},
		{"a token", &v1alpha1.PrometheusSource{Address: address, BearerTokenSecretRef: &v1alpha1.SecretKeyRef{Name: "token"}}, ""},
		{"a token under another key", &v1alpha1.PrometheusSource{Address: address, BearerTokenSecretRef: &v1alpha1.SecretKeyRef{Name: "token", Key: "other"}}, ""},
		{"a password", &v1alpha1.PrometheusSource{Address: address, BasicAuthSecretRef: &v1alpha1.BasicAuthSecretRef{Name: "basic"}}, ""},
		{"half of it", &v1alpha1.PrometheusSource{Address: address, BasicAuthSecretRef: &v1alpha1.BasicAuthSecretRef{Name: "half"}}, "has no key password"},
		{"a Secret that is gone", &v1alpha1.PrometheusSource{Address: address, BearerTokenSecretRef: &v1alpha1.SecretKeyRef{Name: "gone"}}, "Secret gone cannot be read"},
		{"a CA that is none", &v1alpha1.PrometheusSource{Address: address, CASecretRef: &v1alpha1.SecretKeyRef{Name: "token", Key: "token"}}, "no certificate"},
	} {
		t.Run(tc.why, func(t *testing.T) {
			client, err := s.source(t.Context(), "far", tc.spec)
			if (tc.refused == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), tc.refused) {
				t.Fatalf("got %v, want %q", err, tc.refused)
			}
			if err != nil {
				return
			}
			again, err := s.source(t.Context(), "far", tc.spec)
			if err != nil || again != client {
				t.Errorf("the same settings make another client (%v)", err)
			}
		})
	}
}
