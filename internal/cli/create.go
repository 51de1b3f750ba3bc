package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/workbench-dev/workbench/api/v1alpha1"
	"github.com/workbench-dev/workbench/internal/release"
)

const (
	dryRunNone   = "none"
	dryRunClient = "client"
	dryRunServer = "server"
)

type createFlags struct {
	rules    ruleFlags
	images   []string
	fromFile string
	dryRun   string
	output   outputFlag
	wait     waitFlags
}

func newCreate(env Env) *cobra.Command {
	flags := &createFlags{}
	command := &cobra.Command{
		Use:   "create NAME --workload deploy/NAME --step WEIGHT:WAIT...",
		Short: "Release a workload gradually from now on",
		Long: `Create a release task for a Deployment: Workbench takes its pods over without a failed request, and from then on
every change of its pod template is released by the steps given here. With --image it starts the first release.

A step is a share of requests in percent and how long to wait after reaching it: 10:5m. A wait of 0, or none, waits
for a person to continue. Weights rise from step to step; after the last one the new version gets everything.

With --from-file the task is read from a YAML or JSON file, or from standard input with '-'.`,
		Example: `  # 10 % for 5 minutes, then 50 % until a person continues, by weights of the mesh
  workbench release create shop -n shop --workload deploy/shop --step 10:5m --step 50:0

  # By number of pods, without a mesh, and start releasing v2
  workbench release create shop -n shop --workload deploy/shop --traffic instances --step 25:2m --image app=shop:v2

  # Send a release back by itself when it answers worse than the version before, or fewer than 99 % well
  workbench release create shop -n shop --workload deploy/shop --step 10:5m --metric 'success-rate>=99%' --metric latency

  # See what would be created, checked by the cluster
  workbench release create shop -n shop --workload deploy/shop --step 10:5m --dry-run=server -o yaml`,
		Args: func(command *cobra.Command, arguments []string) error {
			if flags.fromFile != "" && len(arguments) == 0 {
				return nil
			}
			return exactly("NAME")(command, arguments)
		},
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(command *cobra.Command, arguments []string) error {
			name := ""
			if len(arguments) > 0 {
				name = arguments[0]
			}
			return env.create(command.Context(), *flags, name, command.Flags().Changed)
		},
	}
	set := command.Flags()
	flags.rules.addTarget(set)
	flags.rules.addRules(set)
	set.StringArrayVar(&flags.images, "image", nil, "start a release with this image, CONTAINER=IMAGE (can be repeated)")
	set.StringVarP(&flags.fromFile, "from-file", "f", "", "read the task from this YAML or JSON file, '-' for standard input")
	set.StringVar(&flags.dryRun, "dry-run", dryRunNone, "client: only print what would be created; server: have the cluster check it too, without keeping it, and say what would stand in the way")
	set.Lookup("dry-run").NoOptDefVal = dryRunClient
	flags.output.add(command, formatText, formatJSON, formatYAML, formatName)
	flags.wait.add(set, waitNone, "what to wait for: none; outcome: until the workload is taken over and an image given is set; release: then until that release ends or waits for a person; end: then until it ends")
	mustRegister(command, "workload", env.completeWorkloads)
	mustRegister(command, "traffic", cobra.FixedCompletions([]string{trafficIstio, trafficInstances}, cobra.ShellCompDirectiveNoFileComp))
	mustRegister(command, "analysis", completeAnalysis)
	mustRegister(command, "dry-run", cobra.FixedCompletions([]string{dryRunNone, dryRunClient, dryRunServer}, cobra.ShellCompDirectiveNoFileComp))
	return command
}

// create checks everything that can be checked before the first request that changes anything.
func (e Env) create(ctx context.Context, flags createFlags, name string, changed func(flag string) bool) error {
	if err := flags.check(); err != nil {
		return err
	}
	if err := flags.rules.checkGiven(changed); err != nil {
		return err
	}
	task, err := e.wantedTask(flags, name, changed)
	if err != nil {
		return err
	}
	var images []v1alpha1.ContainerImage
	if len(flags.images) > 0 {
		if images, err = release.ParseImages(flags.images); err != nil {
			return err
		}
	}
	c, err := e.connect()
	if err != nil {
		return err
	}
	if err := c.place(task); err != nil {
		return err
	}
	if flags.dryRun == dryRunClient {
		return e.printCreated(flags.output, task, "would be created")
	}
	if len(images) > 0 {
		if err := c.checkContainers(ctx, task.Spec.WorkloadRef.Name, images); err != nil {
			return err
		}
	}
	if flags.dryRun == dryRunServer {
		return e.rehearse(ctx, c, flags.output, task)
	}
	if err := c.Create(ctx, task); err != nil {
		return err
	}
	if err := e.printCreated(flags.output, task, "created"); err != nil {
		return err
	}
	return e.afterCreate(ctx, c, flags, task, images)
}

func (f *createFlags) check() error {
	if err := f.output.check(); err != nil {
		return err
	}
	switch f.dryRun {
	case dryRunNone, dryRunClient, dryRunServer:
	default:
		return usagef("--dry-run=%s is not possible: choose none, client or server", f.dryRun)
	}
	if f.dryRun != dryRunNone && f.wait.mode != waitNone {
		return usagef("--dry-run and --wait contradict each other: nothing is created that could be waited for")
	}
	if f.wait.mode.followsRelease() && len(f.images) == 0 {
		return usagef("--wait=%s needs --image: without one, no release starts; --wait=outcome waits for the take-over", f.wait.mode)
	}
	return f.wait.check()
}

