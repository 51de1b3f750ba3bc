import type { TaskRow } from '../../api/types';
import { duration } from '../time';
import type { Language } from '../../app/i18n';
import type { ReleaseWords } from './messages';

/** Where a release stands in its steps, for drawings. */
export interface Standing {
  /** How many steps are behind it. */
  done: number;
  /** The step it is in, counted from 1; null between releases and after the last one. */
  current: number | null;
  count: number;
  /** What the drawing is about. */
  kind: 'stable' | 'running' | 'waiting' | 'failed' | 'stopped' | 'none';
}

export function standingOf(task: Pick<TaskRow, 'phase' | 'step' | 'steps'>): Standing {
  const count = task.steps.length;
  switch (task.phase) {
    case 'Healthy':
      return { done: count, current: null, count, kind: 'stable' };
    case 'Releasing':
    case 'Waiting': {
      const kind = task.phase === 'Waiting' ? 'waiting' : 'running';
      if (!task.step) return { done: 0, current: null, count, kind };
      const number = task.step.number;
      return number > count ? { done: count, current: null, count, kind } : { done: number - 1, current: number, count, kind };
    }
    case 'Failed':
      return { done: 0, current: null, count, kind: 'failed' };
    case 'Terminated':
      return { done: 0, current: null, count, kind: 'stopped' };
    default:
      return { done: 0, current: null, count, kind: 'none' };
  }
}

/** The share of requests that goes to the version being released, in percent; null when nothing is released. */
export function canaryShare(task: Pick<TaskRow, 'phase' | 'canary'>): number | null {
  if (task.phase !== 'Releasing' && task.phase !== 'Waiting') return null;
  return task.canary?.weight ?? 0;
}

/** Few words on what a release does or waits for. `now` is in milliseconds since 1970. */
export function standingWords(task: TaskRow, words: ReleaseWords, language: Language, now: number): string {
  switch (task.phase) {
    case 'Healthy':
      return words.healthy;
    case 'Waiting':
      return task.waitsForMe ? words.waitsForYou : words.waitsForPerson;
    case 'Releasing':
      return releasingWords(task, words, language, now);
    case 'Failed':
      // The reason; the phase and the versions say already what went back.
      return task.message.replace(/^Release of \S+ went back by itself: /, '') || words.phases.Failed;
    case 'Blocked':
      return task.message || words.phases.Blocked;
    case 'Terminated':
      return task.stable ? words.serves(task.stable.display) : words.phases.Terminated;
    default:
      return words.phases[task.phase];
  }
}

function releasingWords(task: TaskRow, words: ReleaseWords, language: Language, now: number): string {
  const step = task.step;
  if (!step) return words.beginning;
  if (step.number > step.count) return words.lastPods;
  switch (step.waitsFor) {
    case 'Pods':
      return words.startingPods(Math.max(1, (task.canary?.instances ?? 1) - (task.canary?.ready ?? 0)));
    case 'Time':
      return timeLeft(step.endsAt, words, language, now);
    case 'Analysis':
      return words.holdsForAnalysis;
    case 'Person':
      return task.waitsForMe ? words.waitsForYou : words.waitsForPerson;
    default:
      return words.movingOn;
  }
}

function timeLeft(endsAt: string | undefined, words: ReleaseWords, language: Language, now: number): string {
  const left = endsAt ? Date.parse(endsAt) - now : 0;
  return left < 1_000 ? words.endsNow : words.timeLeft(duration(left, language));
}

/**
 * What is going on and what comes next, in sentences a person would say. Where the reason is only in the hub's own
 * words, such as why a release failed, show `task.message` with it.
 */
export function sentences(task: TaskRow, words: ReleaseWords, language: Language, now: number, endedBy = ''): string {
  const s = words.sentence;
  const stable = task.stable?.display ?? '';
  const canary = task.canary?.display ?? '';
  switch (task.phase) {
    case 'Healthy':
      return task.stable ? s.healthy(stable, task.stable.ready, task.stable.instances) : words.healthy;
    case 'Waiting':
    case 'Releasing':
      return join(language, releasing(task, words, language, now));
    case 'Terminated':
      return s.terminated(canary, stable, endedBy);
    case 'Failed':
      return s.failed(canary, stable);
    case 'Blocked':
      return s.blocked;
    case 'TakingOver':
      return s.takingOver(task.workload.name);
    case 'HandingBack':
      return s.handingBack(task.workload.name);
    case 'Pending':
      return s.pending;
  }
}

function releasing(task: TaskRow, words: ReleaseWords, language: Language, now: number): string[] {
  const s = words.sentence;
  const { step, stable, canary } = task;
  if (!canary || !stable || !step) return [s.begins(canary?.display ?? '', stable?.display ?? '')];
  if (step.number > step.count) return [s.lastPods(canary.display)];
  const share = s.waiting(canary.weight, canary.display, stable.display);
  const following = task.steps[step.number];
  const next = following ? s.nextStep(following.weight) : s.nextAll(canary.display);
  switch (step.waitsFor) {
    case 'Person':
      return [share, s.continueNeeded, next];
    case 'Time': {
      const left = step.endsAt ? Date.parse(step.endsAt) - now : 0;
      return left < 1_000 ? [share, next] : [share, s.timed(duration(left, language)), next];
    }
    case 'Pods':
      return [share, s.pods(canary.ready, canary.instances, canary.display)];
    case 'Analysis':
      return [share, s.analysis, next];
    default:
      return [share, s.moving(step.weight)];
  }
}

function join(language: Language, parts: string[]): string {
  return parts.join(language === 'zh' ? '' : ' ');
}
