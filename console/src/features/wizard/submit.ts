import { useMutation, useQueryClient } from '@tanstack/react-query';
import { api, call } from '../../api/client';
import { ApiError, UnreachableError } from '../../api/problem';
import type { ContainerImage } from '../../api/types';
import { newKey } from '../../components/release/ask';
import { taskKeys } from '../../components/release/paths';
import { toSpec, type Draft } from './draft';

/** What went wrong, and in which of the two requests. */
export class SubmitError extends Error {
  override readonly name = 'SubmitError';
  constructor(
    readonly part: 'create' | 'update',
    cause: unknown,
  ) {
    super(`the request to ${part} failed`, { cause });
  }
}

interface Order {
  draft: Draft;
  /** Containers whose image changes; none to take over only. */
  containers: ContainerImage[];
}

/**
 * Creates the task and, with containers, asks for its first version. What is done already is not done again: a task
 * that was created before its version was refused, and one whose answer was lost on the way.
 */
export function useSubmit(change: (part: Partial<Draft>) => void) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: async ({ draft, containers }: Order) => {
      if (draft.sent !== 'created') await create(draft, change);
      if (containers.length > 0) await update(draft, containers, change);
    },
    onSettled: () => queryClient.invalidateQueries({ queryKey: taskKeys.all }),
  });
}

function pathOf(draft: Draft) {
  return { cluster: draft.cluster ?? '', namespace: draft.namespace ?? '' };
}

async function create(draft: Draft, change: (part: Partial<Draft>) => void) {
  try {
    await call(
      api.POST('/api/v1/clusters/{cluster}/namespaces/{namespace}/release-tasks', { params: { path: pathOf(draft) }, body: { name: draft.name, spec: toSpec(draft) } }),
    );
  } catch (error) {
    if (error instanceof UnreachableError) change({ sent: 'uncertain' });
    const mine = error instanceof ApiError && error.status === 409 && draft.sent === 'uncertain' && (await isThere(draft));
    if (!mine) throw new SubmitError('create', error);
  }
  change({ sent: 'created' });
}

/** Whether the task that a lost answer was about is there. */
async function isThere(draft: Draft): Promise<boolean> {
  try {
    const task = await call(api.GET('/api/v1/clusters/{cluster}/namespaces/{namespace}/release-tasks/{name}', { params: { path: { ...pathOf(draft), name: draft.name } } }));
    return task.spec.workloadRef.name === draft.workload;
  } catch {
    return false;
  }
}

async function update(draft: Draft, containers: ContainerImage[], change: (part: Partial<Draft>) => void) {
  // The key stays the same while the same images are asked for.
  const images = JSON.stringify(containers);
  const key = draft.actionKey?.endsWith(` ${images}`) ? draft.actionKey : `${newKey()} ${images}`;
  change({ actionKey: key });
  try {
    await call(
      api.POST('/api/v1/clusters/{cluster}/namespaces/{namespace}/release-tasks/{name}/actions', {
        params: { path: { ...pathOf(draft), name: draft.name }, header: { 'Idempotency-Key': key.split(' ', 1)[0] } },
        body: { type: 'UpdateVersion', updateVersion: { containers } },
      }),
    );
  } catch (error) {
    throw new SubmitError('update', error);
  }
}
