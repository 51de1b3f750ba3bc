import { expect, test } from 'vitest';
import { ago, duration, largest } from './time';

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;

test.each([
  [0, '0 s', '0 秒'],
  [45 * second, '45 s', '45 秒'],
  [4 * minute + 5 * second, '4 min 5 s', '4 分钟 5 秒'],
  [5 * minute + 5 * second, '5 min', '5 分钟'],
  [80 * minute, '1 h 20 min', '1 小时 20 分钟'],
  [2 * 24 * hour, '2 d', '2 天'],
  [49 * hour + 5 * minute, '2 d 1 h', '2 天 1 小时'],
])('%d ms lasts %s', (time, en, zh) => {
  expect(duration(time, 'en')).toBe(en);
  expect(duration(time, 'zh')).toBe(zh);
});

test.each([
  [3 * minute + 59 * second, '3 min'],
  [25 * hour, '1 d'],
])('%d ms is %s in its largest unit', (time, want) => expect(largest(time, 'en')).toBe(want));

test.each([
  [9 * second, 'just now', '刚刚'],
  [-5 * second, 'just now', '刚刚'],
  [3 * minute + 20 * second, '3 min ago', '3 分钟前'],
])('%d ms ago', (time, en, zh) => {
  expect(ago(time, 'en')).toBe(en);
  expect(ago(time, 'zh')).toBe(zh);
});
