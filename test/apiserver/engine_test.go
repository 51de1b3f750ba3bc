//go:build apiserver

package apiserver

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"

	rollouts "github.com/argoproj/argo-rollouts/pkg/apis/rollouts/v1alpha1"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/utils/ptr"

	"github.com/workbench-dev/workbench/internal/istio"
)

const (
	rolloutHash      = rollouts.DefaultRolloutUniqueLabelKey
	revisionKey      = "rollout.argoproj.io/revision"
	engine           = "rollouts-controller"
	scaleDownDelay   = 30 * time.Second
	scaleDownKey     = "apitest/scale-down-at"
	everythingCanary = 100
)

// argo is one round of Argo Rollouts, as far as Workbench uses it: canary steps of weights and pauses, Istio or no
// traffic routing, background analysis (engine_analysis_test.go). It follows rollout/canary.go, rollout/trafficrouting.go and trafficrouting/istio/istio.go of
// v1.9: among others, the first version is the stable one at once; a list of steps that is new starts at its first
// step; a Rollout that is being deleted is left alone; and subsets of a DestinationRule that it doesn't know are
// thrown away.
func (w *world) argo() {
	w.t.Helper()
	var list rollouts.RolloutList
	w.list(&list)
	w.assess()
	for i := range list.Items {
		if rollout := &list.Items[i]; rollout.DeletionTimestamp == nil {
			(&engineRound{world: w, rollout: rollout, status: rollout.Status.DeepCopy()}).run()
		}
	}
}

// engineRound is one look of Argo Rollouts at one Rollout.
type engineRound struct {
	*world
	rollout        *rollouts.Rollout
	status         *rollouts.RolloutStatus
	newest, stable *appsv1.ReplicaSet
	others         []*appsv1.ReplicaSet
	// ending says that the newest version's pods had been told to end when the round began.
	ending bool
}

func (e *engineRound) run() {
	e.t.Helper()
	e.versions()
	e.ending = e.newest.Annotations[scaleDownKey] != ""
	e.scaleVersions()
	routed := e.route()
	if routed == "" {
		e.analyse()
		e.progress()
	}
	e.status.ObservedGeneration = strconv.FormatInt(e.rollout.Generation, 10)
	e.status.Message = routed
	e.status.AvailableReplicas, e.status.Replicas = 0, 0
	all := append(e.others, e.newest)
	if e.stable != nil && e.stable != e.newest {
		all = append(all, e.stable)
	}
	for _, rs := range all {
		e.status.AvailableReplicas += rs.Status.AvailableReplicas
		e.status.Replicas += rs.Status.Replicas
	}
	if !equality.Semantic.DeepEqual(*e.status, e.rollout.Status) {
		e.rollout.Status = *e.status
		e.update(e.rollout, true, engine)
	}
}

func (e *engineRound) steps() []rollouts.CanaryStep { return e.rollout.Spec.Strategy.Canary.Steps }

func (e *engineRound) want() int32 { return ptr.Deref(e.rollout.Spec.Replicas, 1) }

// versions finds the ReplicaSets, and makes that of a new pod template.
func (e *engineRound) versions() {
	e.t.Helper()
	hash := templateHash("Rollout", &e.rollout.Spec.Template)
	var list appsv1.ReplicaSetList
	e.list(&list)
	revision := 0
	for i := range list.Items {
		rs := &list.Items[i]
		if !metav1.IsControlledBy(rs, e.rollout) {
			continue
		}
		n, _ := strconv.Atoi(rs.Annotations[revisionKey])
		revision = max(revision, n)
		switch rs.Labels[rolloutHash] {
		case hash:
			e.newest = rs
		default:
			e.others = append(e.others, rs)
		}
		if rs.Labels[rolloutHash] == e.status.StableRS {
			e.stable = rs
		}
	}
	e.others = slices.DeleteFunc(e.others, func(rs *appsv1.ReplicaSet) bool { return rs == e.stable })
	if e.newest == nil {
		made := e.newReplicaSet(e.rollout, rollouts.SchemeGroupVersion.WithKind("Rollout"), rolloutHash, hash, &e.rollout.Spec.Template, nil)
		e.newest = &made
	}
	// The newest version has the highest revision, also when an old one comes back.
	if n, _ := strconv.Atoi(e.newest.Annotations[revisionKey]); n < revision || n == 0 {
		e.newest.Annotations = labels.Merge(e.newest.Annotations, map[string]string{revisionKey: strconv.Itoa(revision + 1)})
		e.update(e.newest, false, engine)
	}
	if number := e.newest.Annotations[revisionKey]; e.rollout.Annotations[revisionKey] != number {
		e.rollout.Annotations = labels.Merge(e.rollout.Annotations, map[string]string{revisionKey: number})
		e.update(e.rollout, false, engine)
	}
}

