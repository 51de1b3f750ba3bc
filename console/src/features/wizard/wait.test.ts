import { describe, expect, it } from 'vitest';
import { formatDuration, parseDuration, waitInput, waitMilliseconds } from './wait';

describe('parseDuration', () => {
  it.each([
    ['', 0],
    ['0', 0],
    ['0s', 0],
    [undefined, 0],
    ['90s', 90_000],
    ['10m', 600_000],
    ['1h30m', 5_400_000],
    ['1h0m30s', 3_630_000],
    ['1.5h', 5_400_000],
    ['1500ms', 1500],
    ['720h0m0s', 2_592_000_000],
  ])('reads %j as %d ms', (text, milliseconds) => {
    expect(parseDuration(text)).toBe(milliseconds);
  });

  it.each(['10', '-5m', '5 m', '1d', 'm', '1h-5m', '10min'])('finds no duration in %j', (text) => {
    expect(parseDuration(text)).toBeNull();
  });
});

describe('formatDuration', () => {
  it.each([
    [1000, '1s'],
    [90_000, '1m30s'],
    [600_000, '10m'],
    [3_600_000, '1h'],
    [5_400_000, '1h30m'],
    [1500, '1.5s'],
    [2_592_000_000, '720h'],
  ])('writes %d ms as %s, which reads back as the same', (milliseconds, text) => {
    expect(formatDuration(milliseconds)).toBe(text);
    expect(parseDuration(text)).toBe(milliseconds);
  });
});

describe('waitInput', () => {
  it.each([
    [0, { amount: null, unit: 'm' }],
    [7_200_000, { amount: 2, unit: 'h' }],
    [5_400_000, { amount: 90, unit: 'm' }],
    [90_000, { amount: 90, unit: 's' }],
    [1500, { amount: 1.5, unit: 's' }],
  ] as const)('shows %d ms as %j, and reads it back', (milliseconds, input) => {
    expect(waitInput(milliseconds)).toEqual(input);
    expect(waitMilliseconds(input)).toBe(milliseconds);
  });
});
