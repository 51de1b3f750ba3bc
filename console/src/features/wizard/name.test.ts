import { describe, expect, it } from 'vitest';
import { nameProblem, suggestName } from './name';

describe('nameProblem', () => {
  it.each(['a', '7', 'checkout', 'shop-2-eu', 'a'.repeat(63)])('accepts %s', (name) => {
    expect(nameProblem(name)).toBeUndefined();
  });

  it.each([
    ['', 'name.missing'],
    ['a'.repeat(64), 'name.tooLong'],
    ['Shop', 'name.upperCase'],
    ['my shop', 'name.space'],
    ['shop_eu', 'name.character'],
    ['shop.eu', 'name.character'],
    ['商店', 'name.character'],
    ['-shop', 'name.edge'],
    ['shop-', 'name.edge'],
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
