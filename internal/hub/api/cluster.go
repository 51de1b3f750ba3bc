package api

import "time"

// Cluster is a cluster with what it has installed.
type Cluster struct {
	ClusterState
	ETag       string          `json:"etag" doc:"Give it back in If-Match."`
	InCluster  bool            `json:"inCluster" doc:"The cluster that the hub runs in, by its own service account."`
	Server     string          `json:"server,omitempty" doc:"URL of the API server; for platform administrators only."`
	Prometheus *PrometheusInfo `json:"prometheus,omitempty" doc:"Where metrics come from; for platform administrators only."`
	Version    string          `json:"version,omitempty" doc:"Of Kubernetes." example:"v1.36.3"`
	Components []Component     `json:"components" doc:"What is installed, as it was last seen; empty until it was."`
	CheckedAt  *time.Time      `json:"checkedAt,omitempty" doc:"When it was last looked at what is installed."`
	Usable     Usable          `json:"usable" doc:"What releases can rely on there."`
	Tasks      int             `json:"tasks" doc:"Release tasks there that you see."`
	Namespaces int             `json:"namespaces" doc:"Namespaces there that you see, by your workspaces."`
}

// Usable says which kinds of release a cluster can carry.
type Usable struct {
	Instances bool     `json:"instances" doc:"Releases by number of pods: Workbench and Argo Rollouts are there."`
	Istio     bool     `json:"istio" doc:"Releases by weights of the mesh."`
	Analysis  bool     `json:"analysis" doc:"Releases judged by metrics."`
	Lacking   []string `json:"lacking" doc:"What is missing for the first two, each a sentence with what to do."`
}

// Component is one part as it was found in a cluster.
type Component struct {
	Name      string `json:"name" example:"Argo Rollouts" doc:"Kubernetes, Workbench, Argo Rollouts, Istio or Prometheus."`
	State     string `json:"state" enum:"Ready,Installed,NotRunning,TooOld,Missing,Unknown" doc:"Installed: its API is served; whether it runs could not be seen."`
	Version   string `json:"version,omitempty"`
	Namespace string `json:"namespace,omitempty"`
	NeededFor string `json:"neededFor"`
	Message   string `json:"message" doc:"What was found."`
	Mend      string `json:"mend,omitempty" doc:"What to do."`
}

// PrometheusInfo is how metrics are read; secrets are never told.
type PrometheusInfo struct {
	Address            string `json:"address" example:"http://prometheus.monitoring.svc:9090"`
	Auth               string `json:"auth" enum:"None,Basic,Bearer"`
	InsecureSkipVerify bool   `json:"insecureSkipVerify" doc:"The server's certificate is not checked."`
}

// ClusterList is all clusters that who asks has a role in; all, for a platform administrator.
type ClusterList struct {
	Items []Cluster `json:"items"`
}

// ListClustersOutput is the clusters by name.
type ListClustersOutput struct {
	Body ClusterList
}

// ClusterPath is the path of a cluster.
type ClusterPath struct {
	Cluster string `path:"cluster" minLength:"1" maxLength:"63" pattern:"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$" example:"prod-eu"`
}

// ClusterOutput is one cluster.
type ClusterOutput struct {
	ETag string `header:"ETag"`
	Body Cluster
}

// ClusterSettings is what a platform administrator says of a cluster.
type ClusterSettings struct {
	DisplayName string              `json:"displayName,omitempty" maxLength:"100" doc:"What people call it; its name when absent."`
	InCluster   bool                `json:"inCluster,omitempty" doc:"The cluster that the hub runs in. Either this or kubeconfig."`
	Kubeconfig  string              `json:"kubeconfig,omitempty" writeOnly:"true" maxLength:"65536" doc:"Kubeconfig of the hub's account in the cluster, with certificates, keys and tokens inside it; never shown again. In an update, absent means: as it is."`
	Prometheus  *PrometheusSettings `json:"prometheus,omitempty" doc:"Absent: metrics are not offered for this cluster."`
}

// PrometheusSettings is how metrics are read. Secrets are never shown again; in an update, absent ones stay as they are.
type PrometheusSettings struct {
	Address            string `json:"address" minLength:"1" maxLength:"1024" pattern:"^https?://[^\\s/?#@]+(/[^\\s?#]*)?$" example:"http://prometheus.monitoring.svc:9090" doc:"URL before /api/v1."`
	BearerToken        string `json:"bearerToken,omitempty" writeOnly:"true" maxLength:"16384"`
	Username           string `json:"username,omitempty" maxLength:"256"`
	Password           string `json:"password,omitempty" writeOnly:"true" maxLength:"4096"`
	CA                 string `json:"ca,omitempty" maxLength:"65536" doc:"Certificates, in PEM, that sign the server's; those of the system when absent."`
	InsecureSkipVerify bool   `json:"insecureSkipVerify,omitempty" doc:"Don't check the server's certificate."`
}

