import type { TaskRow, VersionRow } from '../api/types';

export function makeVersion(revision: number, over: Partial<VersionRow> = {}): VersionRow {
  return { revision, display: `v${revision}`, containers: [{ name: 'app', image: `registry.example.com/shop/checkout:v${revision}` }], instances: 4, ready: 4, weight: 100, ...over };
}

/** A healthy task called checkout with the steps 5, 20 and 50 %; the last but one waits for a person. */
export function makeTask(over: Partial<TaskRow> = {}): TaskRow {
  return {
    cluster: 'prod-eu',
    namespace: 'shop',
    name: 'checkout',
    uid: 'u1',
    workspaces: ['shop'],
    role: 'Editor',
    workload: { name: 'checkout' },
    strategy: 'Canary',
    traffic: 'Istio',
    analysed: false,
    phase: 'Healthy',
    message: '',
    since: '2026-01-01T00:00:00Z',
    needs: 'Nothing',
    waitsForMe: false,
    steps: [{ weight: 5, wait: '10m' }, { weight: 20 }, { weight: 50, wait: '1h30m' }],
    stable: makeVersion(41),
    createdAt: '2025-01-01T00:00:00Z',
    deleting: false,
    stale: false,
    resourceVersion: '1',
    ...over,
  };
}

/** The same task while its release of v42 waits for a person in a step. */
export function makeWaiting(step = 2, over: Partial<TaskRow> = {}): TaskRow {
  const weight = [5, 20, 50][step - 1] ?? 100;
  return makeTask({
    phase: 'Waiting',
    needs: 'Continue',
    waitsForMe: true,
    step: { number: step, count: 3, weight, waitsFor: 'Person' },
    stable: makeVersion(41, { weight: 100 - weight }),
    canary: makeVersion(42, { weight, instances: 1, ready: 1 }),
    ...over,
  });
}
