import type { SessionLinksOptions } from '@trpc-sessions/client';
import type { AppRouter } from '../server/router.ts';

type Fetch = NonNullable<SessionLinksOptions<AppRouter>['fetch']>;

/** How long a call waits for its answer, in milliseconds. */
const deadline = 10_000;

/** A `fetch` that fails if the server does not answer in time. A stream of events has no deadline. */
export const fetchInTime: Fetch = (url, init) => {
  const signals = init?.signal ? [init.signal] : [];
  if (new Headers(init?.headers).get('accept') !== 'text/event-stream') {
    const late = new AbortController();
    setTimeout(() => late.abort(), deadline);
    signals.push(late.signal);
  }
  return fetch(url, { ...init, signal: AbortSignal.any(signals) });
};
