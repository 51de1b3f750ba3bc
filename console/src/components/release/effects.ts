import type { Language } from '../../app/i18n';
import type { ActionRequest, ReleaseRecord, TaskRow } from '../../api/types';
import { duration } from '../time';
import { parseWait } from './wait';
import type { ActionWords } from './action-messages';

/** What can be asked in a dialog; rules are changed on a page of their own. */
export type Asked = 'Continue' | 'Release' | 'Terminate' | 'Retry' | 'Rollback' | 'UpdateVersion' | 'Delete';

/** True for what takes something away: its button is red. */
export function isDestructive(type: Asked): boolean {
  return type === 'Terminate' || type === 'Delete';
}

/** What an action will do to a task as it stands, a sentence each. `now` is in milliseconds since 1970. */
export function effects(type: Asked, task: TaskRow, words: ActionWords, language: Language, now: number, target?: ReleaseRecord): string[] {
  const { stable, canary, step } = task;
  const running = task.phase === 'Releasing' || task.phase === 'Waiting';
  const first = task.steps[0]?.weight ?? 100;
  switch (type) {
    case 'Continue':
      return canary && step ? continues(task, words, language, now) : [];
    case 'Release': {
      if (!canary) return [];
      const left = step ? Math.max(0, step.count - step.number) : 0;
      return [
        words.releaseAll(canary.display, canary.weight),
        ...(left > 0 ? [words.releaseSkips(left)] : []),
        ...(stable ? [words.oldPodsGo(stable.instances, stable.display)] : []),
      ];
    }
    case 'Terminate':
      return [
        ...(stable ? [words.terminateBack(stable.display)] : []),
        ...(canary && canary.instances > 0 ? [words.terminatePods(canary.instances)] : []),
        words.terminateRunning,
      ];
    case 'Retry':
      return [...(canary ? [words.retryFirst(canary.display, first)] : []), ...(stable ? [words.servesMeanwhile(stable.display)] : [])];
    case 'Rollback':
      return [
        ...(target ? [words.rollbackFirst(target.display, task.steps.length, first)] : []),
        ...(running && canary ? [words.supersedes(canary.display)] : []),
        ...(stable ? [words.servesMeanwhile(stable.display)] : []),
      ];
    case 'UpdateVersion':
      return [words.updateFirst(first), ...(running && canary ? [words.supersedes(canary.display)] : [])];
    case 'Delete':
      return [
        ...(stable ? [words.deleteHandsBack(task.workload.name, stable.instances, stable.display)] : []),
        ...(running && canary ? [words.deleteRelease(canary.display)] : []),
        words.deleteGone,
      ];
  }
}

function continues(task: TaskRow, words: ActionWords, language: Language, now: number): string[] {
  const { stable, canary, step } = task;
  if (!canary || !step) return [];
  const left = step.waitsFor === 'Time' && step.endsAt ? Date.parse(step.endsAt) - now : 0;
  const ends = left >= 1_000 ? [words.endsWait(duration(left, language))] : [];
  const next = task.steps[step.number];
  if (!next) return [...ends, words.continueLast(canary.display), ...(stable ? [words.oldPodsGo(stable.instances, stable.display)] : [])];
  const wait = parseWait(next.wait);
  return [...ends, words.continueTo(canary.display, canary.weight, next.weight), wait > 0 ? words.thenTime(duration(wait, language)) : words.thenPerson];
}

/** What the person saw goes with the request, so that it isn't done to another step or version. */
export function expectationOf(type: Asked, task: TaskRow): ActionRequest['expect'] {
  if (type === 'UpdateVersion' || type === 'Rollback' || !task.canary) return undefined;
  return { revision: task.canary.revision, ...(type === 'Continue' && task.step ? { step: task.step.number } : {}) };
}
