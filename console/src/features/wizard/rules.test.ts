import { describe, expect, it } from 'vitest';
import { hasRulesProblems, instancesProblem, newRules, rulesInput, toRules, type TaskRules } from './rules';

const rules: TaskRules = {
  instances: 4,
  historyLimit: 20,
  strategy: { canary: { traffic: { istio: { service: 'shop' } }, steps: [{ weight: 10, wait: '5m' }, { weight: 50 }], maxSurge: '25%' } },
  analysis: { metrics: [{ name: 'errors', predefined: { type: 'ErrorRate', class: '5xx' }, limit: '1%' }] },
};

describe('rules', () => {
  it('come back from their editors as they went in', () => {
    expect(toRules(rulesInput(rules), rules)).toEqual(rules);
  });

  it('keep what the editors do not show', () => {
    const changed = toRules({ ...rulesInput(rules), instances: null, steps: rulesInput(rules).steps.slice(0, 1) }, rules);
    expect(changed).toEqual({ ...rules, instances: undefined, strategy: { canary: { ...rules.strategy.canary, steps: [{ weight: 10, wait: '5m' }] } } });
  });

  it('are judged no longer once monitoring is off', () => {
    const input = rulesInput(rules);
    expect(toRules({ ...input, monitoring: { ...input.monitoring, on: false } }, rules)).not.toHaveProperty('analysis');
  });

  it('begin without a problem', () => {
    expect(hasRulesProblems(newRules())).toBe(false);
  });
});

describe('instancesProblem', () => {
  it.each([
    [null, false],
    [1, false],
    [10_000, false],
    [0, true],
    [2.5, true],
    [10_001, true],
  ])('%j: %j', (instances, wrong) => {
    expect(instancesProblem(instances) !== undefined).toBe(wrong);
  });
});
