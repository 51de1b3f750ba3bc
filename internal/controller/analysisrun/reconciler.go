// Package analysisrun gives Argo Rollouts the verdicts of the judge. Each running release of a task with an analysis has an
// AnalysisRun of Argo's own making; this controller looks at the evidence at the task's interval, lets the judge decide, and
// writes the verdict there as a measurement, together with what the judge remembers. Argo Rollouts assesses the measurements,
// and aborts the release at the first that failed. What evidence is, and how it is judged, is in internal/analysis and
// internal/judge; what a verdict means for the steps is in internal/release.
package analysisrun

import (
	"context"
	"fmt"
	"slices"
	"time"

	rollouts "github.com/argoproj/argo-rollouts/pkg/apis/rollouts/v1alpha1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/events"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/workbench-dev/workbench/api/v1alpha1"
	"github.com/workbench-dev/workbench/internal/analysis"
	"github.com/workbench-dev/workbench/internal/judge"
	"github.com/workbench-dev/workbench/internal/release"
)

const (
	// retry is how soon a run is looked at again whose release is not on record yet, or whose failure Argo Rollouts has not
	// assessed yet.
	retry = time.Second
	// longestScrape is how long after a change of the weight the evidence is looked at more often than at the interval.
	longestScrape = 15 * time.Second
	// tidyAfter is how often a run that ended is looked at until its release has ended too.
	tidyAfter = 30 * time.Second
)

// Reconciler reconciles the AnalysisRuns of release tasks.
type Reconciler struct {
	// Client reads from the cache and writes; Live reads from the API server.
	Client client.Client
	Live   client.Reader
	Events events.EventRecorder
	Clock  clock.PassiveClock
	// Gather reads the evidence as it stands now. What cannot be read is said in the look.
	Gather func(ctx context.Context, rules *v1alpha1.Analysis, subject analysis.Subject, now time.Time) analysis.Look
	// Propagation is how long after a change of weights every proxy knows it.
	Propagation time.Duration
}

// scene is one run and what it is about.
type scene struct {
	run     *rollouts.AnalysisRun
	task    *v1alpha1.ReleaseTask
	rollout *rollouts.Rollout
	// verdict is the last one; nil before the first look.
	verdict *verdict
	now     time.Time
}

