import { describe, expect, it } from 'vitest';
import { nameProblem, suggestName } from './name';

describe('nameProblem', () => {
  it.each(['a', '7', 'checkout', 'shop-2-eu', 'a'.repeat(63)])('accepts %s', (name) => {
    expect(nameProblem(name)).toBeUndefined();
  });

  it.each([
    ['', 'nameMissing'],
    ['a'.repeat(64), 'nameTooLong'],
    ['Shop', 'nameUpperCase'],
    ['my shop', 'nameSpace'],
    ['shop_eu', 'nameCharacter'],
    ['shop.eu', 'nameCharacter'],
    ['商店', 'nameCharacter'],
    ['-shop', 'nameEdge'],
    ['shop-', 'nameEdge'],
  ])('refuses %j', (name, key) => {
    expect(nameProblem(name)?.key).toBe(key);
  });
});

describe('suggestName', () => {
  it.each([
    ['checkout', 'checkout'],
    ['checkout.v2', 'checkout-v2'],
    ['x'.repeat(62) + '.y', 'x'.repeat(62)],
  ])('makes of %s the name %s, which keeps the rule', (workload, name) => {
    expect(suggestName(workload)).toBe(name);
    expect(nameProblem(suggestName(workload))).toBeUndefined();
  });
});
