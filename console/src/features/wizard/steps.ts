/**
 * The steps of a canary release while a person edits them: presets, what is wrong with them, and what they come to.
 * The same rules as internal/release/input.go (checkSteps, checkWait) and the custom resource's own validation.
 */
import type { Problem } from '../../components/problem';
import { formatDuration, maxWait, parseDuration, waitInput, waitMilliseconds, type WaitInput } from './wait';

/** A step as it stands in the editor. The id keeps a row itself while others come and go. */
export interface StepInput {
  id: string;
  weight: number | null;
  wait: WaitInput;
}

/** A step as the API has it: share of requests in percent, and a Go duration; no wait waits for a person. */
export interface Step {
  weight: number;
  wait?: string;
}

/** How many steps a task has at most. */
export const maxSteps = 30;

export type PresetName = 'careful' | 'standard' | 'fast';

export const presets: Record<PresetName, readonly Step[]> = {
  careful: [{ weight: 1, wait: '10m' }, { weight: 5, wait: '10m' }, { weight: 20 }, { weight: 50, wait: '30m' }],
  standard: [{ weight: 10, wait: '5m' }, { weight: 30, wait: '10m' }, { weight: 60, wait: '10m' }],
  fast: [{ weight: 20, wait: '1m' }, { weight: 50, wait: '2m' }],
};

let lastId = 0;

function nextId(): string {
  lastId += 1;
  return `step-${Date.now().toString(36)}-${lastId}`;
}

export function toInput(steps: readonly Step[]): StepInput[] {
  return steps.map((step) => ({ id: nextId(), weight: step.weight, wait: waitInput(parseDuration(step.wait) ?? 0) }));
}

/** The steps as the API wants them. Call it only when stepProblems finds nothing. */
export function fromInput(steps: readonly StepInput[]): Step[] {
  return steps.map((step) => {
    const wait = waitMilliseconds(step.wait);
    return wait > 0 ? { weight: step.weight ?? 0, wait: formatDuration(wait) } : { weight: step.weight ?? 0 };
  });
}

/** The preset that the steps are those of, if any. */
export function presetOf(steps: readonly StepInput[]): PresetName | undefined {
  const same = (preset: readonly Step[]) =>
    preset.length === steps.length &&
    preset.every((step, i) => {
      const input = steps[i];
      return input?.weight === step.weight && waitMilliseconds(input.wait) === (parseDuration(step.wait) ?? 0);
    });
  return (Object.keys(presets) as PresetName[]).find((name) => same(presets[name]));
}

/** One more step after the last: half of what is left, with the wait of the last one. */
export function addStep(steps: readonly StepInput[]): StepInput[] {
  const last = steps.at(-1);
  const weight = last?.weight ?? 0;
  const next = weight >= 100 ? null : Math.min(100, weight + Math.max(1, Math.round((100 - weight) / 2)));
  return [...steps, { id: nextId(), weight: last ? next : 10, wait: last ? last.wait : { amount: 5, unit: 'm' } }];
}

/** One more step between a step and the next one, with the wait of the first. */
export function insertStep(steps: readonly StepInput[], after: number): StepInput[] {
  const [before, next] = [steps[after], steps[after + 1]];
  if (!before || !next) return addStep(steps);
  const between = Math.round(((before.weight ?? 0) + (next.weight ?? 100)) / 2);
  const weight = between > (before.weight ?? 0) && between < (next.weight ?? 100) ? between : null;
  return [...steps.slice(0, after + 1), { id: nextId(), weight, wait: before.wait }, ...steps.slice(after + 1)];
}

export function sortSteps(steps: readonly StepInput[]): StepInput[] {
  return steps.toSorted((a, b) => (a.weight ?? 100) - (b.weight ?? 100));
}

export interface StepProblems {
  /** What is wrong with the list as a whole. */
  list?: Problem;
  /** What is wrong with each step, in their order. */
  steps: { weight?: Problem; wait?: Problem }[];
}

export function stepProblems(steps: readonly StepInput[]): StepProblems {
  return {
    list:
      steps.length === 0
        ? { key: 'stepsNone' }
        : steps.length > maxSteps
          ? { key: 'stepsTooMany', values: { count: steps.length, most: maxSteps } }
          : undefined,
    steps: steps.map((step, i) => ({
      weight: weightProblem(step.weight, i > 0 ? (steps[i - 1]?.weight ?? null) : null, i),
      wait: waitProblem(step.wait),
    })),
  };
}

function weightProblem(weight: number | null, before: number | null, index: number): Problem | undefined {
  if (weight === null) return { key: 'weightMissing', values: { step: index + 1 } };
  if (!Number.isInteger(weight) || weight < 1 || weight > 100) {
    return { key: 'weightRange', values: { step: index + 1, weight } };
  }
  if (before !== null && weight === before) {
    return { key: 'weightSame', values: { step: index + 1, before: index, weight } };
  }
  if (before !== null && weight < before) {
    return { key: 'weightFalls', values: { step: index + 1, from: before, weight } };
  }
  return undefined;
}

export function waitProblem(wait: WaitInput): Problem | undefined {
  const milliseconds = waitMilliseconds(wait);
  if (milliseconds < 0) return { key: 'waitNegative' };
  if (milliseconds > maxWait) return { key: 'waitTooLong' };
  if (milliseconds > 0 && milliseconds < 1000) return { key: 'waitTooShort' };
  if (Math.abs(milliseconds - Math.round(milliseconds)) > 1e-6) return { key: 'waitTooFine' };
  return undefined;
}

export function hasProblems(problems: StepProblems): boolean {
  return problems.list !== undefined || problems.steps.some((step) => step.weight ?? step.wait);
}

export interface TotalTime {
  /** The waits that end by themselves, in milliseconds. */
  milliseconds: number;
  /** The numbers, from 1, of the steps that wait for a person. */
  persons: number[];
}

/** How long a release takes at least: without the start of pods, and with people who continue at once. */
export function totalTime(steps: readonly StepInput[]): TotalTime {
  const total: TotalTime = { milliseconds: 0, persons: [] };
  steps.forEach((step, i) => {
    const wait = waitMilliseconds(step.wait);
    if (wait > 0) total.milliseconds += wait;
    else total.persons.push(i + 1);
  });
  return total;
}
