/**
 * What is wrong with an image reference, by the grammar of github.com/distribution/reference that container runtimes
 * use (reference.go and regexp.go there). The hub checks again; this is for the moment of typing.
 */
import type { Problem } from './problem';

/** How many characters an image reference has at most. */
export const maxImageLength = 1024;

const domainLabel = '(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])';
const domain = `(?:${domainLabel}(?:\\.${domainLabel})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?`;
const pathPart = '[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*';
const tag = '[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}';
const digest = '[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}';
const form = new RegExp(`^(?:${domain}/)?${pathPart}(?:/${pathPart})*(?::${tag})?(?:@${digest})?$`);

export function imageProblem(image: string): Problem | undefined {
  const text = image.trim();
  if (text === '') return { key: 'imageMissing' };
  if (text.length > maxImageLength) return { key: 'imageTooLong', values: { count: text.length, most: maxImageLength } };
  if (/\s/.test(text)) return { key: 'imageSpace' };
  if (!form.test(text)) return { key: 'imageForm' };
  return undefined;
}

/** The parts of an image reference that people look at: where it comes from, and which version it is. */
export function splitImage(image: string): { repository: string; version: string } {
  const at = image.indexOf('@');
  const name = at < 0 ? image : image.slice(0, at);
  const colon = name.lastIndexOf(':');
  const hasTag = colon > name.lastIndexOf('/');
  const repository = hasTag ? name.slice(0, colon) : name;
  if (hasTag) return { repository, version: name.slice(colon + 1) };
  return { repository, version: at < 0 ? 'latest' : image.slice(at + 1) };
}