// stepWeight is the weight of the last setWeight step up to the present one.
func (e *engineRound) stepWeight() int32 {
	index := ptr.Deref(e.status.CurrentStepIndex, 0)
	if int(index) >= len(e.steps()) {
		return everythingCanary
	}
	return e.weightBefore(index + 1)
}

func (e *engineRound) weightBefore(index int32) int32 {
	for i := index - 1; i >= 0; i-- {
		if weight := e.steps()[i].SetWeight; weight != nil {
			return *weight
		}
	}
	return 0
}

func (e *engineRound) changed() bool {
	return e.status.CurrentPodHash != e.newest.Labels[rolloutHash] || e.status.CurrentStepHash != stepHash(e.steps())
}

func (e *engineRound) meshed() bool { return e.rollout.Spec.Strategy.Canary.TrafficRouting != nil }

// canaryPods and stablePods are how many pods each version gets in the present step.
func (e *engineRound) canaryPods() int32 {
	return (e.want()*e.stepWeight() + 99) / 100
}

func (e *engineRound) stablePods() int32 {
	if e.meshed() {
		return e.want()
	}
	return e.want() - e.canaryPods()
}

func (e *engineRound) scaleVersions() {
	e.t.Helper()
	if e.stable == nil || e.stable == e.newest {
		e.scale(e.newest, e.want())
	} else if e.changed() {
		// The status tells of another version yet; it is brought up to date first.
		return
	} else {
		switch {
		case e.status.Abort:
			e.scale(e.stable, e.want())
			if e.stable.Status.AvailableReplicas >= e.want() {
				e.scaleDownLater(e.newest, e.meshed())
			}
		default:
			e.keep(e.newest)
			e.scale(e.newest, e.canaryPods())
			if e.newest.Status.AvailableReplicas >= e.canaryPods() || ptr.Deref(e.stable.Spec.Replicas, 1) < e.stablePods() {
				e.scale(e.stable, e.stablePods())
			}
		}
	}
	for _, rs := range e.others {
		e.scaleDownLater(rs, e.meshed() && rs.Annotations[scaleDownKey] != "")
	}
}

// scaleDownLater ends a version's pods, in a mesh only after the delay in which its proxies let go of them.
func (e *engineRound) scaleDownLater(rs *appsv1.ReplicaSet, delayed bool) {
	e.t.Helper()
	if ptr.Deref(rs.Spec.Replicas, 1) == 0 {
		return
	}
	if delayed {
		at, err := time.Parse(time.RFC3339, rs.Annotations[scaleDownKey])
		if err != nil {
			rs.Annotations = labels.Merge(rs.Annotations, map[string]string{scaleDownKey: e.clock.Now().Add(scaleDownDelay).Format(time.RFC3339)})
			e.update(rs, false, engine)
			return
		}
		if e.clock.Now().Before(at) {
			return
		}
	}
	e.scale(rs, 0)
}

// keep takes back that a version is about to end.
func (e *engineRound) keep(rs *appsv1.ReplicaSet) {
	e.t.Helper()
	if rs.Annotations[scaleDownKey] != "" {
		delete(rs.Annotations, scaleDownKey)
		e.update(rs, false, engine)
	}
}

