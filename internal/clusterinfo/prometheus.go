package clusterinfo

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// prometheusServices is how the usual installations call or label the Service of Prometheus: its own charts and the
// operator, Istio's samples, kube-prometheus-stack, plain manifests.
var prometheusServices = []client.ListOption{
	labelled("app.kubernetes.io/name=prometheus"),
	labelled("app=prometheus"),
	labelled("app=kube-prometheus-stack-prometheus"),
	client.MatchingFields{"metadata.name": "prometheus"},
}

// prometheus serves no Kubernetes API of its own, so it is looked for by its Service. One outside the cluster can't be
// found so: that it is missing here is told, and nothing fails for it.
func prometheus(ctx context.Context, source Source) (Component, error) {
	component := Component{Name: Prometheus, NeededFor: NeedAnalysis}
	for _, which := range prometheusServices {
		services := &corev1.ServiceList{}
		err := source.Client.List(ctx, services, which)
		if apierrors.IsForbidden(err) {
			component.State, component.Message = Unknown, "Services of all namespaces may not be listed by this user."
			return component, nil
		}
		if err != nil {
			return component, err
		}
		if len(services.Items) > 0 {
			err = describePrometheus(ctx, source, services.Items[0], which, &component)
			return component, err
		}
	}
	component.State, component.Message = Missing, "No Service is called or labelled as Prometheus."
	component.Mend = "Install Prometheus, or give the address of one outside the cluster where analysis is set up."
	return component, nil
}

// describePrometheus adds version and readiness when it runs as a Deployment that is called or labelled like its
// Service; the operator's StatefulSet stays Installed.
func describePrometheus(ctx context.Context, source Source, service corev1.Service, which client.ListOption, component *Component) error {
	component.Namespace = service.Namespace
	component.State, component.Message = Installed, fmt.Sprintf("Service %s/%s.", service.Namespace, service.Name)
	found, err := findWorkload(ctx, source, which, client.InNamespace(service.Namespace))
	switch {
	case apierrors.IsForbidden(err), err == nil && found == nil:
		return nil
	case err != nil:
		return err
	}
	component.Version = found.version
	component.State = Ready
	if found.ready == 0 {
		component.State = NotRunning
		component.Message = fmt.Sprintf("None of the pods of Deployment %s/%s is ready.", found.namespace, found.name)
		component.Mend = fmt.Sprintf("See what keeps them: kubectl describe deployment %s -n %s", found.name, found.namespace)
	}
	return nil
}
