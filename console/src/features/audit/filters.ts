/** The filters of the audit, which the address holds, so that a link shows the same. */
import type { operations } from '../../api/schema.gen';

type Query = NonNullable<operations['listAudit']['parameters']['query']>;
export type Result = NonNullable<Query['result']>;

export const periods = { hour: 3_600_000, day: 86_400_000, week: 604_800_000, month: 2_592_000_000 } as const;
export type Period = keyof typeof periods;

export const results: readonly Result[] = ['Succeeded', 'Refused', 'Failed', 'Pending'];
const texts = ['who', 'action', 'task', 'cluster', 'namespace'] as const;
export type TextFilter = (typeof texts)[number];

export interface Filters extends Partial<Record<TextFilter, string>> {
  result?: Result;
  period?: Period;
  page: number;
}

export const pageSize = 50;

export function readFilters(params: URLSearchParams): Filters {
  const filters: Filters = { page: Math.max(1, Math.trunc(Number(params.get('page'))) || 1) };
  for (const name of texts) {
    const value = params.get(name)?.trim();
    if (value) filters[name] = value;
  }
  filters.result = results.find((result) => result === params.get('result'));
  filters.period = (Object.keys(periods) as Period[]).find((period) => period === params.get('period'));
  return filters;
}

export function writeFilters({ page, ...filters }: Filters): URLSearchParams {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(filters)) if (value) params.set(name, String(value));
  if (page > 1) params.set('page', String(page));
  return params;
}

/** What to ask the hub. The period is counted back from a whole minute, so that one question is asked a minute. */
export function toQuery({ period, ...filters }: Filters, now: number): Query {
  const minute = Math.floor(now / 60_000) * 60_000;
  return { ...filters, pageSize, ...(period ? { from: new Date(minute - periods[period]).toISOString() } : {}) };
}

export function isFiltered(filters: Filters): boolean {
  return Object.entries(filters).some(([name, value]) => name !== 'page' && value !== undefined);
}
