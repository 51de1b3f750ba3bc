import { describe, expect, test } from 'vitest';
import type { ReleaseRecord, TaskRow } from '../../api/types';
import { makeTask, makeVersion, makeWaiting } from '../../test/make';
import { actionMessages } from './action-messages';
import { effects, expectationOf, type Asked } from './effects';
import { parseWait } from './wait';

const now = Date.parse('2026-01-01T12:00:00Z');
const record: ReleaseRecord = { revision: 39, display: 'v39', hash: 'h39', containers: [], startedAt: '2025-01-01T00:00:00Z', canRollBack: true };
const timed = makeWaiting(1, { phase: 'Releasing', step: { number: 1, count: 3, weight: 5, waitsFor: 'Time', endsAt: '2026-01-01T12:07:00Z' } });

describe('what an action will do', () => {
  test.each<[string, Asked, TaskRow, string[]]>([
    ['continue to a timed step', 'Continue', makeWaiting(2), ['v42 gets 50 % of requests instead of 20 %.', 'Then it stays there for 1 h 30 min.']],
    ['continue ends a wait', 'Continue', timed, ['The wait of this step, another 7 min, ends now.', 'v42 gets 20 % of requests instead of 5 %.', 'Then it waits for a person again.']],
    ['continue from the last step', 'Continue', makeWaiting(3), ['v42 gets all requests and becomes the stable version.', 'The 4 pods of v41 are removed afterwards.']],
    ['release', 'Release', makeWaiting(1), ['v42 gets all requests now instead of 5 %.', '2 steps and their waits are skipped, and no analysis looks at them.', 'The 4 pods of v41 are removed afterwards.']],
    ['release in the last step skips nothing', 'Release', makeWaiting(3), ['v42 gets all requests now instead of 50 %.', 'The 4 pods of v41 are removed afterwards.']],
    ['terminate', 'Terminate', makeWaiting(), ['All traffic goes back to v41.', '1 canary pod is removed.', 'The version stays in the history; you can retry it later.']],
    ['retry', 'Retry', makeTask({ phase: 'Failed', canary: makeVersion(42) }), ['v42 is released again from the first step, 5 %.', 'v41 serves the rest.']],
    ['roll back while a release runs', 'Rollback', makeWaiting(), ['v39 is released by the same 3 steps, beginning with 5 %.', 'The running release of v42 ends.', 'v41 serves the rest.']],
    ['delete', 'Delete', makeTask(), ['Deployment checkout gets 4 pods of v41 before the pods of this task go: no request is lost.', 'Then the task, its steps and its history are removed. This can’t be undone.']],
  ])('%s', (_, type, task, want) => expect(effects(type, task, actionMessages.en, 'en', now, record)).toEqual(want));

  test.each(['Continue', 'Release', 'Terminate', 'Retry', 'Rollback', 'UpdateVersion', 'Delete'] as const)('%s says something in both languages', (type) => {
    for (const words of [actionMessages.en, actionMessages.zh]) expect(effects(type, makeWaiting(), words, 'en', now, record)).not.toEqual([]);
  });
});

describe('what the person saw goes along', () => {
  test.each<[Asked, object | undefined]>([
    ['Continue', { revision: 42, step: 2 }],
    ['Terminate', { revision: 42 }],
    ['UpdateVersion', undefined],
    ['Rollback', undefined],
  ])('%s', (type, want) => expect(expectationOf(type, makeWaiting(2))).toEqual(want));
});

test.each([
  ['10m', 600_000],
  ['1h30m', 5_400_000],
  ['1h30m0s', 5_400_000],
  ['500ms', 500],
  ['0s', 0],
  [undefined, 0],
])('a wait of %s is %d ms', (wait, want) => expect(parseWait(wait)).toBe(want));