// CreateClusterInput connects a cluster.
type CreateClusterInput struct {
	Body struct {
		Name string `json:"name" minLength:"1" maxLength:"63" pattern:"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$" example:"prod-eu"`
		ClusterSettings
	}
}

// CreatedCluster is the new cluster.
type CreateClusterOutput struct {
	Status   int
	Location string `header:"Location"`
	ETag     string `header:"ETag"`
	Body     Cluster
}

// UpdateClusterInput replaces the settings of a cluster.
type UpdateClusterInput struct {
	ClusterPath
	IfMatch string `header:"If-Match" maxLength:"200" doc:"ETag of the cluster as you saw it. Without it: 428. When it was changed since: 412."`
	Body    ClusterSettings
}

// NoContent answers with 204.
type NoContent struct{}

// ListNamespacesOutput is the namespaces of a cluster that who asks may see.
type ListNamespacesOutput struct {
	Body struct {
		Items []Namespace `json:"items" doc:"By name. A platform administrator sees all of the cluster, since workspaces are made of them."`
	}
}

// Namespace is a namespace with the role of who asks.
type Namespace struct {
	Name       string   `json:"name" example:"shop"`
	Role       string   `json:"role,omitempty" enum:"Viewer,Editor,Admin" doc:"Yours; absent when you have none."`
	Workspaces []string `json:"workspaces" doc:"Those of your workspaces that hold it, by name."`
	Exists     bool     `json:"exists" doc:"Whether the cluster has it; a workspace may name one that is not there yet."`
	Tasks      int      `json:"tasks" doc:"Release tasks in it; 0 when you have no role in it."`
}

// ListWorkloadsInput asks for the workloads of a namespace.
type ListWorkloadsInput struct {
	NamespacePath
	Traffic string `query:"traffic" enum:"Istio,Instances" default:"Istio" doc:"How requests are to be split: what stands in the way depends on it."`
}

// ListWorkloadsOutput is the workloads that could be released, by name.
type ListWorkloadsOutput struct {
	Body struct {
		Items []Workload `json:"items" doc:"By name, at most 1000."`
	}
}

// GetWorkloadInput asks for one workload.
type GetWorkloadInput struct {
	NamespacePath
	Workload string `path:"workload" minLength:"1" maxLength:"253" pattern:"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$" example:"checkout" doc:"Name of a Deployment."`
	Traffic  string `query:"traffic" enum:"Istio,Instances" default:"Istio" doc:"How requests are to be split: what stands in the way depends on it."`
}

// GetWorkloadOutput is one workload.
type GetWorkloadOutput struct {
	Body Workload
}

// Workload is a Deployment as far as creating a release task needs it.
type Workload struct {
	Kind            string              `json:"kind" enum:"Deployment"`
	Name            string              `json:"name" example:"checkout"`
	Containers      []ContainerImage    `json:"containers"`
	Instances       int32               `json:"instances" doc:"Pods wanted."`
	Ready           int32               `json:"ready" doc:"Pods ready."`
	Task            string              `json:"task,omitempty" doc:"The release task that releases it already."`
	Services        []WorkloadService   `json:"services" doc:"Those that select its pods."`
	VirtualServices []WorkloadRoutes    `json:"virtualServices" doc:"Those with routes to one of these Services."`
	Autoscaler      *WorkloadAutoscaler `json:"autoscaler,omitempty"`
	Releasable      bool                `json:"releasable" doc:"Nothing stands in the way."`
	Obstacles       []Obstacle          `json:"obstacles" doc:"What stands in the way of a take-over, most fundamental first."`
	Unknown         string              `json:"unknown,omitempty" doc:"What could not be looked at, and why."`
	CreatedAt       time.Time           `json:"createdAt"`
}

// WorkloadService is a Service that selects the pods of a workload.
type WorkloadService struct {
	Name     string  `json:"name"`
	Ports    []int32 `json:"ports"`
	Headless bool    `json:"headless" doc:"Has no address of its own, so its requests can't be split."`
}

// WorkloadRoutes is a VirtualService with routes to a Service of the workload.
type WorkloadRoutes struct {
	Name    string   `json:"name"`
	Service string   `json:"service" doc:"The Service that its routes lead to."`
	Hosts   []string `json:"hosts"`
	Routes  []Route  `json:"routes" doc:"The HTTP routes that lead to the Service."`
	TakenBy string   `json:"takenBy,omitempty" doc:"The release task that splits it already."`
}

// Route is an HTTP route.
type Route struct {
	Name   string `json:"name,omitempty" doc:"Absent when it has none; then it can only be split together with all others."`
	Index  int    `json:"index" doc:"Counted from 0."`
	Shared bool   `json:"shared" doc:"It also leads to other hosts, so it can't be split."`
}

// WorkloadAutoscaler is the HorizontalPodAutoscaler of a workload.
type WorkloadAutoscaler struct {
	Name string `json:"name"`
	Min  int32  `json:"min"`
	Max  int32  `json:"max"`
}
