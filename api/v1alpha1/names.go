package v1alpha1

// Labels and annotations that Workbench writes.
const (
	// FieldManager is the server-side apply field manager of the controller.
	FieldManager = "workbench"

	// TaskFinalizer keeps a ReleaseTask until its workload is handed back.
	TaskFinalizer = "workbench.dev/hand-back"
	// RolloutFinalizer keeps the Rollout of a task, frozen, until its Deployment serves again:
	// Argo Rollouts leaves a Rollout that is being deleted alone, and its ReplicaSets go only when it is gone.
	RolloutFinalizer = "workbench.dev/serve-until-handed-back"

	// TaskLabel names the ReleaseTask on everything that Workbench made for it.
	TaskLabel = "workbench.dev/release-task"

	// OriginalAnnotation holds, on an object that Workbench adopted, what Workbench changed there, as JSON.
	// It is written in the same update as the change, so that a crash can lose neither.
	OriginalAnnotation = "workbench.dev/original"
	// TaskAnnotation names the ReleaseTask that adopted an object.
	TaskAnnotation = "workbench.dev/adopted-by"
	// StepOffsetAnnotation, on a Rollout, is the number of the task's steps that its own steps leave out
	// because the rules changed in the middle of a release (0 when absent).
	StepOffsetAnnotation = "workbench.dev/step-offset"
	// RequestedByAnnotation, on a Deployment, names who asked for its present pod template through Workbench.
	RequestedByAnnotation = "workbench.dev/requested-by"
	// RequestedTemplateAnnotation, on a Deployment, is the ReleaseAction that wrote its present pod template.
	RequestedTemplateAnnotation = "workbench.dev/requested-by-action"

	// SubsetStable and SubsetCanary are the subsets of the DestinationRule between which traffic is split.
	SubsetStable = "stable"
	SubsetCanary = "canary"
	// SubsetDeployment is the subset that carries traffic back to the Deployment during a hand-back.
	SubsetDeployment = "deployment"
)
