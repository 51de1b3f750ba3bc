import { describe, expect, test } from 'vitest';
import { formatValue, linePath, nearest, ticks, valueRange } from './scale';

const series = (...values: (number | null)[]) => [{ version: 'Canary' as const, points: values.map((v, i) => ({ t: i, v })) }];

describe('what the axis covers', () => {
  test('from 0 where more is worse, with room above', () => {
    expect(valueRange({ series: series(1, 5), limit: undefined, worse: 'Higher', unit: '%' })).toEqual([0, 5.6000000000000005]);
  });
  test('the limit is always in sight', () => {
    expect(valueRange({ series: series(1), limit: 500, worse: 'Higher', unit: 'ms' })[1]).toBeGreaterThan(500);
  });
  test('a success rate is not drawn from 0, nor above 100 %', () => {
    const [low, high] = valueRange({ series: series(99.5, 100), limit: 99, worse: 'Lower', unit: '%' });
    expect(low).toBeGreaterThan(98);
    expect(high).toBe(100);
  });
  test('nothing at all', () => {
    expect(valueRange({ series: series(null), limit: undefined, worse: 'Higher', unit: '' })).toEqual([0, 1]);
  });
});

test('a gap stays a gap, and a lonely value a dot', () => {
  const x = { from: 0, to: 4, start: 0, end: 4 };
  expect(linePath([{ t: 0, v: 0 }, { t: 1, v: 1 }, { t: 2, v: null }, { t: 3, v: 1 }, { t: 4, v: null }], x, x)).toBe('M0.0 0.0L1.0 1.0M3.0 1.0h0.01');
});

test.each([
  [0, 5.6, [0, 2, 4]],
  [0, 1, [0, 0.25, 0.5, 0.75, 1]],
  [98.85, 100, [99, 99.5, 100]],
])('round numbers from %d to %d', (from, to, want) => expect(ticks(from, to, 4)).toEqual(want));

test('the point nearest to a time', () => {
  const points = [{ t: 0, v: 1 }, { t: 10, v: 2 }];
  expect(nearest(points, 6)).toBe(points[1]);
  expect(nearest([], 6)).toBeUndefined();
});

test.each([
  [5.2, '%', '5.2 %'],
  [0.0312, '%', '0.031 %'],
  [182.4, 'ms', '182 ms'],
  [12431, '', '12,431'],
  [0, '%', '0 %'],
  [99.956, '%', '99.96 %'],
])('%d is written %s', (value, unit, want) => expect(formatValue(value, unit)).toBe(want));
