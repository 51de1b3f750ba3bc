/**
 * The drawing of traffic over time: where each step stands and how wide it is. Widths follow the waits, but none is
 * narrower than can be read, and a wait for a person, which has no length, has a width of its own.
 */
import type { StepInput } from './steps';
import { waitMilliseconds } from './wait';

export interface Stage {
  /** The step's id; "all" for the last stage, in which the new version serves all requests. */
  id: string;
  /** Share of requests of the new version, in percent, 0 to 100. */
  weight: number;
  /** Left edge and width as shares of the whole width, 0 to 1. */
  start: number;
  width: number;
  /** What ends it: time, a person, or nothing for the last stage. */
  endsBy: 'time' | 'person' | 'nothing';
  /** How long it waits, in milliseconds; 0 unless time ends it. */
  milliseconds: number;
  /** The sum of the waits before it that end by themselves, in milliseconds. */
  after: number;
  /** How many people have to continue before it. */
  persons: number;
}

/** The narrowest stage, as a share of an even division of the width. */
const narrowest = 0.6;
const personWidth = 1;
const lastWidth = 0.8;

export function stages(steps: readonly StepInput[]): Stage[] {
  const waits = steps.map((step) => Math.max(0, waitMilliseconds(step.wait)));
  const timed = waits.filter((wait) => wait > 0);
  // One unit is the mean wait; a square root keeps minutes visible beside days.
  const mean = timed.reduce((sum, wait) => sum + Math.sqrt(wait), 0) / Math.max(1, timed.length);
  const units = waits.map((wait) => (wait > 0 ? Math.max(narrowest, Math.sqrt(wait) / mean) : personWidth));
  const whole = units.reduce((sum, unit) => sum + unit, 0) + lastWidth;

  const out: Stage[] = [];
  let start = 0;
  let after = 0;
  let persons = 0;
  steps.forEach((step, i) => {
    const wait = waits[i] ?? 0;
    const width = (units[i] ?? 0) / whole;
    const weight = Math.min(100, Math.max(0, step.weight ?? 0));
    out.push({ id: step.id, weight, start, width, endsBy: wait > 0 ? 'time' : 'person', milliseconds: wait, after, persons });
    start += width;
    after += wait;
    if (wait === 0) persons += 1;
  });
  out.push({ id: 'all', weight: 100, start, width: 1 - start, endsBy: 'nothing', milliseconds: 0, after, persons });
  return out;
}