// Reconcile brings one run one look further, if it is time.
func (r *Reconciler) Reconcile(ctx context.Context, request ctrl.Request) (ctrl.Result, error) {
	run := &rollouts.AnalysisRun{}
	err := r.Client.Get(ctx, request.NamespacedName, run)
	if err != nil || run.DeletionTimestamp != nil || run.Labels[v1alpha1.TaskLabel] == "" {
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	s := &scene{run: run.DeepCopy(), verdict: readVerdict(run), now: r.Clock.Now()}
	if err := r.load(ctx, s); err != nil {
		return ctrl.Result{}, err
	}
	after, err := r.step(ctx, s)
	if apierrors.IsConflict(err) {
		return ctrl.Result{RequeueAfter: 100 * time.Millisecond}, nil
	}
	return ctrl.Result{RequeueAfter: after}, client.IgnoreNotFound(err)
}

// load reads task and Rollout; nil where there is none.
func (r *Reconciler) load(ctx context.Context, s *scene) error {
	task := &v1alpha1.ReleaseTask{}
	err := r.Client.Get(ctx, types.NamespacedName{Namespace: s.run.Namespace, Name: s.run.Labels[v1alpha1.TaskLabel]}, task)
	if err != nil {
		return client.IgnoreNotFound(err)
	}
	s.task = task
	rollout := &rollouts.Rollout{}
	err = r.Client.Get(ctx, types.NamespacedName{Namespace: s.run.Namespace, Name: task.Spec.WorkloadRef.Name}, rollout)
	if err != nil {
		return client.IgnoreNotFound(err)
	}
	if metav1.IsControlledBy(s.run, rollout) {
		s.rollout = rollout
	}
	return nil
}

// step is what is to be done about a run now, and when to look again.
func (r *Reconciler) step(ctx context.Context, s *scene) (after time.Duration, err error) {
	if s.run.Status.Phase.Completed() {
		return r.tidy(ctx, s)
	}
	if s.task == nil || s.rollout == nil || s.task.Spec.Analysis == nil || s.task.DeletionTimestamp != nil || s.rollout.DeletionTimestamp != nil ||
		s.run.Spec.Terminate || !release.Running(s.rollout) || release.CurrentRun(s.rollout) != s.run.Name {
		return 0, nil // a change of the Rollout or of the run brings it back here
	}
	record := s.task.Status.Release
	if record == nil || record.Hash != s.rollout.Status.CurrentPodHash {
		return retry, nil
	}
	if s.verdict != nil && !s.verdict.Release.Equal(&record.StartedAt) {
		s.verdict = nil
	}
	if s.verdict != nil && s.verdict.Status.State == v1alpha1.AnalysisFailed && !s.verdict.Status.DryRun && !s.task.Spec.Analysis.DryRun {
		return r.insist(ctx, s)
	}
	if rest := s.nextLook().Sub(s.now); rest > 0 {
		return rest, nil
	}
	if err := r.look(ctx, s); err != nil {
		return 0, err
	}
	return max(s.nextLook().Sub(r.Clock.Now()), time.Millisecond), nil
}

// interval is how often the evidence is looked at.
func (s *scene) interval() time.Duration { return release.AnalysisInterval(s.task.Spec.Analysis) }

// nextLook is when the evidence is to be looked at: at the interval, when the wait of a judged step is over, and besides, after
// the weight changed, often until the counters are of a time at which every proxy knew it: from then on both versions can be
// compared again.
func (s *scene) nextLook() time.Time {
	if s.verdict == nil {
		return s.now
	}
	next := s.verdict.LookedAt.Add(s.interval())
	sooner := func(at time.Time) {
		if s.verdict.LookedAt.Before(at) && at.Before(next) {
			next = at
		}
	}
	sooner(s.verdict.WeightSince)
	if since := s.verdict.WeightSince; s.verdict.ReadAt.Before(since) && s.verdict.LookedAt.Before(since.Add(longestScrape)) {
		sooner(s.verdict.LookedAt.Add(retry))
	}
	if gate := release.AtGate(s.task, s.rollout); gate != nil {
		sooner(gate.EndsAt)
	}
	if weight(s.rollout) != s.verdict.Weight || s.verdict.Generation != s.task.Generation {
		return s.now
	}
	return next
}

// weight is the canary's share of requests in percent, or the number of its pods when these split the requests.
func weight(rollout *rollouts.Rollout) int32 {
	if weights := rollout.Status.Canary.Weights; weights != nil {
		if weights.Canary.PodTemplateHash != rollout.Status.CurrentPodHash {
			return 0 // those of the release before
		}
		return weights.Canary.Weight
	}
	if rollout.Spec.Strategy.Canary.TrafficRouting != nil {
		return 0
	}
	return rollout.Status.UpdatedReplicas
}

// insist sees to it that a failure is measured. Argo Rollouts writes the list of measurements back whole when it assesses
// them, and may so lose one that came meanwhile.
func (r *Reconciler) insist(ctx context.Context, s *scene) (time.Duration, error) {
	if measured(s.run, s.verdict.Status) {
		return 0, nil
	}
	before := s.run.DeepCopy()
	measure(s.run, s.verdict.Status, s.now)
	return retry, r.patch(ctx, before, s.run)
}

// look takes one look at the evidence and writes what came of it, in one patch.
func (r *Reconciler) look(ctx context.Context, s *scene) error {
	before := s.run.DeepCopy()
	from, err := r.remembered(ctx, s)
	if err != nil {
		return err
	}
	e, lost := readEvidence(from)
	if lost != nil {
		log.FromContext(ctx).Error(lost, "the release is judged anew")
		r.Events.Eventf(s.task, nil, corev1.EventTypeWarning, "EvidenceLost", "Analysis", "%v; the release is judged anew from here", lost)
	}
	e = e.weigh(weight(s.rollout), s.now, r.Propagation)
	status, readable, readAt := s.notStarted(), time.Time{}, s.now
	if release.StepNumber(s.task, s.rollout) >= release.FromStep(s.task) {
		subject, err := r.subject(ctx, s, e.WeightSince)
		if err != nil {
			return err
		}
		rules := s.task.Spec.Analysis
		look := r.Gather(ctx, rules, subject, s.now)
		readAt = look.Sample.At
		e, look.Sample = e.sinceRelease(look.Sample)
		var v judge.Verdict
		e.Judge, v = analysis.Judge(rules, e.Judge, look)
		status, readable = s.judged(analysis.Report(rules, s.previous(), look, v))
	}
	text, err := e.text()
	if err != nil {
		return fmt.Errorf("keeping the evidence: %w", err)
	}
	if len(text) > mostEvidence {
		// Nothing of this look is kept, so the next good one covers the gap.
		text = before.Annotations[v1alpha1.EvidenceAnnotation]
		status, readable = s.tooMuch(len(text)), time.Time{}
	}
	next := verdict{Release: s.task.Status.Release.StartedAt, Generation: s.task.Generation, LookedAt: s.now, ReadAt: readAt, ReadableSince: readable, Weight: e.Weight, WeightSince: e.WeightSince, Status: status}
	if err := next.annotate(s.run, text); err != nil {
		return err
	}
	measure(s.run, status, s.now)
	if err := r.patch(ctx, before, s.run); err != nil {
		return err
	}
	r.tell(s, status)
	looks.WithLabelValues(string(status.State)).Inc()
	s.verdict = &next
	return nil
}

// remembered is the run that has the evidence of this release so far. A Rollout that gets other steps also gets another run,
// which goes on with what the one before knew. A failure is not passed on: a release that failed ends, and one that is tried
// again begins with fresh evidence.
func (r *Reconciler) remembered(ctx context.Context, s *scene) (*rollouts.AnalysisRun, error) {
	if s.verdict != nil {
		return s.run, nil
	}
	var runs rollouts.AnalysisRunList
	if err := r.Live.List(ctx, &runs, client.InNamespace(s.run.Namespace), client.MatchingLabels{
		v1alpha1.TaskLabel: s.task.Name, rollouts.DefaultRolloutUniqueLabelKey: s.rollout.Status.CurrentPodHash,
	}); err != nil {
		return nil, fmt.Errorf("listing the analysis runs before this one: %w", err)
	}
	slices.SortFunc(runs.Items, func(a, b rollouts.AnalysisRun) int { return b.CreationTimestamp.Compare(a.CreationTimestamp.Time) })
	for i := range runs.Items {
		old := &runs.Items[i]
		v := readVerdict(old)
		if v != nil && v.Release.Equal(&s.task.Status.Release.StartedAt) && (v.Status.State != v1alpha1.AnalysisFailed || v.Status.DryRun) {
			s.verdict = v
			return old, nil
		}
	}
	return &rollouts.AnalysisRun{}, nil
}

// tidy takes the evidence from a run that ended, once its release has too: nobody will go on with it.
func (r *Reconciler) tidy(ctx context.Context, s *scene) (time.Duration, error) {
	if s.run.Annotations[v1alpha1.EvidenceAnnotation] == "" {
		return 0, nil
	}
	if s.task != nil && s.task.Status.Release != nil && s.verdict != nil && s.verdict.Release.Equal(&s.task.Status.Release.StartedAt) {
		return tidyAfter, nil
	}
	before := s.run.DeepCopy()
	delete(s.run.Annotations, v1alpha1.EvidenceAnnotation)
	return 0, r.patch(ctx, before, s.run)
}

// patch changes a run unless anybody else did since it was read.
func (r *Reconciler) patch(ctx context.Context, before, run *rollouts.AnalysisRun) error {
	patch := client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{})
	return r.Client.Patch(ctx, run, patch, client.FieldOwner(v1alpha1.FieldManager))
}

// tell makes an event of a verdict that is another one than before.
func (r *Reconciler) tell(s *scene, status v1alpha1.AnalysisStatus) {
	if s.verdict != nil && s.verdict.Status.State == status.State {
		return
	}
	typ := corev1.EventTypeNormal
	if status.State == v1alpha1.AnalysisFailed || status.State == v1alpha1.AnalysisError {
		typ = corev1.EventTypeWarning
	}
	message := status.Message
	if status.DryRun {
		message = "dry run: " + message
	}
	if message != "" {
		r.Events.Eventf(s.task, nil, typ, "Analysis"+string(status.State), "Analysis", "%s", message)
	}
}
