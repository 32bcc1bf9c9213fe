import { useEffect, useState, type ReactElement } from 'react';
import { exactTime, isTime, relativeTime } from '../screen/times.ts';
import { useIsHydrated } from '../screen/use-is-hydrated.ts';

/** Props of {@link RelativeTime}. */
export interface RelativeTimeProps {
  readonly date: Date;
  readonly locale: string;
}

/**
 * A time in the past in words ("3 minutes ago"), kept up to date; after a month, its date. A server writes the date, because its
 * time zone and its clock are not the user's.
 */
export function RelativeTime({ date, locale }: RelativeTimeProps): ReactElement {
  const isHydrated = useIsHydrated();
  const now = useNow();
  if (!isTime(date)) return <></>;
  const iso = date.toISOString();
  return (
    <time dateTime={iso} title={isHydrated ? exactTime(date, locale) : undefined}>
      {isHydrated ? relativeTime(date, now, locale) : iso.slice(0, 10)}
    </time>
  );
}

const refreshAfter = 30_000;

function useNow(): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), refreshAfter);
    return () => clearInterval(timer);
  }, []);
  return now;
}
