import { describe, expect, test } from 'vitest';
import { change, defaults, formatFilters, isNarrowed, parseFilters, queryOf } from './filters';

describe('filters in the address', () => {
  test.each([
    ['nothing', '', {}],
    ['phases in the order of the page, unknown ones left out', 'phase=Healthy,Nonsense,Waiting', { phase: ['Waiting', 'Healthy'] }],
    ['a page and its size', 'page=3&pageSize=100', { page: 3, pageSize: 100 }],
    ['a page that is none', 'page=-2&pageSize=7', {}],
    ['a page that is no number', 'page=abc', {}],
    ['an order that is unknown', 'sort=colour&order=up', {}],
    ['a search', 'q=check+out&waitsForMe=true&workspace=shop', { q: 'check out', waitsForMe: true, workspace: 'shop' }],
  ])('%s', (_, search, want) => {
    expect(parseFilters(new URLSearchParams(search))).toEqual({ ...defaults, ...want });
  });

  test('come back as they were written', () => {
    const filters = { ...defaults, q: 'a b', cluster: 'prod-eu', phase: ['Failed', 'Blocked'] as const, sort: 'since', order: 'desc', page: 4 } as const;
    expect(parseFilters(formatFilters({ ...filters, phase: [...filters.phase] }))).toEqual(filters);
  });

  test('what is as usual is not in the address', () => {
    expect(formatFilters(defaults).toString()).toBe('');
  });
});

test('a changed filter begins at the first page', () => {
  expect(change({ ...defaults, page: 7 }, { q: 'x' })).toEqual({ ...defaults, q: 'x', page: 1 });
});

test('a workspace is no narrowing: the person chose it for all pages', () => {
  expect(isNarrowed({ ...defaults, workspace: 'shop' })).toBe(false);
  expect(isNarrowed({ ...defaults, phase: ['Failed'] })).toBe(true);
});

test('the hub is not sent empty filters', () => {
  expect(queryOf(defaults)).toEqual({ sort: 'attention', order: 'asc', page: 1, pageSize: 50 });
});
