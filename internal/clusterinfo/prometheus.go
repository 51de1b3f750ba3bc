package clusterinfo

import (
	"context"
	"errors"
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

// PrometheusAddress is the URL of the Service that is called or labelled as Prometheus.
func PrometheusAddress(ctx context.Context, reader client.Reader) (string, error) {
	for _, which := range prometheusServices {
		services := &corev1.ServiceList{}
		if err := reader.List(ctx, services, which); err != nil {
			return "", fmt.Errorf("looking for the Service of Prometheus: %w", err)
		}
		for _, service := range services.Items {
			if port := webPort(service); port != 0 {
				return fmt.Sprintf("http://%s.%s.svc:%d", service.Name, service.Namespace, port), nil
			}
		}
	}
	return "", errors.New("no Service is called or labelled as Prometheus: install Prometheus, or give the controller its address (chart value prometheus.address)")
}

// webPort is the port of a Service on which Prometheus answers; 0 when it has none.
func webPort(service corev1.Service) int32 {
	for _, known := range []func(corev1.ServicePort) bool{
		func(p corev1.ServicePort) bool { return p.Name == "web" || p.Name == "http-web" },
		func(p corev1.ServicePort) bool { return p.Port == 9090 || p.TargetPort.IntValue() == 9090 },
		func(p corev1.ServicePort) bool { return p.Name == "http" || p.Port == 80 },
	} {
		for _, port := range service.Spec.Ports {
			if known(port) {
				return port.Port
			}
		}
	}
	return 0
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
