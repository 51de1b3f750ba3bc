const part = /([0-9]+(?:\.[0-9]+)?)(h|ms|m|s)/g;
const unit: Readonly<Record<string, number>> = { h: 3_600_000, m: 60_000, s: 1_000, ms: 1 };

/** Milliseconds of a step's wait, such as "1h30m"; 0 waits for a person. */
export function parseWait(wait: string | undefined): number {
  let total = 0;
  for (const [, amount, name] of (wait ?? '').matchAll(part)) total += Number(amount) * (unit[name ?? ''] ?? 0);
  return total;
}
