import { useQuery } from '@tanstack/react-query';
import { api, call } from '../api/client';
import { taskKeys } from '../components/release/paths';
import { useWorkspaceScope } from './scope';

/** How many releases wait for the person, in the workspace they look at; 0 until it is known. */
export function useWaiting(): number {
  const [workspace] = useWorkspaceScope();
  const query = { waitsForMe: true, pageSize: 1, ...(workspace && { workspace }) };
  const list = useQuery({
    queryKey: taskKeys.list({ count: query }),
    queryFn: ({ signal }) => call(api.GET('/api/v1/release-tasks', { params: { query }, signal })),
    refetchInterval: 15_000,
    select: (page) => page.counts.waitsForMe,
  });
  return list.data ?? 0;
}
