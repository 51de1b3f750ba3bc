/**
 * When a request that was refused for coming too often may come again, in milliseconds since 1970: the header
 * Retry-After holds seconds or a date (RFC 9110, 10.2.3). Null when it holds neither.
 */
export function retryAt(header: string | null, now: number): number | null {
  if (header === null) return null;
  const text = header.trim();
  if (/^\d+$/.test(text)) return now + Number(text) * 1000;
  const date = Date.parse(text);
  return Number.isNaN(date) ? null : date;
}
