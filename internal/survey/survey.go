// Package survey reads from a cluster what internal/release has to know to judge a task. It only reads, with the
// permissions of the client it is given.
package survey

import (
	"context"
	"fmt"

	rollouts "github.com/argoproj/argo-rollouts/pkg/apis/rollouts/v1alpha1"
	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workbench-dev/workbench/api/v1alpha1"
	"github.com/workbench-dev/workbench/internal/istio"
	"github.com/workbench-dev/workbench/internal/release"
)

// RolloutKind is the kind of the release engine's resource.
var RolloutKind = rollouts.SchemeGroupVersion.WithKind("Rollout")

// Has says whether the cluster serves a kind.
func Has(mapper meta.RESTMapper, kind schema.GroupVersionKind) (bool, error) {
	_, err := mapper.RESTMapping(kind.GroupKind(), kind.Version)
	if meta.IsNoMatchError(err) {
		return false, nil
	}
	return err == nil, err
}

// Facts reads what a preflight of the task needs, all of it in the task's namespace.
func Facts(ctx context.Context, reader client.Reader, mapper meta.RESTMapper, task *v1alpha1.ReleaseTask) (release.Facts, error) {
	var facts release.Facts
	var err error
	if facts.HasArgoRollouts, err = Has(mapper, RolloutKind); err != nil {
		return facts, err
	}
	if facts.HasIstio, err = Has(mapper, istio.VirtualServiceKind); err != nil {
		return facts, err
	}
	deployment := &appsv1.Deployment{}
	err = reader.Get(ctx, types.NamespacedName{Namespace: task.Namespace, Name: task.Spec.WorkloadRef.Name}, deployment)
	switch {
	case err == nil:
		facts.Deployment = deployment
	case !apierrors.IsNotFound(err):
		return facts, fmt.Errorf("reading Deployment %s: %w", task.Spec.WorkloadRef.Name, err)
	}

	in := client.InNamespace(task.Namespace)
	var (
		ros      rollouts.RolloutList
		tasks    v1alpha1.ReleaseTaskList
		services corev1.ServiceList
		hpas     autoscalingv2.HorizontalPodAutoscalerList
		budgets  policyv1.PodDisruptionBudgetList
		quotas   corev1.ResourceQuotaList
	)
	lists := []client.ObjectList{&tasks, &services, &hpas, &budgets, &quotas}
	if facts.HasArgoRollouts {
		lists = append(lists, &ros)
	}
	vss, drs := newList(istio.VirtualServiceKind), newList(istio.DestinationRuleKind)
	if facts.HasIstio && task.Spec.Strategy.Canary.Traffic.Istio != nil {
		lists = append(lists, vss, drs)
	}
	for _, list := range lists {
		if err := reader.List(ctx, list, in); err != nil {
			return facts, fmt.Errorf("listing %T in namespace %s: %w", list, task.Namespace, err)
		}
	}
	facts.Rollouts, facts.Tasks, facts.Services = ros.Items, tasks.Items, services.Items
	facts.Autoscalers, facts.Budgets, facts.Quotas = hpas.Items, budgets.Items, quotas.Items
	facts.VirtualServices, facts.DestinationRules = vss.Items, drs.Items
	return facts, nil
}

func newList(kind schema.GroupVersionKind) *unstructured.UnstructuredList {
	list := &unstructured.UnstructuredList{}
	list.SetGroupVersionKind(kind.GroupVersion().WithKind(kind.Kind + "List"))
	return list
}
