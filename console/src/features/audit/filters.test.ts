import { describe, expect, it } from 'vitest';
import { isFiltered, readFilters, toQuery, writeFilters } from './filters';

describe('filters', () => {
  it('come back from the address as they went in', () => {
    const filters = { who: 'maria', result: 'Refused', period: 'day', page: 3 } as const;
    expect(readFilters(writeFilters(filters))).toEqual(filters);
  });

  it.each([
    ['', { page: 1 }],
    ['page=0&result=Odd&period=year&who=%20', { page: 1 }],
    ['page=-4', { page: 1 }],
    ['page=2.7&cluster=prod', { page: 2, cluster: 'prod' }],
  ])('of the address ?%s', (text, filters) => {
    expect(readFilters(new URLSearchParams(text))).toEqual(filters);
  });

  it('count a period back from a whole minute', () => {
    const now = Date.UTC(2026, 0, 2, 10, 30, 42);
    expect(toQuery({ period: 'hour', page: 1 }, now)).toEqual({ page: 1, pageSize: 50, from: '2026-01-02T09:30:00.000Z' });
  });

  it('are none while only a page is chosen', () => {
    expect(isFiltered({ page: 4 })).toBe(false);
    expect(isFiltered({ page: 1, task: 'checkout' })).toBe(true);
  });
});
