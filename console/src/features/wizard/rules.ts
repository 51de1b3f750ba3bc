/** What of a release task can be changed later, as it stands in its editors, and the way from and to the API. */
import type { components } from '../../api/schema.gen';
import { hasMonitoringProblems, monitoringInput, monitoringProblems, noMonitoring, toAnalysis, type MonitoringInput } from './metrics';
import type { Problem } from '../../components/problem';
import { fromInput, hasProblems, presets, stepProblems, toInput, type StepInput } from './steps';

export type TaskRules = components['schemas']['TaskRules'];

export interface RulesInput {
  /** The number of instances; null keeps the number that runs. */
  instances: number | null;
  steps: StepInput[];
  monitoring: MonitoringInput;
}

/** How many pods a task asks for at most. */
export const maxInstances = 10_000;

export function newRules(): RulesInput {
  return { instances: null, steps: toInput(presets.standard), monitoring: noMonitoring() };
}

export function rulesInput(rules: TaskRules): RulesInput {
  return {
    instances: rules.instances ?? null,
    steps: toInput(rules.strategy.canary.steps),
    monitoring: monitoringInput(rules.analysis),
  };
}

/** The rules with what was edited in place of what was there; the rest stays. */
export function toRules(input: RulesInput, original: TaskRules): TaskRules {
  const rules: TaskRules = { ...original, strategy: { canary: { ...original.strategy.canary, steps: fromInput(input.steps) } } };
  const analysis = toAnalysis(input.monitoring);
  if (input.instances === null) delete rules.instances;
  else rules.instances = input.instances;
  if (analysis) rules.analysis = analysis;
  else delete rules.analysis;
  return rules;
}

export function instancesProblem(instances: number | null): Problem | undefined {
  if (instances === null || (Number.isInteger(instances) && instances >= 1 && instances <= maxInstances)) return undefined;
  return { key: 'instancesRange', values: { most: maxInstances } };
}

export function hasRulesProblems(input: RulesInput): boolean {
  return (
    instancesProblem(input.instances) !== undefined ||
    hasProblems(stepProblems(input.steps)) ||
    hasMonitoringProblems(monitoringProblems(input.monitoring))
  );
}
