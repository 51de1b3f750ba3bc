import type { components } from './schema.gen';

// Short names for what the hub answers. Shapes are declared by docs/openapi.yaml and nowhere else.
type Schemas = components['schemas'];
export type Action = Schemas['Action'];
export type ActionOffer = Schemas['ActionOffer'];
export type ActionRequest = Schemas['ActionRequest'];
export type AnalysisChart = Schemas['AnalysisChart'];
export type AnalysisCheck = Schemas['AnalysisCheck'];
export type AnalysisReport = Schemas['AnalysisReport'];
export type ClusterState = Schemas['ClusterState'];
export type ContainerImage = Schemas['ContainerImage'];
export type KubernetesEvent = Schemas['Event'];
export type Me = Schemas['Me'];
export type Pod = Schemas['Pod'];
export type ReleaseRecord = Schemas['ReleaseRecord'];
export type Step = Schemas['Step'];
export type StepState = Schemas['StepState'];
export type TaskCounts = Schemas['TaskCounts'];
export type TaskDetail = Schemas['TaskDetail'];
export type TaskKey = Schemas['TaskKey'];
export type TaskList = Schemas['TaskList'];
export type TaskRow = Schemas['TaskRow'];
export type VersionRow = Schemas['VersionRow'];

export type Phase = TaskRow['phase'];
export type ActionType = ActionOffer['type'];
