import { useSyncExternalStore } from 'react';
import { useLanguage, type Language } from '../app/i18n';

// One clock for the page: everything that shows a time changes in the same moment.
const listeners = new Set<() => void>();
let now = Date.now();
let timer: ReturnType<typeof setInterval> | undefined;

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  now = Date.now();
  timer ??= setInterval(() => {
    now = Date.now();
    for (const one of listeners) one();
  }, 1_000);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

/** The present in milliseconds since 1970, rounded down to `step` milliseconds: a component renders once a step. */
export function useNow(step = 1_000): number {
  return useSyncExternalStore(subscribe, () => Math.floor(now / step) * step);
}

/** How long ago something was, in the person's words, or bare as a length of time; the exact moment on hover. */
export function Since({ time, bare = false }: { time: string; bare?: boolean }) {
  const language = useLanguage();
  const elapsed = useNow(10_000) - Date.parse(time);
  return (
    <time dateTime={time} title={exactTime(time, language)}>
      {bare ? largest(elapsed, language) : ago(elapsed, language)}
    </time>
  );
}

/** Words such as "3 min ago"; anything under ten seconds is "just now". */
export function ago(elapsed: number, language: Language): string {
  if (elapsed < 10_000) return language === 'zh' ? '刚刚' : 'just now';
  return language === 'zh' ? `${largest(elapsed, language)}前` : `${largest(elapsed, language)} ago`;
}

/** The time in its largest unit, rounded down: what changes every second isn't read. */
export function largest(milliseconds: number, language: Language): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1_000));
  const unit = [86_400, 3_600, 60].find((one) => seconds >= one) ?? 1;
  return duration(Math.floor(seconds / unit) * unit * 1_000, language);
}

/** Words such as "3 min" or "1 h 20 min": two units at most, for milliseconds from 0. */
export function duration(milliseconds: number, language: Language): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1_000));
  const parts: [number, string, string][] = [
    [Math.floor(seconds / 86_400), 'd', '天'],
    [Math.floor(seconds / 3_600) % 24, 'h', '小时'],
    [Math.floor(seconds / 60) % 60, 'min', '分钟'],
    [seconds % 60, 's', '秒'],
  ];
  const first = parts.findIndex(([count]) => count > 0);
  if (first < 0) return language === 'zh' ? '0 秒' : '0 s';
  // Seconds matter beside minutes only when there are few of those, and minutes never beside days.
  const wanted = parts.slice(first, first + (first === 2 && (parts[2]?.[0] ?? 0) >= 5 ? 1 : 2));
  return wanted
    .filter(([count]) => count > 0)
    .map(([count, en, zh]) => `${count} ${language === 'zh' ? zh : en}`)
    .join(' ');
}

// To make one costs far more than to use it, and a long list has hundreds of times.
const exactFormats = new Map<Language, Intl.DateTimeFormat>();

/** The moment in the person's time zone, to the second. */
export function exactTime(time: string, language: Language): string {
  let format = exactFormats.get(language);
  if (!format) {
    format = new Intl.DateTimeFormat(language === 'zh' ? 'zh-CN' : 'en-GB', { dateStyle: 'medium', timeStyle: 'medium' });
    exactFormats.set(language, format);
  }
  return format.format(new Date(time));
}
