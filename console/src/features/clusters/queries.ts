/** What the pages of clusters ask the hub. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { api, call } from '../../api/client';
import { toBody, type ClusterInput } from './settings';

const key = ['clusters'] as const;

export function useClusters() {
  return useQuery({ queryKey: key, queryFn: ({ signal }) => call(api.GET('/api/v1/clusters', { signal })), refetchInterval: 15_000 });
}

export function useCluster(name: string, live: boolean) {
  return useQuery({
    queryKey: [...key, name],
    queryFn: ({ signal }) => call(api.GET('/api/v1/clusters/{cluster}', { params: { path: { cluster: name } }, signal })),
    // What is edited must not change under the person's hands.
    ...(live ? { refetchInterval: 15_000 } : { refetchOnWindowFocus: false, staleTime: Infinity }),
  });
}

export function useCreateCluster() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: ({ name, input }: { name: string; input: ClusterInput }) => call(api.POST('/api/v1/clusters', { body: { name, ...toBody(input) } })),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: key }),
  });
}

export function useSaveCluster(name: string, etag: string) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (input: ClusterInput) => call(api.PUT('/api/v1/clusters/{cluster}', { params: { path: { cluster: name }, header: { 'If-Match': etag } }, body: toBody(input) })),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: key }),
  });
}

export function useRemoveCluster(name: string) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: () => call(api.DELETE('/api/v1/clusters/{cluster}', { params: { path: { cluster: name } } })),
    onSuccess: () => {
      queryClient.removeQueries({ queryKey: [...key, name] });
      return queryClient.invalidateQueries({ queryKey: key });
    },
  });
}
