/**
 * How long a step waits: Go durations as the resource holds them ("1h30m"), milliseconds to reckon with, and the
 * amount and unit that a person types. The rules are those of internal/release/input.go and of the custom resource.
 */

export type WaitUnit = 's' | 'm' | 'h';

/** What stands in the two fields of a wait. An amount that is absent or 0 waits for a person. */
export interface WaitInput {
  amount: number | null;
  unit: WaitUnit;
}

export const unitMilliseconds: Record<WaitUnit, number> = { s: 1000, m: 60_000, h: 3_600_000 };

/** The longest wait of a step: 720 hours (30 days), in milliseconds. */
export const maxWait = 720 * unitMilliseconds.h;

const waitForm = /^(?:\d+(?:\.\d+)?(?:h|ms|m|s))+$/;
const waitPart = /(\d+(?:\.\d+)?)(h|ms|m|s)/g;

/** Milliseconds of a Go duration; 0 for one that is empty, null when it is no duration of hours to milliseconds. */
export function parseDuration(text: string | null | undefined): number | null {
  const trimmed = (text ?? '').trim();
  if (trimmed === '' || trimmed === '0') return 0;
  if (!waitForm.test(trimmed)) return null;
  let total = 0;
  for (const [, amount, unit] of trimmed.matchAll(waitPart)) {
    total += Number(amount) * (unit === 'ms' ? 1 : unitMilliseconds[unit as WaitUnit]);
  }
  return Math.round(total);
}

/** The Go duration of some milliseconds: 90000 is "1m30s". */
export function formatDuration(milliseconds: number): string {
  const hours = Math.floor(milliseconds / unitMilliseconds.h);
  const minutes = Math.floor((milliseconds % unitMilliseconds.h) / unitMilliseconds.m);
  const seconds = (milliseconds % unitMilliseconds.m) / unitMilliseconds.s;
  const parts = [hours > 0 && `${hours}h`, minutes > 0 && `${minutes}m`, seconds > 0 && `${seconds}s`];
  return parts.filter(Boolean).join('') || '0s';
}

/** The fields for a wait, in the largest unit in which it is a whole number. */
export function waitInput(milliseconds: number): WaitInput {
  if (milliseconds <= 0) return { amount: null, unit: 'm' };
  const unit = (['h', 'm'] as const).find((candidate) => milliseconds % unitMilliseconds[candidate] === 0) ?? 's';
  return { amount: milliseconds / unitMilliseconds[unit], unit };
}

/** The milliseconds of what was typed; 0 waits for a person. */
export function waitMilliseconds({ amount, unit }: WaitInput): number {
  return amount === null ? 0 : amount * unitMilliseconds[unit];
}

