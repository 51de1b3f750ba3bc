//go:build apiserver

package apiserver

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"slices"
	"strconv"

	rollouts "github.com/argoproj/argo-rollouts/pkg/apis/rollouts/v1alpha1"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// deployments is one round of kube-controller-manager's Deployment controller, rolling update with maxUnavailable 0:
// the newest ReplicaSet gets all pods at once, the others go when it is available.
func (w *world) deployments() {
	w.t.Helper()
	var list appsv1.DeploymentList
	w.list(&list)
	for i := range list.Items {
		deployment := &list.Items[i]
		if deployment.DeletionTimestamp == nil && !deployment.Spec.Paused {
			w.deployment(deployment)
		}
	}
}

func (w *world) deployment(deployment *appsv1.Deployment) {
	w.t.Helper()
	sets := w.adopt(deployment)
	want := ptr.Deref(deployment.Spec.Replicas, 1)
	hash := templateHash("Deployment", &deployment.Spec.Template)
	newest := slices.IndexFunc(sets, func(rs appsv1.ReplicaSet) bool {
		return rs.Labels[appsv1.DefaultDeploymentUniqueLabelKey] == hash
	})
	if newest < 0 {
		sets = append(sets, w.newReplicaSet(deployment, appsv1.SchemeGroupVersion.WithKind("Deployment"), appsv1.DefaultDeploymentUniqueLabelKey, hash, &deployment.Spec.Template, nil))
		newest = len(sets) - 1
	}
	w.number(deployment, &sets[newest], sets)
	w.scale(&sets[newest], want)
	if sets[newest].Status.AvailableReplicas >= want {
		for i := range sets {
			if i != newest {
				w.scale(&sets[i], 0)
			}
		}
	}
	status := appsv1.DeploymentStatus{ObservedGeneration: deployment.Generation}
	for i := range sets {
		status.Replicas += sets[i].Status.Replicas
		status.ReadyReplicas += sets[i].Status.ReadyReplicas
		status.AvailableReplicas += sets[i].Status.AvailableReplicas
	}
	status.UpdatedReplicas = sets[newest].Status.Replicas
	if !equality.Semantic.DeepEqual(status, deployment.Status) {
		deployment.Status = status
		w.update(deployment, true, "kube-controller-manager")
	}
}

// number gives the newest ReplicaSet the highest revision, and the Deployment the same one.
func (w *world) number(deployment *appsv1.Deployment, newest *appsv1.ReplicaSet, sets []appsv1.ReplicaSet) {
	w.t.Helper()
	const revision = "deployment.kubernetes.io/revision"
	highest := 0
	for i := range sets {
		if sets[i].UID != newest.UID {
			n, _ := strconv.Atoi(sets[i].Annotations[revision])
			highest = max(highest, n)
		}
	}
	if n, _ := strconv.Atoi(newest.Annotations[revision]); n <= highest {
		newest.Annotations = labels.Merge(newest.Annotations, map[string]string{revision: strconv.Itoa(highest + 1)})
		w.update(newest, false, "kube-controller-manager")
	}
	if number := newest.Annotations[revision]; deployment.Annotations[revision] != number {
		deployment.Annotations = labels.Merge(deployment.Annotations, map[string]string{revision: number})
		w.update(deployment, false, "kube-controller-manager")
	}
}

// adopt returns the ReplicaSets of a Deployment, after making those its own that match its selector and belong to
// nobody, as the real controller does: a ReplicaSet that is orphaned carelessly is scaled down at once.
func (w *world) adopt(deployment *appsv1.Deployment) []appsv1.ReplicaSet {
	w.t.Helper()
	selector, err := metav1.LabelSelectorAsSelector(deployment.Spec.Selector)
	if err != nil {
		w.t.Fatal(err)
	}
	var list appsv1.ReplicaSetList
	w.list(&list)
	var own []appsv1.ReplicaSet
	for _, rs := range list.Items {
		if rs.DeletionTimestamp == nil && metav1.GetControllerOf(&rs) == nil && selector.Matches(labels.Set(rs.Labels)) {
			rs.OwnerReferences = append(rs.OwnerReferences, *metav1.NewControllerRef(deployment, appsv1.SchemeGroupVersion.WithKind("Deployment")))
			w.update(&rs, false, "kube-controller-manager")
		}
		if metav1.IsControlledBy(&rs, deployment) {
			own = append(own, rs)
		}
	}
	return own
}

