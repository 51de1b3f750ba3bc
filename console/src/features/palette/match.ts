/** Whether each word of what was typed begins a word of the text, in any order; case doesn't matter. */
export function matches(text: string, typed: string): boolean {
  const words = text.toLowerCase().split(/[\s\-_/.]+/);
  return typed
    .toLowerCase()
    .split(/\s+/)
    .filter(Boolean)
    .every((wanted) => words.some((word) => word.startsWith(wanted)) || text.toLowerCase().includes(wanted));
}
