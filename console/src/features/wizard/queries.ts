/** What the wizard asks the hub. */
import { useQuery } from '@tanstack/react-query';
import { api, call } from '../../api/client';
import type { components } from '../../api/schema.gen';
import { taskKeys } from '../../components/release/paths';
import type { TaskSpec, TrafficKind } from './draft';

type Schemas = components['schemas'];
export type Cluster = Schemas['Cluster'];
export type Namespace = Schemas['Namespace'];
export type Workload = Schemas['Workload'];
export type Preflight = Schemas['Preflight'];

export function useClusters() {
  return useQuery({
    queryKey: ['clusters'],
    queryFn: ({ signal }) => call(api.GET('/api/v1/clusters', { signal })),
    refetchInterval: 30_000,
  });
}

export function useNamespaces(cluster: string | undefined) {
  return useQuery({
    queryKey: ['clusters', cluster, 'namespaces'],
    queryFn: ({ signal }) => call(api.GET('/api/v1/clusters/{cluster}/namespaces', { params: { path: { cluster: cluster ?? '' } }, signal })),
    enabled: cluster !== undefined,
  });
}

export function useWorkloads(cluster: string | undefined, namespace: string | undefined, traffic: TrafficKind) {
  return useQuery({
    queryKey: ['clusters', cluster, 'namespaces', namespace, 'workloads', traffic],
    queryFn: ({ signal }) =>
      call(
        api.GET('/api/v1/clusters/{cluster}/namespaces/{namespace}/workloads', {
          params: { path: { cluster: cluster ?? '', namespace: namespace ?? '' }, query: { traffic } },
          signal,
        }),
      ),
    enabled: cluster !== undefined && namespace !== undefined,
    // What stands in the way is mended elsewhere, most often in a terminal beside this page.
    refetchInterval: 10_000,
    placeholderData: (before, query) => (query?.queryKey[3] === namespace ? before : undefined),
  });
}

/** One workload, as a task that releases it sees it. */
export function useWorkload({ cluster, namespace }: { cluster: string; namespace: string }, workload: string, traffic: TrafficKind) {
  return useQuery({
    queryKey: ['clusters', cluster, 'namespaces', namespace, 'workloads', traffic, workload],
    queryFn: ({ signal }) =>
      call(
        api.GET('/api/v1/clusters/{cluster}/namespaces/{namespace}/workloads/{workload}', { params: { path: { cluster, namespace, workload }, query: { traffic } }, signal }),
      ),
    staleTime: 60_000,
  });
}

/** Whether a task of that name is in the namespace already. */
export function useNameTaken(cluster: string | undefined, namespace: string | undefined, name: string) {
  return useQuery({
    queryKey: [...taskKeys.all, 'named', cluster, namespace, name],
    queryFn: async ({ signal }) => {
      const list = await call(api.GET('/api/v1/release-tasks', { params: { query: { cluster, namespace, q: name, pageSize: 200, sort: 'name' } }, signal }));
      return list.items.some((item) => item.name === name);
    },
    enabled: cluster !== undefined && namespace !== undefined && name !== '',
  });
}

/** What would become of the task: a dry run. */
export function usePreflight(cluster: string, namespace: string, name: string, spec: TaskSpec) {
  return useQuery({
    queryKey: ['preflight', cluster, namespace, name, spec],
    queryFn: async ({ signal }) =>
      (
        await call(
          api.POST('/api/v1/clusters/{cluster}/namespaces/{namespace}/release-tasks', {
            params: { path: { cluster, namespace }, query: { dryRun: true } },
            body: { name, spec },
            signal,
          }),
        )
      ).preflight ?? null,
    refetchInterval: 10_000,
  });
}

/** What the metrics return now and how often the last day would have broken their limits. */
export function useValidation(where: { cluster: string; namespace: string; workload: string; service?: string } | undefined, analysis: Schemas['Analysis'] | undefined) {
  return useQuery({
    queryKey: ['analysis', 'validate', where, analysis],
    queryFn: ({ signal }) => {
      if (!where || !analysis) throw new Error('a validation needs a workload and metrics');
      const { cluster, namespace, workload, service } = where;
      return call(
        api.POST('/api/v1/clusters/{cluster}/namespaces/{namespace}/analysis/validate', {
          params: { path: { cluster, namespace } },
          body: { workload, ...(service ? { service } : {}), analysis },
          signal,
        }),
      );
    },
    enabled: where !== undefined && analysis !== undefined,
    staleTime: 30_000,
    refetchInterval: 60_000,
    placeholderData: (before) => before,
    retry: false,
  });
}
