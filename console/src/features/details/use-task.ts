import { useQuery, useQueryClient, type UseQueryResult } from '@tanstack/react-query';
import { useCallback, useEffect, useRef, useState } from 'react';
import { api, call } from '../../api/client';
import { useLive, type LiveState } from '../../api/live';
import type { TaskDetail } from '../../api/types';
import { taskId, taskKeys, type TaskName } from '../../components/release/paths';

// What the stream doesn't carry (pods, history) is read again this long after the task changed; changes come in bursts.
const settle = 400;

export interface LiveTask {
  query: UseQueryResult<TaskDetail>;
  live: LiveState;
  /** It was deleted while the person looked at it. */
  deleted: boolean;
}

/** A task that keeps itself up to date. */
export function useTask(name: TaskName): LiveTask {
  const queryClient = useQueryClient();
  const id = taskId(name);
  const [deletedId, setDeletedId] = useState<string | null>(null);
  const path = pathOf(name);
  const query = useQuery({
    queryKey: taskKeys.detail(name),
    queryFn: ({ signal }) => call(api.GET('/api/v1/clusters/{cluster}/namespaces/{namespace}/release-tasks/{name}', { params: { path }, signal })),
  });

  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  const readParts = useCallback(() => {
    clearTimeout(timer.current);
    const whole = taskKeys.detail(name).length;
    timer.current = setTimeout(
      () => void queryClient.invalidateQueries({ queryKey: taskKeys.detail(name), predicate: (one) => one.queryKey.length > whole }),
      settle,
    );
  }, [queryClient, name]);

  const base = `/api/v1/clusters/${encodeURIComponent(name.cluster)}/namespaces/${encodeURIComponent(name.namespace)}/release-tasks/${encodeURIComponent(name.name)}`;
  const live = useLive(query.data && deletedId !== id ? id : null, {
    url: () => `${base}/stream`,
    on: {
      task: (task: TaskDetail) => {
        const before = queryClient.getQueryData<TaskDetail>(taskKeys.detail(name));
        queryClient.setQueryData(taskKeys.detail(name), task);
        if (before?.resourceVersion !== task.resourceVersion) readParts();
      },
      deleted: () => setDeletedId(id),
      reset: () => void queryClient.invalidateQueries({ queryKey: taskKeys.detail(name) }),
    },
  });
  return { query, live, deleted: deletedId === id };
}

export function pathOf({ cluster, namespace, name }: TaskName) {
  return { cluster, namespace, name };
}
