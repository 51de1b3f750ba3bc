import { api, call } from '../../api/client';
import type { Action, ActionRequest } from '../../api/types';
import type { TaskName } from './paths';

// How long to wait for the outcome of an action before saying only that it was recorded.
const patience = 30_000;
const look = 600;

/**
 * Asks for an action and waits until it is over, at most half a minute; an action that is not final then is still
 * being carried out. The same key asks for the same thing once, however often it is sent.
 */
export async function ask(task: TaskName, request: ActionRequest, key: string, signal: AbortSignal): Promise<Action> {
  const path = { cluster: task.cluster, namespace: task.namespace, name: task.name };
  const url = '/api/v1/clusters/{cluster}/namespaces/{namespace}/release-tasks/{name}/actions';
  let action = await call(api.POST(url, { params: { path, header: { 'Idempotency-Key': key } }, body: request }));
  const end = Date.now() + patience;
  while (!isFinal(action) && Date.now() < end && !signal.aborted) {
    await pause(look, signal);
    if (signal.aborted) break;
    action = await call(api.GET(`${url}/{action}`, { params: { path: { ...path, action: action.name } } }));
  }
  return action;
}

export function isFinal(action: Action): boolean {
  return action.state === 'Succeeded' || action.state === 'Refused' || action.state === 'Failed';
}

/** A key nobody else uses. `crypto.randomUUID` exists only where the page came by TLS. */
export function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
