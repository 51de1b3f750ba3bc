import { describe, expect, it } from 'vitest';
import { addStep, fromInput, hasProblems, presetOf, presets, stepProblems, toInput, totalTime, type PresetName, type Step } from './steps';

const names = Object.keys(presets) as PresetName[];

describe('presets', () => {
  it.each(names)('%s keeps every rule and comes back unchanged', (name) => {
    const input = toInput(presets[name]);
    expect(hasProblems(stepProblems(input))).toBe(false);
    expect(fromInput(input)).toEqual(presets[name]);
    expect(presetOf(input)).toBe(name);
  });

  it('are told apart from steps that a person changed', () => {
    const input = toInput(presets.standard);
    const changed = input.map((step, i) => (i === 0 ? { ...step, weight: 11 } : step));
    expect(presetOf(changed)).toBeUndefined();
  });

  it('are careful in the order of their names', () => {
    const first = (name: PresetName) => presets[name][0]?.weight ?? 0;
    expect(first('careful')).toBeLessThan(first('standard'));
    expect(first('standard')).toBeLessThan(first('fast'));
  });
});

describe('stepProblems', () => {
  const step = (weight: number | null, wait?: string): Step => ({ weight: weight as number, ...(wait ? { wait } : {}) });
  it.each<[string, Step[], string | undefined]>([
    ['one step that waits for a person', [step(1)], undefined],
    ['the whole range', [step(1, '1s'), step(100, '720h')], undefined],
    ['no step', [], 'stepsNone'],
    ['a weight of 0', [step(0)], 'weightRange'],
    ['a weight above 100', [step(101)], 'weightRange'],
    ['a broken weight', [step(12.5)], 'weightRange'],
    ['no weight', [step(null)], 'weightMissing'],
    ['the same weight twice', [step(10), step(10)], 'weightSame'],
    ['a falling weight', [step(10), step(5)], 'weightFalls'],
    ['a wait under a second', [step(10, '500ms')], 'waitTooShort'],
    ['a wait above 30 days', [step(10, '721h')], 'waitTooLong'],
  ])('%s', (_, steps, key) => {
    const problems = stepProblems(toInput(steps));
    const found = [problems.list, ...problems.steps.flatMap((p) => [p.weight, p.wait])].filter((p) => p !== undefined);
    expect(found.map((p) => p.key)).toEqual(key ? [key] : []);
    expect(hasProblems(problems)).toBe(key !== undefined);
  });

  it('names the step that falls and the weights', () => {
    const problems = stepProblems(toInput([step(10), step(30), step(20)]));
    expect(problems.steps[2]?.weight).toEqual({ key: 'weightFalls', values: { step: 3, from: 30, weight: 20 } });
  });

  it('refuses a negative wait', () => {
    const input = toInput([step(10)]).map((s) => ({ ...s, wait: { amount: -1, unit: 'm' as const } }));
    expect(stepProblems(input).steps[0]?.wait?.key).toBe('waitNegative');
  });

  it('allows 30 steps and not 31', () => {
    const many = (count: number) => Array.from({ length: count }, (_, i) => step(i + 1));
    expect(stepProblems(toInput(many(30))).list).toBeUndefined();
    expect(stepProblems(toInput(many(31))).list?.key).toBe('stepsTooMany');
  });
});

describe('fromInput', () => {
  it('leaves out a wait of 0, as it leaves out an empty one', () => {
    const input = toInput([{ weight: 10, wait: '0s' }]).map((s) => ({ ...s, wait: { amount: 0, unit: 'h' as const } }));
    expect(fromInput(input)).toEqual([{ weight: 10 }]);
  });
});

describe('addStep', () => {
  it.each([
    [[], 10],
    [[{ weight: 10, wait: '5m' }], 55],
    [[{ weight: 99 }], 100],
    [[{ weight: 100 }], null],
  ] as [Step[], number | null][])('after %j suggests %d', (steps, weight) => {
    expect(addStep(toInput(steps)).at(-1)?.weight).toBe(weight);
  });

  it('gives each step an id of its own', () => {
    const ids = addStep(addStep(toInput(presets.careful))).map((s) => s.id);
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe('totalTime', () => {
  it('adds the waits that end by themselves and names the steps that wait for a person', () => {
    expect(totalTime(toInput(presets.careful))).toEqual({ milliseconds: 3_000_000, persons: [3] });
  });
});
