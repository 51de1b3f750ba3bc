/**
 * What a person has typed into the wizard. It is kept in the session storage of the tab, under the user's name, so
 * that going back, a failed request, a sign-in in between or a reload loses nothing, and nobody else gets it.
 */
import type { components } from '../../api/schema.gen';
import { toAnalysis } from './metrics';
import { newRules, type RulesInput } from './rules';
import { fromInput } from './steps';

export type TrafficKind = 'Istio' | 'Instances';

export interface Draft {
  name: string;
  /** Whether a person typed the name; until then it follows the workload. */
  nameTyped: boolean;
  cluster?: string;
  namespace?: string;
  workload?: string;
  traffic: TrafficKind;
  /** Which Service and VirtualService, where there are several. */
  service?: string;
  virtualService?: string;
  rules: RulesInput;
  /** Container name to new image, as typed in the pop-up. */
  images: Readonly<Record<string, string>>;
  /** How far the request got: the answer to the creation was lost, or the task is there and its version is still to be asked for. */
  sent?: 'uncertain' | 'created';
  /** Makes a repeated request for the version the same request. */
  actionKey?: string;
}

export function emptyDraft(): Draft {
  return { name: '', nameTyped: false, traffic: 'Istio', rules: newRules(), images: {} };
}

export type TaskSpec = components['schemas']['TaskSpec'];

/** The task that the draft describes. */
export function toSpec(draft: Draft): TaskSpec {
  const analysis = toAnalysis(draft.rules.monitoring);
  const service = draft.service ? { service: draft.service } : {};
  return {
    workloadRef: { name: draft.workload ?? '' },
    ...(draft.rules.instances === null ? {} : { instances: draft.rules.instances }),
    strategy: {
      canary: {
        traffic:
          draft.traffic === 'Istio'
            ? { istio: { ...service, ...(draft.virtualService ? { virtualService: draft.virtualService } : {}) } }
            : { instances: service },
        steps: fromInput(draft.rules.steps),
      },
    },
    ...(analysis ? { analysis } : {}),
  };
}

/** The form of a kept draft; one of another form is thrown away. */
const version = 2;

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
  if (!isRecord(value) || !isRecord(value.images) || !isRecord(value.rules)) return false;
  const { steps, monitoring } = value.rules;
  return (
    typeof value.name === 'string' &&
    (value.traffic === 'Istio' || value.traffic === 'Instances') &&
    Array.isArray(steps) &&
    steps.every((step) => isRecord(step) && typeof step.id === 'string' && isRecord(step.wait)) &&
    isRecord(monitoring) &&
    Array.isArray(monitoring.metrics)
  );
}

/** Whether anything was typed that would be a pity to lose. */
export function isTouched(draft: Draft): boolean {
  const bare = (d: Draft) => JSON.stringify({ ...d, rules: { ...d.rules, steps: fromInput(d.rules.steps) } });
  return bare(draft) !== bare(emptyDraft());
}
