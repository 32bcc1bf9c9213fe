/** Whether a date is one. A server of another release may send none, and formatting it would throw. */
export function isTime(date: Date): boolean {
  return !Number.isNaN(date.getTime());
}

/** A date with its time, such as "26 Nov 2026, 15:04". */
export function exactTime(date: Date, locale: string): string {
  return new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short' }).format(date);
}

/** The time from `date` to `now` in its largest whole unit. */
export function relativeTime(date: Date, now: number, locale: string): string {
  const seconds = (now - date.getTime()) / 1000;
  if (seconds >= month) return new Intl.DateTimeFormat(locale, { dateStyle: 'medium' }).format(date);
  const words = new Intl.RelativeTimeFormat(locale, { numeric: 'always' });
  for (const [unit, length] of units) {
    if (seconds >= length) return words.format(-Math.floor(seconds / length), unit);
  }
  // Also a time that the server has just written, where its clock is ahead.
  return new Intl.RelativeTimeFormat(locale, { numeric: 'auto' }).format(0, 'second');
}

const month = 30 * 86_400;
const units = [
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
] as const;
