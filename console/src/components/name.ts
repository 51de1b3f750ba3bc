/** The rule for names of release tasks, as in internal/release/input.go (CheckTaskName): an RFC 1123 label. */
import type { Problem } from './problem';

/** How many characters the name of a task has at most. */
export const maxNameLength = 63;

export function nameProblem(name: string): Problem | undefined {
  if (name === '') return { key: 'nameMissing' };
  if (name.length > maxNameLength) return { key: 'nameTooLong', values: { count: name.length, most: maxNameLength } };
  const strange = [...name].find((character) => !/[a-z0-9-]/.test(character));
  if (strange === ' ') return { key: 'nameSpace' };
  if (strange !== undefined && strange !== strange.toLowerCase()) return { key: 'nameUpperCase' };
  if (strange !== undefined) return { key: 'nameCharacter', values: { character: strange } };
  if (name.startsWith('-') || name.endsWith('-')) return { key: 'nameEdge' };
  return undefined;
}

/** A name for the task of a workload that keeps the rule: the workload's own where it can be one. */
export function suggestName(workload: string): string {
  return workload
    .toLowerCase()
    .replace(/[^a-z0-9-]+/g, '-')
    .slice(0, maxNameLength)
    .replace(/^-+|-+$/g, '');
}
