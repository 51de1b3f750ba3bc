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
	// PlanAnnotation, on a Rollout, says which of the task's steps its own steps stand for (see release.StepPlan).
	PlanAnnotation = "workbench.dev/step-plan"
	// RulesAnnotation, on a Rollout, is the hash of the task's steps that its own steps were made from.
	RulesAnnotation = "workbench.dev/rules"
	// TemplateAnnotation, on a Rollout, is the hash of the Deployment's pod template that it carries a copy of.
	TemplateAnnotation = "workbench.dev/template"
	// VersionByAnnotation, on a Rollout, says who brought the version that it carries.
	VersionByAnnotation = "workbench.dev/version-by"
	// SupersededAnnotation, on a Rollout, is the hash of the pod template for which its running release makes room.
	SupersededAnnotation = "workbench.dev/superseded-by"

	// NudgedAnnotation, on a Rollout, is when it was touched so that Argo Rollouts looks at it once more.
	NudgedAnnotation = "workbench.dev/nudged-at"

	// VerdictAnnotation, on an AnalysisRun, is what the judge said at the last look at its release, as JSON, and
	// EvidenceAnnotation what it remembers of all looks, compressed.
	VerdictAnnotation  = "workbench.dev/verdict"
	EvidenceAnnotation = "workbench.dev/evidence"

	// RequestedByAnnotation, on a Deployment, names who asked for its present pod template through Workbench,
	// RequestedActionAnnotation the ReleaseAction that wrote it, and RequestedTemplateAnnotation the hash of that
	// template: the first two say nothing about any other template.
	RequestedByAnnotation       = "workbench.dev/requested-by"
	RequestedActionAnnotation   = "workbench.dev/requested-by-action"
	RequestedTemplateAnnotation = "workbench.dev/requested-template"

	// SubsetStable and SubsetCanary are the subsets of the DestinationRule between which traffic is split.
	SubsetStable = "stable"
	SubsetCanary = "canary"
	// SubsetDeployment is the subset that carries traffic back to the Deployment during a hand-back.
	SubsetDeployment = "deployment"
)
