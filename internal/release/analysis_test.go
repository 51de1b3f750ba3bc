package release

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/workbench-dev/workbench/api/v1alpha1"
)

func TestParseMetric(t *testing.T) {
	for _, tc := range []struct {
		text, want, refused string
	}{
		{text: "success-rate", want: "success-rate not worse than stable"},
		{text: "success-rate>=99.5%", want: "success-rate at least 99.5% and not worse than stable"},
		{text: " success-rate >= 99.5 % ", want: "success-rate at least 99.5% and not worse than stable"},
		{text: "error-rate<=1%", want: "error-rate at most 1% and not worse than stable"},
		{text: "error-rate-4xx<=5%", want: "error-rate-4xx at most 5% and not worse than stable"},
		{text: "error-rate-503", want: "error-rate-503 not worse than stable"},
		{text: "latency", want: "latency not worse than stable"},
		{text: "p90<=0.5s", want: "latency-p90 at most 0.5s and not worse than stable"},
		{text: "request-rate>=0.5", want: "request-rate at least 0.5"},
		{text: "restarts<=0", want: "restarts at most 0"},
		{text: "oom-kills<=1", want: "oom-kills at most 1"},
		{text: "success-rate<=99%", refused: "stands behind >="},
		{text: "p99>=500ms", refused: "stands behind <="},
		{text: "success-rate>99%", refused: `no metric "success-rate>99%"`},
		{text: "success-rate=99%", refused: "no metric"},
		{text: "success-rate>=99", refused: "no share"},
		{text: "success-rate>=100%", refused: "no share"},
		{text: "p99<=500", refused: "no time"},
		{text: "p99<=0ms", refused: "no time"},
		{text: "p95<=500ms", refused: "no metric"},
		{text: "error-rate-2xx<=1%", refused: "no metric"},
		{text: "restarts<=1.5", refused: "no count"},
		{text: "restarts<=-1", refused: "no count"},
		{text: "request-rate>=0", refused: "no rate"},
		{text: "success-rate>=", refused: "no limit"},
		{text: "", refused: "no metric"},
	} {
		t.Run(tc.text, func(t *testing.T) {
			metric, err := ParseMetric(tc.text)
			if tc.refused != "" {
				if err == nil || !strings.Contains(err.Error(), tc.refused) {
					t.Errorf("got %v, %v; must be refused with %q", metric, err, tc.refused)
				}
				return
			}
			if err != nil || MetricInWords(metric) != tc.want {
				t.Errorf("got %q, %v; want %q", MetricInWords(metric), err, tc.want)
			}
		})
	}
}

func TestCheckAnalysis(t *testing.T) {
	valid := func() *v1alpha1.ReleaseTask {
		task := makeTask()
		task.Spec.Analysis = DefaultAnalysis()
		return task
	}
	if problems := CheckTask(valid()); len(problems) > 0 {
		t.Fatalf("the default rules are refused: %v", problems)
	}
	for _, tc := range []struct {
		why    string
		change func(*v1alpha1.Analysis)
		field  string
		says   string
	}{
		{"no metric", func(a *v1alpha1.Analysis) { a.Metrics = nil }, "spec.analysis.metrics", "at least one"},
		{"two of one name", func(a *v1alpha1.Analysis) { a.Metrics[1].Name = a.Metrics[0].Name }, "spec.analysis.metrics[1].name", "two metrics"},
		{"a short interval", func(a *v1alpha1.Analysis) { a.Interval = &metav1.Duration{Duration: time.Second} }, "spec.analysis.interval", "5s to 10m"},
		{"a step that is not there", func(a *v1alpha1.Analysis) { a.FromStep = 31 }, "spec.analysis.fromStep", "no step 31"},
		{"a comparison of restarts", func(a *v1alpha1.Analysis) { a.Metrics[2].CompareWithStable = ptr.To(true) }, "spec.analysis.metrics[2].compareWithStable", "cannot be compared"},
		{"nothing to compare with", func(a *v1alpha1.Analysis) { a.Metrics[0].CompareWithStable = ptr.To(false) }, "spec.analysis.metrics[0].limit", "nothing to compare with"},
		{"both kinds", func(a *v1alpha1.Analysis) { a.Metrics[0].Query = &v1alpha1.QueryMetric{PromQL: "up"} }, "spec.analysis.metrics[0]", "exactly one"},
		{"a wrong query", func(a *v1alpha1.Analysis) {
			a.Metrics[0] = v1alpha1.AnalysisMetric{Name: "own", Query: &v1alpha1.QueryMetric{PromQL: "sum("}, Limit: "1"}
		}, "spec.analysis.metrics[0].query.promql", "not PromQL"},
		{"an unknown placeholder", func(a *v1alpha1.Analysis) {
			a.Metrics[0] = v1alpha1.AnalysisMetric{Name: "own", Query: &v1alpha1.QueryMetric{PromQL: "up{pod='{{pod}}'}"}, Limit: "1"}
		}, "spec.analysis.metrics[0].query.promql", "{{pod}} is unknown"},
		{"a query without a limit", func(a *v1alpha1.Analysis) {
			a.Metrics[0] = v1alpha1.AnalysisMetric{Name: "own", Query: &v1alpha1.QueryMetric{PromQL: "up"}}
		}, "spec.analysis.metrics[0].limit", "set a limit"},
	} {
		t.Run(tc.why, func(t *testing.T) {
			task := valid()
			tc.change(task.Spec.Analysis)
			problems := CheckTask(task)
			if len(problems) == 0 || problems[0].Field != tc.field || !strings.Contains(problems[0].Message, tc.says) {
				t.Errorf("got %v; want %s with %q", problems, tc.field, tc.says)
			}
		})
	}
}

func TestParseLimit(t *testing.T) {
	for text, want := range map[string]Limit{"99%": {99, "%"}, "0.5%": {0.5, "%"}, "500ms": {500, "ms"}, "1.5s": {1.5, "s"}, "-2": {-2, ""}} {
		got, err := ParseLimit(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", text, diff)
		}
	}
	for _, text := range []string{"", "%", "1e9", "NaN", "+1", ".5", "5.", "1m", "1 s", "１%", "123456789012345678901"} {
		if got, err := ParseLimit(text); err == nil {
			t.Errorf("%q is read as %v", text, got)
		}
	}
}

// FuzzParseMetric holds that whatever is accepted is a metric that a task may have.
func FuzzParseMetric(f *testing.F) {
	for _, seed := range []string{"success-rate>=99%", "p99<=500ms", "error-rate-503<=1%", "restarts<=0", ">=", "a<=b>=c", "latency\x00"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		metric, err := ParseMetric(text)
		if err != nil {
			return
		}
		task := makeTask()
		task.Spec.Analysis = &v1alpha1.Analysis{Metrics: []v1alpha1.AnalysisMetric{metric}}
		if problems := CheckAnalysis(task); len(problems) > 0 && (metric.Limit != "" || ComparesWithStable(metric)) {
			t.Errorf("%q is read as %+v, which is refused: %v", text, metric, problems)
		}
	})
}