// route brings DestinationRule and VirtualService to the present step; it returns why it couldn't.
func (e *engineRound) route() string {
	e.t.Helper()
	if !e.meshed() || e.stable == nil {
		return ""
	}
	weight := int32(0)
	index := e.status.CurrentStepIndex
	switch {
	case e.stable == e.newest, e.status.Abort, e.newest.Status.AvailableReplicas == 0, e.changed():
	case e.status.PromoteFull:
		if e.status.Canary.Weights != nil {
			weight = e.status.Canary.Weights.Canary.Weight
		}
	case index != nil && int(*index) == len(e.steps()):
		weight = everythingCanary
	case index != nil && e.newest.Status.AvailableReplicas < e.canaryPods():
		weight = e.weightBefore(*index)
	default:
		weight = e.stepWeight()
	}
	if e.stable.Status.AvailableReplicas < (everythingCanary-weight)*e.want()/100 {
		return ""
	}
	spec := e.rollout.Spec.Strategy.Canary.TrafficRouting.Istio
	if e.newest.Status.AvailableReplicas == 0 && e.status.Canary.Weights != nil && e.status.Canary.Weights.Canary.Weight > 0 {
		if problem := e.setWeight(spec, weight); problem != "" {
			return problem
		}
	}
	if problem := e.setHashes(spec); problem != "" {
		return problem
	}
	if problem := e.setWeight(spec, weight); problem != "" {
		return problem
	}
	e.status.Canary.Weights = &rollouts.TrafficWeights{
		Canary: rollouts.WeightDestination{Weight: weight, PodTemplateHash: e.newest.Labels[rolloutHash]},
		Stable: rollouts.WeightDestination{Weight: 100 - weight, PodTemplateHash: e.stable.Labels[rolloutHash]},
	}
	return ""
}

func (e *engineRound) setHashes(spec *rollouts.IstioTrafficRouting) string {
	e.t.Helper()
	for _, rs := range []*appsv1.ReplicaSet{e.stable, e.newest} {
		if e.status.Abort && rs == e.newest {
			continue
		}
		if want := ptr.Deref(rs.Spec.Replicas, 1); rs.Status.AvailableReplicas < want {
			return fmt.Sprintf("delaying destination rule switch: ReplicaSet %s not fully available", rs.Name)
		}
	}
	rule := unstructuredOf(istio.DestinationRuleKind)
	if !e.get(spec.DestinationRule.Name, rule) {
		return "DestinationRule not found"
	}
	before := rule.DeepCopy()
	all, _, _ := unstructured.NestedSlice(rule.Object, "spec", "subsets")
	var kept []any
	for _, entry := range all {
		subset := entry.(map[string]any)
		var hash string
		switch subset["name"] {
		case spec.DestinationRule.CanarySubsetName:
			hash = e.newest.Labels[rolloutHash]
		case spec.DestinationRule.StableSubsetName:
			hash = e.stable.Labels[rolloutHash]
		default:
			continue
		}
		if err := unstructured.SetNestedField(subset, hash, "labels", rolloutHash); err != nil {
			e.t.Fatal(err)
		}
		kept = append(kept, subset)
	}
	if err := unstructured.SetNestedSlice(rule.Object, kept, "spec", "subsets"); err != nil {
		e.t.Fatal(err)
	}
	rule.SetAnnotations(labels.Merge(rule.GetAnnotations(), map[string]string{rollouts.ManagedByRolloutsKey: e.rollout.Name}))
	if !equality.Semantic.DeepEqual(before.Object, rule.Object) {
		e.update(rule, false, engine)
		e.guard("Argo Rollouts set the subsets")
	}
	return ""
}

func (e *engineRound) setWeight(spec *rollouts.IstioTrafficRouting, weight int32) string {
	e.t.Helper()
	routes := unstructuredOf(istio.VirtualServiceKind)
	if !e.get(spec.VirtualService.Name, routes) {
		return "VirtualService not found"
	}
	before := routes.DeepCopy()
	entries, _, _ := unstructured.NestedSlice(routes.Object, "spec", "http")
	found := 0
	for _, entry := range entries {
		route := entry.(map[string]any)
		if name, _ := route["name"].(string); !slices.Contains(spec.VirtualService.Routes, name) {
			continue
		}
		found++
		destinations, _ := route["route"].([]any)
		subsets := map[string]bool{}
		for _, item := range destinations {
			destination := item.(map[string]any)
			subset, _, _ := unstructured.NestedString(destination, "destination", "subset")
			subsets[subset] = true
			switch subset {
			case spec.DestinationRule.CanarySubsetName:
				destination["weight"] = int64(weight)
			case spec.DestinationRule.StableSubsetName:
				destination["weight"] = int64(100 - weight)
			}
		}
		if !subsets[spec.DestinationRule.CanarySubsetName] || !subsets[spec.DestinationRule.StableSubsetName] {
			return "a route of the VirtualService doesn't have both subsets"
		}
	}
	if found != len(spec.VirtualService.Routes) || found == 0 {
		return "a route isn't in the VirtualService"
	}
	if err := unstructured.SetNestedSlice(routes.Object, entries, "spec", "http"); err != nil {
		e.t.Fatal(err)
	}
	if !equality.Semantic.DeepEqual(before.Object, routes.Object) {
		e.update(routes, false, engine)
		e.guard("Argo Rollouts set the weights")
	}
	return ""
}

