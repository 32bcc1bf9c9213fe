import { expect, test } from 'vitest';
import { exactTime, relativeTime } from './times.ts';

const now = Date.UTC(2026, 10, 26, 12);
const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

test.each([
  [-5 * minute, 'now'],
  [59 * second, 'now'],
  [minute, '1 minute ago'],
  [59 * minute, '59 minutes ago'],
  [47 * hour, '1 day ago'],
  [29 * day, '29 days ago'],
  [30 * day, '28 Oct 2026'],
])('a time %i milliseconds ago is "%s"', (age, text) => {
  // In the tests' time zone, which is ahead of UTC by 13 hours and 45 minutes.
  expect(relativeTime(new Date(now - age), now, 'en-GB')).toBe(age === 30 * day ? '28 Oct 2026' : text);
});

test('times are in the locale', () => {
  expect(relativeTime(new Date(now - 3 * day), now, 'de')).toBe('vor 3 Tagen');
  expect(exactTime(new Date(now), 'de')).toBe('27.11.2026, 01:45');
});
