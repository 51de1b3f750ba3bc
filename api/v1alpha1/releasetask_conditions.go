package v1alpha1

// Condition types of a ReleaseTask. All are true when all is well, but for Drifted and WaitingForPerson.
const (
	// ConditionReady is the summary: the workload is taken over, serves, and no person has to mend anything.
	ConditionReady = "Ready"
	// ConditionPreflightPassed says whether anything stands in the way of the take-over; the reason is that of
	// the first obstacle, the message names all of them, each with how to mend it.
	ConditionPreflightPassed = "PreflightPassed"
	// ConditionTakenOver is true once the workload's pods belong to the task's Rollout.
	ConditionTakenOver = "TakenOver"
	// ConditionReleased is true when the newest version is the stable one, false while a release runs or
	// after one went back.
	ConditionReleased = "Released"
	// ConditionWaitingForPerson is true when the release goes on only after a person acts.
	ConditionWaitingForPerson = "WaitingForPerson"
	// ConditionDrifted is true while something that Workbench set was changed by somebody else and is not yet repaired.
	ConditionDrifted = "Drifted"
)

// Reasons of ConditionPreflightPassed.
const (
	ReasonPassed                 = "Passed"
	ReasonArgoRolloutsMissing    = "ArgoRolloutsMissing"
	ReasonIstioMissing           = "IstioMissing"
	ReasonWorkloadNotFound       = "WorkloadNotFound"
	ReasonWorkloadTaken          = "WorkloadTaken"
	ReasonWorkloadPaused         = "WorkloadPaused"
	ReasonWorkloadStrategy       = "WorkloadStrategyUnsupported"
	ReasonWorkloadNotReady       = "WorkloadNotReady"
	ReasonWorkloadEmpty          = "WorkloadHasNoInstances"
	ReasonServiceNotFound        = "ServiceNotFound"
	ReasonServiceAmbiguous       = "ServiceAmbiguous"
	ReasonServiceSelectsNothing  = "ServiceSelectsNothing"
	ReasonVirtualServiceNotFound = "VirtualServiceNotFound"
	ReasonVirtualServiceTaken    = "VirtualServiceTaken"
	ReasonRouteNotFound          = "RouteNotFound"
	ReasonDestinationRuleTaken   = "DestinationRuleTaken"
	ReasonNameClash              = "NameClash"
	ReasonQuotaTooSmall          = "QuotaTooSmall"
	ReasonDisruptionBudget       = "DisruptionBudgetForbids"
	ReasonAutoscalerAmbiguous    = "AutoscalerAmbiguous"
)

// Reasons of ConditionTakenOver.
const (
	ReasonTakenOver    = "TakenOver"
	ReasonNotStarted   = "NotStarted"
	ReasonStartingPods = "StartingPods"
	ReasonRouting      = "Routing"
	ReasonHandingBack  = "HandingBack"
	ReasonHandedBack   = "HandedBack"
)

// Reasons of ConditionReleased, ConditionWaitingForPerson and ConditionReady.
const (
	ReasonReleased        = "Released"
	ReasonReleasing       = "Releasing"
	ReasonTerminated      = "Terminated"
	ReasonWentBack        = "WentBack"
	ReasonPodsNotStarting = "PodsNotStarting"
	ReasonStepWaits       = "StepWaits"
	ReasonNotWaiting      = "NotWaiting"
	ReasonReady           = "Ready"
	ReasonBlocked         = "Blocked"
	ReasonStalled         = "Stalled"
)

// Reasons of ConditionDrifted.
const (
	ReasonInStep                = "InStep"
	ReasonDeploymentScaledUp    = "DeploymentScaledUp"
	ReasonRolloutDeleted        = "RolloutDeleted"
	ReasonRolloutEdited         = "RolloutEdited"
	ReasonRoutesEdited          = "RoutesEdited"
	ReasonDestinationRuleEdited = "DestinationRuleEdited"
)

// Phase is derived from the conditions, for print columns and filters; nothing reads it to decide.
type Phase string

const (
	// PhaseBlocked: something stands in the way; nothing was touched.
	PhaseBlocked Phase = "Blocked"
	// PhaseTakingOver: the workload's pods are being replaced by the Rollout's.
	PhaseTakingOver Phase = "TakingOver"
	// PhaseHealthy: the newest version serves all requests.
	PhaseHealthy Phase = "Healthy"
	// PhaseReleasing: a release moves by itself.
	PhaseReleasing Phase = "Releasing"
	// PhaseWaiting: a release waits for a person.
	PhaseWaiting Phase = "Waiting"
	// PhaseTerminated: a person sent the release back; the stable version serves.
	PhaseTerminated Phase = "Terminated"
	// PhaseFailed: the release went back by itself or cannot go on; the stable version serves.
	PhaseFailed Phase = "Failed"
	// PhaseHandingBack: the task is being deleted and the Deployment gets its pods back.
	PhaseHandingBack Phase = "HandingBack"
)
