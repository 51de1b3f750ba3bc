import { keepPreviousData, useQuery, useQueryClient, type UseQueryResult } from '@tanstack/react-query';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { api, call } from '../../api/client';
import { useLive, type LiveState } from '../../api/live';
import type { ClusterState, TaskCounts, TaskKey, TaskList, TaskRow } from '../../api/types';
import { taskId, taskKeys } from '../../components/release/paths';
import { queryOf, streamQueryOf, type Filters } from './filters';
import { isEmpty, newChanges, patch } from './patch';

// Changes are drawn together, so that a thousand of them a second cost no more than four drawings.
const drawEvery = 250;
// A list that changes all the time is asked for anew no more often than this.
const refetchEvery = 3_000;

export interface LiveList {
  query: UseQueryResult<TaskList>;
  live: LiveState;
  /** Other rows, or another order, would be shown, if the person weren't pointing at these. */
  moved: boolean;
  /** Shows them. */
  update: () => void;
}

/**
 * A page of the list that keeps itself up to date. Values change where they stand; rows come, go and move only while
 * `held` is false, so that nobody presses a button that was another one a moment before.
 */
export function useList(filters: Filters, held: boolean): LiveList {
  const queryClient = useQueryClient();
  const key = useMemo(() => taskKeys.list(queryOf(filters)), [filters]);
  const query = useQuery({
    queryKey: key,
    queryFn: ({ signal }) => call(api.GET('/api/v1/release-tasks', { params: { query: queryOf(filters) }, signal })),
    placeholderData: keepPreviousData,
    staleTime: 0,
  });

  const [movedKey, setMovedKey] = useState<readonly unknown[] | null>(null);
  const changes = useRef(newChanges());
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const shown = useRef({ key, sort: filters.sort });
  useEffect(() => {
    shown.current = { key, sort: filters.sort };
  });

  const draw = useCallback(() => {
    timer.current = undefined;
    const now = changes.current;
    changes.current = newChanges();
    const { key: current, sort } = shown.current;
    const list = queryClient.getQueryData<TaskList>(current);
    if (!list || isEmpty(now)) return;
    const patched = patch(list, now, sort);
    // What is read keeps its age: the page is still to be read again when it is shown anew.
    queryClient.setQueryData(current, patched.list, { updatedAt: queryClient.getQueryState(current)?.dataUpdatedAt });
    if (patched.moved) setMovedKey(current);
  }, [queryClient]);
  const soon = useCallback(() => {
    timer.current ??= setTimeout(draw, drawEvery);
  }, [draw]);
  useEffect(() => () => clearTimeout(timer.current), []);

  const streamQuery = useMemo(() => new URLSearchParams(Object.entries(streamQueryOf(filters)).map(([name, value]) => [name, String(value)])).toString(), [filters]);
  const loaded = query.data !== undefined && !query.isPlaceholderData;
  // The stream opens when its first page is there, and goes on while the person turns pages.
  const [opened, setOpened] = useState<string | null>(null);
  if (loaded && opened !== streamQuery) setOpened(streamQuery);

  const live = useLive(opened === streamQuery ? streamQuery : null, {
    after: query.data?.eventId ?? null,
    url: (after) => `/api/v1/release-tasks/stream?${new URLSearchParams([...new URLSearchParams(streamQuery), ...(after ? [['after', after]] : [])] as [string, string][])}`,
    on: {
      row: (row: TaskRow) => {
        const id = taskId(row);
        changes.current.gone.delete(id);
        changes.current.rows.set(id, row);
        soon();
      },
      gone: (gone: TaskKey) => {
        const id = taskId(gone);
        changes.current.rows.delete(id);
        changes.current.gone.set(id, gone);
        soon();
      },
      counts: (counts: TaskCounts) => {
        changes.current.counts = counts;
        soon();
      },
      clusters: ({ clusters }: { clusters: ClusterState[] }) => {
        changes.current.clusters = clusters;
        soon();
      },
      reset: () => void queryClient.invalidateQueries({ queryKey: taskKeys.all }),
    },
  });

  const moved = movedKey === key;
  const refetch = query.refetch;
  const update = useCallback(() => {
    setMovedKey(null);
    void refetch();
  }, [refetch]);
  useEffect(() => {
    if (!moved || held) return;
    const age = Date.now() - query.dataUpdatedAt;
    const later = setTimeout(update, Math.max(0, refetchEvery - age));
    return () => clearTimeout(later);
  }, [moved, held, update, query.dataUpdatedAt]);

  return { query, live, moved, update };
}