// newReplicaSet makes the ReplicaSet of one version of an owner, without pods.
func (w *world) newReplicaSet(owner client.Object, kind schema.GroupVersionKind, hashLabel, hash string, template *corev1.PodTemplateSpec, annotations map[string]string) appsv1.ReplicaSet {
	w.t.Helper()
	rs := appsv1.ReplicaSet{
		ObjectMeta: metav1.ObjectMeta{
			Name: owner.GetName() + "-" + hash, Namespace: w.namespace, Annotations: annotations,
			OwnerReferences: []metav1.OwnerReference{*metav1.NewControllerRef(owner, kind)},
		},
		Spec: appsv1.ReplicaSetSpec{Replicas: ptr.To[int32](0), Template: *template.DeepCopy()},
	}
	rs.Spec.Template.Labels = labels.Merge(template.Labels, map[string]string{hashLabel: hash})
	rs.Labels = rs.Spec.Template.Labels
	rs.Spec.Selector = &metav1.LabelSelector{MatchLabels: rs.Spec.Template.Labels}
	if err := w.admin.Create(w.t.Context(), &rs); err != nil {
		w.t.Fatal(fmt.Errorf("ReplicaSet of %s: %w", owner.GetName(), err))
	}
	return rs
}

func (w *world) scale(rs *appsv1.ReplicaSet, replicas int32) {
	w.t.Helper()
	if ptr.Deref(rs.Spec.Replicas, 1) == replicas {
		return
	}
	rs.Spec.Replicas = &replicas
	w.update(rs, false, "kube-controller-manager")
}

// pods is one round of the ReplicaSet controller, the scheduler and the kubelets: pods that are too many end at
// once, new ones start in one round and are available after podsTake, in the next round at the earliest.
// The garbage collector is in here too.
func (w *world) pods() {
	w.t.Helper()
	// What exists when the ReplicaSets are read has been there before: an owner is older than what it owns.
	owners := w.owners()
	var list appsv1.ReplicaSetList
	w.list(&list)
	w.garbage(owners, list.Items)
	for i := range list.Items {
		rs := &list.Items[i]
		if w.neverReady(rs) {
			continue
		}
		want := ptr.Deref(rs.Spec.Replicas, 1)
		status := appsv1.ReplicaSetStatus{ObservedGeneration: rs.Generation, Replicas: want}
		if want > rs.Status.Replicas {
			w.ready[rs.UID] = w.clock.Now().Add(w.podsTake)
		}
		status.AvailableReplicas = min(want, rs.Status.AvailableReplicas)
		if want <= rs.Status.Replicas && !w.clock.Now().Before(w.ready[rs.UID]) {
			status.AvailableReplicas = want
		}
		status.ReadyReplicas = status.AvailableReplicas
		if !equality.Semantic.DeepEqual(status, rs.Status) {
			rs.Status = status
			w.update(rs, true, "kube-controller-manager")
		}
	}
}

// neverReady says whether the pods of a version don't start: the tests give such a version a tag that says so.
func (w *world) neverReady(rs *appsv1.ReplicaSet) bool {
	return rs.Spec.Template.Spec.Containers[0].Image == brokenImage
}

// brokenImage can't be pulled.
const brokenImage = "registry.example.com/shop:broken"

// garbage is one round of the garbage collector: ReplicaSets whose owner is gone go too.
func (w *world) garbage(owners map[types.UID]bool, sets []appsv1.ReplicaSet) {
	w.t.Helper()
	for i := range sets {
		owner := metav1.GetControllerOf(&sets[i])
		if owner == nil || owners[owner.UID] {
			continue
		}
		if err := w.admin.Delete(w.t.Context(), &sets[i]); client.IgnoreNotFound(err) != nil {
			w.t.Fatal(err)
		}
	}
}

// owners are the UIDs of what may own ReplicaSets.
func (w *world) owners() map[types.UID]bool {
	w.t.Helper()
	var deployments appsv1.DeploymentList
	var engines rollouts.RolloutList
	w.list(&deployments)
	w.list(&engines)
	owners := map[types.UID]bool{}
	for i := range deployments.Items {
		owners[deployments.Items[i].UID] = true
	}
	for i := range engines.Items {
		owners[engines.Items[i].UID] = true
	}
	return owners
}

// templateHash tells pod templates apart. Deployments and Rollouts don't count alike, or their ReplicaSets would
// have the same names.
func templateHash(kind string, template *corev1.PodTemplateSpec) string {
	text, err := json.Marshal(template)
	if err != nil {
		panic(err)
	}
	sum := fnv.New32a()
	sum.Write([]byte(kind))
	sum.Write(text)
	return fmt.Sprintf("%08x", sum.Sum32())
}