// wantedTask is the task from the file or from the flags, checked.
func (e Env) wantedTask(flags createFlags, name string, changed func(flag string) bool) (*v1alpha1.ReleaseTask, error) {
	if flags.fromFile == "" {
		return flags.rules.task(name)
	}
	for _, flag := range ruleFlagNames {
		if changed(flag) {
			return nil, usagef("--%s and --from-file contradict each other: write it into the file", flag)
		}
	}
	task, err := e.readTask(flags.fromFile)
	if err != nil {
		return nil, err
	}
	if name != "" && task.Name != "" && name != task.Name {
		return nil, usagef("the file names the task %q, the command %q: leave one of them out", task.Name, name)
	}
	if name != "" {
		task.Name = name
	}
	if problems := release.CheckTask(task); len(problems) > 0 {
		return nil, usagef("%s: %w", flags.fromFile, problems)
	}
	return task, nil
}

// place puts a task into the chosen namespace.
func (c *cluster) place(task *v1alpha1.ReleaseTask) error {
	if c.enforced && task.Namespace != "" && task.Namespace != c.namespace {
		return usagef("the file names namespace %q, the command %q: leave one of them out", task.Namespace, c.namespace)
	}
	if task.Namespace == "" {
		task.Namespace = c.namespace
	}
	c.namespace = task.Namespace
	return nil
}

func (e Env) printCreated(output outputFlag, task *v1alpha1.ReleaseTask, done string) error {
	if handled, err := output.structured(e.Out, withKinds(task)); handled {
		return err
	}
	fmt.Fprintf(e.Out, "Release task %s %s: Deployment %s in namespace %s, %s.\n", task.Name, done, task.Spec.WorkloadRef.Name, task.Namespace, rulesInWords(task))
	return nil
}

// afterCreate starts the first release and waits as far as the flags say. The task exists by now, so an error says so.
func (e Env) afterCreate(ctx context.Context, c *cluster, flags createFlags, task *v1alpha1.ReleaseTask, images []v1alpha1.ContainerImage) error {
	var first *v1alpha1.ReleaseAction
	if len(images) > 0 {
		user, err := c.userName(ctx)
		if err == nil {
			first = newReleaseAction(task, v1alpha1.ActionUpdateVersion, user)
			first.Spec.UpdateVersion = &v1alpha1.UpdateVersionSpec{Containers: images}
			err = c.Create(ctx, first)
		}
		if err != nil {
			explained := e.explain(err)
			return exitf(CodeOf(explained), "the task was created, but its first release could not be asked for (%w): mend that, then '%s release set-image %s -n %s %s'",
				explained, e.Program, task.Name, task.Namespace, imageArguments(images))
		}
	}
	if flags.wait.mode == waitNone {
		if first != nil {
			fmt.Fprintf(e.ErrOut, "Its first release starts once the workload is taken over. '%s release watch %s -n %s' shows it live.\n", e.Program, task.Name, task.Namespace)
		}
		return nil
	}
	if err := e.awaitTakeOver(ctx, c, flags.wait, task.Name); err != nil || first == nil {
		return err
	}
	if err := e.awaitAction(ctx, c, flags.wait, first); err != nil || !flags.wait.mode.followsRelease() {
		return err
	}
	return e.awaitRelease(ctx, c, flags.wait, task.Name, soughtBy(first, task), false)
}

// awaitTakeOver waits until the workload's pods belong to the task, or something stands in the way.
func (e Env) awaitTakeOver(ctx context.Context, c *cluster, flags waitFlags, name string) error {
	ctx, cancel := flags.limit(ctx, takeOverTimeout)
	defer cancel()
	last := "no controller has looked at it yet"
	err := awaitTask(ctx, e, c, name, func(task *v1alpha1.ReleaseTask, found bool) (bool, error) {
		switch {
		case !found:
			return false, exitf(ExitNotFound, "the release task %s was deleted before its workload was taken over", name)
		case isTakenOver(task):
			fmt.Fprintln(e.Out, task.Status.Message)
			return true, nil
		case task.Status.Phase == v1alpha1.PhaseBlocked:
			return false, exitf(ExitRefused, "%s\nThe take-over begins by itself once that is mended; '%s release delete %s -n %s' takes the task back.",
				task.Status.Message, e.Program, name, c.namespace)
		}
		last = orElse(task.Status.Message, last)
		return false, nil
	})
	if timedOut(err) {
		return exitf(ExitTimeout, "timed out; the take-over goes on: %s", last)
	}
	return err
}

func imageArguments(images []v1alpha1.ContainerImage) string {
	text := ""
	for i, image := range images {
		if i > 0 {
			text += " "
		}
		text += image.Name + "=" + image.Image
	}
	return text
}

// newTask is a task with its kind, as files hold it.
func newTask(name string) *v1alpha1.ReleaseTask {
	return &v1alpha1.ReleaseTask{
		TypeMeta:   metav1.TypeMeta{APIVersion: v1alpha1.GroupVersion.String(), Kind: "ReleaseTask"},
		ObjectMeta: metav1.ObjectMeta{Name: name},
	}
}
