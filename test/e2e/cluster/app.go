package cluster

import (
	"fmt"
	"strings"
	"time"
)

// App is the sample application as a team runs it before it knows of Workbench.
type App struct {
	Namespace string
	// Name of the Deployment, the Service and the VirtualService.
	Name string
	// Version is v1 to v4.
	Version string
	// Instances is the number of pods; 0 leaves it out of the manifest, as where an autoscaler has it.
	Instances int
	// Ready is how long a pod takes to be ready.
	Ready time.Duration
	// Rude pods leave at once when told to stop.
	Rude bool
	// Host is the host name at the gateway; empty: no route.
	Host string
	// Service says whether there is a Service.
	Service bool
}

// Deployment is the manifest of the Deployment alone.
func (a App) Deployment() string {
	replicas := ""
	if a.Instances > 0 {
		replicas = fmt.Sprintf("\n  replicas: %d", a.Instances)
	}
	return fmt.Sprintf(`apiVersion: apps/v1
kind: Deployment
metadata:
  name: %[1]s
  namespace: %[2]s
spec:%[3]s
  selector:
    matchLabels: {app: %[1]s}
  template:
    metadata:
      labels: {app: %[1]s}
    spec:
      containers:
        - name: app
          image: %[4]s
          imagePullPolicy: IfNotPresent
          env:
            - {name: READY_AFTER, value: %[5]q}
            - {name: RUDE, value: "%[6]t"}
            - name: POD_NAME
              valueFrom: {fieldRef: {fieldPath: metadata.name}}
          ports: [{name: http, containerPort: 8080}]
          readinessProbe:
            httpGet: {path: /readyz, port: http}
            # A machine that stalls for a moment is no pod that fails.
            periodSeconds: 1
            timeoutSeconds: 5
            failureThreshold: 5
          resources:
            requests: {cpu: 5m, memory: 16Mi}
            limits: {memory: 64Mi}
`, a.Name, a.Namespace, replicas, AppImage+a.Version, a.Ready.String(), a.Rude)
}

// ServiceManifest is the manifest of the Service.
func (a App) ServiceManifest() string {
	return fmt.Sprintf(`apiVersion: v1
kind: Service
metadata: {name: %[1]s, namespace: %[2]s}
spec:
  selector: {app: %[1]s}
  ports: [{name: http, port: 80, targetPort: http}]
`, a.Name, a.Namespace)
}

// Route is the manifest of the VirtualService that leads from the gateway to the Service.
func (a App) Route() string {
	return fmt.Sprintf(`apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: %[1]s, namespace: %[2]s}
spec:
  hosts: [%[3]s]
  gateways: [istio-system/public-gateway]
  http:
    - name: all
      route:
        - destination: {host: %[1]s.%[2]s.svc.cluster.local, port: {number: 80}}
`, a.Name, a.Namespace, a.Host)
}

// Manifests are all of it.
func (a App) Manifests() string {
	parts := []string{a.Deployment()}
	if a.Service {
		parts = append(parts, a.ServiceManifest())
	}
	if a.Host != "" {
		parts = append(parts, a.Route())
	}
	return strings.Join(parts, "---\n")
}
