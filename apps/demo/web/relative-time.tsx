import { useEffect, useState } from 'react';

/** A time in words ("3 minutes ago"), kept up to date; the exact one shows on hover. */
export function RelativeTime({ date }: { date: Date }) {
  const now = useNow();
  return (
    <time dateTime={date.toISOString()} title={exact.format(date)}>
      {relativeTime(date, now)}
    </time>
  );
}

/** The time from `date` to `now`, in its largest whole unit. */
export function relativeTime(date: Date, now: number): string {
  const seconds = (now - date.getTime()) / 1000;
  // Clocks differ: a time that the server has just written may lie in the future here.
  const unit = units.find(({ inSeconds }) => seconds >= inSeconds);
  return unit === undefined ? 'just now' : words.format(-Math.floor(seconds / unit.inSeconds), unit.name);
}

const locale = 'en';
const exact = new Intl.DateTimeFormat(locale, { dateStyle: 'long', timeStyle: 'short' });
const words = new Intl.RelativeTimeFormat(locale, { numeric: 'always' });

const units = [
  { name: 'year', inSeconds: 31_536_000 },
  { name: 'month', inSeconds: 2_592_000 },
  { name: 'day', inSeconds: 86_400 },
  { name: 'hour', inSeconds: 3600 },
  { name: 'minute', inSeconds: 60 },
] as const;

const refreshMilliseconds = 30_000;

function useNow(): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), refreshMilliseconds);
    return () => clearInterval(timer);
  }, []);
  return now;
}
