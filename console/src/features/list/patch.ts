import { taskId } from '../../components/release/paths';
import type { ClusterState, TaskCounts, TaskKey, TaskList, TaskRow } from '../../api/types';
import type { Sort } from './filters';

/** What a stream told since the list was last drawn. */
export interface Changes {
  rows: Map<string, TaskRow>;
  gone: Map<string, TaskKey>;
  counts?: TaskCounts;
  clusters?: ClusterState[];
}

export function newChanges(): Changes {
  return { rows: new Map(), gone: new Map() };
}

export function isEmpty(changes: Changes): boolean {
  return changes.rows.size === 0 && changes.gone.size === 0 && !changes.counts && !changes.clusters;
}

/**
 * Puts changes into a page of the list, each row where it stands: nothing moves. `moved` tells that the hub would now
 * answer with other rows, or in another order. Rows that didn't change stay the same objects, so that only the others
 * are drawn again.
 */
export function patch(list: TaskList, changes: Changes, sort: Sort): { list: TaskList; moved: boolean } {
  let moved = false;
  let touched = false;
  const seen = new Set<string>();
  const items = list.items.map((row) => {
    const id = taskId(row);
    seen.add(id);
    const gone = changes.gone.get(id);
    if (gone && gone.uid === row.uid) moved = true;
    const next = changes.rows.get(id);
    if (!next || next.resourceVersion === row.resourceVersion && next.stale === row.stale && next.role === row.role) return row;
    touched = true;
    moved ||= next.uid !== row.uid || orderChanged(row, next, sort);
    return next;
  });
  for (const id of changes.rows.keys()) moved ||= !seen.has(id);
  const next: TaskList = { ...list, items: touched ? items : list.items };
  if (changes.counts) next.counts = changes.counts;
  if (changes.clusters) next.clusters = changes.clusters;
  return { list: next, moved };
}

function orderChanged(before: TaskRow, after: TaskRow, sort: Sort): boolean {
  switch (sort) {
    case 'attention':
      return before.phase !== after.phase || before.needs !== after.needs || before.waitsForMe !== after.waitsForMe;
    case 'phase':
      return before.phase !== after.phase;
    case 'since':
      return before.since !== after.since;
    default:
      return false;
  }
}
