import type { operations } from '../../api/schema.gen';
import type { Phase } from '../../api/types';

type Query = NonNullable<operations['listReleaseTasks']['parameters']['query']>;
export type Sort = NonNullable<Query['sort']>;

/** What the list shows: everything here is in the address, so that a link shows the same. */
export interface Filters {
  q: string;
  cluster: string;
  namespace: string;
  workspace: string;
  phase: Phase[];
  waitsForMe: boolean;
  sort: Sort;
  order: 'asc' | 'desc';
  page: number;
  pageSize: number;
}

export const phases = ['Waiting', 'Releasing', 'Failed', 'Blocked', 'Pending', 'TakingOver', 'Terminated', 'HandingBack', 'Healthy'] as const satisfies readonly Phase[];
export const sorts = ['attention', 'name', 'workload', 'namespace', 'cluster', 'phase', 'since', 'created'] as const satisfies readonly Sort[];
export const pageSizes = [25, 50, 100, 200] as const;

export const defaults: Filters = { q: '', cluster: '', namespace: '', workspace: '', phase: [], waitsForMe: false, sort: 'attention', order: 'asc', page: 1, pageSize: 50 };

/** Reads the address; what it can't hold counts as not said. */
export function parseFilters(params: URLSearchParams): Filters {
  const wanted = new Set((params.get('phase') ?? '').split(','));
  return {
    q: (params.get('q') ?? '').slice(0, 200),
    cluster: params.get('cluster') ?? '',
    namespace: params.get('namespace') ?? '',
    workspace: params.get('workspace') ?? '',
    phase: phases.filter((phase) => wanted.has(phase)),
    waitsForMe: params.get('waitsForMe') === 'true',
    sort: sorts.find((sort) => sort === params.get('sort')) ?? defaults.sort,
    order: params.get('order') === 'desc' ? 'desc' : 'asc',
    page: Math.min(Math.max(1, Math.trunc(Number(params.get('page'))) || 1), 100_000),
    pageSize: pageSizes.find((size) => String(size) === params.get('pageSize')) ?? defaults.pageSize,
  };
}

/** The address of filters; what is as usual is left out. */
export function formatFilters(filters: Filters): URLSearchParams {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(queryOf(filters))) {
    const usual = defaults[name as keyof Filters];
    if (String(value) !== String(usual)) params.set(name, String(value));
  }
  return params;
}

/** A changed filter begins at the first page again. */
export function change(filters: Filters, changes: Partial<Filters>): Filters {
  return { ...filters, page: 1, ...changes };
}

/** Whether the person narrowed the list down, other than by the workspace they work in. */
export function isNarrowed(filters: Filters): boolean {
  return filters.q !== '' || filters.cluster !== '' || filters.namespace !== '' || filters.phase.length > 0 || filters.waitsForMe;
}

/** As the hub takes them: empty ones are left out. */
export function queryOf(filters: Filters): Query {
  return { ...streamQueryOf(filters), sort: filters.sort, order: filters.order, page: filters.page, pageSize: filters.pageSize };
}

/** Those of the filters that a stream knows: it has no pages and no order. */
export function streamQueryOf(filters: Filters) {
  return {
    ...(filters.cluster && { cluster: filters.cluster }),
    ...(filters.namespace && { namespace: filters.namespace }),
    ...(filters.workspace && { workspace: filters.workspace }),
    ...(filters.phase.length > 0 && { phase: filters.phase }),
    ...(filters.q && { q: filters.q }),
    ...(filters.waitsForMe && { waitsForMe: true }),
  };
}
