package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workbench-dev/workbench/api/v1alpha1"
)

// completionTimeout bounds what a press of the Tab key may wait for.
const completionTimeout = 2 * time.Second

// completer offers words for an argument; it offers none when the cluster can't be read.
type completer = func(command *cobra.Command, arguments []string, begun string) ([]string, cobra.ShellCompDirective)

func mustRegister(command *cobra.Command, flag string, complete completer) {
	if err := command.RegisterFlagCompletionFunc(flag, complete); err != nil {
		panic(err) // the flag was not defined: a mistake in this package, seen by any test that makes the command
	}
}

// complete runs a look-up and keeps what begins like the word that was begun.
func (e Env) complete(command *cobra.Command, begun string, lookUp func(ctx context.Context, c *cluster) ([]string, error)) ([]string, cobra.ShellCompDirective) {
	ctx, cancel := context.WithTimeout(command.Context(), completionTimeout)
	defer cancel()
	c, err := e.connect()
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	words, err := lookUp(ctx, c)
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return slices.DeleteFunc(words, func(word string) bool { return !strings.HasPrefix(word, begun) }), cobra.ShellCompDirectiveNoFileComp
}

// completeTasks offers the tasks of the namespace as the first argument.
func (e Env) completeTasks(command *cobra.Command, arguments []string, begun string) ([]string, cobra.ShellCompDirective) {
	if len(arguments) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return e.complete(command, begun, func(ctx context.Context, c *cluster) ([]string, error) {
		tasks := &v1alpha1.ReleaseTaskList{}
		if err := c.List(ctx, tasks, client.InNamespace(c.namespace)); err != nil {
			return nil, err
		}
		var words []string
		for _, task := range tasks.Items {
			words = append(words, cobra.CompletionWithDesc(task.Name, strings.TrimSpace(string(task.Status.Phase)+" "+task.Spec.WorkloadRef.Name)))
		}
		return words, nil
	})
}

// completeContainers offers tasks, then container= for each container of the task's workload.
func (e Env) completeContainers(command *cobra.Command, arguments []string, begun string) ([]string, cobra.ShellCompDirective) {
	if len(arguments) == 0 {
		return e.completeTasks(command, arguments, begun)
	}
	words, directive := e.complete(command, begun, func(ctx context.Context, c *cluster) ([]string, error) {
		task, err := c.task(ctx, arguments[0])
		if err != nil {
			return nil, err
		}
		deployment := &appsv1.Deployment{}
		if err := c.Get(ctx, client.ObjectKey{Namespace: c.namespace, Name: task.Spec.WorkloadRef.Name}, deployment); err != nil {
			return nil, err
		}
		var words []string
		for _, name := range containersOf(deployment) {
			words = append(words, name+"=")
		}
		return words, nil
	})
	return words, directive | cobra.ShellCompDirectiveNoSpace
}

// completeRevisions offers the revisions of the history of the task that is the first argument.
func (e Env) completeRevisions(command *cobra.Command, arguments []string, begun string) ([]string, cobra.ShellCompDirective) {
	if len(arguments) == 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return e.complete(command, begun, func(ctx context.Context, c *cluster) ([]string, error) {
		task, err := c.task(ctx, arguments[0])
		if err != nil {
			return nil, err
		}
		var words []string
		for _, record := range task.Status.History {
			words = append(words, cobra.CompletionWithDesc(fmt.Sprint(record.Revision), imagePairs(record.Containers)+" "+outcomeWords(record.Outcome)))
		}
		return words, nil
	})
}

// completeWorkloads offers deploy/NAME for each Deployment of the namespace.
func (e Env) completeWorkloads(command *cobra.Command, _ []string, begun string) ([]string, cobra.ShellCompDirective) {
	return e.complete(command, begun, func(ctx context.Context, c *cluster) ([]string, error) {
		deployments := &appsv1.DeploymentList{}
		if err := c.List(ctx, deployments, client.InNamespace(c.namespace)); err != nil {
			return nil, err
		}
		var words []string
		for _, deployment := range deployments.Items {
			words = append(words, "deploy/"+deployment.Name)
		}
		return words, nil
	})
}

// completeNamespaces offers the namespaces of the cluster.
func (e Env) completeNamespaces(command *cobra.Command, _ []string, begun string) ([]string, cobra.ShellCompDirective) {
	return e.complete(command, begun, func(ctx context.Context, c *cluster) ([]string, error) {
		namespaces := &corev1.NamespaceList{}
		if err := c.List(ctx, namespaces); err != nil {
			return nil, err
		}
		var words []string
		for _, namespace := range namespaces.Items {
			words = append(words, namespace.Name)
		}
		return words, nil
	})
}

// completeContexts offers the contexts of the kubeconfig.
func (e Env) completeContexts(_ *cobra.Command, _ []string, begun string) ([]string, cobra.ShellCompDirective) {
	config, err := e.Config.ToRawKubeConfigLoader().RawConfig()
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var words []string
	for name := range config.Contexts {
		if strings.HasPrefix(name, begun) {
			words = append(words, name)
		}
	}
	slices.Sort(words)
	return words, cobra.ShellCompDirectiveNoFileComp
}