// progress moves the steps on.
func (e *engineRound) progress() {
	e.t.Helper()
	status, hash, end := e.status, e.newest.Labels[rolloutHash], int32(len(e.steps()))
	switch {
	case e.changed():
		status.CurrentPodHash, status.CurrentStepHash = hash, stepHash(e.steps())
		status.PauseConditions, status.ControllerPause = nil, false
		status.Abort, status.AbortedAt, status.PromoteFull = false, nil, false
		status.Canary.CurrentBackgroundAnalysisRunStatus = nil
		status.CurrentStepIndex = ptr.To[int32](0)
		if status.StableRS == hash {
			status.CurrentStepIndex = &end
		}
		return
	case status.StableRS == "":
		status.StableRS, status.CurrentStepIndex = hash, &end
		return
	}
	if status.PromoteFull {
		status.PauseConditions, status.ControllerPause = nil, false
		status.Abort, status.AbortedAt = false, nil
		status.CurrentStepIndex = &end
	}
	index := ptr.Deref(status.CurrentStepIndex, 0)
	switch {
	case status.StableRS == hash:
		status.PromoteFull = false
		return
	case status.Abort:
		if status.AbortedAt == nil {
			status.AbortedAt = ptr.To(metav1.NewTime(e.clock.Now()))
		}
		status.PauseConditions, status.ControllerPause = nil, false
		status.CurrentStepIndex = ptr.To[int32](0)
		return
	case index >= end:
		if e.newest.Status.AvailableReplicas >= e.want() {
			status.StableRS, status.PromoteFull = hash, false
			e.stable.Annotations = labels.Merge(e.stable.Annotations, map[string]string{scaleDownKey: e.clock.Now().Add(scaleDownDelay).Format(time.RFC3339)})
			e.update(e.stable, false, engine)
		}
		return
	}
	if status.AbortedAt != nil {
		status.AbortedAt = nil
	}
	if e.stepDone(e.steps()[index]) {
		status.CurrentStepIndex = ptr.To(index + 1)
		status.PauseConditions, status.ControllerPause = nil, false
	}
}

func (e *engineRound) stepDone(step rollouts.CanaryStep) bool {
	switch {
	case step.SetWeight != nil:
		reached := e.newest.Status.AvailableReplicas >= e.canaryPods() && e.stable.Status.AvailableReplicas >= e.stablePods()
		return reached && (!e.meshed() || e.status.Canary.Weights.Canary.Weight == *step.SetWeight)
	case step.Pause != nil:
		if len(e.status.PauseConditions) == 0 {
			if e.status.ControllerPause {
				return true // somebody took the pause away
			}
			e.status.PauseConditions = []rollouts.PauseCondition{{Reason: rollouts.PauseReasonCanaryPauseStep, StartTime: metav1.NewTime(e.clock.Now())}}
			e.status.ControllerPause = true
			return false
		}
		if step.Pause.Duration == nil {
			return false
		}
		ends := e.status.PauseConditions[0].StartTime.Add(time.Duration(step.Pause.DurationSeconds()) * time.Second)
		return !e.clock.Now().Before(ends)
	}
	return true
}

func stepHash(steps []rollouts.CanaryStep) string {
	text, err := json.Marshal(steps)
	if err != nil {
		panic(err)
	}
	return templateHash("steps", &corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Name: string(text)}})
}
