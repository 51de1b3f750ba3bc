package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workbench-dev/workbench/api/v1alpha1"
)

// Names of what the demo makes in the cluster.
const (
	shop      = "shop"
	checkout  = "checkout"
	container = "app"
	appImage  = "docker.io/workbench-demo/app:"

	customers = "customers"
	traffic   = "traffic"

	system       = "workbench-system"
	helmRelease  = "workbench"
	controller   = "workbench-controller"
	ourImage     = "docker.io/workbench-dev/workbench"
	trafficImage = "docker.io/workbench-demo/traffic:dev"

	// maria continues the release where it waits for a person.
	maria = "maria"
)

// demo is one run.
type demo struct {
	root, cluster string
	screen        *screen

	status clusterStatus
	// hub is the address of the hub on this machine, people whom to try it as.
	hub        string
	people     []account
	client     client.Client
	kubernetes kubernetes.Interface
}

// clusterStatus is what the demo needs of `workbench-local status -o json`.
type clusterStatus struct {
	Kubeconfig string `json:"kubeconfig"`
	Gateway    string `json:"gateway"`
	Prometheus string `json:"prometheus"`
}

// up shows a release, and leaves everything running.
func (d *demo) up(ctx context.Context) error {
	s := d.screen
	began := time.Now()
	s.title("Workbench: a canary release without a failed request")

	s.heading("A Kubernetes of its own, with Istio, Argo Rollouts and Prometheus")
	if err := d.tool(ctx, "workbench-local", "up", "--name", d.cluster); err != nil {
		return fmt.Errorf("the cluster did not come up: %w", err)
	}
	if err := d.connect(ctx); err != nil {
		return err
	}

	s.heading("Workbench, installed with its chart")
	if err := d.installWorkbench(ctx); err != nil {
		return err
	}

	if err := d.openHub(ctx); err != nil {
		return err
	}

	s.heading("An application under steady traffic")
	before, err := d.installShop(ctx)
	if err != nil {
		return err
	}

	total, err := d.release(ctx, before)
	if err != nil {
		return err
	}
	if total.Failed > 0 {
		return fmt.Errorf("%d of %d requests failed: %s", total.Failed, total.Sent, reasons(total))
	}
	if err := d.goesBack(ctx); err != nil {
		return err
	}
	s.line("")
	s.line("%s since `make demo` began.", time.Since(began).Round(time.Second))
	d.showHub()
	d.whatNext()
	return nil
}

// down removes the cluster and all that was in it.
func (d *demo) down(ctx context.Context) error {
	if err := d.tool(ctx, "workbench-local", "down", "--name", d.cluster); err != nil {
		return fmt.Errorf("the cluster was not removed: %w", err)
	}
	d.screen.line("The cluster %s and all that was in it are gone. Programs stay in bin/ (`make clean`), and those of Kubernetes in the build cache.", d.cluster)
	return nil
}

func (d *demo) connect(ctx context.Context) error {
	out, err := d.output(ctx, "workbench-local", "status", "--name", d.cluster, "-o", "json")
	if err != nil {
		return fmt.Errorf("the cluster does not say how it is: %w", err)
	}
	if err := json.Unmarshal([]byte(out), &d.status); err != nil {
		return fmt.Errorf("the status of the cluster can't be read: %w", err)
	}
	config, err := clientcmd.BuildConfigFromFlags("", d.status.Kubeconfig)
	if err != nil {
		return err
	}
	scheme := runtime.NewScheme()
	if err := errors.Join(clientgoscheme.AddToScheme(scheme), v1alpha1.AddToScheme(scheme)); err != nil {
		return err
	}
	if d.client, err = client.New(config, client.Options{Scheme: scheme}); err != nil {
		return err
	}
	d.kubernetes, err = kubernetes.NewForConfig(config)
	return err
}

// whereToLook says where the reason of a failure may be found.
func (d *demo) whereToLook() []string {
	look := []string{"bin/workbench-local status --name " + d.cluster + "    # what runs, and where each log is"}
	if d.status.Kubeconfig != "" {
		look = append(look,
			"bin/workbench-local kubectl --name "+d.cluster+" -- get pods -A",
			"bin/workbench-local kubectl --name "+d.cluster+" -- logs -n "+system+" deploy/"+controller,
			"bin/workbench-local kubectl --name "+d.cluster+" -- logs -n "+system+" deploy/"+server,
			"KUBECONFIG="+d.status.Kubeconfig+" bin/workbench release get "+checkout+" -n "+shop)
	}
	return append(look, "make demo         # goes on from where it stopped", "make demo-down    # removes everything")
}

func (d *demo) whatNext() {
	s := d.screen
	s.heading("All of it goes on running. What to try next")
	next := func(comment string, commands ...string) {
		s.line("  # %s", comment)
		for _, c := range commands {
			s.line("  %s", c)
		}
		s.line("")
	}
	release := "bin/workbench release "
	where := " " + checkout + " -n " + shop
	next("talk to this cluster", "export KUBECONFIG="+d.status.Kubeconfig)
	next("release version 4, which is slow, and see it go back; version 2 passes",
		release+"set-image"+where+" "+container+"="+appImage+"v4",
		release+"watch"+where)
	next("change the steps, see who did what, go back to an earlier version",
		release+"update"+where+" --step 50:0",
		release+"history"+where,
		release+"rollback"+where+" --to 1")
	next("be a customer",
		"curl -i -H 'Host: checkout.demo.local' http://"+d.status.Gateway+"/")
	next("give the workload back to its Deployment, again without a failed request",
		release+"delete"+where)
	next("look around", "bin/workbench-local kubectl --name "+d.cluster+" -- get pods -A", "http://"+d.status.Prometheus+"    # Prometheus")
	next("release the other version once more, or remove everything", "make demo", "make demo-down")
}

// sentence takes the surrounding space off and makes one line of several.
func sentence(text string) string { return strings.Join(strings.Fields(text), " ") }
