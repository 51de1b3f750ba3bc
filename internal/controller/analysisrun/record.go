package analysisrun

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"time"

	rollouts "github.com/argoproj/argo-rollouts/pkg/apis/rollouts/v1alpha1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/workbench-dev/workbench/api/v1alpha1"
	"github.com/workbench-dev/workbench/internal/judge"
)

// verdict is what the last look came to. It stands on the analysis run in the annotation VerdictAnnotation, as JSON.
type verdict struct {
	// Release is when the release began that is judged. A release that is tried again is another one.
	Release metav1.Time `json:"release"`
	// Generation is that of the task by whose rules it was judged.
	Generation int64 `json:"generation"`
	// LookedAt is when the evidence was looked at last.
	LookedAt time.Time `json:"lookedAt,omitzero"`
	// ReadableSince is since when every look could read the evidence; zero when the last one could not.
	ReadableSince time.Time `json:"readableSince,omitzero"`
	// ReadAt is of when the counters were.
	ReadAt time.Time `json:"readAt,omitzero"`
	// Weight and WeightSince are those of the evidence; they say when to look again.
	Weight      int32     `json:"weight"`
	WeightSince time.Time `json:"weightSince,omitzero"`
	// Status is what the task shows.
	Status v1alpha1.AnalysisStatus `json:"status"`
}

// evidence is what the next look needs of all looks before. It stands on the analysis run in the annotation
// EvidenceAnnotation, compressed, and is written in the same patch as the verdict and the measurement: whoever dies, whenever,
// leaves all of a look or nothing.
type evidence struct {
	// Weight is the canary's share of requests in percent, WeightSince since when every proxy knows it.
	Weight      int32     `json:"weight"`
	WeightSince time.Time `json:"weightSince,omitzero"`
	// Before are the canary's counters as they stood at the first look at this release.
	Before map[string]judge.Counters `json:"before,omitempty"`
	// Judge is what the judge remembers.
	Judge judge.State `json:"judge"`
}

// mostEvidence is how many bytes of compressed evidence an analysis run may carry. All annotations of an object together
// may have 256 KiB.
const mostEvidence = 160 << 10

// StatusOf is how a release is judged, as its analysis run tells it; nil when the run tells nothing of this release.
func StatusOf(run *rollouts.AnalysisRun, release *v1alpha1.ReleaseRecord) *v1alpha1.AnalysisStatus {
	v := readVerdict(run)
	if v == nil || release == nil || !v.Release.Equal(&release.StartedAt) || v.Status.Hash != release.Hash {
		return nil
	}
	return &v.Status
}

// readVerdict is nil when there is none that can be read.
func readVerdict(run *rollouts.AnalysisRun) *verdict {
	text := run.Annotations[v1alpha1.VerdictAnnotation]
	if text == "" {
		return nil
	}
	v := &verdict{}
	if err := json.Unmarshal([]byte(text), v); err != nil {
		return nil
	}
	return v
}

// readEvidence is the evidence on a run. What cannot be read is gone: the release is judged anew from here, with all of
// its chance of a false alarm, and no longer by what was seen before.
func readEvidence(run *rollouts.AnalysisRun) (evidence, error) {
	text := run.Annotations[v1alpha1.EvidenceAnnotation]
	if text == "" {
		return evidence{}, nil
	}
	var e evidence
	zipped, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return evidence{}, fmt.Errorf("the evidence on analysis run %s cannot be read: %w", run.Name, err)
	}
	reader, err := gzip.NewReader(bytes.NewReader(zipped))
	if err != nil {
		return evidence{}, fmt.Errorf("the evidence on analysis run %s cannot be read: %w", run.Name, err)
	}
	// A small text can unpack to a large one; what Workbench writes packs to a tenth or so.
	if err := json.NewDecoder(io.LimitReader(reader, 100*mostEvidence)).Decode(&e); err != nil {
		return evidence{}, fmt.Errorf("the evidence on analysis run %s cannot be read: %w", run.Name, err)
	}
	return e, nil
}

// annotate puts a verdict and packed evidence on a run.
func (v verdict) annotate(run *rollouts.AnalysisRun, packed string) error {
	text, err := json.Marshal(v)
	if err != nil {
		return err
	}
	if run.Annotations == nil {
		run.Annotations = map[string]string{}
	}
	run.Annotations[v1alpha1.VerdictAnnotation] = string(text)
	run.Annotations[v1alpha1.EvidenceAnnotation] = packed
	return nil
}

func (e evidence) text() (string, error) {
	var b bytes.Buffer
	zip := gzip.NewWriter(&b)
	if err := json.NewEncoder(zip).Encode(e); err != nil {
		return "", err
	}
	if err := zip.Close(); err != nil {
		return "", err
	}
	return base64.StdEncoding.EncodeToString(b.Bytes()), nil
}
