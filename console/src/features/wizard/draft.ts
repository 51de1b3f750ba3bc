/**
 * What a person has typed into the wizard. It is kept in the session storage of the tab, under the user's name, so
 * that going back, a failed request, a sign-in in between or a reload loses nothing, and nobody else gets it.
 */
import { toInput, presets, type StepInput } from './steps';

export type TrafficKind = 'istio' | 'instances';

/** A threshold or query of the analysis, as the API has it, with an id that keeps its card itself. */
export interface MetricDraft {
  id: string;
  /** The predefined metric, or "query" for own PromQL. */
  kind: string;
  /** Everything else that was typed for it, by field name. */
  values: Record<string, string | number | boolean | null>;
}

export interface Draft {
  name: string;
  /** Whether a person typed the name; until then it follows the workload. */
  nameTyped: boolean;
  cluster?: string;
  namespace?: string;
  workload?: string;
  /** The number of instances; null keeps the number that runs. */
  instances: number | null;
  traffic: TrafficKind;
  /** Which Service and VirtualService, where there are several. */
  service?: string;
  virtualService?: string;
  steps: StepInput[];
  monitoring: { on: boolean; metrics: MetricDraft[]; fromStep: number; onMissingData: string };
  /** Container name to new image, as typed in the pop-up. */
  images: Record<string, string>;
  /** Keys that make a repeated request the same request. */
  actionKey?: string;
  /** Set once the task exists and only its first version is still to be asked for. */
  created?: boolean;
}

export function emptyDraft(): Draft {
  return {
    name: '',
    nameTyped: false,
    instances: null,
    traffic: 'istio',
    steps: toInput(presets.standard),
    monitoring: { on: false, metrics: [], fromStep: 1, onMissingData: 'Hold' },
    images: {},
  };
}

/** The form of a kept draft; one of another form is thrown away. */
const version = 1;

function key(user: string): string {
  return `workbench.draft.canary.${user}`;
}

export type DraftStore = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;

export function loadDraft(store: DraftStore, user: string): Draft | undefined {
  try {
    const kept: unknown = JSON.parse(store.getItem(key(user)) ?? 'null');
    if (!isRecord(kept) || kept.version !== version || !isDraft(kept.draft)) return undefined;
    return kept.draft;
  } catch {
    return undefined;
  }
}

/** Keeps the draft; a browser that has no room or forbids it is no reason to stop typing. */
export function saveDraft(store: DraftStore, user: string, draft: Draft): void {
  try {
    store.setItem(key(user), JSON.stringify({ version, draft }));
  } catch {
    return;
  }
}

export function dropDraft(store: DraftStore, user: string): void {
  try {
    store.removeItem(key(user));
  } catch {
    return;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function isDraft(value: unknown): value is Draft {
  return (
    isRecord(value) &&
    typeof value.name === 'string' &&
    (value.traffic === 'istio' || value.traffic === 'instances') &&
    Array.isArray(value.steps) &&
    value.steps.every((step) => isRecord(step) && typeof step.id === 'string' && isRecord(step.wait)) &&
    isRecord(value.monitoring) &&
    Array.isArray(value.monitoring.metrics) &&
    isRecord(value.images)
  );
}

/** Whether anything was typed that would be a pity to lose. */
export function isTouched(draft: Draft): boolean {
  const fresh = emptyDraft();
  const bare = (d: Draft) => JSON.stringify({ ...d, steps: d.steps.map(({ weight, wait }) => ({ weight, wait })) });
  return bare(draft) !== bare(fresh);
}
