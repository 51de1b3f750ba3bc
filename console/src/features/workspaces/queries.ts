/** What the pages of workspaces ask the hub. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { api, call } from '../../api/client';
import { meKey } from '../../app/me';
import { toBody, type Settings } from './settings';

const key = ['workspaces'] as const;

export function useWorkspaces() {
  return useQuery({ queryKey: key, queryFn: ({ signal }) => call(api.GET('/api/v1/workspaces', { signal })) });
}

export function useWorkspace(name: string) {
  return useQuery({
    queryKey: [...key, name],
    queryFn: ({ signal }) => call(api.GET('/api/v1/workspaces/{workspace}', { params: { path: { workspace: name } }, signal })),
    // What is edited must not change under the person's hands.
    refetchOnWindowFocus: false,
  });
}

function useAfterChange() {
  const queryClient = useQueryClient();
  return () =>
    Promise.all([
      queryClient.invalidateQueries({ queryKey: key }),
      // Roles decide what may be done, and what is seen.
      queryClient.invalidateQueries({ queryKey: meKey }),
    ]);
}

export function useCreateWorkspace() {
  const after = useAfterChange();
  return useMutation({
    mutationFn: ({ name, settings }: { name: string; settings: Settings }) => call(api.POST('/api/v1/workspaces', { body: { name, ...toBody(settings) } })),
    onSuccess: after,
  });
}

export function useSaveWorkspace(name: string, etag: string) {
  const after = useAfterChange();
  return useMutation({
    mutationFn: (settings: Settings) =>
      call(api.PUT('/api/v1/workspaces/{workspace}', { params: { path: { workspace: name }, header: { 'If-Match': etag } }, body: toBody(settings) })),
    onSuccess: after,
  });
}

export function useDeleteWorkspace(name: string) {
  const after = useAfterChange();
  return useMutation({
    mutationFn: () => call(api.DELETE('/api/v1/workspaces/{workspace}', { params: { path: { workspace: name } } })),
    onSuccess: after,
  });
}
