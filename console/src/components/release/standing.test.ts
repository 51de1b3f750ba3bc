import { describe, expect, test } from 'vitest';
import type { TaskRow } from '../../api/types';
import { makeTask, makeVersion, makeWaiting } from '../../test/make';
import { releaseMessages } from './messages';
import { sentences, standingOf, standingWords } from './standing';

const words = releaseMessages.en;
const now = Date.parse('2026-01-01T12:00:00Z');
const releasing = (over: Partial<NonNullable<TaskRow['step']>>, task: Partial<TaskRow> = {}) =>
  makeWaiting(2, { phase: 'Releasing', waitsForMe: false, step: { number: 2, count: 3, weight: 20, waitsFor: 'Nothing', ...over }, ...task });

describe('where a release stands', () => {
  test.each<[string, TaskRow, object]>([
    ['healthy: all steps are behind it', makeTask(), { done: 3, current: null, count: 3, kind: 'stable' }],
    ['waiting in step 2', makeWaiting(2), { done: 1, current: 2, count: 3, kind: 'waiting' }],
    ['the last pods are exchanged', releasing({ number: 4 }), { done: 3, current: null, count: 3, kind: 'running' }],
    ['begun, no step yet', makeTask({ phase: 'Releasing' }), { done: 0, current: null, count: 3, kind: 'running' }],
    ['went back', makeTask({ phase: 'Failed' }), { done: 0, current: null, count: 3, kind: 'failed' }],
    ['terminated', makeTask({ phase: 'Terminated' }), { done: 0, current: null, count: 3, kind: 'stopped' }],
    ['blocked', makeTask({ phase: 'Blocked' }), { done: 0, current: null, count: 3, kind: 'none' }],
  ])('%s', (_, task, want) => expect(standingOf(task)).toEqual(want));
});

describe('few words', () => {
  test.each<[string, TaskRow, string]>([
    ['waits for you', makeWaiting(), 'waits for you'],
    ['a Viewer is not asked', makeWaiting(2, { waitsForMe: false }), 'waits for a person'],
    ['time', releasing({ waitsFor: 'Time', endsAt: '2026-01-01T12:04:05Z' }), '4 min 5 s left'],
    ['time is over', releasing({ waitsFor: 'Time', endsAt: '2026-01-01T11:59:59Z' }), 'moves on'],
    ['pods', releasing({ waitsFor: 'Pods' }, { canary: makeVersion(42, { instances: 3, ready: 1 }) }), 'starting 2 pods'],
    ['analysis', releasing({ waitsFor: 'Analysis' }), 'waits for enough data'],
    ['last pods', releasing({ number: 4, waitsFor: 'Pods' }), 'replacing the last pods'],
    ['failed: the hub says why', makeTask({ phase: 'Failed', message: 'went back: 5.2 % errors' }), 'went back: 5.2 % errors'],
    ['failed: what the row says already is left out', makeTask({ phase: 'Failed', message: 'Release of v42 went back by itself: p99: it is slow. v41 serves.' }), 'p99: it is slow. v41 serves.'],
  ])('%s', (_, task, want) => expect(standingWords(task, words, 'en', now)).toBe(want));
});

describe('sentences', () => {
  test.each<[string, TaskRow, string]>([
    ['waiting', makeWaiting(2), '20 % of requests go to v42, the rest to v41. It goes on when a person continues. The next step is 50 %.'],
    ['waiting in the last step', makeWaiting(3), '50 % of requests go to v42, the rest to v41. It goes on when a person continues. After it, v42 gets all requests.'],
    ['healthy', makeTask(), 'v41 serves all requests; 4 of 4 pods ready.'],
    ['healthy with one pod', makeTask({ stable: makeVersion(41, { ready: 0, instances: 1 }) }), 'v41 serves all requests; 0 of 1 pod ready.'],
    ['terminated', makeTask({ phase: 'Terminated', canary: makeVersion(42) }), 'The release of v42 was terminated by maria. v41 serves all requests. Retry it, or set another version.'],
  ])('%s', (_, task, want) => expect(sentences(task, words, 'en', now, 'maria')).toBe(want));

  test('Chinese sentences follow each other without a space', () => {
    expect(sentences(makeWaiting(2), releaseMessages.zh, 'zh', now)).toBe('20% 的请求发往 v42，其余发往 v41。需要人工点击“继续”。下一步为 50%。');
  });
});
